"""Goldens of PersonaPlex: what NVIDIA's own code feeds to a small random model while it is told a voice and a role.

scripts/goldens/personaplex.py CHECKOUT     (of github.com/NVIDIA/personaplex)

Needs a Python with what `personaplex-requirements.txt` lists. NVIDIA's loaders, codec and generator run as they are, but
for their sizes, and greedily in float32.
"""

import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
import wave
from importlib.metadata import version
from pathlib import Path

import mlx.core as mx
import numpy as np
import pyloudnorm
import sentencepiece
import torch
from checkpoint import random_weight, write_json, write_safetensors
from mimi import FRAME_SAMPLES, RESOURCES, SMALL, read_speech, weights

ROOT = Path(__file__).resolve().parents[2]
GOLDENS = ROOT / "cli/src/test/resources/goldens"
FOLDER = GOLDENS / "personaplex"
ROLE = " You have a good voice, and the harbour is not far from here. "
SEEDS = range(1, 400)
MARGIN = 2.5e-4
VOICE_SAMPLES = int(19.54 * FRAME_SAMPLES)
USER_SAMPLES = int(14.3 * FRAME_SAMPLES)

SIZES = {
    "dim": 16,
    "num_heads": 2,
    "num_layers": 2,
    "text_card": 64,
    "depformer_dim": 8,
    "depformer_dim_feedforward": 33,
    "depformer_num_heads": 2,
    "depformer_num_layers": 1,
}
CODEC = {**SMALL, "quantizer": {"dimension": 4, "n_q": 8, "bins": 2048}}
PACKAGES = ("torch", "numpy", "sphn", "pyloudnorm", "sentencepiece", "safetensors", "mlx")


def shrink(loaders) -> None:
    """NVIDIA's loaders have the published sizes built in."""
    loaders._lm_kwargs.update(SIZES)
    seanet, transformer = CODEC["seanet"], CODEC["transformer"]
    loaders._seanet_kwargs.update(dimension=seanet["dimension"], n_filters=seanet["n_filters"])
    loaders._quantizer_kwargs.update(
        CODEC["quantizer"], input_dimension=seanet["dimension"], output_dimension=seanet["dimension"]
    )
    loaders._transformer_kwargs.update(
        transformer, input_dimension=seanet["dimension"], output_dimensions=[seanet["dimension"]]
    )


def config(loaders) -> dict:
    return {
        **loaders._lm_kwargs,
        "dep_q": 16,
        "model_type": "personaplex",
        "moshi_name": "model.safetensors",
        "mimi_name": "codec.safetensors",
        "mimi_config_name": "codec.json",
        "tokenizer_name": "tokenizer.model",
    }


def make_model(loaders, path: Path, seed: int) -> None:
    """PyTorch's layout in bfloat16, short of the depformer's weights 8 to 15."""
    shapes = {}
    for dep_q in 16, 8:
        model = loaders.LMModel(device="meta", **{**loaders._lm_kwargs, "dep_q": dep_q})
        # The one embedding between both halves is copied from nowhere.
        keys = ["depformer_emb.7.weight"] if dep_q == 16 else None
        shapes |= {k: tuple(v.shape) for k, v in model.state_dict().items() if keys is None or k in keys}
    tensors = {}
    for name, shape in shapes.items():
        part = "linear_out.weight" if name.startswith("linears.") else name.replace(".alpha", ".weight")
        value = random_weight(np.random.default_rng([seed, *name.encode()]), part, shape)
        tensors[name] = mx.array(value).astype(mx.bfloat16)
    write_safetensors(path, tensors)


class Recorder:
    """Keeps what Helium reads, and how far the best logit is ahead where a token is chosen.

    `free` is how many codebooks are, after the text; 0 while all is given.
    """

    def __init__(self, lm):
        self.grid: list[np.ndarray | None] = []
        self.margins: list[float] = []
        self.free = 0
        forward, depformer = lm.forward_codes, lm.forward_depformer

        def forward_codes(sequence):
            self.grid.append(sequence[0, :, 0].numpy().copy())
            hidden, logits = forward(sequence)
            if self.free > 0:
                self.see(logits)
            return hidden, logits

        def forward_depformer(index, sequence, hidden):
            logits = depformer(index, sequence, hidden)
            if index < self.free:
                self.see(logits)
            return logits

        lm.forward_codes, lm.forward_depformer = forward_codes, forward_depformer
        self.lm = lm

    def close(self) -> None:
        del self.lm.forward_codes, self.lm.forward_depformer

    def see(self, logits: torch.Tensor) -> None:
        row = logits.reshape(-1).double()
        best, second = row.topk(2).values.tolist()
        self.margins.append((best - second) / row.abs().max().item())


