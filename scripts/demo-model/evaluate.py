"""How good the demo model is: evaluate.py FOLDER codec|turns|cut-ins|silence [--moshi-mlx COMMAND] [--quant q4]

Sentences, voices and seeds that no training heard. Prints figures and keeps them in FOLDER/evaluation.json.
"""

import argparse
import json
import subprocess
import tempfile
import wave
from pathlib import Path

import codec as mimi
import dialogues
import domain
import numpy as np
import recognise
import torch
from speech import FRAME_SAMPLES, SAMPLE_RATE

SEED = 77
SENTENCES = 100
TURNS, TURNS_A_FILE = 200, 10
PAUSE_FRAMES = 55
"""Between two turns: long enough for the longest answer, too short for the model to lose its patience."""
CUT_INS = 40
CUT_IN_SECONDS = 2.0
"""From the end of the greeting to the sentence that cuts in: the answer begins after half a second and takes three."""
LOUD = 0.01
LOUDEST_NOISE = 3e-2
FRAME_SECONDS = FRAME_SAMPLES / SAMPLE_RATE
ROOT = Path(__file__).resolve().parents[2]


def evaluate_codec(folder: Path) -> dict:
    """Word error rates in percent, of the original and through the codec."""
    codec, random = mimi.load(folder), np.random.default_rng([SEED, 1])
    turns = domain.Turns(held_out=True)
    users = [(turn.text, user_says(turn.text, random)) for turn in (turns.draw(random) for _ in range(SENTENCES))]
    agents = [(text, dialogues.agent_says(text).pcm) for text in domain.answers()]
    figures = {}
    for side, said, grammar in ("agent", agents, recognise.agent_grammar()), ("user", users, recognise.user_grammar()):
        recogniser = recognise.Recogniser(grammar)
        changes = {"original": lambda pcm: pcm}
        changes |= {f"{codebooks}_codebooks": through(codec, codebooks) for codebooks in (8, 4)}
        for name, change in changes.items():
            figures[f"{side}_{name}"] = error_rate(recogniser, [(text, change(pcm)) for text, pcm in said])
            print(f"codec: {side}, {name}: {figures[f'{side}_{name}']}% of the words wrong", flush=True)
    return figures


def user_says(text: str, random: np.random.Generator) -> np.ndarray:
    said = dialogues.synthesizer().say(text, dialogues.user_voice(random, held_out=True))
    return said.pcm[: dialogues.spoken(said.pcm)] * np.float32(dialogues.gain(random))


