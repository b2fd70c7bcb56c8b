"""moshi-mlx as the oracle: models in the real layout, greedy and forced runs that keep every logit."""

import re
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import mlx.core as mx
import mlx.nn as nn
import numpy as np
from checkpoint import random_weights, write_safetensors
from mlx.utils import tree_flatten
from moshi_mlx import models, utils
from moshi_mlx.modules import transformer
from moshi_mlx.modules.conditioner import ConditionTensor

QUANTIZATION = {"q4": (32, 4), "q8": (64, 8)}


def lm_config(data: dict) -> models.LmConfig:
    """moshi-mlx takes a feed-forward of 4 * dim whatever the config says; PyTorch's moshi reads `hidden_scale`.

    The published models have 4.125, for which both give a hidden size of 11 * dim / 4.
    """
    config = models.LmConfig.from_config_dict(data)
    if "hidden_scale" in data and data["hidden_scale"] != 4.125:
        config.transformer.dim_feedforward = int(data["hidden_scale"] * data["dim"])
    return config


def quantize(model: nn.Module, quant: str) -> None:
    """All layers whose sizes groups divide: the tables of conditioners are smaller than a group, and stay as they are."""
    group_size, bits = QUANTIZATION[quant]
    nn.quantize(
        model,
        bits=bits,
        group_size=group_size,
        class_predicate=lambda _, m: hasattr(m, "to_quantized") and m.weight.shape[-1] % group_size == 0,
    )


def new_model(data: dict, quant: str | None = None) -> models.Lm:
    model = models.Lm(lm_config(data))
    model.set_dtype(mx.bfloat16)
    if quant is not None:
        quantize(model, quant)
    return model


def parameters(model: nn.Module) -> dict[str, mx.array]:
    return {k: v for k, v in tree_flatten(model.parameters()) if isinstance(v, mx.array)}


def make_weights(path: Path, data: dict, seed: int, dtype=mx.float32, quant=None) -> None:
    """Writes a random model; quantised as run_inference expects it to have been, by MLX itself."""
    model = models.Lm(lm_config(data))
    shapes = {name: value.shape for name, value in parameters(model).items()}
    weights = {k: mx.array(v).astype(dtype) for k, v in random_weights(seed, shapes).items()}
    model.load_weights(list(weights.items()), strict=True)
    if quant is not None:
        quantize(model, quant)
    write_safetensors(path, parameters(model))


def packed(weights: dict[str, mx.array], data: dict) -> dict[str, mx.array]:
    """The same weights as the PyTorch repositories keep them. Slices that share weights take those of the first."""
    schedule = data.get("depformer_weights_per_step_schedule") or list(range(data["dep_q"]))
    firsts = [schedule.index(p) for p in range(max(schedule) + 1)]
    stacked, result = {}, {}
    for name, value in weights.items():
        if name.endswith(("norm.weight", "norm1.weight", "norm2.weight")):
            name, value = name.removesuffix("weight") + "alpha", value[None, None]
        name = name.replace("in_proj.weight", "in_proj_weight").replace("audio_embs.", "emb.")
        if name.startswith("depformer.slices."):
            _, _, index, part, rest = name.split(".", 4)
            index = int(index)
            if part == "emb":
                name = f"depformer_emb.{index - 1}.{rest}" if index > 0 else f"depformer_text_emb.{rest}"
            elif part == "linear_out":
                name = f"linears.{index}.{rest}"
            elif index not in firsts:
                continue
            elif part == "linear_in":
                name = f"depformer_in.{schedule[index]}.{rest}"
            else:
                name = f"depformer.{rest}".replace(".gating.", f".gating.{schedule[index]}.")
                if ".self_attn." in name:
                    stacked.setdefault(name, {})[schedule[index]] = value
        result[name] = value
    for name, parts in stacked.items():
        result[name] = mx.concatenate([parts[p] for p in range(len(parts))])
    return result


def with_copies(weights: dict[str, mx.array]) -> tuple[dict[str, mx.array], dict[str, mx.array]]:
    """Of 16 slices in PyTorch's layout: without the weights 8 to 15, and with copies of 0 to 7 in their place."""
    short, full = dict(weights), dict(weights)
    for name in weights:
        match = re.match(r"(depformer_in|linears|depformer_emb|depformer\.layers\.\d+\.gating)\.(\d+)\.(.*)", name)
        if match and int(match[2]) >= 8:
            full[name] = weights[f"{match[1]}.{int(match[2]) - 8}.{match[3]}"]
            del short[name]
        elif name.startswith("depformer.") and ".self_attn." in name:
            short[name] = mx.split(weights[name], 2)[0]
            full[name] = mx.concatenate([short[name]] * 2)
    return short, full


