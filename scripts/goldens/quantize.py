"""Goldens of quantisation: one small bfloat16 checkpoint, and what mlx.nn.quantize makes of it."""

from pathlib import Path

import mlx.core as mx
import mlx.nn as nn
import oracle
from checkpoint import write_json, write_safetensors
from lm import TINY
from moshi_mlx import models

FOLDER = Path(__file__).resolve().parents[2] / "cli/src/test/resources/goldens/quantize"
SEED = 11

# Rows of 64, 128 and 32: groups of 64 leave the depformer's matrices, groups of 32 nothing.
CONFIG = {
    **TINY,
    "dim": 64,
    "num_layers": 1,
    "hidden_scale": 3.0,
    "depformer_dim": 32,
    "depformer_dim_feedforward": 96,
    "moshi_name": "model.safetensors",
    "mimi_name": "codec.safetensors",
    "tokenizer_name": "tokenizer.model",
}
CASES = {"q4": (4, 32), "q8": (8, 64), "q6": (6, 64), "q4-g64": (4, 64), "q6-g32": (6, 32)}


def quantized(bits: int, group_size: int) -> dict[str, mx.array]:
    """As upstream quantises, but for matrices whose rows the group size does not divide: there it fails."""
    model = models.Lm(oracle.lm_config(CONFIG))
    model.load_weights(str(FOLDER / "model.safetensors"), strict=True)

    def divides(_: str, module: nn.Module) -> bool:
        return hasattr(module, "to_quantized") and module.weight.shape[-1] % group_size == 0

    nn.quantize(model, bits=bits, group_size=group_size, class_predicate=divides)
    return oracle.parameters(model)


def main() -> None:
    mx.set_default_device(mx.cpu)
    FOLDER.mkdir(parents=True, exist_ok=True)
    write_json(FOLDER / "config.json", CONFIG)
    oracle.make_weights(FOLDER / "model.safetensors", CONFIG, SEED, mx.bfloat16)
    for name, (bits, group_size) in CASES.items():
        write_safetensors(FOLDER / f"expected.{name}.safetensors", quantized(bits, group_size))


if __name__ == "__main__":
    main()
