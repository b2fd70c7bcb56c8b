"""Helium and its depformer, small, as a PyTorch module that can be trained; exported in the MLX layout.

Step t reads the text token and, of each codebook with delay d, the token of frame t - 1 - d, and tells the text token of
step t and the codebooks of the model's voice, of frame t - d.
"""

import json
from pathlib import Path

import torch
import torch.nn.functional as F
from codec import rotate
from torch import Tensor, nn

CONFIG = {
    "card": 512,
    "n_q": 8,
    "dep_q": 4,
    "delays": [0, 0, 1, 1, 1, 0, 1, 1, 1],
    "dim": 192,
    "text_card": 98,
    "existing_text_padding_id": 3,
    "num_heads": 6,
    "num_layers": 5,
    "hidden_scale": 3,
    "causal": True,
    "layer_scale": None,
    "context": 150,
    "max_period": 10000,
    "gating": "silu",
    "norm": "rms_norm_f32",
    "positional_embedding": "rope",
    "depformer_dim": 128,
    "depformer_dim_feedforward": 192,
    "depformer_num_heads": 4,
    "depformer_num_layers": 1,
    "depformer_causal": True,
    "depformer_layer_scale": None,
    "depformer_multi_linear": True,
    "depformer_context": 4,
    "depformer_max_period": 10000,
    "depformer_gating": "silu",
    "depformer_pos_emb": "none",
    "depformer_weights_per_step": True,
    "moshi_name": "model.q4.safetensors",
    "mimi_name": "mimi.safetensors",
    "mimi_config_name": "mimi.json",
    "tokenizer_name": "tokenizer.model",
    "model_type": "moshi",
}
CODEBOOKS, DEP_Q, CARD = CONFIG["n_q"], CONFIG["dep_q"], CONFIG["card"]
DELAYS = CONFIG["delays"][1:]


def hidden(dim_feedforward: int) -> int:
    """Width inside a gated feed-forward."""
    return 2 * dim_feedforward // 3


class RmsNorm(nn.Module):
    def __init__(self, *shape: int):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(shape))

    def forward(self, x: Tensor) -> Tensor:
        return (F.rms_norm(x.float(), x.shape[-1:], eps=1e-8) * self.weight).to(x.dtype)


class Attention(nn.Module):
    def __init__(self, dim: int, heads: int):
        super().__init__()
        self.in_proj, self.out_proj = nn.Linear(dim, 3 * dim, bias=False), nn.Linear(dim, dim, bias=False)
        self.heads = heads

    def forward(self, x: Tensor, rope: Tensor, mask: Tensor) -> Tensor:
        q, k, v = self.in_proj(x).unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        out = F.scaled_dot_product_attention(rotate(q, rope), rotate(k, rope), v, mask)
        return self.out_proj(out.transpose(1, 2).flatten(2))