def load_pytorch(weights: dict[str, mx.array], data: dict) -> models.Lm:
    """moshi-mlx's own import of PyTorch's layout."""
    model = models.Lm(lm_config(data))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.safetensors"
        write_safetensors(path, weights)
        model.load_pytorch_weights(str(path), lm_config(data), strict=True)
        mx.eval(model.parameters())
    return model


def load(path: Path, data: dict, float32: bool = False) -> models.Lm:
    """Loads as run_inference does: the dtype of the file wins. With `float32` the file is widened first."""
    quant = next((q for q in QUANTIZATION if path.name.endswith(f".{q}.safetensors")), None)
    model = new_model(data, quant)
    weights = mx.load(str(path))
    if float32:
        weights = {k: v if v.dtype == mx.uint32 else v.astype(mx.float32) for k, v in weights.items()}
    model.load_weights(list(weights.items()), strict=True)
    return model


class PlainCache:
    """Every key and value of the run, in order."""

    def __init__(self):
        self.reset()

    def reset(self):
        self.offset, self.keys, self.values = 0, None, None

    def append(self, keys: mx.array, values: mx.array) -> tuple[mx.array, mx.array]:
        end = self.offset + keys.shape[2]
        if self.keys is None:
            self.keys, self.values = keys[:, :, :0], values[:, :, :0]
        if end > self.keys.shape[2]:
            room = (*keys.shape[:2], 512 + keys.shape[2], keys.shape[3])
            self.keys = mx.concatenate([self.keys, mx.zeros(room, keys.dtype)], axis=2)
            self.values = mx.concatenate([self.values, mx.zeros(room, keys.dtype)], axis=2)
        self.keys[:, :, self.offset : end] = keys
        self.values[:, :, self.offset : end] = values
        self.offset = end
        return self.keys[:, :, :end], self.values[:, :, :end]


def plain_attention(self, xs: mx.array, cache: PlainCache, mask=None) -> mx.array:
    """Attention over the last `context` positions (the query's own among them), all keys kept, nothing trimmed."""
    b, t, d = xs.shape
    heads, head_dim = self.cfg.num_heads, self.cfg.head_dim
    q, k, v = self.in_proj(xs).reshape(b, t, 3, heads, head_dim).transpose(2, 0, 3, 1, 4)
    first = cache.offset
    if self.rope is not None:
        q, k = self.rope(q, offset=first), self.rope(k, offset=first)
    k, v = cache.append(k, v)
    scores = (q @ k.swapaxes(-1, -2)) * self.scale
    query = mx.arange(first, first + t)[:, None]
    key = mx.arange(first + t)[None]
    seen = mx.logical_and(key <= query, key > query - self.cfg.context)
    weights = mx.softmax(mx.where(seen, scores, -float("inf")), axis=-1, precise=True)
    return self.out_proj((weights @ v).swapaxes(1, 2).reshape(b, t, d))


class use_plain_attention:
    """Within this context every attention of moshi-mlx is `plain_attention`."""

    def __enter__(self):
        self.kept = transformer.Attention.__call__
        transformer.Attention.__call__ = plain_attention

    def __exit__(self, *_):
        transformer.Attention.__call__ = self.kept


def give_plain_caches(model: models.Lm) -> None:
    for cache in [*model.transformer_cache, *model.depformer_cache]:
        cache.self_attn = PlainCache()


class Recorder:
    """A sampler that keeps the logits: greedy by moshi-mlx's own sampler, or the next token of a script."""

    def __init__(self, script: list[int] | None = None):
        self.greedy = utils.Sampler(temp=0)
        self.script = None if script is None else iter(script)
        self.logits: list[np.ndarray] = []
        self.tokens: list[int] = []

    def __call__(self, logits: mx.array):
        token, logprobs = self.greedy(logits)
        if self.script is not None:
            token = mx.full(token.shape, next(self.script), dtype=mx.int32)
        self.logits.append(np.array(logits.astype(mx.float32)).reshape(-1))
        self.tokens.append(token.item())
        return token, logprobs


