"""Goldens of the Mimi codec: tokens and PCM of rustymimi, on a random codec of full size and real speech.

The codec has 96 million parameters, too many to commit. Each of its values is a hash of the tensor's name and the
value's index, scaled by what stands in `full.tsv`, so that the Java tests make the very same file for themselves.

    python mimi.py              # everything under mimi-jni/src/test/resources
    python mimi.py --speech     # the speech first, anew, by espeak-ng (other versions of it speak otherwise)
"""

import argparse
import json
import platform
import subprocess
import sys
import tempfile
import wave
import zlib
from importlib.metadata import version
from pathlib import Path

import numpy as np
import rustymimi
from checkpoint import write_json, write_safetensors

RESOURCES = Path(__file__).parents[2] / "mimi-jni/src/test/resources/io/moshimlx/mimi"
FRAME_SAMPLES = 1920
SENTENCE = "Good morning. Would you tell me, please, how far it is to the harbour?"
# Frames encoded with each number of codebooks. 130 frames are 260 steps of the transformers, whose context is 250.
FRAMES = {1: 20, 8: 130, 32: 20}
# Frames of which the decoded PCM is kept.
PCM_FRAMES = {1: range(5), 8: [*range(5), *range(122, 130)], 32: range(5)}

FULL = {
    "seanet": {"dimension": 512, "n_filters": 64, "ratios": [8, 6, 5, 4]},
    "transformer": {"num_heads": 8, "num_layers": 8, "dim_feedforward": 2048, "context": 250},
    "quantizer": {"dimension": 256, "n_q": 32, "bins": 2048},
}
SMALL = {
    "sample_rate": 24000,
    "channels": 1,
    "frame_rate": 12.5,
    "seanet": {"dimension": 16, "n_filters": 2, "ratios": [8, 6, 5, 4]},
    "transformer": {"d_model": 16, "num_heads": 2, "num_layers": 1, "dim_feedforward": 32, "context": 250},
    "quantizer": {"dimension": 8, "n_q": 8, "bins": 64},
}


