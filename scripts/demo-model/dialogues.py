"""Synthetic speech: single clips for the codec, and dialogues of a user with the model."""

import functools
from dataclasses import dataclass

import domain
import numpy as np
from speech import FRAME_SAMPLES, SAMPLE_RATE, SILENT_PHONEME, Synthesizer, Utterance, Voice

AGENT = Voice("en-us+f2", speed=130)
"""Always speaks the same way: the model learns each of its sentences as one series of tokens."""
OTHERS = [f"en-us+{variant}" for variant in ("m1", "m3", "m7", "f1", "f3", "f5")] + ["en-gb-x-rp"]
PHONEMES_A_FRAME = 2
LABEL_SAMPLES = 240


def user_voice(random: np.random.Generator, held_out: bool = False) -> Voice:
    """Speeds of the evaluation lie between those of the training, pitches too."""
    speeds = (117, 132, 147, 162, 177) if held_out else (110, 125, 140, 155, 170, 185)
    speed = int(random.choice(speeds)) + (0 if held_out else int(random.integers(-3, 4)))
    pitch = int(random.integers(30, 71))
    return Voice("en-us", speed, pitch, int(random.integers(35, 66)))


def gain(random: np.random.Generator) -> float:
    """From -17 to 0 dB."""
    return float(np.exp(random.uniform(np.log(0.14), 0)))


def noise(random: np.random.Generator, samples: int) -> np.ndarray:
    """Between white and brown, deviation 1."""
    spectrum = np.fft.rfft(random.standard_normal(samples))
    spectrum[0] = 0
    spectrum[1:] *= np.arange(1, len(spectrum)) ** -random.uniform(0, 1)
    made = np.fft.irfft(spectrum, samples)
    return (made / made.std()).astype(np.float32)


def silence(seconds: float) -> np.ndarray:
    return np.zeros(int(seconds * SAMPLE_RATE), np.float32)


@functools.cache
def synthesizer() -> Synthesizer:
    return Synthesizer()


@functools.cache
def agent_says(text: str) -> Utterance:
    return synthesizer().say(text, AGENT)


