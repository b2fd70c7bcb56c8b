"""Mimi, small: the architecture of the released codec, in its keys, as a PyTorch module that can be trained.

Audio [batch, 1, samples] at 24 kHz → codes [batch, codebooks, frames] at 12.5 Hz, and back. Everything is causal, and a
whole clip gives what a stream gives, frame by frame: attention looks back as far as the stream's cache does.
"""

import functools
import json
from pathlib import Path

import safetensors.torch
import torch
import torch.nn.functional as F
from torch import Tensor, nn

FRAME_SAMPLES = 1920
CONFIG = {
    "sample_rate": 24000,
    "channels": 1,
    "frame_rate": 12.5,
    "seanet": {"dimension": 128, "n_filters": 16, "ratios": [8, 6, 5, 4]},
    "transformer": {"d_model": 128, "num_heads": 4, "num_layers": 2, "dim_feedforward": 512, "context": 32},
    "quantizer": {"dimension": 64, "n_q": 8, "bins": 512},
}
MAX_PERIOD = 10_000
STRIDE = 2
"""Positions of the transformers in a frame."""


class Conv(nn.Module):
    """Looks at the past alone: silence stands before the beginning, or the first sample again."""

    def __init__(self, inp: int, out: int, kernel: int, stride: int = 1, bias: bool = True, replicate: bool = False):
        super().__init__()
        self.conv = nn.ModuleDict({"conv": nn.Conv1d(inp, out, kernel, stride, bias=bias)})
        self.padding = (kernel - stride, 0)
        self.mode = "replicate" if replicate else "constant"

    def forward(self, x: Tensor) -> Tensor:
        return self.conv["conv"](F.pad(x, self.padding, self.mode))


class TransposedConv(nn.Module):
    """Makes `stride` samples of one, with no look ahead; a kernel is two strides long."""

    def __init__(self, inp: int, out: int, stride: int, groups: int = 1, bias: bool = True):
        super().__init__()
        layer = nn.ConvTranspose1d(inp, out, 2 * stride, stride, bias=bias, groups=groups)
        self.convtr = nn.ModuleDict({"convtr": layer})
        self.stride = stride

    def forward(self, x: Tensor) -> Tensor:
        return self.convtr["convtr"](x)[..., : -self.stride]


