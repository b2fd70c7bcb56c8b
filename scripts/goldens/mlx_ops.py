"""Goldens of the MLX bindings: every operation of theirs as Python's MLX computes it.

Writes mlx-bindings/src/test/resources/goldens/: ops.json (inputs, and each case's outputs) and
types.safetensors (a file with tensors of every type, as MLX writes it).
"""

import json
import platform
from importlib.metadata import version
from pathlib import Path

import mlx.core as mx
import numpy as np
from mlx import nn

GOLDENS = Path(__file__).resolve().parents[2] / "mlx-bindings/src/test/resources/goldens"

rng = np.random.default_rng(20250)


def normal(*shape: int, dtype: mx.Dtype = mx.float32) -> mx.array:
    return mx.array(rng.standard_normal(shape).astype(np.float32)).astype(dtype)


def integers(low: int, high: int, *shape: int, dtype: mx.Dtype = mx.int32) -> mx.array:
    return mx.array(rng.integers(low, high, shape).astype(np.int32)).astype(dtype)


INPUTS = {
    "x": normal(2, 3, 4),
    "y": normal(2, 3, 4),
    "row": normal(4),
    "positive": mx.abs(normal(2, 3, 4)) + 0.1,
    "i": integers(-5, 6, 2, 3, 4),
    "j": integers(1, 4, 2, 3, 4),
    "u": integers(0, 9, 2, 3, 4, dtype=mx.uint32),
    "p": mx.array(rng.integers(0, 2, (2, 3, 4)) == 1),
    "bf": normal(2, 3, 4, dtype=mx.bfloat16),
    "bg": normal(2, 3, 4, dtype=mx.bfloat16),
    "hf": normal(2, 3, 4, dtype=mx.float16),
    "m1": normal(2, 3, 5),
    "m2": normal(2, 5, 4),
    "m3": normal(5, 4),
    "m4": normal(2, 3, 4),
    "take_ids": mx.array([[2, 0], [1, 1]], dtype=mx.int32),
    "along_values": normal(2, 3, 2),
    "distinct": mx.array([[[0, 3], [2, 1], [1, 0]], [[3, 2], [0, 1], [2, 3]]], dtype=mx.int32),
    "patch": normal(2, 1, 2),
    "sorted": mx.sort(normal(12)),
    "w": normal(8, 128),
    "wx": normal(3, 128),
    "wbf": normal(8, 128, dtype=mx.bfloat16),
    "wbfx": normal(3, 128, dtype=mx.bfloat16),
    "stacked": normal(3, 8, 64),
    "stackedx": normal(2, 1, 64),
    "pick": mx.array([2, 0], dtype=mx.uint32),
    "bias": normal(8),
    "ids": mx.array([[3, 0, 7]], dtype=mx.int32),
    "queries": normal(1, 4, 5, 16),
    "keys": normal(1, 2, 7, 16),
    "values": normal(1, 2, 7, 16),
    "add_mask": normal(5, 7),
    "see_mask": mx.array(rng.integers(0, 2, (5, 7)) == 1) | mx.array(np.eye(5, 7, dtype=bool)),
    "bqueries": normal(1, 2, 3, 16, dtype=mx.bfloat16),
    "bkeys": normal(1, 2, 6, 16, dtype=mx.bfloat16),
    "bvalues": normal(1, 2, 6, 16, dtype=mx.bfloat16),
    "norm_weight": normal(4),
    "bnorm_weight": normal(4, dtype=mx.bfloat16),
}


