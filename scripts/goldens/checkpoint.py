"""Random checkpoints and safetensors files, the same bytes every time."""

import json
import struct
from pathlib import Path

import mlx.core as mx
import numpy as np

DTYPES = {
    "float32": "F32",
    "bfloat16": "BF16",
    "uint32": "U32",
    "int32": "I32",
    "int16": "I16",
    "uint8": "U8",
}


def write_safetensors(path: Path, tensors: dict[str, mx.array | np.ndarray]) -> None:
    """Tensors in the order of their names, the header padded to eight bytes."""
    header, blobs, offset = {}, [], 0
    for name in sorted(tensors):
        tensor = tensors[name]
        if isinstance(tensor, mx.array):
            kind = str(tensor.dtype).removeprefix("mlx.core.")
            raw = tensor.view(mx.uint16) if tensor.dtype == mx.bfloat16 else tensor
            blob = np.array(raw).tobytes()
        else:
            kind = str(tensor.dtype)
            blob = np.ascontiguousarray(tensor).tobytes()
        header[name] = {
            "dtype": DTYPES[kind],
            "shape": list(tensor.shape),
            "data_offsets": [offset, offset + len(blob)],
        }
        offset += len(blob)
        blobs.append(blob)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + b"".join(blobs))


def write_json(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, indent=2) + "\n")


def random_weight(rng: np.random.Generator, name: str, shape: tuple[int, ...]) -> np.ndarray:
    """A weight scaled so that activations stay near one and logits are spread by several units."""
    noise = rng.standard_normal(shape)
    if "norm" in name:
        value = 0.1 * noise + (1 if name.endswith(".weight") else 0)
    elif name.endswith(".scale"):
        value = 0.5 + 0.2 * noise
    elif ".conditioners." in name and not name.endswith("output_proj.weight"):
        value = noise
    elif "emb" in name and not name.endswith(("out1.weight", "out2.weight", "low_rank.weight")):
        value = noise if name.startswith("depformer.") else 0.5 * noise
    elif name.endswith(("text_linear.weight", "linear_out.weight")) and ".gating." not in name:
        value = 3 * noise / np.sqrt(shape[-1])
    else:
        value = 1.2 * noise / np.sqrt(shape[-1])
    return value.astype(np.float32)


def random_weights(seed: int, shapes: dict[str, tuple[int, ...]]) -> dict[str, np.ndarray]:
    """Each tensor has a stream of random numbers of its own: its name and the seed."""
    return {
        name: random_weight(np.random.default_rng([seed, *name.encode()]), name, shape)
        for name, shape in shapes.items()
    }