class Gating(nn.Module):
    def __init__(self, dim: int, inner: int):
        super().__init__()
        self.linear_in, self.linear_out = nn.Linear(dim, 2 * inner, bias=False), nn.Linear(inner, dim, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        gate, value = self.linear_in(x).chunk(2, -1)
        return self.linear_out(F.silu(gate) * value)


class Layer(nn.Module):
    def __init__(self, dim: int, heads: int, inner: int):
        super().__init__()
        self.norm1, self.norm2 = RmsNorm(dim), RmsNorm(dim)
        self.self_attn, self.gating = Attention(dim, heads), Gating(dim, inner)

    def forward(self, x: Tensor, rope: Tensor, mask: Tensor) -> Tensor:
        x = x + self.self_attn(self.norm1(x), rope, mask)
        return x + self.gating(self.norm2(x))


class Slices(nn.Module):
    """A linear layer for each slice: [slices, n, inp] → [slices, n, out]."""

    def __init__(self, inp: int, out: int):
        super().__init__()
        self.weight = nn.Parameter((torch.rand(DEP_Q, out, inp) * 2 - 1) * inp**-0.5)

    def forward(self, x: Tensor) -> Tensor:
        return x @ self.weight.mT


class DepformerLayer(nn.Module):
    """Slices see those before them and themselves."""

    def __init__(self, dim: int, heads: int, inner: int):
        super().__init__()
        self.norm1, self.norm2 = RmsNorm(DEP_Q, 1, dim), RmsNorm(DEP_Q, 1, dim)
        self.in_proj, self.out_proj = Slices(dim, 3 * dim), Slices(dim, dim)
        self.linear_in, self.linear_out = Slices(dim, 2 * inner), Slices(inner, dim)
        self.heads = heads

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = self.in_proj(self.norm1(x)).unflatten(-1, (3, self.heads, -1)).permute(2, 1, 3, 0, 4)
        out = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.out_proj(out.permute(2, 0, 1, 3).flatten(2))
        gate, value = self.linear_in(self.norm2(x)).chunk(2, -1)
        return x + self.linear_out(F.silu(gate) * value)


class Depformer(nn.Module):
    """[n, dim of Helium] and the tokens before each slice's [n, slices] → logits [slices, n, card]."""

    def __init__(self):
        super().__init__()
        dim, inner = CONFIG["depformer_dim"], hidden(CONFIG["depformer_dim_feedforward"])
        self.text_emb = nn.Embedding(CONFIG["text_card"] + 1, dim)
        self.audio_embs = nn.ModuleList(nn.Embedding(CARD + 1, dim) for _ in range(DEP_Q - 1))
        self.linear_in, self.linear_out = Slices(CONFIG["dim"], dim), Slices(dim, CARD)
        heads = CONFIG["depformer_num_heads"]
        self.layers = nn.ModuleList(DepformerLayer(dim, heads, inner) for _ in range(CONFIG["depformer_num_layers"]))

    def forward(self, hidden: Tensor, before: Tensor) -> Tensor:
        embs = [self.text_emb, *self.audio_embs]
        x = self.linear_in(hidden) + torch.stack([emb(before[:, index]) for index, emb in enumerate(embs)])
        for layer in self.layers:
            x = layer(x)
        return self.linear_out(x)


class Lm(nn.Module):
    def __init__(self):
        super().__init__()
        dim, heads = CONFIG["dim"], CONFIG["num_heads"]
        self.text_emb = nn.Embedding(CONFIG["text_card"] + 1, dim)
        self.audio_embs = nn.ModuleList(nn.Embedding(CARD + 1, dim) for _ in range(CODEBOOKS))
        inner = hidden(int(CONFIG["hidden_scale"] * dim))
        layers = nn.ModuleList(Layer(dim, heads, inner) for _ in range(CONFIG["num_layers"]))
        self.transformer = nn.ModuleDict({"layers": layers})
        self.out_norm = RmsNorm(dim)
        self.text_linear = nn.Linear(dim, CONFIG["text_card"], bias=False)
        self.depformer = Depformer()
        for emb in (self.text_emb, *self.audio_embs):
            nn.init.normal_(emb.weight, std=0.3)

    def forward(self, text: Tensor, audio: Tensor, rope: Tensor, mask: Tensor) -> Tensor:
        """What a step reads, `text` [batch, steps] and `audio` [batch, codebooks, steps] → [batch, steps, dim]."""
        x = self.text_emb(text) + sum(emb(audio[:, index]) for index, emb in enumerate(self.audio_embs))
        for layer in self.transformer["layers"]:
            x = layer(x, rope, mask)
        return self.out_norm(x)


def delayed(codes: Tensor, delays: list[int]) -> Tensor:
    """Codes [batch, codebooks, frames] as the steps have them: each codebook later by its delay, after initial tokens."""
    shifted = [F.pad(codes[:, i], (d, 0), value=CARD)[:, : codes.shape[2]] for i, d in enumerate(delays)]
    return torch.stack(shifted, 1)


def before(tokens: Tensor, initial: int) -> Tensor:
    """Of each step the token of the step before."""
    return F.pad(tokens, (1, 0), value=initial)[..., :-1]


def mask(steps: int) -> Tensor:
    """Which steps [steps, steps] a step sees."""
    ago = torch.arange(steps)[:, None] - torch.arange(steps)
    return (ago >= 0) & (ago < CONFIG["context"])


def mlx_layout(lm: Lm) -> dict[str, Tensor]:
    """The tensors in float32, by the names of MLX checkpoints."""
    tensors = {name: tensor for name, tensor in lm.state_dict().items() if not name.startswith("depformer.")}
    depformer = lm.depformer
    for index in range(DEP_Q):
        prefix = f"depformer.slices.{index}."
        tensors[f"{prefix}emb.weight"] = [depformer.text_emb, *depformer.audio_embs][index].weight
        tensors[f"{prefix}linear_in.weight"] = depformer.linear_in.weight[index]
        tensors[f"{prefix}linear_out.weight"] = depformer.linear_out.weight[index]
        for number, layer in enumerate(depformer.layers):
            at = f"{prefix}transformer.layers.{number}."
            tensors[f"{at}norm1.weight"] = layer.norm1.weight[index, 0]
            tensors[f"{at}norm2.weight"] = layer.norm2.weight[index, 0]
            tensors[f"{at}self_attn.in_proj.weight"] = layer.in_proj.weight[index]
            tensors[f"{at}self_attn.out_proj.weight"] = layer.out_proj.weight[index]
            tensors[f"{at}gating.linear_in.weight"] = layer.linear_in.weight[index]
            tensors[f"{at}gating.linear_out.weight"] = layer.linear_out.weight[index]
    return {name: tensor.detach().float().contiguous() for name, tensor in tensors.items()}


def write_config(folder: Path) -> None:
    (folder / "config.json").write_text(json.dumps(CONFIG, indent=2) + "\n")
