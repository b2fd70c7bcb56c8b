"""moshi-mlx's steps, timed: the counterpart of StepBenchmark.

    python lm_upstream.py CONFIG CHECKPOINT

Says "ready" and the seconds that loading and the first step took, then for each line with a number runs that many steps
on random user tokens and prints their milliseconds as a JSON array. A step is what run_inference does with one, reading
the tokens included.
"""

import json
import sys
import time
from pathlib import Path

import mlx.core as mx
import numpy as np
import oracle
from moshi_mlx import models, utils

MAX_STEPS = 4000


def main() -> None:
    start = time.perf_counter()
    model = oracle.load(Path(sys.argv[2]), json.loads(Path(sys.argv[1]).read_text()))
    model.warmup()
    gen = models.LmGen(
        model=model,
        max_steps=MAX_STEPS,
        text_sampler=utils.Sampler(top_k=25, temp=0.7),
        audio_sampler=utils.Sampler(top_k=250, temp=0.8),
    )
    rng = np.random.default_rng(0)

    def run(steps: int) -> list[float]:
        milliseconds = []
        for _ in range(steps):
            tokens = rng.integers(0, model.cfg.audio_vocab_size - 1, (1, model.cfg.other_codebooks))
            start = time.perf_counter()
            gen.step(mx.array(tokens))[0].item()
            audio = gen.last_audio_tokens()
            if audio is not None:
                np.array(audio)
            milliseconds.append(1000 * (time.perf_counter() - start))
        return milliseconds

    run(1)
    print(f"ready {time.perf_counter() - start:.3f}", flush=True)
    for line in sys.stdin:
        print(json.dumps(run(int(line))), flush=True)


if __name__ == "__main__":
    main()