def cases() -> dict[str, mx.array | tuple[mx.array, ...] | list[mx.array]]:
    n = INPUTS
    x, y, i, j, bf = n["x"], n["y"], n["i"], n["j"], n["bf"]
    out: dict = {}

    # Arithmetic
    for name in ("add", "subtract", "multiply", "divide", "floor_divide", "remainder", "maximum", "minimum"):
        op = getattr(mx, name)
        out[name] = op(x, y)
        out[f"{name} broadcast"] = op(x, n["row"])
        out[f"{name} int"] = op(i, j)
        out[f"{name} scalar"] = op(x, 1.5)
        out[f"{name} int scalar"] = op(i, 3)
        out[f"{name} bfloat16"] = op(bf, n["bg"])
        out[f"{name} bfloat16 scalar"] = op(bf, 1.1)
        out[f"{name} float16 scalar"] = op(n["hf"], 1.1)
    out["add bfloat16 float32"] = mx.add(bf, x)
    for name in ("negative", "exp", "square", "sigmoid", "sin", "cos"):
        out[name] = getattr(mx, name)(x)
        out[f"{name} bfloat16"] = getattr(mx, name)(bf)
    for name in ("log", "rsqrt"):
        out[name] = getattr(mx, name)(n["positive"])
    for dtype in ("bool_", "uint8", "uint32", "int32", "int64", "float16", "bfloat16", "float32"):
        out[f"astype {dtype}"] = n["positive"].astype(getattr(mx, dtype))
        out[f"astype int {dtype}"] = n["u"].astype(getattr(mx, dtype))

    # Logic
    for name in ("equal", "less", "greater", "greater_equal"):
        op = getattr(mx, name)
        out[name] = op(x, y)
        out[f"{name} int"] = op(i, j)
        out[f"{name} int scalar"] = op(i, 1)
    out["where"] = mx.where(n["p"], x, n["row"])

    # Reductions, order
    for axis in (0, -1):
        for name in ("sum", "argmax"):
            out[f"{name} {axis}"] = getattr(mx, name)(x, axis=axis)
            out[f"{name} {axis} keep"] = getattr(mx, name)(x, axis=axis, keepdims=True)
        out[f"sum int {axis}"] = mx.sum(i, axis=axis)
        out[f"softmax {axis}"] = mx.softmax(x, axis=axis)
        out[f"softmax {axis} precise"] = mx.softmax(bf, axis=axis, precise=True)
        out[f"softmax {axis} bfloat16"] = mx.softmax(bf, axis=axis)
        out[f"argsort {axis}"] = mx.argsort(x, axis=axis)
        out[f"sort {axis}"] = mx.sort(x, axis=axis)
        # The order within each part is not specified, so the parts are sorted.
        ranks = mx.argpartition(x, kth=1, axis=axis)
        out[f"argpartition {axis}"] = mx.sort(mx.split(ranks, [2], axis=axis)[0], axis=axis)
        for reverse in (False, True):
            for inclusive in (False, True):
                out[f"cumsum {axis} {reverse} {inclusive}".lower()] = mx.cumsum(
                    x, axis=axis, reverse=reverse, inclusive=inclusive
                )
    for right in (False, True):
        side = "right" if right else "left"
        found = np.searchsorted(np.array(n["sorted"]), np.array(mx.concatenate([x.flatten(), n["sorted"]])), side)
        out[f"searchsorted {side}"] = mx.array(found.astype(np.uint32))

    # Shapes
    out["reshape"] = mx.reshape(x, (4, -1))
    out["transpose"] = mx.transpose(x)
    out["transpose axes"] = mx.transpose(x, (1, 2, 0))
    out["swapaxes"] = mx.swapaxes(x, 0, -1)
    out["expand_dims"] = mx.expand_dims(x, -2)
    out["squeeze"] = mx.squeeze(n["patch"], 1)
    out["broadcast_to"] = mx.broadcast_to(n["row"], (2, 3, 4))
    out["flatten"] = mx.flatten(mx.swapaxes(x, 1, 2))
    out["flatten axes"] = mx.flatten(x, 1, 2)
    out["concatenate"] = mx.concatenate([x, y, n["bf"]], axis=1)
    out["stack"] = mx.stack([x, y], axis=-1)
    out["split"] = mx.split(x, 2, axis=-1)
    out["split_at"] = mx.split(x, [1, 3], axis=2)
    out["contiguous"] = mx.contiguous(mx.swapaxes(x, 0, 2))

    # Indexing
    out["slice axis"] = x[:, :, 1:3]
    out["slice_update axis"] = mx.concatenate([x[:, :, :1], n["patch"][:, :, :1] + mx.zeros((2, 3, 1)), x[:, :, 2:]], 2)
    out["take 0"] = mx.take(n["m3"], n["take_ids"], axis=0)
    out["take -1"] = mx.take(x, n["take_ids"], axis=-1)
    out["put_along_axis"] = mx.put_along_axis(x, n["distinct"], n["along_values"], axis=-1)

    # Creation
    out["arange"] = mx.arange(1, 7, 2, dtype=mx.int32)
    out["arange float"] = mx.arange(0.5, 3, 0.5, dtype=mx.float32)
    out["zeros"] = mx.zeros((2, 2), dtype=mx.bfloat16)
    out["ones"] = mx.ones((3,), dtype=mx.int64)

    # Products
    out["matmul"] = mx.matmul(n["m1"], n["m2"])
    out["matmul broadcast"] = mx.matmul(n["m1"], n["m3"])
    out["addmm"] = mx.addmm(n["m4"], n["m1"], n["m2"])
    for bits in (4, 8):
        for group_size in (32, 64):
            tag = f"q{bits} {group_size}"
            wq, scales, biases = mx.quantize(n["w"], group_size=group_size, bits=bits)
            out[f"quantize {tag}"] = (wq, scales, biases)
            out[f"dequantize {tag}"] = mx.dequantize(wq, scales, biases, group_size=group_size, bits=bits)
            out[f"quantized_matmul {tag}"] = mx.quantized_matmul(
                n["wx"], wq, scales, biases, transpose=True, group_size=group_size, bits=bits
            )
            embedding = nn.QuantizedEmbedding(8, 128, group_size=group_size, bits=bits)
            embedding.update({"weight": wq, "scales": scales, "biases": biases})
            out[f"QuantizedEmbedding {tag}"] = embedding(n["ids"])
            linear = nn.QuantizedLinear(128, 8, bias=True, group_size=group_size, bits=bits)
            linear.update({"weight": wq, "scales": scales, "biases": biases, "bias": n["bias"]})
            out[f"QuantizedLinear {tag}"] = linear(n["wx"])
            out[f"QuantizedLinear {tag} no bias"] = linear(n["wx"]) - n["bias"]
    wq, scales, biases = mx.quantize(n["w"], group_size=32, bits=4)
    out["quantized_matmul plain"] = mx.quantized_matmul(
        n["m1"][:, :, :4] @ n["m4"][:, :, :].swapaxes(1, 2)[:, :, :3] @ mx.ones((2, 3, 8)),
        wq,
        scales,
        biases,
        transpose=False,
        group_size=32,
        bits=4,
    )
    wq, scales, biases = mx.quantize(n["wbf"], group_size=32, bits=4)
    out["quantize bfloat16"] = (wq, scales, biases)
    out["quantized_matmul bfloat16"] = mx.quantized_matmul(
        n["wbfx"], wq, scales, biases, transpose=True, group_size=32, bits=4
    )
    wq, scales, biases = mx.quantize(n["stacked"], group_size=32, bits=4)
    out["gather_qmm"] = mx.gather_qmm(
        n["stackedx"], wq, scales, biases, rhs_indices=n["pick"], transpose=True, group_size=32, bits=4
    )
    out["gather_qmm lhs"] = mx.gather_qmm(
        n["stackedx"],
        wq,
        scales,
        biases,
        lhs_indices=mx.array([1, 0], dtype=mx.uint32),
        rhs_indices=n["pick"],
        transpose=True,
        group_size=32,
        bits=4,
    )

    # Fast
    out["rms_norm"] = mx.fast.rms_norm(x, n["norm_weight"], 1e-5)
    out["rms_norm plain"] = mx.fast.rms_norm(x, None, 1e-5)
    out["rms_norm bfloat16"] = mx.fast.rms_norm(bf, n["bnorm_weight"], 1e-8)
    for traditional in (False, True):
        for offset in (0, 11):
            tag = f"{traditional} {offset}".lower()
            out[f"rope {tag}"] = mx.fast.rope(
                n["queries"], 16, traditional=traditional, base=10000, scale=1, offset=offset
            )
    out["rope partial"] = mx.fast.rope(n["queries"], 8, traditional=True, base=500, scale=0.5, offset=3)
    out["rope bfloat16"] = mx.fast.rope(n["bqueries"], 16, traditional=True, base=10000, scale=1, offset=2)

    def attention(mask: mx.array | None) -> mx.array:
        return mx.fast.scaled_dot_product_attention(n["queries"], n["keys"], n["values"], scale=0.25, mask=mask)

    out["attention"] = attention(None)
    out["attention added mask"] = attention(n["add_mask"])
    out["attention seen mask"] = attention(n["see_mask"])
    one = n["queries"][:, :, :1]
    out["attention one query"] = mx.fast.scaled_dot_product_attention(one, n["keys"], n["values"], scale=0.25)
    out["attention bfloat16"] = mx.fast.scaled_dot_product_attention(
        n["bqueries"], n["bkeys"], n["bvalues"], scale=0.25
    )

    # Random
    key = mx.random.key(42)
    out["random key"] = key
    out["random key large"] = mx.random.key(2**63 + 12345)
    out["random split"] = mx.random.split(key)[0], mx.random.split(key)[1]
    out["random uniform"] = mx.random.uniform(0, 1, (3, 5), key=key)
    out["random uniform range"] = mx.random.uniform(-2, 3, (7,), key=key)
    out["random uniform bfloat16"] = mx.random.uniform(0, 1, (7,), dtype=mx.bfloat16, key=key)

    # Layers
    linear = nn.Linear(128, 8)
    linear.update({"weight": n["w"], "bias": n["bias"]})
    out["Linear"] = linear(n["wx"])
    out["Linear no bias"] = n["wx"] @ n["w"].T
    embedding = nn.Embedding(8, 128)
    embedding.update({"weight": n["w"]})
    out["Embedding"] = embedding(n["ids"])

    # Compiled
    def gate(a: mx.array, b: mx.array) -> mx.array:
        return nn.silu(a) * b + 1

    out["compile"] = mx.compile(gate)(x, y)
    out["compile shapeless"] = mx.compile(gate, shapeless=True)(n["m1"], n["m1"])
    out["compile two results"] = mx.compile(lambda a: (mx.exp(a) - 1, mx.sum(a, axis=-1)))(x)
    return out


