"""Writes down what a trained demo model is: manifest.py FOLDER [--seed 1], after all else is there."""

import argparse
import hashlib
import json
import platform
from importlib.metadata import version
from pathlib import Path

import dialogues
import torch

SHIPPED = [
    "config.json",
    "mimi.json",
    "mimi.safetensors",
    "model.q4.safetensors",
    "model.safetensors",
    "tokenizer.model",
]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    folder = arguments.folder
    trainings = {}
    for name in "codec", "lm":
        state = torch.load(folder / f"{name}.pt", weights_only=True)
        trainings[name] = {"steps": state["step"], "hours": round(state["seconds"] / 3600, 2)}
    manifest = {
        "seed": arguments.seed,
        "espeak-ng": dialogues.synthesizer().version(),
        "python": platform.python_version(),
        "platform": f"{platform.system()} {platform.machine()}",
        **{package: version(package) for package in ("torch", "numpy", "sentencepiece", "pocketsphinx")},
        "training": trainings,
        "evaluation": json.loads((folder / "evaluation.json").read_text()),
        "sha256": {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in SHIPPED},
    }
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n")


if __name__ == "__main__":
    main()
