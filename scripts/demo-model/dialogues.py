"""Synthetic speech: single clips for the codec, and dialogues of a user with the model."""

import functools

import domain
import numpy as np
from speech import FRAME_SAMPLES, SAMPLE_RATE, SILENT_PHONEME, Synthesizer, Utterance, Voice

AGENT = Voice("en-us+f2", speed=140)
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