def frames(pcm: np.ndarray) -> torch.Tensor:
    padded = np.zeros(-(-len(pcm) // FRAME_SAMPLES) * FRAME_SAMPLES, np.float32)
    padded[: len(pcm)] = pcm
    return torch.from_numpy(padded.reshape(-1, 1, 1, FRAME_SAMPLES))


def talk(lm_module, lm, mimi, tokens: list[int], voice: Path, user: np.ndarray, save: bool = False) -> dict:
    """The prompt phase and the first steps after it, in the order of NVIDIA's offline.py."""
    recorder = Recorder(lm)
    generator = lm_module.LMGen(
        lm,
        audio_silence_frame_cnt=int(0.5 * mimi.frame_rate),
        sample_rate=mimi.sample_rate,
        device="cpu",
        frame_rate=mimi.frame_rate,
        save_voice_prompt_embeddings=save,
        use_sampling=False,
    )
    generator.streaming_forever(1)
    if voice.suffix == ".pt":
        generator.load_voice_prompt_embeddings(str(voice))
    else:
        generator.load_voice_prompt(str(voice))
    generator.text_prompt_tokens = tokens
    generator.reset_streaming()
    mimi.reset_streaming()
    generator.step_system_prompts(mimi)
    mimi.reset_streaming()
    prompted = len(recorder.grid)
    user_tokens, text_tokens, audio_tokens = [], [], []
    state = generator._streaming_state
    for index, frame in enumerate(frames(user)):
        codes = mimi.encode(frame)
        # The delayed codebooks of the first step are still the prompt's.
        recorder.free = 1 if index == 0 else 8
        out = generator.step(codes)
        user_tokens.append(codes[0, :, 0].numpy())
        text_tokens.append(state.cache[0, 0, (state.offset - 1) % state.cache.shape[2]].item())
        audio_tokens.append(out[0, 1:9, 0].numpy())
    recorder.close()
    return {
        "grid": np.stack(recorder.grid),
        "prompted": prompted,
        "user_tokens": np.stack(user_tokens),
        "text_tokens": np.array(text_tokens),
        "audio_tokens": np.stack(audio_tokens),
        "margin": min(recorder.margins),
    }


def write_wav(path: Path, pcm: np.ndarray) -> np.ndarray:
    samples = np.round(pcm * 32768).astype("<i2")
    with wave.open(str(path), "wb") as wav:
        wav.setparams((1, 2, 24000, 0, "NONE", ""))
        wav.writeframes(samples.tobytes())
    return samples.astype(np.float32) / np.float32(32768)


def make_torch_files() -> None:
    """What torch.save writes, of every kind of tensor that is read."""
    values = torch.tensor([[0.5, -1.25, 3.0], [2.0, 0.0, -0.125]])
    torch.save(
        {
            "float32": values,
            "bfloat16": values.bfloat16(),
            "float16": values.half(),
            "int64": torch.tensor([[1, -2], [2**40, 4]]),
            "int32": torch.tensor([7, -8], dtype=torch.int32),
            "transposed": values.t(),
            "part": values[1:, 1:],
            "scalar": torch.tensor(2.5),
        },
        FOLDER / "tensors.pt",
    )


def main() -> None:
    checkout = Path(sys.argv[1])
    sys.path.insert(0, str(checkout / "moshi"))
    from moshi.models import lm as lm_module
    from moshi.models import loaders
    from moshi.offline import wrap_with_system_tags

    torch.set_grad_enabled(False)
    torch.set_num_threads(1)
    FOLDER.mkdir(parents=True, exist_ok=True)
    shrink(loaders)
    write_json(FOLDER / "config.json", config(loaders))
    write_json(FOLDER / "codec.json", CODEC)
    write_safetensors(FOLDER / "codec.safetensors", weights(CODEC))
    shutil.copy(GOLDENS / "codec/tokenizer.model", FOLDER / "tokenizer.model")
    speech = read_speech(RESOURCES / "speech.wav")
    voice = write_wav(FOLDER / "voice.wav", speech[2 * FRAME_SAMPLES :][:VOICE_SAMPLES])
    user = write_wav(FOLDER / "user.wav", speech[25 * FRAME_SAMPLES :][:USER_SAMPLES])
    mimi = loaders.get_mimi(FOLDER / "codec.safetensors")
    mimi.streaming_forever(1)
    for pcm in voice, user:
        near = []
        for gain in 1, 1 + 1e-5:
            mimi.reset_streaming()
            near.append(np.stack([mimi.encode(frame * gain).numpy() for frame in frames(pcm)]))
        assert (near[0] == near[1]).all(), "a code is so near a tie that it proves nothing; take other speech"
    role = wrap_with_system_tags(ROLE)
    tokens = sentencepiece.SentencePieceProcessor(str(FOLDER / "tokenizer.model")).encode(role)

    for seed in SEEDS:
        make_model(loaders, FOLDER / "model.safetensors", seed)
        lm = loaders.get_moshi_lm(FOLDER / "model.safetensors", dtype=torch.float32)
        with tempfile.TemporaryDirectory() as scratch:
            recorded = Path(shutil.copy(FOLDER / "voice.wav", scratch))
            heard = talk(lm_module, lm, mimi, tokens, recorded, user, save=True)
            shutil.copy(recorded.with_suffix(".pt"), FOLDER / "voice.pt")
        stored = talk(lm_module, lm, mimi, tokens, FOLDER / "voice.pt", user)
        if min(heard["margin"], stored["margin"]) > MARGIN:
            break
    else:
        sys.exit("no seed without near ties")

    mimi.reset_streaming()
    generator = lm_module.LMGen(lm, device="cpu", sample_rate=24000)
    generator.load_voice_prompt(str(FOLDER / "voice.wav"))
    codes = np.stack([c[0, :, 0].numpy() for c in generator._encode_voice_prompt_frames(mimi)])
    keys = ("grid", "user_tokens", "text_tokens", "audio_tokens")
    write_safetensors(
        FOLDER / "expected.safetensors",
        {key: heard[key].astype(np.int16) for key in keys}
        | {f"stored_{key}": stored[key].astype(np.int16) for key in keys}
        | {"voice_codes": codes.astype(np.int16), "role_tokens": np.array(tokens, np.int16)},
    )
    make_torch_files()
    meter = pyloudnorm.Meter(24000)
    uneven = np.concatenate([voice, np.zeros(48000, np.float32), user * np.float32(0.01), user])
    write_json(
        FOLDER / "expected.json",
        {
            "about": "PersonaPlex: its layout, a voice and a role told, then the first steps of listening",
            "seed": seed,
            "role": ROLE,
            "prompted": heard["prompted"],
            "stored_prompted": stored["prompted"],
            "smallest_margin": {"heard": heard["margin"], "stored": stored["margin"]},
            "loudness": {
                name: meter.integrated_loudness(pcm)
                for name, pcm in {"voice": voice, "user": user, "uneven": uneven}.items()
            },
        },
    )
    commit = subprocess.run(
        ["git", "-C", checkout, "rev-parse", "HEAD"], check=True, capture_output=True, text=True
    ).stdout.strip()
    write_json(
        FOLDER / "manifest.json",
        {
            "command": "scripts/goldens/personaplex.py CHECKOUT",
            "personaplex": commit,
            "versions": {package: version(package) for package in PACKAGES},
            "sha256": {
                f.name: hashlib.sha256(f.read_bytes()).hexdigest()
                for f in sorted(FOLDER.iterdir())
                if f.name != "manifest.json"
            },
        },
    )
    print(json.dumps(json.loads((FOLDER / "expected.json").read_text()), indent=2), "steps", len(heard["grid"]))


if __name__ == "__main__":
    main()