@dataclass
class Run:
    """What a run gave; tokens that are not there yet are -1."""

    user_tokens: np.ndarray  # [steps, n_q - dep_q]
    text_tokens: np.ndarray  # [steps]
    sampled: np.ndarray  # [steps, dep_q], as the depformer sampled them at each step
    audio_tokens: np.ndarray | None = None  # [steps, dep_q], the frame that each step completed, by LmGen
    text_logits: np.ndarray | None = None  # [steps, text_card]
    audio_logits: np.ndarray | None = None  # [steps, dep_q, card]
    extra_heads: np.ndarray | None = None  # [steps, heads, dim]
    margins: dict = field(default_factory=dict)

    def tensors(self, logit_steps: int) -> dict[str, np.ndarray]:
        tokens = {
            "user_tokens": self.user_tokens,
            "text_tokens": self.text_tokens,
            "sampled": self.sampled,
            "audio_tokens": self.audio_tokens,
        }
        tensors = {k: v.astype(np.int16) for k, v in tokens.items()}
        if logit_steps > 0:
            tensors["text_logits"] = self.text_logits[:logit_steps]
            tensors["audio_logits"] = self.audio_logits[:logit_steps]
            if self.extra_heads is not None:
                tensors["extra_heads"] = self.extra_heads[:logit_steps]
        return {k: v for k, v in tensors.items() if v.size > 0}


def margin(logits: list[np.ndarray]) -> float:
    """The smallest gap between the best and the second logit, relative to the largest magnitude."""
    gaps = [np.diff(np.sort(row)[-2:])[0] / np.abs(row).max() for row in logits]
    return float(min(gaps, default=1.0))


def condition(model: models.Lm, data: dict, name: str, value: str) -> mx.array:
    """What is added to the transformer's input: one condition and, if the fuser sums more, the padding of the others.

    PyTorch's moshi adds up all that its fuser names; moshi-mlx takes one. [1, dim]
    """
    total = model.condition_provider.condition_tensor(name, value).tensor
    for other in data.get("fuser", {}).get("sum", []):
        if other != name:
            total = total + model.condition_provider.conditioners[other].learnt_padding[0]
    return total


class TwoConditions(nn.Module):
    """A transformer whose batch of two is told two things, [2, dim]: moshi-mlx tells both copies the same."""

    def __init__(self, inner: nn.Module, conditions: mx.array):
        super().__init__()
        self.inner, self.conditions = inner, conditions

    def __call__(self, xs: mx.array, **arguments) -> mx.array:
        return self.inner(xs + self.conditions[:, None], **arguments)


def run(
    model: models.Lm,
    user_tokens: np.ndarray,
    conditions: list[mx.array] | None = None,
    cfg_coef: float = 1.0,
    forced: Run | None = None,
) -> Run:
    """Runs LmGen greedily over the user's tokens [steps, n_q - dep_q], or along the tokens of another run.

    With guidance (`cfg_coef`) there are two conditions, the one to follow and the one to lead away from.
    """
    steps, dep_q = len(user_tokens), model.dep_q
    text = Recorder(None if forced is None else forced.text_tokens.tolist())
    audio = Recorder(None if forced is None else forced.sampled.reshape(-1).tolist())
    ct = None
    if cfg_coef != 1:
        model.transformer = TwoConditions(model.transformer, mx.concatenate(conditions))
    elif conditions:
        ct = ConditionTensor(conditions[0])
    gen = models.LmGen(model, max_steps=steps, text_sampler=text, audio_sampler=audio, cfg_coef=cfg_coef)
    frames, heads = np.full((steps, dep_q), -1), []
    for step, tokens in enumerate(user_tokens.tolist()):
        _, extra = gen.step_with_extra_heads(mx.array([tokens]), ct)
        heads.append([np.array(head.astype(mx.float32)).reshape(-1) for head in extra])
        done = gen.last_audio_tokens()
        if done is not None:
            frames[step] = np.array(done)[0]
    return Run(
        user_tokens=user_tokens,
        text_tokens=np.array(text.tokens),
        sampled=np.array(audio.tokens).reshape(steps, dep_q),
        audio_tokens=frames,
        text_logits=np.stack(text.logits),
        audio_logits=np.array(audio.logits, dtype=np.float32).reshape(steps, dep_q, -1 if dep_q else 0),
        extra_heads=np.array(heads, dtype=np.float32) if heads[0] else None,
        margins={"text": margin(text.logits), "audio": margin(audio.logits)},
    )


def run_plain(model: models.Lm, user_tokens: np.ndarray, **arguments) -> Run:
    give_plain_caches(model)
    with use_plain_attention():
        return run(model, user_tokens, **arguments)
