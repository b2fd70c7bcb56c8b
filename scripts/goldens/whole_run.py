"""Goldens of a whole run from WAV to WAV: a small codec and a small tokenizer beside the models of lm.py.

The codec is moshi-mlx's own, because rustymimi has only one size. Its transformer lets the two steps of a frame see
each other and keeps one key too many, so the plain attention stands in for it; with that its tokens are rustymimi's
on a codec of full size (checked up to the codec's context of 125 frames).
"""

import wave
from pathlib import Path

import mlx.core as mx
import numpy as np
import oracle
import sentencepiece
import small_tokenizer
from checkpoint import write_json, write_safetensors
from lm import CASES, GOLDENS
from mimi import FRAME_SAMPLES, SMALL, weights
from moshi_mlx.models.mimi import Mimi, mimi_202407
from moshi_mlx.modules.quantization import EuclideanCodebook

FOLDER = GOLDENS / "codec"
CODEC = {**SMALL, "quantizer": {"dimension": 8, "n_q": 8, "bins": 48}}
SPOKEN_FRAMES = 61.4
TAIL_FRAMES = 45
VOICE_SEED = 38
PCM_FRAMES = [0, 1, 2, 60, 61, 62, 105, 106]


def make_codec(config: dict, path: Path) -> Mimi:
    codec_config = mimi_202407(config["quantizer"]["n_q"])
    codec_config.seanet.dimension = config["seanet"]["dimension"]
    codec_config.seanet.nfilters = config["seanet"]["n_filters"]
    codec_config.transformer.d_model = config["transformer"]["d_model"]
    codec_config.transformer.num_heads = config["transformer"]["num_heads"]
    codec_config.transformer.num_layers = config["transformer"]["num_layers"]
    codec_config.transformer.dim_feedforward = config["transformer"]["dim_feedforward"]
    codec_config.quantizer_bins = config["quantizer"]["bins"]
    codec_config.quantizer_dim = config["quantizer"]["dimension"]
    codec = Mimi(codec_config)
    codec.load_pytorch_weights(str(path), strict=True)
    for cache in [*codec.encoder_cache, *codec.decoder_cache]:
        cache.self_attn = oracle.PlainCache()
    return codec


def voice(samples: int, seed: int) -> np.ndarray:
    """Something like syllables: a buzz of falling and rising pitch through two moving resonances, with some noise."""
    rng = np.random.default_rng(seed)
    time = np.arange(samples) / 24000
    pitch = 130 + 40 * np.sin(2 * np.pi * 0.7 * time) + 25 * np.sin(2 * np.pi * 2.3 * time)
    phase = 2 * np.pi * np.cumsum(pitch) / 24000
    first = 500 + 300 * np.sin(2 * np.pi * 1.9 * time)
    second = 1700 + 700 * np.sin(2 * np.pi * 1.3 * time + 1)
    buzz = np.zeros(samples)
    for harmonic in range(1, 30):
        near = np.exp(-(((harmonic * pitch - first) / 180) ** 2)) + 0.6 * np.exp(
            -(((harmonic * pitch - second) / 250) ** 2)
        )
        buzz += (near + 0.02) * np.sin(harmonic * phase)
    loudness = np.clip(np.sin(2 * np.pi * 3.1 * time) + 0.4, 0, 1)
    sound = loudness * buzz + 0.02 * rng.standard_normal(samples)
    return np.round(sound / np.abs(sound).max() * 20000).astype("<i2")


class CodebookMargin:
    """Sees how far the chosen entry of a codebook is ahead of the next."""

    def __enter__(self):
        self.smallest, self.kept = 1.0, EuclideanCodebook.encode

        def encode(codebook, xs):
            distances = np.array(codebook._c2 - xs @ codebook._embedding.swapaxes(-1, -2), dtype=np.float64)
            best, second = np.sort(distances, axis=-1)[..., :2].reshape(-1, 2).T
            self.smallest = min(self.smallest, ((second - best) / np.abs(distances).max()).min())
            return self.kept(codebook, xs)

        EuclideanCodebook.encode = encode
        return self

    def __exit__(self, *_):
        EuclideanCodebook.encode = self.kept


def encode(codec: Mimi, pcm: np.ndarray) -> np.ndarray:
    frames = mx.array(pcm.reshape(-1, 1, 1, FRAME_SAMPLES))
    return np.stack([np.array(codec.encode_step(frame)).reshape(-1) for frame in frames])


def decode(codec: Mimi, tokens: np.ndarray) -> np.ndarray:
    """One frame of samples a step, silence while there are no tokens."""
    pcm = np.zeros((len(tokens), FRAME_SAMPLES), np.float32)
    for frame, codes in zip(pcm, tokens, strict=True):
        if codes[0] >= 0:
            frame[:] = np.array(codec.decode_step(mx.array(codes.astype(np.int32).reshape(1, -1, 1)))).reshape(-1)
    return pcm


def spoken(text: sentencepiece.SentencePieceProcessor, tokens: np.ndarray) -> str:
    pieces = [text.id_to_piece(int(token)) for token in tokens if token not in (0, 3)]
    return "".join(pieces).replace("▁", " ")


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    write_json(FOLDER / "codec.json", CODEC)
    write_safetensors(FOLDER / "codec.safetensors", weights(CODEC))
    (FOLDER / "tokenizer.model").write_bytes(small_tokenizer.train(64, byte_fallback=False))
    text = sentencepiece.SentencePieceProcessor(str(FOLDER / "tokenizer.model"))
    samples = voice(int(SPOKEN_FRAMES * FRAME_SAMPLES), VOICE_SEED)
    with wave.open(str(FOLDER / "input.wav"), "wb") as wav:
        wav.setparams((1, 2, 24000, 0, "NONE", ""))
        wav.writeframes(samples.tobytes())

    steps = -(-len(samples) // FRAME_SAMPLES) + TAIL_FRAMES
    pcm = np.zeros(steps * FRAME_SAMPLES, np.float32)
    pcm[: len(samples)] = samples.astype(np.float32) / np.float32(32768)
    with oracle.use_plain_attention(), CodebookMargin() as margin:
        user_tokens = encode(make_codec(CODEC, FOLDER / "codec.safetensors"), pcm)
    print("codebook margin", margin.smallest, "distinct", [len(np.unique(c)) for c in user_tokens.T])
    assert margin.smallest > 1e-4

    for name in ("f32-7b-like", "q4", "q8"):
        folder, config = GOLDENS / name, CASES[name].settings()
        run = oracle.run(oracle.load(folder / config["moshi_name"], config), user_tokens)
        with oracle.use_plain_attention():
            reply = decode(make_codec(CODEC, FOLDER / "codec.safetensors"), run.audio_tokens)
        tensors = run.tensors(0) | {"pcm": reply[PCM_FRAMES]}
        write_safetensors(folder / "whole-run.safetensors", tensors)
        report = {
            "input": "codec/input.wav",
            "tail_seconds": TAIL_FRAMES * 0.08,
            "steps": steps,
            "text": spoken(text, run.text_tokens),
            "pcm_frames": PCM_FRAMES,
            "peak": float(np.abs(reply).max()),
            "smallest_margin": run.margins,
        }
        write_json(folder / "whole-run.json", report)
        print(name, report)
        assert min(run.margins.values()) > 2.5e-4


if __name__ == "__main__":
    main()
