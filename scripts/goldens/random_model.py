"""Makes the random model of the tests: everything a real one has, in three megabytes, untrained."""

import re
from pathlib import Path

import lm
import mlx.core as mx
import mlx.nn as nn
import numpy as np
import oracle
import sentencepiece
import small_tokenizer
from checkpoint import random_weights, write_json, write_safetensors
from mimi import SMALL, weights
from moshi_mlx import models

FOLDER = Path(__file__).resolve().parents[2] / "cli/src/test/resources/random-model"
SEED = 2024

CONFIG = {
    **lm.QUANTIZABLE_64,
    "card": 64,
    "text_card": 512,
    "depformer_num_heads": 4,
    "moshi_name": "model.q4.safetensors",
    "mimi_name": "mimi.safetensors",
    "mimi_config_name": "mimi.json",
    "tokenizer_name": "tokenizer.model",
    "model_type": "moshi",
}
PAD = CONFIG["existing_text_padding_id"]
# How loud the random codec speaks, and what the text logits get of a constant: padding most of the time, now and then
# a word, never a part of one.
LOUDNESS = 0.4
CONSTANT = 0.15
PAD_LOGIT = 10.0
PART_LOGIT = -12.0

ABOUT = """\
A model of random weights in the layout of a real Moshi, for the tests: **untrained**, it babbles all the time.
`scripts/make-goldens random_model` makes it.
"""


def bias_text(tensors: dict[str, np.ndarray], pieces: list[str]) -> None:
    """Logits have no bias, so a constant goes through the model: the last feature, which every embedding sets alike."""
    for name, tensor in tensors.items():
        if name == "text_emb.weight" or name.startswith("audio_embs."):
            tensor[:, -1] = CONSTANT
        elif name.startswith("transformer.") and name.endswith(("linear_out.weight", "out_proj.weight")):
            tensor[-1] = 0
    tensors["out_norm.weight"][-1] = 1
    head = tensors["text_linear.weight"]
    written = {"▁" + word for word in re.findall(r"\w+", small_tokenizer.TEXT.read_text())}
    head[:, -1] = np.where([piece in written for piece in pieces], 0, PART_LOGIT)
    head[PAD] = 0
    head[PAD, -1] = PAD_LOGIT


def make_language_model(folder: Path, pieces: list[str]) -> None:
    model = models.Lm(oracle.lm_config(CONFIG))
    shapes = {name: value.shape for name, value in oracle.parameters(model).items()}
    tensors = random_weights(SEED, shapes)
    bias_text(tensors, pieces)
    tensors = {name: mx.array(tensor).astype(mx.bfloat16) for name, tensor in tensors.items()}
    write_safetensors(folder / "model.safetensors", tensors)
    for quant, (group_size, bits) in oracle.QUANTIZATION.items():
        model = models.Lm(oracle.lm_config(CONFIG))
        model.load_weights(list(tensors.items()), strict=True)
        nn.quantize(model, bits=bits, group_size=group_size)
        write_safetensors(folder / f"model.{quant}.safetensors", oracle.parameters(model))


def make_codec(folder: Path) -> None:
    write_json(folder / "mimi.json", SMALL)
    tensors = weights(SMALL)
    for name in ("weight", "bias"):
        tensors[f"decoder.model.14.conv.conv.{name}"] *= np.float32(LOUDNESS)
    write_safetensors(folder / "mimi.safetensors", tensors)


def main() -> None:
    folder = FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "README.md").write_text(ABOUT)
    write_json(folder / "config.json", CONFIG)
    tokenizer = folder / CONFIG["tokenizer_name"]
    tokenizer.write_bytes(small_tokenizer.train(CONFIG["text_card"], byte_fallback=True))
    text = sentencepiece.SentencePieceProcessor(str(tokenizer))
    make_language_model(folder, [text.id_to_piece(i) for i in range(text.vocab_size())])
    make_codec(folder)


if __name__ == "__main__":
    main()