def tensor(a: mx.array) -> dict:
    dtype = str(a.dtype).removeprefix("mlx.core.")
    if dtype.startswith(("float", "bfloat")):
        values = [float(str(v)) for v in np.array(a.astype(mx.float32)).flatten()]
    else:
        values = [int(v) for v in np.array(a).flatten()]
    return {"dtype": dtype.rstrip("_"), "shape": list(a.shape), "values": values}


def main() -> None:
    mx.set_default_device(mx.cpu)
    GOLDENS.mkdir(parents=True, exist_ok=True)
    golden = {
        "command": "scripts/goldens/mlx_ops.py",
        "mlx": version("mlx"),
        "made_on": f"{platform.system()} {platform.machine()}",
        "inputs": {name: tensor(a) for name, a in INPUTS.items()},
        "cases": {
            name: [tensor(a) for a in (result if isinstance(result, (tuple, list)) else [result])]
            for name, result in cases().items()
        },
    }
    with (GOLDENS / "ops.json").open("w") as f:
        # A case a line, so that a change shows as one.
        text = json.dumps(golden, separators=(",", ":"))
        f.write(text.replace(']}],"', ']}],\n"').replace(']},"', ']},\n"') + "\n")
    mx.save_safetensors(
        str(GOLDENS / "types.safetensors"),
        {
            "float32": INPUTS["x"],
            "bfloat16": INPUTS["bf"],
            "float16": INPUTS["hf"],
            "uint32": INPUTS["u"],
            "int32": INPUTS["i"],
            "int64": INPUTS["i"].astype(mx.int64) * 2**20,
            "uint8": INPUTS["u"].astype(mx.uint8),
            "bool": INPUTS["p"],
            "scalar": mx.array(2.5),
            "empty": mx.zeros((0, 3)),
        },
        {"made by": "MLX for Python"},
    )


if __name__ == "__main__":
    main()
