"""Trains the codec on speech of both voices: train_codec.py FOLDER [--minutes 45] [--steps 5000] [--seed 1]

Goes on from the checkpoint in FOLDER, if there is one; ends at once when the training is done. Writes there what ships.
"""

import argparse
import math
import time
from pathlib import Path

import checkpoints
import codec as mimi
import dialogues
import numpy as np
import torch
import torch.nn.functional as F
from speech import FRAME_SAMPLES, SAMPLE_RATE
from torch import Tensor, nn

BATCH, FRAMES = 4, 24
RATE, WARM_UP, DECAY_FROM = 1e-3, 100, 0.3
PLAIN_STEPS = 400
"""Steps without quantisation, before the codebooks are placed."""
PLACED_FROM = 40
"""Steps whose embeddings place the codebooks."""
RESOLUTIONS = ((2048, 0.3), (1024, 1.0), (512, 1.0), (256, 1.0))
"""Sizes of the spectra that are compared, and their weights."""
MELS = 64
SEMANTIC = 0.2
COMMITMENT = 0.25
FEW_CODEBOOKS, FEW_SHARE = 4, 0.5
"""So many of the codebooks are used in this share of the steps: they must do for speech by themselves."""


class Mel(nn.Module):
    """Mel spectra [batch, bands, frames] of [batch, samples], four a window."""

    def __init__(self, size: int):
        super().__init__()
        self.size, bands = size, min(MELS, size // 8)
        mels = torch.linspace(0, 2595 * math.log10(1 + SAMPLE_RATE / 2 / 700), bands + 2)
        edges = 700 * (10 ** (mels / 2595) - 1)
        bins = torch.linspace(0, SAMPLE_RATE / 2, size // 2 + 1)
        rising = (bins - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
        falling = (edges[2:, None] - bins) / (edges[2:] - edges[1:-1])[:, None]
        bank = torch.minimum(rising, falling).clamp(min=0)
        # A narrow band can lie between two bins of the spectrum: then it is the nearest bin.
        nearest = F.one_hot((edges[1:-1, None] - bins).abs().argmin(1), len(bins)).float()
        self.bank = torch.where(bank.sum(1, keepdim=True) > 0, bank, nearest)
        self.bank = self.bank / self.bank.sum(1, keepdim=True)
        self.window = torch.hann_window(size)

    def forward(self, pcm: Tensor) -> Tensor:
        spectrum = torch.stft(pcm, self.size, self.size // 4, window=self.window, return_complex=True)
        return self.bank @ spectrum.abs() / self.window.sum() * 2


class Losses(nn.Module):
    """How far decoded audio is from what it should be, with the two helpers that only the training has: the phonemes, read
    off the semantic codebook, and the mel spectrum, read off the decoder's transformer."""

    def __init__(self, phonemes: int):
        super().__init__()
        self.mels = [Mel(size) for size, _ in RESOLUTIONS]
        dim, inner = mimi.CONFIG["seanet"]["dimension"], mimi.CONFIG["quantizer"]["dimension"]
        self.phoneme_head = nn.Linear(inner, dialogues.PHONEMES_A_FRAME * phonemes)
        self.mel_head = nn.Linear(dim, MELS)

    def audio(self, decoded: Tensor, pcm: Tensor) -> tuple[Tensor, Tensor]:
        """→ the loss, and of it the L1 distance of the logarithms of the mel spectrum alone, for the log."""
        total, plain = 0.0, 0.0
        for mel, (_, weight) in zip(self.mels, RESOLUTIONS, strict=True):
            is_, wanted = mel(decoded), mel(pcm)
            distance = (log(is_) - log(wanted)).abs().mean()
            relative = ((is_ - wanted).norm(dim=(1, 2)) / (wanted.norm(dim=(1, 2)) + 1e-2)).mean()
            total, plain = total + weight * (distance + 0.3 * relative), plain + distance / len(RESOLUTIONS)
        return total, plain

    def mel(self, features: Tensor, pcm: Tensor) -> Tensor:
        """`features`: [batch, dimension, positions]; a position's spectrum is that of the samples that it brings."""
        size, _ = RESOLUTIONS[1]
        hop = FRAME_SAMPLES // mimi.STRIDE
        windows = F.pad(pcm, (0, size - hop)).unfold(-1, size, hop) * self.mels[1].window
        wanted = log(torch.fft.rfft(windows).abs() @ self.mels[1].bank.T / self.mels[1].window.sum() * 2)
        return (self.mel_head(features.transpose(1, 2)).float() - wanted).abs().mean()

    def phonemes(self, semantic: Tensor, wanted: Tensor) -> Tensor:
        """`semantic` [batch · frames, dimension]; `wanted` [batch, frames, phonemes a frame]."""
        logits = self.phoneme_head(semantic).view(wanted.numel(), -1)
        return F.cross_entropy(logits, wanted.flatten())


def log(mel: Tensor) -> Tensor:
    return mel.clamp(min=1e-4).log()


@torch.no_grad()
def initialise(codec: mimi.Codec, pcm: Tensor) -> None:
    """Scales each convolution, in the order of the flow, so that what it says of this audio has mean 0 and deviation 1 (a
    branch beside a skip less), and the last as the audio is."""

    def fit(layer: nn.Module, wanted: float):
        def hook(module: nn.Module, inputs: tuple[Tensor], output: Tensor) -> Tensor:
            mean, scale = output.mean((0, 2)), wanted / output.std().clamp(min=1e-6)
            module.weight.mul_(scale)
            output = output * scale
            if module.bias is not None:
                module.bias.mul_(scale).sub_(mean * scale)
                output = output - (mean * scale)[:, None]
            return output

        return layer.register_forward_hook(hook)

    hooks = []
    for name, layer in codec.named_modules():
        if isinstance(layer, nn.Conv1d | nn.ConvTranspose1d) and not name.startswith("quantizer."):
            last = name == "decoder.model.14.conv.conv"
            wanted = float(pcm.std()) if last else 0.5 if ".block.3." in name else 1.0
            hooks.append(fit(layer, wanted))
    codec.decoder(codec.features(codec.embed(pcm)))
    for hook in hooks:
        hook.remove()


class Training:
    def __init__(self, folder: Path, steps: int, seed: int):
        self.folder, self.steps, self.seed = folder, steps, seed
        torch.manual_seed(seed)
        self.data = dialogues.CodecClips(seed)
        self.codec = mimi.Codec()
        self.losses = Losses(len(self.data.phonemes))
        parameters = [*self.codec.parameters(), *self.losses.parameters()]
        self.optimizer = torch.optim.AdamW(parameters, lr=RATE, betas=(0.8, 0.99), weight_decay=0.01)
        self.step, self.seconds = 0, 0.0

    def state(self) -> dict:
        return {
            "step": self.step,
            "seconds": self.seconds,
            "codec": self.codec.state_dict(),
            "losses": self.losses.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "random": torch.get_rng_state(),
        }

    def restore(self, state: dict) -> None:
        self.step, self.seconds = state["step"], state["seconds"]
        self.codec.load_state_dict(state["codec"])
        self.losses.load_state_dict(state["losses"])
        self.optimizer.load_state_dict(state["optimizer"])
        torch.set_rng_state(state["random"])

    def batch(self, step: int) -> tuple[Tensor, Tensor, Tensor]:
        """What is heard and what should be said of it, [batch, 1, samples], and the phonemes: the same for a step always."""
        heard, pcm, phonemes = self.data.batch(np.random.default_rng([self.seed, step]), BATCH, FRAMES)
        return torch.from_numpy(heard)[:, None], torch.from_numpy(pcm)[:, None], torch.from_numpy(phonemes)

    def begin(self) -> None:
        initialise(self.codec, torch.cat([self.batch(step)[0] for step in range(4)]))

    @torch.no_grad()
    def place_codebooks(self) -> None:
        embedded = torch.cat([self.codec.embed(self.batch(step)[0]) for step in range(PLACED_FROM)])
        for rvq in self.codec.quantizer.values():
            left = rvq.project(embedded)
            for book in rvq.books():
                book.place(left)
                left = left - book.vectors()[book.encode(left)]

    def learn(self) -> tuple[float, float, float]:
        """One step; → the distance of the log-mel spectra, and the losses of phonemes and commitment."""
        for group in self.optimizer.param_groups:
            group["lr"] = checkpoints.rate(RATE, self.step, self.steps, WARM_UP, DECAY_FROM)
        heard, pcm, phonemes = self.batch(self.step)
        few = float(torch.rand(())) < FEW_SHARE
        with torch.autocast("cpu", torch.bfloat16):
            embedded = self.codec.embed(heard)
            total, commitment, semantic = 0.0, torch.zeros(()), None
            for rvq, least in zip(self.codec.quantizer.values(), (1, FEW_CODEBOOKS - 1), strict=True):
                inner = rvq.project(embedded)
                if self.step >= PLAIN_STEPS:
                    inner, distance = rvq.quantize(inner, least if few else len(rvq.books()))
                    commitment = commitment + distance
                semantic = inner if semantic is None else semantic
                batch, _, frames = embedded.shape
                total = total + rvq.output_proj(inner.view(batch, frames, -1).transpose(1, 2))
            features = self.codec.features(total)
            decoded = self.codec.decoder(features)
        loss, distance = self.losses.audio(decoded[:, 0].float(), pcm[:, 0])
        said = self.losses.phonemes(semantic, phonemes)
        loss = loss + 0.3 * self.losses.mel(features.float(), pcm[:, 0]) + SEMANTIC * said + COMMITMENT * commitment
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_([p for group in self.optimizer.param_groups for p in group["params"]], 5.0)
        self.optimizer.step()
        return distance.item(), said.item(), float(commitment)

    def run(self) -> None:
        checkpoint = checkpoints.Checkpoint(self.folder / "codec.pt")
        if (state := checkpoint.load()) is not None:
            self.restore(state)
        elif self.step == 0:
            self.begin()
        progress = checkpoints.Progress("codec", self.step, self.steps)
        while self.step < self.steps:
            if self.step == PLAIN_STEPS:
                self.place_codebooks()
            began = time.monotonic()
            progress.add(self.learn(), ("log-mel", "phonemes", "commitment"))
            self.step, self.seconds = self.step + 1, self.seconds + time.monotonic() - began
            if self.step == self.steps or checkpoint.due():
                checkpoint.save(self.state())
                mimi.save(self.codec, self.folder)
        mimi.save(self.codec, self.folder)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--steps", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    arguments.folder.mkdir(parents=True, exist_ok=True)
    Training(arguments.folder, arguments.steps, arguments.seed).run()


if __name__ == "__main__":
    main()
