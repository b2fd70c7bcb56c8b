"""A recogniser that has never seen the demo model: pocketsphinx with the grammar of what can be said."""

import functools

import domain
import numpy as np
from pocketsphinx import Decoder
from speech import SAMPLE_RATE

RATE = 16_000


def user_grammar() -> str:
    """Every shape, with every value."""

    def either(texts: list[str]) -> str:
        return " | ".join(f"({text})" for text in texts if text)

    rules = [("colour", domain.COLOUR_CORES, domain.COLOURS), ("number", domain.NUMBER_CORES, domain.NUMBERS)]
    rules.append(("day", domain.DAY_CORES, domain.DAYS))
    lines = ["#JSGF V1.0;", "grammar user;", f"<lead> = {either(domain.LEADS)};", f"<tail> = {either(domain.TAILS)};"]
    for name, cores, values in rules:
        lines.append(f"<{name}> = {either(values)};")
        lines.append(f"<{name}-said> = {either([core.format(f'<{name}>') for core in cores])};")
    valued = " | ".join(f"<{name}-said>" for name, _, _ in rules)
    plain = either([shape.text for shape in domain.shapes() if not shape.values])
    lines.append(f"public <said> = ([<lead>] ({valued}) [<tail>]) | {plain};")
    return "\n".join(lines)


def agent_grammar() -> str:
    said = " | ".join(f"({plain(text)})" for text in domain.answers())
    return f"#JSGF V1.0;\ngrammar agent;\npublic <said> = {said};"


def plain(text: str) -> str:
    return text.replace(",", "")


class Recogniser:
    def __init__(self, grammar: str):
        self.decoder = Decoder(lm=None, samprate=RATE, loglevel="FATAL")
        self.decoder.add_jsgf_string("said", grammar)
        self.decoder.activate_search("said")

    def words(self, pcm: np.ndarray) -> list[str]:
        """Of samples at 24 kHz."""
        around = np.zeros(SAMPLE_RATE // 4, np.float32)
        pcm = lower_rate(np.concatenate([around, pcm, around]))
        pcm = pcm / max(np.abs(pcm).max(), 1e-3) * 0.5
        # Exact silence is nothing that it was made for.
        pcm = pcm + np.random.default_rng(0).normal(0, 1e-4, len(pcm))
        self.decoder.start_utt()
        self.decoder.process_raw((pcm * 32767).astype("<i2").tobytes(), full_utt=True)
        self.decoder.end_utt()
        heard = self.decoder.hyp()
        return [] if heard is None else heard.hypstr.split()


def lower_rate(pcm: np.ndarray) -> np.ndarray:
    size = -(-len(pcm) // 3) * 3
    spectrum = np.fft.rfft(pcm, size)[: size // 3 + 1]
    return np.fft.irfft(spectrum, size * 2 // 3) * (2 / 3)


def errors(said: list[str], heard: list[str]) -> int:
    """Words to be put in, left out or changed."""

    @functools.cache
    def distance(i: int, j: int) -> int:
        if i == 0 or j == 0:
            return i + j
        change = distance(i - 1, j - 1) + (said[i - 1] != heard[j - 1])
        return min(change, distance(i - 1, j) + 1, distance(i, j - 1) + 1)

    return distance(len(said), len(heard))
