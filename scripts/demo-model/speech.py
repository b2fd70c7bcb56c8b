"""Speech by espeak-ng, in this process: samples at 24 kHz, when each word begins, and which phoneme sounds when."""

import ctypes
import ctypes.util
from dataclasses import dataclass

import numpy as np

SAMPLE_RATE = 24_000
FRAME_SAMPLES = 1920

# Of espeak-ng's speak_lib.h.
SYNCHRONOUS = 2
PHONEME_EVENTS = 1
RATE, VOLUME, PITCH, RANGE = 1, 2, 3, 4
UTF8 = 1
WORD, PHONEME, END = 1, 7, 0
SILENT_PHONEME = "_"


@dataclass(frozen=True)
class Voice:
    """A voice of espeak-ng: its name, words a minute, and pitch and range of the pitch from 0 to 100."""

    name: str = "en-us"
    speed: int = 150
    pitch: int = 50
    range: int = 50


@dataclass(frozen=True)
class Utterance:
    """`pcm` [samples], full scale ±1; `words`: where in the text (characters) and in `pcm` each word begins;
    `phonemes`: from which sample on which phoneme sounds."""

    text: str
    pcm: np.ndarray
    words: tuple[tuple[int, int], ...]
    phonemes: tuple[tuple[int, str], ...]


class _Id(ctypes.Union):
    _fields_ = [("number", ctypes.c_int), ("name", ctypes.c_char_p), ("string", ctypes.c_char * 8)]


class _Event(ctypes.Structure):
    _fields_ = [
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", _Id),
    ]


_Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event))


class Synthesizer:
    """There can be one only: espeak-ng keeps its state in the process."""

    def __init__(self):
        path = ctypes.util.find_library("espeak-ng")
        if path is None:
            raise SystemExit(
                "libespeak-ng is missing: install espeak-ng (apt install espeak-ng, brew install espeak-ng)"
            )
        self.espeak = ctypes.CDLL(path)
        self.rate = self.espeak.espeak_Initialize(SYNCHRONOUS, 0, None, PHONEME_EVENTS)
        if self.rate <= 0:
            raise SystemExit("espeak-ng does not start: its voices are missing")
        self.callback = _Callback(self._take)
        self.espeak.espeak_SetSynthCallback(self.callback)

    def version(self) -> str:
        self.espeak.espeak_Info.restype = ctypes.c_char_p
        return self.espeak.espeak_Info(None).decode()

    def say(self, text: str, voice: Voice) -> Utterance:
        self.blocks, self.words, self.phonemes = [], [], []
        if self.espeak.espeak_SetVoiceByName(voice.name.encode()) != 0:
            raise SystemExit(f"espeak-ng has no voice {voice.name}")
        for parameter, value in ((RATE, voice.speed), (VOLUME, 100), (PITCH, voice.pitch), (RANGE, voice.range)):
            self.espeak.espeak_SetParameter(parameter, value, 0)
        raw = text.encode() + b"\0"
        self.espeak.espeak_Synth(raw, ctypes.c_size_t(len(raw)), 0, 0, 0, UTF8, None, None)
        pcm = resample(np.concatenate(self.blocks).astype(np.float32) / 32768, self.rate)
        return Utterance(text, pcm, tuple(self.words), tuple(self.phonemes))

    def _take(self, samples, count, events):
        if count > 0:
            self.blocks.append(np.ctypeslib.as_array(samples, (count,)).copy())
        index = 0
        while events[index].type != END:
            event = events[index]
            sample = event.audio_position * SAMPLE_RATE // 1000
            if event.type == WORD:
                self.words.append((event.text_position - 1, sample))
            elif event.type == PHONEME:
                self.phonemes.append((sample, event.id.string.decode(errors="replace").strip() or SILENT_PHONEME))
            index += 1
        return 0


def resample(pcm: np.ndarray, rate: int) -> np.ndarray:
    """From `rate` to 24 kHz by the spectrum, silence added to whole periods of both rates."""
    step = rate // np.gcd(rate, SAMPLE_RATE)
    size = -(-len(pcm) // step) * step
    spectrum = np.fft.rfft(pcm, size)
    wanted = size * SAMPLE_RATE // rate
    return (np.fft.irfft(spectrum, wanted) * (wanted / size)).astype(np.float32)