class CodecClips:
    """Pieces of a long recording of both voices, some others and chance words, with the phonemes that sound in them."""

    def __init__(self, seed: int, minutes: float = 45, held_out: bool = False):
        random = np.random.default_rng([seed, 1])
        turns, answers, words = domain.Turns(held_out), domain.answers(), domain.words()
        pieces, marks, at = [], [], 0
        while at < minutes * 60 * SAMPLE_RATE:
            kind = random.random()
            if kind < 0.35:
                text, voice, loud = answers[random.integers(len(answers))], AGENT, 1.0
            else:
                text, voice, loud = turns.draw(random).text, user_voice(random, held_out), gain(random)
                if kind > 0.82:
                    text = " ".join(random.choice(words, random.integers(2, 6)))
                if kind > 0.92:
                    voice = Voice(str(random.choice(OTHERS)), voice.speed, voice.pitch, voice.range)
            said = synthesizer().say(text, voice)
            pause = silence(random.exponential(0.25) + 0.05)
            marks += [(at + sample, phoneme) for sample, phoneme in said.phonemes] + [(at + len(said.pcm), "_")]
            pieces += [said.pcm * np.float32(loud), pause]
            at += len(said.pcm) + len(pause)
        self.pcm = np.concatenate(pieces)
        self.phonemes = sorted({name.rstrip(":") or SILENT_PHONEME for _, name in marks})
        number = {name: index for index, name in enumerate(self.phonemes)}
        self.labels = np.full(len(self.pcm) // LABEL_SAMPLES, number[SILENT_PHONEME], np.int64)
        # What begins later overwrites what began before.
        for sample, name in sorted(marks, key=lambda mark: mark[0]):
            self.labels[sample // LABEL_SAMPLES :][: SAMPLE_RATE // LABEL_SAMPLES] = number[name.rstrip(":")]

    def batch(self, random: np.random.Generator, size: int, frames: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """→ what the codec hears, some of it with noise, [size, samples]; the same without noise, which is what it should
        say; and the phonemes [size, frames, PHONEMES_A_FRAME]."""
        samples = frames * FRAME_SAMPLES
        step = FRAME_SAMPLES // PHONEMES_A_FRAME
        middles = np.arange(step // 2, samples, step)
        heard, clean, phonemes = [], [], []
        for _ in range(size):
            start = random.integers(len(self.pcm) - samples)
            pcm = self.pcm[start : start + samples]
            clean.append(pcm)
            level = 10 ** random.uniform(-4, -1.7) if random.random() < 0.4 else 0
            heard.append(pcm + np.float32(level) * noise(random, samples))
            labels = self.labels[np.minimum((start + middles) // LABEL_SAMPLES, len(self.labels) - 1)]
            phonemes.append(labels.reshape(frames, PHONEMES_A_FRAME))
        return np.stack(heard), np.stack(clean), np.stack(phonemes)


SECONDS = 20
FRAMES = SECONDS * SAMPLE_RATE // FRAME_SAMPLES
REACTION = 5
"""Frames from that in which the user falls silent to the answer."""
YIELDING = 4
"""Frames from that in which the user cuts in until the model is silent."""
PATIENCE = 75
"""Frames in which nobody speaks, after which the model asks for something."""


@dataclass(frozen=True)
class UserSpeech:
    """A sentence of the user's in a dialogue. `start` and `end` are samples; `words`: where each of it ends."""

    turn: domain.Turn
    start: int
    end: int
    words: tuple[tuple[int, str], ...]


@dataclass(frozen=True)
class AgentSpeech:
    """A sentence of the model's: it begins with the frame `start` and, where it is cut short, ends before the frame `end`."""

    text: str
    start: int
    end: int


@dataclass(frozen=True)
class Dialogue:
    """`pcm`: the user's side; the model's follows from `agent`."""

    pcm: np.ndarray
    user: tuple[UserSpeech, ...]
    agent: tuple[AgentSpeech, ...]


def agent_frames(text: str) -> int:
    return -(-spoken(agent_says(text).pcm) // FRAME_SAMPLES)


def spoken(pcm: np.ndarray) -> int:
    """Samples up to the last that is to be heard."""
    return int(np.flatnonzero(np.abs(pcm) > 0.01 * np.abs(pcm).max())[-1]) + 1


def word_ends(said: Utterance, end: int) -> list[tuple[int, str]]:
    """When each word is over: with the beginning of the next."""
    starts = dict(said.words)
    ends, offset = [], len(said.text)
    for word in reversed(said.text.split()):
        offset = said.text.rindex(word, 0, offset)
        ends.append((end, word))
        end = starts.get(offset, end)
    return ends[::-1]


class Conversation:
    """One dialogue in the making, in order of time."""

    def __init__(self, random: np.random.Generator, held_out: bool):
        self.random, self.held_out = random, held_out
        self.turns = domain.Turns(held_out)
        self.pcm = np.zeros(FRAMES * FRAME_SAMPLES, np.float32)
        self.user: list[UserSpeech] = []
        self.agent: list[AgentSpeech] = []
        self.quiet_from = 0
        """The first frame after all that has been said so far."""
        self.last_answer = ""
        self.loudness = gain(random)
        self.voice = user_voice(random, held_out)

    def make(self) -> Dialogue:
        start = int(self.first_start() * FRAME_SAMPLES)
        while start < len(self.pcm) - SAMPLE_RATE:
            self.prompt_until(start // FRAME_SAMPLES)
            if not self.user_says(start):
                break
            start = self.next_start()
        self.prompt_until(FRAMES)
        self.add_noise()
        return Dialogue(self.pcm, tuple(self.user), tuple(self.agent))

    def first_start(self) -> float:
        """The frame in which the user begins: soon, or only after the model has asked, or hardly at all."""
        return self.random.uniform(PATIENCE + 3, FRAMES) if self.random.random() < 0.25 else self.random.uniform(1, 50)

    def prompt_until(self, frame: int) -> None:
        """The model speaks whenever there has been silence long enough."""
        while self.quiet_from + PATIENCE < frame:
            self.agent_says(domain.PROMPT, self.quiet_from + PATIENCE)
            self.yield_at(frame)

    def agent_says(self, text: str, start: int) -> None:
        end = start + agent_frames(text)
        self.agent.append(AgentSpeech(text, start, end))
        self.quiet_from, self.last_answer = end, text

    def yield_at(self, frame: int) -> None:
        """The user begins to speak in this frame: the model's sentence ends soon after."""
        last = self.agent[-1] if self.agent else None
        if last and last.end > frame + YIELDING:
            end = max(frame + YIELDING, last.start)
            self.agent[-1] = AgentSpeech(last.text, last.start, end)

    def user_says(self, start: int) -> bool:
        """False if the dialogue is too short for what would be said."""
        turn = self.turns.draw(self.random)
        if self.random.random() < 0.3:
            self.voice = user_voice(self.random, self.held_out)
        said = synthesizer().say(turn.text, self.voice)
        length = spoken(said.pcm)
        end = start + length
        if end > len(self.pcm) - SAMPLE_RATE // 2:
            return False
        self.pcm[start:end] += said.pcm[:length] * np.float32(self.loudness * self.random.uniform(0.8, 1.2))
        words = tuple((start + at, word) for at, word in word_ends(said, length))
        self.user.append(UserSpeech(turn, start, end, words))
        self.yield_at(start // FRAME_SAMPLES)
        self.agent_says(turn.answer(self.last_answer), (end - 1) // FRAME_SAMPLES + 1 + REACTION)
        return True

    def next_start(self) -> int:
        """When the user speaks again: while the model does, soon after it, or only when it has asked."""
        answer = self.agent[-1]
        kind = self.random.random()
        if kind < 0.2 and answer.end - answer.start > 10:
            return self.random.integers(answer.start + 3, answer.end - 3) * FRAME_SAMPLES + self.random.integers(1920)
        if kind < 0.3:
            wait = self.random.uniform(PATIENCE + 3, PATIENCE + 60)
        else:
            wait = self.random.uniform(3, 45)
        return int((answer.end + wait) * FRAME_SAMPLES)

    def add_noise(self) -> None:
        if self.random.random() < 0.5:
            level = 10 ** self.random.uniform(-4, -2)
            self.pcm += np.float32(level) * noise(self.random, len(self.pcm))
        if self.random.random() < 0.2:
            # Something falls down.
            size = int(self.random.uniform(0.05, 0.5) * SAMPLE_RATE)
            start = self.random.integers(len(self.pcm) - size)
            burst = noise(self.random, size) * np.hanning(size) * 10 ** self.random.uniform(-2, -1)
            self.pcm[start : start + size] += burst.astype(np.float32)
        np.clip(self.pcm, -1, 1, out=self.pcm)


def dialogue(seed: int, index: int, held_out: bool = False) -> Dialogue:
    return Conversation(np.random.default_rng([seed, 2, held_out, index]), held_out).make()
