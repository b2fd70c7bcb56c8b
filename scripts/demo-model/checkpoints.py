"""What both trainings need: checkpoints that survive an interruption, a schedule of the rate, progress on stdout."""

import math
import os
import time
from pathlib import Path

import torch

EVERY_SECONDS = 180
SHOWN_STEPS = 50


class Checkpoint:
    """A file that is always whole: a new one takes the place of the old at once."""

    def __init__(self, path: Path):
        self.path, self.saved = path, time.monotonic()

    def due(self) -> bool:
        return time.monotonic() - self.saved > EVERY_SECONDS

    def save(self, state: dict) -> None:
        partial = self.path.with_suffix(".part")
        with partial.open("wb") as file:
            torch.save(state, file)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(self.path)
        self.saved = time.monotonic()

    def load(self) -> dict | None:
        return torch.load(self.path, weights_only=True) if self.path.exists() else None


def rate(highest: float, step: int, steps: int, warm_up: int, decay_from: float) -> float:
    """Rises for `warm_up` steps, and falls by a cosine after the share `decay_from` of all steps, to a hundredth."""
    if step < warm_up:
        return highest * (step + 1) / warm_up
    gone = max(0.0, step / steps - decay_from) / (1 - decay_from)
    return highest * (0.01 + 0.99 * (1 + math.cos(math.pi * gone)) / 2)


class Progress:
    """A line every few steps: means of the losses since the last, and how long the rest takes."""

    def __init__(self, name: str, step: int, steps: int):
        self.name, self.step, self.steps = name, step, steps
        self.began, self.rows = time.monotonic(), []

    def add(self, losses: tuple[float, ...], names: tuple[str, ...]) -> None:
        self.step += 1
        self.rows.append(losses)
        if self.step % SHOWN_STEPS and self.step != self.steps:
            return
        seconds = (time.monotonic() - self.began) / len(self.rows)
        means = (sum(column) / len(self.rows) for column in zip(*self.rows, strict=True))
        shown = ", ".join(f"{name} {mean:.3f}" for name, mean in zip(names, means, strict=True))
        left = seconds * (self.steps - self.step) / 60
        print(
            f"{self.name}: step {self.step} of {self.steps}, {shown}; {seconds:.2f} s a step, {left:.0f} min left",
            flush=True,
        )
        self.began, self.rows = time.monotonic(), []
