"""Goldens of the language model: small random checkpoints in the real layout and what moshi-mlx makes of them.

scripts/goldens/lm.py [CASE ...]     (all cases when none is named)
"""

import sys
from dataclasses import dataclass, field
from pathlib import Path

import mlx.core as mx
import numpy as np
import oracle
from checkpoint import write_json, write_safetensors

ROOT = Path(__file__).resolve().parents[2]
GOLDENS = ROOT / "cli/src/test/resources/goldens"

SMALL = {
    "card": 48,
    "n_q": 16,
    "dep_q": 8,
    "delays": [0, 0, 1, 1, 1, 1, 1, 1, 1, 0, 1, 1, 1, 1, 1, 1, 1],
    "dim": 64,
    "text_card": 64,
    "existing_text_padding_id": 3,
    "num_heads": 4,
    "num_layers": 3,
    "hidden_scale": 4.125,
    "causal": True,
    "layer_scale": None,
    "context": 3000,
    "max_period": 10000,
    "gating": "silu",
    "norm": "rms_norm_f32",
    "positional_embedding": "rope",
    "depformer_dim": 32,
    "depformer_dim_feedforward": 132,
    "depformer_num_heads": 2,
    "depformer_num_layers": 2,
    "depformer_causal": True,
    "depformer_layer_scale": None,
    "depformer_multi_linear": True,
    "depformer_context": 8,
    "depformer_max_period": 10000,
    "depformer_gating": "silu",
    "depformer_pos_emb": "none",
    "depformer_weights_per_step": True,
}
QUANTIZABLE = {**SMALL, "hidden_scale": 4.5, "depformer_dim_feedforward": 144}
QUANTIZABLE_64 = {
    **QUANTIZABLE,
    "depformer_dim": 64,
    "depformer_dim_feedforward": 96,
    "depformer_num_layers": 1,
}
TINY = {
    **SMALL,
    "n_q": 4,
    "dep_q": 2,
    "delays": [0, 0, 1, 0, 1],
    "card": 32,
    "dim": 32,
    "num_heads": 2,
    "num_layers": 2,
    "depformer_dim": 16,
    "depformer_dim_feedforward": 66,
    "depformer_num_layers": 1,
    "depformer_context": 2,
}
MIDDLE = {**TINY, "depformer_context": 8, "n_q": 16, "dep_q": 8, "delays": SMALL["delays"]}
ONE_LAYER = {**TINY, "num_layers": 1, "dim": 16, "max_period": 10000}
LUT = {"n_bins": 4, "dim": 16, "tokenizer": "noop", "possible_values": ["bad", "good", "very_good"]}

HIBIKI = {**LUT, "n_bins": 31, "possible_values": ["very_bad", "bad", "neutral", "good", "very_good"]}


@dataclass
class Case:
    """`kind` f32, bf16, q4 or q8 is the file's; `steps` the run's, `logit_steps` those whose logits are kept.

    No token may be nearer to being another than `margin`, the gap of the two best logits over the largest magnitude.
    With `pytorch` the model is in PyTorch's layout as well, with `copied_slices` in that one alone, and short of weights.
    `condition` is the name of a conditioner and its value, with guidance also the value to lead away from.
    With `two_streams` the tokens are not the model's own but drawn, those of the text with a second stream in them.
    """

    config: dict
    about: str
    seed: int
    kind: str = "f32"
    bfloat16: bool = False
    plain: bool = False
    steps: int = 40
    logit_steps: int = 4
    condition: tuple[str, ...] | None = None
    two_streams: bool = False
    pytorch: bool = False
    copied_slices: bool = False
    margin: float = 2.5e-4
    extra: dict = field(default_factory=dict)

    def settings(self) -> dict:
        names = {"q4": "model.q4.safetensors", "q8": "model.q8.safetensors"}
        return {
            **self.config,
            **self.extra,
            "moshi_name": names.get(self.kind, "model.safetensors"),
            "mimi_name": "codec.safetensors",
            "mimi_config_name": "codec.json",
            "tokenizer_name": "tokenizer.model",
        }