def layout(config: dict) -> dict[str, tuple[tuple[int, ...], float, float]]:
    """Name → shape, scale and offset of every tensor: a value is offset + scale · u, with u in [-1, 1)."""
    seanet, transformer, quantizer = config["seanet"], config["transformer"], config["quantizer"]
    dim, filters, ratios = seanet["dimension"], seanet["n_filters"], seanet["ratios"]
    tensors = {}

    def weight(name, *shape, fan_in, gain=1.0):
        # A uniform number in [-1, 1) has a variance of 1/3: this keeps that of the activations.
        tensors[name] = (shape, float(np.float32(gain * np.sqrt(3 / fan_in))), 0.0)

    def vector(name, size, scale, offset=0.0):
        tensors[name] = ((size,), float(np.float32(scale)), offset)

    def conv(name, out, inp, kernel, gain=1.3):
        weight(f"{name}.conv.conv.weight", out, inp, kernel, fan_in=inp * kernel, gain=gain)
        vector(f"{name}.conv.conv.bias", out, 0.02)

    def residual(name, size):
        conv(f"{name}.block.1", size // 2, size, 3, gain=1.0)
        conv(f"{name}.block.3", size, size // 2, 1, gain=0.7)

    size, index = filters, 0
    conv("encoder.model.0", size, 1, 7, gain=4.0)
    for ratio in reversed(ratios):
        residual(f"encoder.model.{index + 1}", size)
        conv(f"encoder.model.{index + 3}", 2 * size, size, 2 * ratio)
        size, index = 2 * size, index + 3
    conv(f"encoder.model.{index + 2}", dim, size, 3)

    conv("decoder.model.0", size, dim, 7)
    index = 0
    for ratio in ratios:
        # Each output of a transposed convolution with a kernel of two strides is fed by two inputs.
        name = f"decoder.model.{index + 2}.convtr.convtr"
        weight(f"{name}.weight", size, size // 2, 2 * ratio, fan_in=2 * size, gain=1.3)
        vector(f"{name}.bias", size // 2, 0.02)
        size, index = size // 2, index + 3
        residual(f"decoder.model.{index}", size)
    conv(f"decoder.model.{index + 2}", 1, size, 3, gain=0.1)

    hidden = transformer["dim_feedforward"]
    for side in "encoder", "decoder":
        for layer in range(transformer["num_layers"]):
            name = f"{side}_transformer.transformer.layers.{layer}"
            weight(f"{name}.self_attn.in_proj_weight", 3 * dim, dim, fan_in=dim, gain=1.5)
            weight(f"{name}.self_attn.out_proj.weight", dim, dim, fan_in=dim)
            weight(f"{name}.linear1.weight", hidden, dim, fan_in=dim)
            weight(f"{name}.linear2.weight", dim, hidden, fan_in=hidden)
            for norm in "norm1", "norm2":
                vector(f"{name}.{norm}.weight", dim, 0.1, 1.0)
                vector(f"{name}.{norm}.bias", dim, 0.1)
            vector(f"{name}.layer_scale_1.scale", dim, 0.05, 0.25)
            vector(f"{name}.layer_scale_2.scale", dim, 0.05, 0.25)

    stride = FRAME_SAMPLES // int(np.prod(ratios))
    weight("downsample.conv.conv.conv.weight", dim, dim, 2 * stride, fan_in=2 * stride * dim)
    weight("upsample.convtr.convtr.convtr.weight", dim, 1, 2 * stride, fan_in=2)

    inner, bins = quantizer["dimension"], quantizer["bins"]
    for rvq, books in ("rvq_first", 1), ("rvq_rest", quantizer["n_q"] - 1):
        weight(f"quantizer.{rvq}.input_proj.weight", inner, dim, 1, fan_in=dim)
        weight(f"quantizer.{rvq}.output_proj.weight", dim, inner, 1, fan_in=inner)
        for book in range(books):
            name = f"quantizer.{rvq}.vq.layers.{book}._codebook"
            vector(f"{name}._initialized", 1, 0.0, 1.0)
            vector(f"{name}.cluster_usage", bins, 0.5, 1.0)
            # Each level finds less left over than the one before.
            scale = float(np.float32(1.2 * 0.97**book))
            tensors[f"{name}.embedding_sum"] = ((bins, inner), scale, 0.0)
    return tensors


def hashed(name: str, size: int) -> np.ndarray:
    """`size` numbers in [-1, 1), multiples of 2^-23: SplitMix64 from the FNV-1a hash of the name."""
    seed = 0xCBF29CE484222325
    for byte in name.encode():
        seed = (seed ^ byte) * 0x100000001B3 % 2**64
    z = np.uint64(seed) + np.arange(1, size + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z ^= z >> np.uint64(31)
    return ((z >> np.uint64(40)).astype(np.int64) - 2**23).astype(np.float32) / np.float32(2**23)


def weights(config: dict) -> dict[str, np.ndarray]:
    return {
        name: (hashed(name, int(np.prod(shape))) * np.float32(scale) + np.float32(offset)).reshape(shape)
        for name, (shape, scale, offset) in layout(config).items()
    }


def write_layout(path: Path, config: dict, tensors: dict[str, np.ndarray]) -> None:
    """One tensor a line, then a check sum of all values in the order of the lines."""
    check, lines = 0, []
    for name, (shape, scale, offset) in layout(config).items():
        lines.append(f"{name}\t{','.join(map(str, shape))}\t{scale!r}\t{offset!r}\n")
        check = zlib.crc32(tensors[name].astype("<f4").tobytes(), check)
    path.write_text("".join(lines) + f"crc32\t{check:08x}\n")


def make_speech(path: Path) -> None:
    """A sentence at 24 kHz, 16 bits, one channel, cut to whole frames."""
    with tempfile.NamedTemporaryFile(suffix=".wav") as spoken:
        subprocess.run(["espeak-ng", "-v", "en-us", "-w", spoken.name, SENTENCE], check=True)
        with wave.open(spoken.name) as wav:
            rate = wav.getframerate()
            pcm = np.frombuffer(wav.readframes(wav.getnframes()), dtype="<i2")
    frames = int(len(pcm) * 24000 / rate) // FRAME_SAMPLES
    times = np.arange(frames * FRAME_SAMPLES) * rate / 24000
    pcm = np.interp(times, np.arange(len(pcm)), pcm).round().astype("<i2")
    with wave.open(str(path), "wb") as wav:
        wav.setparams((1, 2, 24000, 0, "NONE", ""))
        wav.writeframes(pcm.tobytes())


def read_speech(path: Path) -> np.ndarray:
    with wave.open(str(path)) as wav:
        pcm = np.frombuffer(wav.readframes(wav.getnframes()), dtype="<i2")
    return pcm.astype(np.float32) / np.float32(32768)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--speech", action="store_true", help="make the speech anew")
    arguments = parser.parse_args()
    RESOURCES.mkdir(parents=True, exist_ok=True)
    speech_path = RESOURCES / "speech.wav"
    if arguments.speech:
        make_speech(speech_path)
    speech = read_speech(speech_path)

    write_layout(RESOURCES / "small.tsv", SMALL, weights(SMALL))
    (RESOURCES / "small.json").write_text(json.dumps(SMALL, indent=2) + "\n")
    tensors = weights(FULL)
    write_layout(RESOURCES / "full.tsv", FULL, tensors)

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "mimi.safetensors"
        write_safetensors(path, tensors)
        for codebooks, frames in FRAMES.items():
            pcm = np.resize(speech, frames * FRAME_SAMPLES)
            codes = encode(path, codebooks, pcm)
            if (codes != encode(path, codebooks, pcm * np.float32(1 + 1e-5))).any():
                sys.exit(f"{codebooks} codebooks: a token is so near a tie that it proves nothing; take other speech")
            codec = rustymimi.Tokenizer(str(path), num_codebooks=codebooks)
            decoded = [codec.decode_step(frame.reshape(1, codebooks, 1)).reshape(-1) for frame in codes]
            report(codebooks, codes, np.stack(decoded))
            np.savetxt(RESOURCES / f"codes-{codebooks}.txt", codes, fmt="%d")
            kept = np.stack([decoded[frame] for frame in PCM_FRAMES[codebooks]])
            (RESOURCES / f"pcm-{codebooks}.f32").write_bytes(kept.astype("<f4").tobytes())
    write_json(
        RESOURCES / "manifest.json",
        {
            "rustymimi": version("rustymimi"),
            "numpy": version("numpy"),
            "python": platform.python_version(),
            "platform": f"{sys.platform} {platform.machine()}",
            "tensors": len(tensors),
            "parameters": sum(tensor.size for tensor in tensors.values()),
            "frames": FRAMES,
            "pcm_frames": {codebooks: list(frames) for codebooks, frames in PCM_FRAMES.items()},
        },
    )


def encode(checkpoint: Path, codebooks: int, pcm: np.ndarray) -> np.ndarray:
    """Codes [frames, codebooks] of whole frames, by a new codec: after `reset`, rustymimi counts positions on."""
    codec = rustymimi.Tokenizer(str(checkpoint), num_codebooks=codebooks)
    frames = pcm.reshape(-1, 1, 1, FRAME_SAMPLES)
    return np.stack([codec.encode_step(frame).reshape(codebooks) for frame in frames])


def report(codebooks: int, codes: np.ndarray, pcm: np.ndarray) -> None:
    """A codec that always says the same would prove nothing."""
    distinct = min(len(np.unique(column)) for column in codes.T)
    peak, deviation = np.abs(pcm).max(), pcm.std()
    print(f"{codebooks} codebooks: {len(codes)} frames, each book says {distinct} codes or more, ", end="")
    print(f"PCM peak {peak:.3f}, deviation {deviation:.3f}")


if __name__ == "__main__":
    main()