def through(codec: mimi.Codec, codebooks: int):
    def change(pcm: np.ndarray) -> np.ndarray:
        frames = -(-len(pcm) // FRAME_SAMPLES) + 1
        padded = np.zeros(frames * FRAME_SAMPLES, np.float32)
        padded[: len(pcm)] = pcm
        codes = codec.encode(torch.from_numpy(padded)[None, None])[:, :codebooks]
        return codec.decode(codes)[0, 0].numpy()

    return change


def error_rate(recogniser: recognise.Recogniser, said: list[tuple[str, np.ndarray]]) -> float:
    wrong = words = 0
    for text, pcm in said:
        wanted = recognise.plain(text).split()
        words += len(wanted)
        wrong += recognise.errors(wanted, recogniser.words(pcm))
    return round(100 * wrong / words, 1)


class Recording:
    """Turns of a user one after another, with time for an answer after each."""

    def __init__(self, random: np.random.Generator, turns: domain.Turns):
        frame = SAMPLE_RATE // FRAME_SAMPLES
        pieces, self.turns = [np.zeros(frame * FRAME_SAMPLES, np.float32)], []
        for _ in range(TURNS_A_FILE):
            turn = turns.draw(random)
            pcm = user_says(turn.text, random)
            frames = -(-len(pcm) // FRAME_SAMPLES) + PAUSE_FRAMES
            padded = np.zeros(frames * FRAME_SAMPLES, np.float32)
            padded[: len(pcm)] = pcm
            self.turns.append((turn, frame + len(pcm) / FRAME_SAMPLES, frame + frames))
            pieces.append(padded)
            frame += frames
        pcm = np.concatenate(pieces)
        self.pcm = pcm + np.float32(1e-3) * dialogues.noise(random, len(pcm))


def evaluate_turns(folder: Path, command: list[str], quant: str) -> dict:
    """Shares in percent of answers that are right and in time, and the word error rate of what is heard of them."""
    random, turns = np.random.default_rng([SEED, 2]), domain.Turns(held_out=True)
    recogniser = recognise.Recogniser(recognise.agent_grammar())
    right = in_time = wrong_words = words = 0
    waits, missed = [], []
    for _ in range(TURNS // TURNS_A_FILE):
        recording = Recording(random, turns)
        frames, voice = run(folder, command, quant, recording.pcm)
        last = ""
        for turn, end, until in recording.turns:
            wanted = turn.answer(last)
            last = wanted
            first = int(end)
            said = [(n, frames[n]) for n in range(first, min(until, len(frames))) if frames[n]]
            text = " ".join("".join(text for _, text in said).split())
            wait = (said[0][0] + 1 - end) * FRAME_SECONDS if said else float("inf")
            waits.append(wait)
            in_time += wait <= 1.5
            if text == recognise.plain(wanted):
                right += 1
                # The codebooks' delay makes a frame whole a step later.
                pcm = voice[said[0][0] * FRAME_SAMPLES : (until + 1) * FRAME_SAMPLES]
                heard = recogniser.words(pcm)
                words += len(text.split())
                wrong_words += recognise.errors(text.split(), heard)
            else:
                missed.append((turn.text, text))
    for user, answer in missed:
        print(f"  {user!r} → {answer!r}")
    return {
        "turns": TURNS,
        "right": round(100 * right / TURNS, 1),
        "in_time": round(100 * in_time / TURNS, 1),
        "median_wait_s": round(float(np.median(waits)), 2),
        "answers_word_errors": round(100 * wrong_words / max(words, 1), 1),
    }


def evaluate_cut_ins(folder: Path, command: list[str], quant: str) -> dict:
    """How long the model goes on when a sentence cuts into its greeting, and the share in percent of at most a second."""
    random, turns = np.random.default_rng([SEED, 5]), domain.Turns(held_out=True)
    pause = dialogues.silence(CUT_IN_SECONDS)
    seconds = []
    for _ in range(CUT_INS):
        greeting, cut = user_says("hello", random), user_says(turns.draw(random).text, random)
        before = np.concatenate([dialogues.silence(1.0), greeting, pause])
        _, voice = run(folder, command, quant, np.concatenate([before, cut, dialogues.silence(4.0)]))
        seconds.append(until_quiet(voice[len(before) :]) / SAMPLE_RATE)
    return {
        "cut_ins": CUT_INS,
        "median_s": round(float(np.median(seconds)), 2),
        "within_1_s": round(100 * float(np.mean(np.array(seconds) <= 1)), 1),
    }


def until_quiet(pcm: np.ndarray) -> int:
    """Samples until the first quarter of a second without sound."""
    loud = np.concatenate([[0], np.flatnonzero(np.abs(pcm) > LOUD), [len(pcm)]])
    return int(loud[np.flatnonzero(np.diff(loud) > SAMPLE_RATE // 4)[0]])


def evaluate_silence(folder: Path, command: list[str], quant: str) -> dict:
    """Share of seconds in percent in which the model says what it should not, to silence and to noise: only its prompt.
    Also when it has said that for the first time in all of them, the loudest noise aside."""
    random = np.random.default_rng([SEED, 3])
    prompt = recognise.plain(domain.PROMPT).split()
    false, seconds, prompted = 0, 0, []
    for level in (0, 1e-4, 1e-3, 1e-2, LOUDEST_NOISE):
        frames, _ = run(folder, command, quant, np.float32(level) * dialogues.noise(random, 60 * SAMPLE_RATE))
        for second in range(60):
            said = "".join(frames[int(second / FRAME_SECONDS) : int((second + 1) / FRAME_SECONDS)]).split()
            false += any(word not in prompt for word in said)
            seconds += 1
        if level < LOUDEST_NOISE:
            prompted.append(first_prompt(frames, prompt))
    figures = {"seconds": seconds, "false": round(100 * false / seconds, 1)}
    return figures | {"first_prompt_s": round(max(prompted) * FRAME_SECONDS, 2)}


def first_prompt(frames: list[str], prompt: list[str]) -> float:
    """The frame in which the first prompt is whole; infinite where the first that is said is something else."""
    said = ""
    for frame, text in enumerate(frames):
        said += text
        if said.split() == prompt:
            return frame
    return float("inf")


def run(folder: Path, command: list[str], quant: str, pcm: np.ndarray) -> tuple[list[str], np.ndarray]:
    """What the model writes in each frame, and what it says."""
    with tempfile.TemporaryDirectory() as scratch:
        heard, said = Path(scratch, "user.wav"), Path(scratch, "agent.wav")
        write_wav(heard, pcm)
        options = ["--input", str(heard), "--output", str(said), "--events", "-", "--quant", quant, "--seed", "1"]
        arguments = [*command, "run", "--model", str(folder), *options]
        lines = subprocess.run(arguments, check=True, capture_output=True, text=True).stdout.splitlines()
        frames = [event["text"] for event in map(json.loads, lines) if event["type"] == "frame"]
        return frames, read_wav(said)


def write_wav(path: Path, pcm: np.ndarray) -> None:
    with wave.open(str(path), "wb") as wav:
        wav.setparams((1, 2, SAMPLE_RATE, 0, "NONE", ""))
        wav.writeframes((np.clip(pcm, -1, 1) * 32767).round().astype("<i2").tobytes())


def read_wav(path: Path) -> np.ndarray:
    with wave.open(str(path)) as wav:
        return np.frombuffer(wav.readframes(wav.getnframes()), "<i2").astype(np.float32) / 32768


def keep(folder: Path, figures: dict) -> None:
    print(json.dumps(figures, indent=2))
    path = folder / "evaluation.json"
    known = json.loads(path.read_text()) if path.exists() else {}
    path.write_text(json.dumps(known | figures, indent=2) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("what", choices=["codec", "turns", "cut-ins", "silence"])
    parser.add_argument("--moshi-mlx", nargs="+", default=[str(ROOT / "scripts/moshi-mlx")])
    parser.add_argument("--quant", default="q4")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    name = arguments.what
    if name == "codec":
        figures = evaluate_codec(arguments.folder)
    else:
        name += f"_{arguments.quant}"
        evaluate = {"turns": evaluate_turns, "cut-ins": evaluate_cut_ins, "silence": evaluate_silence}
        figures = evaluate[arguments.what](arguments.folder, arguments.moshi_mlx, arguments.quant)
    keep(arguments.folder, {name: figures})


if __name__ == "__main__":
    main()
