"""Makes the random models that are timed, under build/bench: the full depth of Moshi 7B at a small width.

At this width nearly all the time goes to what surrounds the arithmetic, which is what can differ from upstream.
"""

import json
from pathlib import Path

import mimi
import mlx.core as mx
import oracle
from checkpoint import write_json, write_safetensors
from lm import SMALL

BENCH = Path(__file__).resolve().parents[2] / "build/bench"
DEEP = {
    **SMALL,
    "card": 2048,
    "text_card": 32000,
    "dim": 64,
    "num_heads": 2,
    "num_layers": 32,
    "hidden_scale": 4.5,
    "depformer_dim": 32,
    "depformer_num_heads": 1,
    "depformer_num_layers": 6,
    "depformer_dim_feedforward": 144,
}


def language_model(variant: str) -> tuple[Path, Path]:
    """config.json and checkpoint of `q4` (float32 scales, so float32 activations) or `bf16`."""
    folder = BENCH / f"lm-{variant}"
    config, checkpoint = (
        folder / "config.json",
        folder / ("model.q4.safetensors" if variant == "q4" else "model.safetensors"),
    )
    if not checkpoint.exists() or json.loads(config.read_text()) != DEEP:
        folder.mkdir(parents=True, exist_ok=True)
        write_json(config, DEEP)
        dtype, quant = (mx.float32, "q4") if variant == "q4" else (mx.bfloat16, None)
        oracle.make_weights(checkpoint, DEEP, seed=1, dtype=dtype, quant=quant)
    return config, checkpoint


def codec() -> Path:
    """A codec of full size, 385 MB."""
    checkpoint = BENCH / "mimi.safetensors"
    if not checkpoint.exists():
        BENCH.mkdir(parents=True, exist_ok=True)
        write_safetensors(checkpoint, mimi.weights(mimi.FULL))
    return checkpoint
