"""Makes the random models that are timed, under build/bench.

`small` has the full depth of Moshi 7B at a small width: nearly all the time goes to what surrounds the arithmetic, which
is what can differ from upstream. In `middle` the products of matrices dominate.
"""

import json
from pathlib import Path

import mimi
import mlx.core as mx
import oracle
from checkpoint import write_json, write_safetensors
from lm import SMALL

BENCH = Path(__file__).resolve().parents[2] / "build/bench"
VOCABULARIES = {"card": 2048, "text_card": 32000}
SIZES = {
    "small": {
        **SMALL,
        **VOCABULARIES,
        "dim": 64,
        "num_heads": 2,
        "num_layers": 32,
        "hidden_scale": 4.5,
        "depformer_dim": 32,
        "depformer_num_heads": 1,
        "depformer_num_layers": 6,
        "depformer_dim_feedforward": 144,
    },
    "middle": {
        **SMALL,
        **VOCABULARIES,
        "dim": 1024,
        "num_heads": 16,
        "num_layers": 16,
        "depformer_dim": 256,
        "depformer_num_heads": 4,
        "depformer_num_layers": 6,
        "depformer_dim_feedforward": 1056,
    },
}
# What is stored; the scales of q4 are float32, so that activations are too.
WEIGHTS = {"f32": (mx.float32, None), "bf16": (mx.bfloat16, None), "q4": (mx.float32, "q4")}
MODELS = ["small-q4", "small-bf16", "small-f32", "middle-q4"]


def language_model(name: str) -> tuple[Path, Path]:
    """config.json and checkpoint of one of MODELS."""
    size, weights = name.split("-")
    folder = BENCH / f"lm-{name}"
    config = folder / "config.json"
    checkpoint = folder / ("model.q4.safetensors" if weights == "q4" else "model.safetensors")
    if not checkpoint.exists() or json.loads(config.read_text()) != SIZES[size]:
        folder.mkdir(parents=True, exist_ok=True)
        dtype, quant = WEIGHTS[weights]
        oracle.make_weights(checkpoint, SIZES[size], seed=1, dtype=dtype, quant=quant)
        write_json(config, SIZES[size])
    return config, checkpoint


def codec() -> Path:
    """A codec of full size, 385 MB."""
    checkpoint = BENCH / "mimi.safetensors"
    if not checkpoint.exists():
        BENCH.mkdir(parents=True, exist_ok=True)
        write_safetensors(checkpoint, mimi.weights(mimi.FULL))
    return checkpoint