class Residual(nn.Module):
    def __init__(self, size: int):
        super().__init__()
        self.block = nn.Sequential(nn.ELU(), Conv(size, size // 2, 3), nn.ELU(), Conv(size // 2, size, 1))

    def forward(self, x: Tensor) -> Tensor:
        return x + self.block(x)


class Encoder(nn.Module):
    """SEANet: [batch, 1, samples] → [batch, dimension, positions]."""

    def __init__(self, dimension: int, n_filters: int, ratios: list[int]):
        super().__init__()
        size = n_filters
        layers: list[nn.Module] = [Conv(1, size, 7)]
        for ratio in reversed(ratios):
            layers += [Residual(size), nn.ELU(), Conv(size, 2 * size, 2 * ratio, ratio)]
            size *= 2
        self.model = nn.Sequential(*layers, nn.ELU(), Conv(size, dimension, 3))

    def forward(self, x: Tensor) -> Tensor:
        return self.model(x)


class Decoder(nn.Module):
    """SEANet the other way round."""

    def __init__(self, dimension: int, n_filters: int, ratios: list[int]):
        super().__init__()
        size = n_filters * 2 ** len(ratios)
        layers: list[nn.Module] = [Conv(dimension, size, 7)]
        for ratio in ratios:
            layers += [nn.ELU(), TransposedConv(size, size // 2, ratio), Residual(size // 2)]
            size //= 2
        self.model = nn.Sequential(*layers, nn.ELU(), Conv(size, 1, 3))

    def forward(self, x: Tensor) -> Tensor:
        return self.model(x)


class Attention(nn.Module):
    def __init__(self, dim: int, heads: int):
        super().__init__()
        self.in_proj_weight = nn.Parameter(torch.randn(3 * dim, dim) * dim**-0.5)
        self.out_proj = nn.Linear(dim, dim, bias=False)
        self.heads = heads

    def forward(self, x: Tensor, rope: Tensor, mask: Tensor) -> Tensor:
        batch, time, dim = x.shape
        qkv = F.linear(x, self.in_proj_weight).view(batch, time, 3, self.heads, dim // self.heads)
        q, k, v = qkv.permute(2, 0, 3, 1, 4)
        out = F.scaled_dot_product_attention(rotate(q, rope), rotate(k, rope), v, mask)
        return self.out_proj(out.transpose(1, 2).reshape(batch, time, dim))


class Scale(nn.Module):
    def __init__(self, dim: int):
        super().__init__()
        self.scale = nn.Parameter(torch.full((dim,), 0.3))

    def forward(self, x: Tensor) -> Tensor:
        return x * self.scale


class Layer(nn.Module):
    def __init__(self, dim: int, heads: int, hidden: int):
        super().__init__()
        self.self_attn = Attention(dim, heads)
        self.norm1, self.norm2 = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.linear1, self.linear2 = nn.Linear(dim, hidden, bias=False), nn.Linear(hidden, dim, bias=False)
        self.layer_scale_1, self.layer_scale_2 = Scale(dim), Scale(dim)

    def forward(self, x: Tensor, rope: Tensor, mask: Tensor) -> Tensor:
        x = x + self.layer_scale_1(self.self_attn(self.norm1(x), rope, mask))
        return x + self.layer_scale_2(self.linear2(F.gelu(self.linear1(self.norm2(x)))))


class Transformer(nn.Module):
    """[batch, dimension, positions] both ways."""

    def __init__(self, d_model: int, num_heads: int, num_layers: int, dim_feedforward: int, context: int):
        super().__init__()
        layers = nn.ModuleList(Layer(d_model, num_heads, dim_feedforward) for _ in range(num_layers))
        self.transformer = nn.ModuleDict({"layers": layers})
        self.head, self.context = d_model // num_heads, context

    def forward(self, x: Tensor) -> Tensor:
        x = x.transpose(1, 2)
        rope, mask = rotation(x.shape[1], self.head), seen(x.shape[1], self.context)
        for layer in self.transformer["layers"]:
            x = layer(x, rope, mask)
        return x.transpose(1, 2)


@functools.lru_cache(8)
def rotation(time: int, head: int) -> Tensor:
    """Cosines and sines [2, time, head / 2]."""
    angles = torch.arange(time)[:, None] * MAX_PERIOD ** (-torch.arange(0, head, 2) / head)
    return torch.stack([angles.cos(), angles.sin()])


def rotate(x: Tensor, rope: Tensor) -> Tensor:
    """RoPE over neighbouring pairs of features."""
    cos, sin = rope
    a, b = x.float().unflatten(-1, (-1, 2)).unbind(-1)
    return torch.stack([a * cos - b * sin, a * sin + b * cos], -1).flatten(-2).to(x.dtype)


@functools.lru_cache(8)
def seen(time: int, context: int) -> Tensor:
    """Which keys [time, time] a query sees. A stream takes a frame's positions at once and keeps `context` of them, those
    of the frame among them: the first of a frame looks back less far than the last."""
    position = torch.arange(time)
    oldest = (position // STRIDE + 1) * STRIDE - context
    return (position[None] <= position[:, None]) & (position[None] >= oldest[:, None])


class Codebook(nn.Module):
    """Vectors [bins, dimension] that follow what they stand for, by a moving average."""

    DECAY = 0.99
    LEAST_USED = 0.05
    """A vector that stands for less than this at a step, on average, is put somewhere else."""

    def __init__(self, bins: int, dimension: int):
        super().__init__()
        self.register_buffer("_initialized", torch.ones(1))
        self.register_buffer("cluster_usage", torch.ones(bins))
        self.register_buffer("embedding_sum", torch.zeros(bins, dimension))

    def vectors(self) -> Tensor:
        return self.embedding_sum / self.cluster_usage.clamp(min=1e-5)[:, None]

    def encode(self, x: Tensor) -> Tensor:
        """[n, dimension] → [n]."""
        vectors = self.vectors()
        return (vectors.square().sum(1) / 2 - x @ vectors.T).argmin(1)

    @torch.no_grad()
    def place(self, x: Tensor, rounds: int = 20) -> None:
        """k-means over [n, dimension]."""
        vectors = x[torch.randperm(len(x))[: len(self.cluster_usage)]].clone()
        for _ in range(rounds):
            codes = (vectors.square().sum(1) / 2 - x @ vectors.T).argmin(1)
            counts = torch.bincount(codes, minlength=len(vectors)).float()
            sums = torch.zeros_like(vectors).index_add_(0, codes, x)
            vectors = torch.where(counts[:, None] > 0, sums / counts.clamp(min=1)[:, None], vectors)
        usage = counts.clamp(min=1) / counts.clamp(min=1).mean()
        self.cluster_usage.copy_(usage)
        self.embedding_sum.copy_(vectors * usage[:, None])

    @torch.no_grad()
    def follow(self, x: Tensor, codes: Tensor) -> None:
        counts = torch.bincount(codes, minlength=len(self.cluster_usage)).float()
        self.cluster_usage.lerp_(counts, 1 - self.DECAY)
        self.embedding_sum.lerp_(torch.zeros_like(self.embedding_sum).index_add_(0, codes, x), 1 - self.DECAY)
        dead = (self.cluster_usage < self.LEAST_USED * len(x) / len(self.cluster_usage)).nonzero()[:, 0]
        if len(dead):
            chosen = torch.randint(len(x), (len(dead),))
            usage = len(x) / len(self.cluster_usage)
            self.cluster_usage[dead] = usage
            self.embedding_sum[dead] = x[chosen] * usage


class Rvq(nn.Module):
    """Each codebook takes what those before it have left over. [batch, input_dimension, frames] both ways."""

    def __init__(self, input_dimension: int, dimension: int, codebooks: int, bins: int):
        super().__init__()
        self.input_proj = nn.Conv1d(input_dimension, dimension, 1, bias=False)
        self.output_proj = nn.Conv1d(dimension, input_dimension, 1, bias=False)
        layers = nn.ModuleList(nn.ModuleDict({"_codebook": Codebook(bins, dimension)}) for _ in range(codebooks))
        self.vq = nn.ModuleDict({"layers": layers})

    def books(self) -> list[Codebook]:
        return [layer["_codebook"] for layer in self.vq["layers"]]

    def project(self, x: Tensor) -> Tensor:
        """→ [batch · frames, dimension], in float32 as all that is compared with codebooks."""
        return self.input_proj(x).float().transpose(1, 2).flatten(0, 1)

    def encode(self, x: Tensor) -> Tensor:
        """→ codes [batch, codebooks, frames]."""
        left, codes = self.project(x), []
        for book in self.books():
            codes.append(book.encode(left))
            left = left - book.vectors()[codes[-1]]
        return torch.stack(codes).view(len(codes), x.shape[0], x.shape[2]).transpose(0, 1)

    def decode(self, codes: Tensor) -> Tensor:
        books = self.books()[: codes.shape[1]]
        total = sum(book.vectors()[codes[:, index]] for index, book in enumerate(books))
        return self.output_proj(total.transpose(1, 2))

    def quantize(self, x: Tensor, codebooks: int) -> tuple[Tensor, Tensor]:
        """For training: what the first codebooks make of [n, dimension], gradients as if they had changed nothing; and how
        far each is from what it stands for. These codebooks follow."""
        left, total, commitment = x, torch.zeros_like(x), x.new_zeros(())
        books = self.books()[:codebooks]
        for book in books:
            codes = book.encode(left.detach())
            vectors = book.vectors()[codes]
            commitment = commitment + F.mse_loss(left, vectors)
            book.follow(left.detach(), codes)
            total, left = total + vectors, left - vectors
        return x + (total - x).detach(), commitment / len(books)


class Codec(nn.Module):
    def __init__(self, config: dict = CONFIG):
        super().__init__()
        seanet, transformer, quantizer = config["seanet"], config["transformer"], config["quantizer"]
        dim = seanet["dimension"]
        self.encoder, self.decoder = Encoder(**seanet), Decoder(**seanet)
        self.encoder_transformer, self.decoder_transformer = Transformer(**transformer), Transformer(**transformer)
        down = Conv(dim, dim, 2 * STRIDE, STRIDE, bias=False, replicate=True)
        up = TransposedConv(dim, dim, STRIDE, groups=dim, bias=False)
        self.downsample, self.upsample = nn.ModuleDict({"conv": down}), nn.ModuleDict({"convtr": up})
        sizes = quantizer["dimension"], quantizer["n_q"], quantizer["bins"]
        first, rest = Rvq(dim, sizes[0], 1, sizes[2]), Rvq(dim, sizes[0], sizes[1] - 1, sizes[2])
        self.quantizer = nn.ModuleDict({"rvq_first": first, "rvq_rest": rest})

    def embed(self, pcm: Tensor) -> Tensor:
        """→ [batch, dimension, frames], before quantisation."""
        return self.downsample["conv"](self.encoder_transformer(self.encoder(pcm)))

    def features(self, embedded: Tensor) -> Tensor:
        """Of the decoder's transformer: [batch, dimension, positions]."""
        return self.decoder_transformer(self.upsample["convtr"](embedded))

    @torch.no_grad()
    def encode(self, pcm: Tensor) -> Tensor:
        """[batch, 1, samples] → codes [batch, codebooks, frames]."""
        x = self.embed(pcm)
        return torch.cat([rvq.encode(x) for rvq in self.quantizer.values()], 1)

    @torch.no_grad()
    def decode(self, codes: Tensor) -> Tensor:
        """Codes of some of the codebooks, the first two at least, [batch, codebooks, frames] → audio."""
        parts = codes[:, :1], codes[:, 1:]
        embedded = sum(rvq.decode(part) for rvq, part in zip(self.quantizer.values(), parts, strict=True))
        return self.decoder(self.features(embedded))


def save(codec: Codec, folder: Path) -> None:
    """The files that ship. Codebooks are stored as their vectors, each used once: in half precision both would be rounded."""
    tensors = {}
    for name, tensor in codec.state_dict().items():
        tensors[name] = tensor.half().contiguous()
    for side, rvq in codec.quantizer.items():
        for index, book in enumerate(rvq.books()):
            name = f"quantizer.{side}.vq.layers.{index}._codebook"
            tensors[f"{name}.embedding_sum"] = book.vectors().half()
            tensors[f"{name}.cluster_usage"] = torch.ones_like(book.cluster_usage).half()
    safetensors.torch.save_file(tensors, folder / "mimi.safetensors")
    (folder / "mimi.json").write_text(json.dumps(CONFIG, indent=2) + "\n")


def load(folder: Path) -> Codec:
    """The codec as it ships: the weights of the file, computed in float32."""
    codec = Codec(json.loads((folder / "mimi.json").read_text()))
    tensors = safetensors.torch.load_file(folder / "mimi.safetensors")
    codec.load_state_dict({name: tensor.float() for name, tensor in tensors.items()})
    return codec.eval()
