"""Goldens of the samplers: which tokens moshi-mlx keeps on given logits, and which it draws from given seeds.

Sampler settings do not combine upstream: a temperature of 0 is greedy, else top_k counts, else top_p, else min_p.
"""

import importlib.util
from pathlib import Path

import mlx.core as mx
import numpy as np
from checkpoint import write_json, write_safetensors
from moshi_mlx import utils

FOLDER = Path(__file__).resolve().parents[2] / "cli/src/test/resources/goldens/samplers"
SIZES = {64: 1.5, 200: 2.0, 2000: 1.5}
DRAWS = 24
SETTINGS = {
    "greedy": {"temp": 0.0},
    "plain": {"temp": 1.0, "top_p": 1.0},
    "plain-cool": {"temp": 0.6, "top_p": 0.0},
    "top-k-1": {"temp": 0.8, "top_k": 1},
    "top-k-25": {"temp": 0.7, "top_k": 25},
    "top-k-250": {"temp": 0.8, "top_k": 250},
    "top-p-95": {"temp": 0.8, "top_p": 0.95},
    "top-p-50": {"temp": 1.0, "top_p": 0.5},
    "min-p-05": {"temp": 0.8, "top_p": 0.0, "min_p": 0.05},
    "min-p-keep-5": {"temp": 0.5, "top_p": 1.0, "min_p": 0.9, "min_tokens_to_keep": 5},
    "top-k-before-top-p": {"temp": 0.8, "top_k": 10, "top_p": 0.3, "min_p": 0.2},
    "top-p-before-min-p": {"temp": 0.8, "top_p": 0.9, "min_p": 0.2},
}


def make_logits(size: int, spread: float) -> mx.array:
    rng = np.random.default_rng(size)
    return mx.array((spread * rng.standard_normal((1, 1, size))).astype(np.float32))


def uncompiled_sampling():
    """moshi-mlx's sampling module with its functions as they are written, for their inner values to be seen."""
    compiled = mx.compile
    mx.compile = lambda function, **_: function
    try:
        spec = importlib.util.find_spec("moshi_mlx.utils.sampling")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    finally:
        mx.compile = compiled
    return module


class Watch:
    """Sees what a sampler hands to `mx.random.categorical`, and in which order of tokens."""

    def __init__(self):
        self.order, self.scores = None, None
        self.kept = mx.argsort, mx.random.categorical

    def __enter__(self):
        def argsort(*args, **kwargs):
            self.order = self.kept[0](*args, **kwargs)
            return self.order

        def categorical(logits, *args, **kwargs):
            self.scores = logits
            return self.kept[1](logits, *args, **kwargs)

        mx.argsort, mx.random.categorical = argsort, categorical
        return self

    def __exit__(self, *_):
        mx.argsort, mx.random.categorical = self.kept

    def mask(self) -> np.ndarray:
        kept = np.isfinite(np.array(self.scores).reshape(-1))
        if self.order is None:
            return kept
        mask = np.zeros_like(kept)
        mask[np.array(self.order).reshape(-1)] = kept
        return mask


def draw(logits: mx.array, settings: dict, seed: int) -> list[int]:
    sampler = utils.Sampler(**settings)
    mx.random.seed(seed)
    return [sampler(logits)[0].item() for _ in range(DRAWS)]


def draw_with_keys(watch: Watch, seed: int) -> list[int]:
    """What `draw` must give: before every draw the key is split, its first half kept and its second half used."""
    key, tokens = mx.random.key(seed), []
    for _ in range(DRAWS):
        key, used = mx.random.split(key)
        token = mx.random.categorical(watch.scores, axis=-1, key=used).item()
        tokens.append(token if watch.order is None else watch.order.reshape(-1)[token].item())
    return tokens


def smallest_distance_to_threshold(logits: mx.array, settings: dict) -> float:
    """How near a token is to being kept or not, as a relative difference of probabilities."""
    probs = np.sort(np.array(mx.softmax(logits / settings["temp"], axis=-1), dtype=np.float64).reshape(-1))
    if settings.get("top_k"):
        k = settings["top_k"]
        return 1 - probs[-k - 1] / probs[-k]
    if 0 < settings.get("top_p", 0.95) < 1:
        return np.abs(np.cumsum(probs) / (1 - settings.get("top_p", 0.95)) - 1).min()
    if settings.get("min_p"):
        return np.abs(probs / (settings["min_p"] * probs[-1]) - 1).min()
    return 1.0


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    sampling = uncompiled_sampling()
    tensors, cases = {}, []
    for size, spread in SIZES.items():
        logits = make_logits(size, spread)
        tensors[f"logits.{size}"] = np.array(logits).reshape(-1)
        for name, settings in SETTINGS.items():
            if settings.get("top_k", 0) >= size:
                continue
            seed = len(cases)
            case = {"name": name, "logits": f"logits.{size}", "kept": f"kept.{size}.{name}", "seed": seed}
            with Watch() as watch:
                token = sampling.Sampler(**settings)(logits)[0].item()
            if watch.scores is None:
                mask = np.arange(size) == token
            else:
                mask = watch.mask()
                distance = smallest_distance_to_threshold(logits, settings)
                assert distance > 1e-4, (name, size, distance)
            tensors[case["kept"]] = mask.astype(np.uint8)
            case["tokens"] = draw(logits, settings, seed)
            if watch.scores is not None:
                assert case["tokens"] == draw_with_keys(watch, seed), (name, size)
            case["kept_count"] = int(mask.sum())
            cases.append({**case, **settings})
    write_safetensors(FOLDER / "expected.safetensors", tensors)
    write_json(FOLDER / "expected.json", cases)
    for case in cases:
        print(case["name"], case["logits"], case["kept_count"], case["tokens"][:6])


if __name__ == "__main__":
    main()