CASES = {
    "f32-7b-like": Case(SMALL, "the token layout of Moshi 7B, float32", 1, steps=120, logit_steps=12),
    "q4": Case(QUANTIZABLE, "4 bits, groups of 32, float32 scales", 4, "q4", steps=120, logit_steps=12),
    "q8": Case(QUANTIZABLE_64, "8 bits, groups of 64, float32 scales", 5, "q8", steps=120, logit_steps=12),
    "bf16": Case({**MIDDLE, "num_layers": 4}, "bfloat16", 7, "bf16", bfloat16=True, steps=60, logit_steps=20),
    "q4-bf16": Case(
        QUANTIZABLE,
        "4 bits, groups of 32, bfloat16 scales, as published files have them",
        4,
        "q4",
        bfloat16=True,
        steps=60,
        logit_steps=20,
    ),
    "delay2": Case(MIDDLE, "delays of 2, as Hibiki", 1, extra={"delays": ([0] + [0] + [2] * 7 + [0] + [2] * 7)}),
    "depq16": Case(
        MIDDLE,
        "dep_q 16 of n_q 32, delays of 2",
        4,
        extra={"n_q": 32, "dep_q": 16, "depformer_context": 16, "delays": [0] + ([0] + [2] * 15) * 2},
    ),
    "depq4": Case(
        MIDDLE,
        "dep_q 4 of n_q 8",
        1,
        extra={"n_q": 8, "dep_q": 4, "depformer_context": 4, "delays": [0] + [0, 1, 1, 1] * 2},
    ),
    "short-context": Case(
        TINY, "a run of 60 steps at a context of 24", 1, plain=True, steps=60, logit_steps=60, extra={"context": 24}
    ),
    "long": Case(ONE_LAYER, "4,200 steps at a context of 3,000", 1, plain=True, steps=4200, logit_steps=0, margin=3e-5),
    "uneven-delays": Case(ONE_LAYER, "every codebook with a delay of its own", 3, extra={"delays": [0, 2, 0, 3, 1]}),
    "layer-scale": Case(ONE_LAYER, "layer scale in the temporal transformer", 2, extra={"layer_scale": 0.01}),
    "depformer-rope": Case(
        ONE_LAYER,
        "rotary positions in the depformer",
        1,
        extra={
            "n_q": 8,
            "dep_q": 4,
            "delays": [0] + [0, 1, 1, 1] * 2,
            "depformer_context": 4,
            "depformer_pos_emb": "rope",
            "depformer_max_period": 8,
        },
    ),
    "low-rank": Case(ONE_LAYER, "low-rank embeddings in the depformer", 2, extra={"depformer_low_rank_embeddings": 8}),
    "demux": Case(ONE_LAYER, "demultiplexed second text stream", 1, extra={"demux_second_stream": True}),
    "demux-two-streams": Case(
        {**ONE_LAYER, "depformer_low_rank_embeddings": 8},
        "text tokens that carry a second stream, on low-rank embeddings",
        1,
        two_streams=True,
        steps=8,
        logit_steps=8,
        extra={"demux_second_stream": True},
    ),
    "pytorch": Case(
        ONE_LAYER,
        "PyTorch's layout: slices that share weights, low-rank and demultiplexed embeddings, layer scale, extra heads",
        1,
        pytorch=True,
        extra={
            "n_q": 8,
            "dep_q": 4,
            "depformer_context": 4,
            "delays": [0] + [0, 1, 1, 1] * 2,
            "layer_scale": 0.01,
            "depformer_low_rank_embeddings": 8,
            "depformer_weights_per_step_schedule": [0, 1, 2, 1],
            "demux_second_stream": True,
            "extra_heads_num_heads": 2,
            "extra_heads_dim": 6,
        },
    ),
    "pytorch-copied-slices": Case(
        ONE_LAYER,
        "PyTorch's layout, 16 slices of which the last 8 are copies of the first, as PersonaPlex",
        1,
        pytorch=True,
        copied_slices=True,
        steps=20,
        extra={
            "n_q": 18,
            "dep_q": 16,
            "delays": [0] * 2 + [1] * 15 + [0, 1],
            "depformer_context": 16,
            "depformer_dim_feedforward": 36,
        },
    ),
    "conditioned": Case(
        ONE_LAYER,
        "a look-up conditioner, `description` = `very_good`, added at every step",
        1,
        condition=("description", "very_good"),
        extra={"conditioners": {"description": {"type": "lut", "lut": LUT}}},
    ),
    "guided": Case(
        ONE_LAYER,
        "guidance of 2.0 from one look-up condition to another, beside a tensor condition that is not given; both layouts",
        1,
        condition=("description", "very_good", "very_bad"),
        pytorch=True,
        extra={
            "conditioners": {
                "description": {"type": "lut", "lut": HIBIKI},
                "speaker": {"type": "tensor", "tensor": {"dim": 8}},
            },
            "fuser": {"sum": ["description", "speaker"]},
            "lm_gen_config": {"cfg_coef": 2.0},
        },
    ),
    "hibiki-2b-like": Case(
        TINY,
        "the configuration of moshi_mlx_2b, 4 bits: a conditioner too small for groups of 32 is left as it is",
        1,
        "q4",
        bfloat16=True,
        condition=("description", "very_good"),
        extra={
            "card": 24,
            "num_layers": 1,
            "n_q": 32,
            "dep_q": 16,
            "delays": [0] + ([0] + [2] * 15) * 2,
            "hidden_scale": 3,
            "max_period": 100000,
            "depformer_dim": 32,
            "depformer_dim_feedforward": 48,
            "depformer_context": 16,
            "conditioners": {"description": {"type": "lut", "lut": HIBIKI}},
            "fuser": {"sum": ["description"]},
        },
    ),
    "fused-attention": Case(
        TINY,
        "heads of 128 and, in the depformer, of 64, as the published models have: those that Metal's fused attention takes",
        1,
        "q4",
        bfloat16=True,
        steps=60,
        logit_steps=20,
        condition=("description", "very_good"),
        extra={
            "dim": 256,
            "num_layers": 1,
            "hidden_scale": 0.75,
            "depformer_dim": 128,
            "depformer_num_heads": 2,
            "depformer_dim_feedforward": 96,
            "conditioners": {"description": {"type": "lut", "lut": HIBIKI}},
            "fuser": {"sum": ["description"]},
        },
    ),
    "text-only": Case(
        ONE_LAYER,
        "dep_q 0 and extra heads, as speech to text",
        1,
        extra={"dep_q": 0, "delays": [0] * 5, "extra_heads_num_heads": 2, "extra_heads_dim": 6},
    ),
}


