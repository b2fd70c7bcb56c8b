"""CPU time of rustymimi for a frame, as a line of JSON: the counterpart of MimiBenchmark.

python mimi_upstream.py CHECKPOINT FRAMES
"""

import json
import sys
import time

import numpy as np
import rustymimi

CODEBOOKS = 8
FRAME_SAMPLES = 1920
WARM_UP = 5


def frame(index: int) -> np.ndarray:
    """Two tones, as in MimiBenchmark."""
    seconds = np.arange(index * FRAME_SAMPLES, (index + 1) * FRAME_SAMPLES) / 24000
    pcm = 0.3 * np.sin(2 * np.pi * 220 * seconds) + 0.1 * np.sin(2 * np.pi * 1730 * seconds)
    return pcm.astype(np.float32).reshape(1, 1, FRAME_SAMPLES)


def main() -> None:
    checkpoint, frames = sys.argv[1], int(sys.argv[2])
    codec = rustymimi.Tokenizer(checkpoint, num_codebooks=CODEBOOKS)
    encode = decode = 0.0
    for index in range(WARM_UP + frames):
        pcm = frame(index)
        start = time.process_time()
        codes = codec.encode_step(pcm)
        middle = time.process_time()
        codec.decode_step(codes)
        end = time.process_time()
        if index >= WARM_UP:
            encode, decode = encode + middle - start, decode + end - middle
    result = {"frames": frames, "encode_cpu_ms": 1000 * encode / frames, "decode_cpu_ms": 1000 * decode / frames}
    result["cpu_ms"] = result["encode_cpu_ms"] + result["decode_cpu_ms"]
    print(json.dumps({name: round(value, 2) for name, value in result.items()}))


if __name__ == "__main__":
    main()