def user_tokens(case: Case) -> np.ndarray:
    config = case.settings()
    rng = np.random.default_rng([case.seed, 1])
    return rng.integers(0, config["card"], (case.steps, config["n_q"] - config["dep_q"]))


def forced_tokens(case: Case, heard: np.ndarray) -> oracle.Run | None:
    if not case.two_streams:
        return None
    config = case.settings()
    rng = np.random.default_rng([case.seed, 2])
    return oracle.Run(
        user_tokens=heard,
        text_tokens=rng.integers(0, (config["text_card"] + 1) ** 2, case.steps),
        sampled=rng.integers(0, config["card"], (case.steps, config["dep_q"])),
    )


def told(case: Case, model) -> dict:
    """What the model is told besides tokens, as arguments of a run."""
    config = case.settings()
    name, *values = case.condition or [None]
    return {
        "conditions": [oracle.condition(model, config, name, value) for value in values],
        "cfg_coef": config.get("lm_gen_config", {}).get("cfg_coef", 1.0),
    }


def relative_difference(a: oracle.Run, b: oracle.Run, steps: int) -> dict[str, float]:
    differences = {}
    for name in ("text_logits", "audio_logits"):
        x, y = getattr(a, name)[:steps], getattr(b, name)[:steps]
        if x.size:
            differences[name] = float(np.abs(x - y).max() / np.abs(y).max())
    return differences


def check_plain_attention(path: Path, config: dict, tokens: np.ndarray, reference: oracle.Run) -> None:
    """Within the context the plain attention must be moshi-mlx's own."""
    plain = oracle.run_plain(oracle.load(path, config), tokens)
    assert (plain.text_tokens == reference.text_tokens).all() and (plain.sampled == reference.sampled).all()
    for difference in relative_difference(plain, reference, len(tokens)).values():
        assert difference < 1e-5, difference


def make(name: str, case: Case) -> dict:
    folder = GOLDENS / name
    folder.mkdir(parents=True, exist_ok=True)
    config = case.settings()
    write_json(folder / "config.json", config)
    path = folder / config["moshi_name"]
    dtype = mx.bfloat16 if case.bfloat16 else mx.float32
    oracle.make_weights(path, config, case.seed, dtype, case.kind if case.kind.startswith("q") else None)

    if case.pytorch:
        weights = oracle.packed(mx.load(str(path)), config)
        if case.copied_slices:
            short, weights = oracle.with_copies(weights)
            path.unlink()
        write_safetensors(folder / "pytorch.safetensors", short if case.copied_slices else weights)

    tokens = user_tokens(case)
    run = oracle.run_plain if case.plain else oracle.run
    if case.pytorch:
        model = oracle.load_pytorch(weights, config)
        if not case.copied_slices:
            # Slices that share weights are told apart again, which is what MLX's layout is of.
            write_safetensors(path, oracle.parameters(model))
    else:
        model = oracle.load(path, config, float32=case.bfloat16)
    result = run(model, tokens, **told(case, model), forced=forced_tokens(case, tokens))
    tensors = result.tensors(case.logit_steps)
    report = {
        "about": case.about,
        "seed": case.seed,
        "steps": case.steps,
        "logit_steps": case.logit_steps,
        "attention": "plain" if case.plain else "moshi-mlx",
        "smallest_margin": result.margins,
    }
    if case.bfloat16:
        # Tokens are those of the file computed in float32; the logits along them, of the file as it is, in bfloat16.
        model = oracle.load(path, config)
        low = oracle.run(model, tokens, **told(case, model), forced=result)
        tensors["text_logits_bf16"] = low.text_logits[: case.logit_steps]
        tensors["audio_logits_bf16"] = low.audio_logits[: case.logit_steps]
        report["bf16_against_f32"] = relative_difference(low, result, case.logit_steps)
    if case.condition is not None:
        report["condition"] = list(case.condition)
    if name == "f32-7b-like":
        check_plain_attention(path, config, tokens, result)
    worst = min(result.margins.values())
    assert case.two_streams or worst > case.margin, f"{name}: margin {worst}; choose another seed"
    write_safetensors(folder / "expected.safetensors", tensors)
    write_json(folder / "expected.json", report)
    return report


def main() -> None:
    for name in sys.argv[1:] or CASES:
        report = make(name, CASES[name])
        size = sum(file.stat().st_size for file in (GOLDENS / name).iterdir())
        print(f"{name:16} {size / 1024:7.0f} KB  {report}", flush=True)


if __name__ == "__main__":
    main()
