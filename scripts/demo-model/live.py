"""Talks with the demo model through the devices of a sound server: live.py FOLDER [--moshi-mlx COMMAND] [--quant q4]

Five sentences go into the virtual microphone, the answers that come out of the virtual loudspeaker are recognised; then a
sentence cuts in while the model speaks, and how long it goes on is measured. Needs PulseAudio and its plugin for ALSA.
Prints figures and keeps them in FOLDER/evaluation.json.
"""

import argparse
import contextlib
import os
import subprocess
import tempfile
import time
from pathlib import Path

import domain
import evaluate
import numpy as np
import recognise
from speech import FRAME_SAMPLES, SAMPLE_RATE

TURNS = [domain.Turn("greeting", "hello"), domain.Turn("colour", "i like red", "red")]
TURNS += [
    domain.Turn("number", "my favourite number is seven", "seven"),
    domain.Turn("day", "today is friday", "friday"),
]
TURNS += [domain.Turn("thanks", "thank you")]
ANSWER_SECONDS = 4.4
SEED = 78
RAW = ["--raw", f"--rate={SAMPLE_RATE}", "--channels=1", "--format=s16le"]
PLAYED_LATENCY, RECORDED_LATENCY = "--latency-msec=2000", "--latency-msec=20"
GAP_SECONDS = 0.5
"""Between two answers; between the words of one there is less silence."""


class SoundServer:
    """What is played into the sink `mic` is heard by programs; what they play goes into the sink `speaker`."""

    def __init__(self, folder: Path):
        self.folder = folder
        socket = folder / "socket"
        self.environment = os.environ | {
            "HOME": str(folder),
            "XDG_RUNTIME_DIR": str(folder),
            "PULSE_SERVER": f"unix:{socket}",
            "ALSA_CONFIG_PATH": str(folder / "asound.conf"),
        }
        pulse = f'type pulse server "unix:{socket}" device'
        lines = [f'pcm.virtual {{ {pulse} "speaker" }}', f'pcm.microphone {{ {pulse} "mic.monitor" }}']
        lines.append("pcm.!default { type asym playback.pcm virtual capture.pcm microphone }")
        (folder / "asound.conf").write_text("\n".join(lines) + "\n")
        sink = f"module-null-sink norewinds=1 rate={SAMPLE_RATE} channels=1 channel_map=mono sink_name="
        options = ["-n", "--daemonize=no", "--use-pid-file=no", "--disable-shm=yes", "--exit-idle-time=-1"]
        modules = [f"{sink}mic", f"{sink}speaker", f"module-native-protocol-unix auth-anonymous=1 socket={socket}"]
        self.server = self.start("pulseaudio", *options, *(f"--load={module}" for module in modules))
        while subprocess.run(["pactl", "info"], env=self.environment, capture_output=True).returncode:
            if self.server.poll() is not None:
                raise SystemExit("pulseaudio does not start")
            time.sleep(0.05)

    def start(self, *command: str) -> subprocess.Popen:
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        return subprocess.Popen(command, env=self.environment, **quiet)

    def say(self, pcm: np.ndarray) -> None:
        """Returns once all of it was heard."""
        path = self.folder / "said.raw"
        path.write_bytes((pcm * 32767).astype("<i2").tobytes())
        self.start("pacat", *RAW, PLAYED_LATENCY, "--device=mic", str(path)).wait()

    @contextlib.contextmanager
    def recording(self, sink: str):
        """Gives a list, which has the sound in the end."""
        path, sound = self.folder / f"{sink}.raw", []
        recorder = self.start("parec", *RAW, RECORDED_LATENCY, f"--device={sink}.monitor", str(path))
        while not path.exists() or not path.stat().st_size:
            time.sleep(0.01)
        try:
            yield sound
        finally:
            recorder.terminate()
            recorder.wait()
            sound.append(np.frombuffer(path.read_bytes(), "<i2").astype(np.float32) / 32768)
            path.unlink()

    def close(self) -> None:
        self.server.terminate()
        self.server.wait()


def talk(server: SoundServer, command: list[str], pcm: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What the user said and what the loudspeaker gave, at the same times."""
    events = server.folder / "events.ndjson"
    events.unlink(missing_ok=True)
    session = server.start(*command, "--events", str(events))
    while not events.exists() or '"frame"' not in events.read_text():
        if session.poll() is not None:
            raise SystemExit("moshi-mlx ended early")
        time.sleep(0.05)
    with server.recording("mic") as user, server.recording("speaker") as agent:
        server.say(pcm)
    session.terminate()
    session.wait()
    return user[0], agent[0]


def spans(pcm: np.ndarray) -> list[tuple[int, int]]:
    """From where to where there is sound, in samples: what lies apart by no more than a gap is one."""
    step = SAMPLE_RATE // 100
    blocks = np.abs(pcm[: len(pcm) // step * step]).reshape(-1, step).max(1) > evaluate.LOUD
    found: list[tuple[int, int]] = []
    for block in np.flatnonzero(blocks):
        start, end = int(block) * step, (int(block) + 1) * step
        if found and start - found[-1][1] < GAP_SECONDS * SAMPLE_RATE:
            found[-1] = (found[-1][0], end)
        else:
            found.append((start, end))
    return found


def converse(server: SoundServer, command: list[str], random: np.random.Generator) -> dict:
    """Five turns, and then one that cuts in: until the first answers are over, echo cancellation still learns the room."""
    silence = np.zeros(int(ANSWER_SECONDS * SAMPLE_RATE), np.float32)
    pieces = [silence[:SAMPLE_RATE]]
    for turn in TURNS:
        pieces += [evaluate.user_says(turn.text, random), silence]
    greeting, cut = (evaluate.user_says(text, random) for text in ("hello", "i like blue"))
    pause = np.zeros(int(evaluate.CUT_IN_SECONDS * SAMPLE_RATE), np.float32)
    user, agent = talk(server, command, np.concatenate([*pieces, greeting, pause, cut, silence]))
    recogniser = recognise.Recogniser(recognise.agent_grammar())
    around = 2 * FRAME_SAMPLES
    answers = spans(agent)[: len(TURNS)]
    heard = [" ".join(recogniser.words(agent[max(0, start - around) : end + around])) for start, end in answers]
    wanted = [recognise.plain(turn.answer("")) for turn in TURNS]
    for answer in heard:
        print(f"  heard: {answer}")
    begins = spans(user)[len(TURNS) + 1][0]
    if np.abs(agent[begins - SAMPLE_RATE // 4 : begins]).max() < evaluate.LOUD:
        raise SystemExit("the model did not speak when it was cut in on")
    return {
        "answers": len(wanted),
        "recognised": sum(a == b for a, b in zip(wanted, heard, strict=True)),
        "silent_after_s": round(evaluate.until_quiet(agent[begins:]) / SAMPLE_RATE, 2),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--moshi-mlx", nargs="+", default=[str(evaluate.ROOT / "scripts/moshi-mlx")])
    parser.add_argument("--quant", default="q4")
    arguments = parser.parse_args()
    options = ["run", "--model", str(arguments.folder.resolve()), "--quant", arguments.quant]
    random = np.random.default_rng([SEED, 1])
    with tempfile.TemporaryDirectory() as scratch:
        server = SoundServer(Path(scratch))
        try:
            command = [*arguments.moshi_mlx, *options]
            figures = {"live": converse(server, command, random)}
        finally:
            server.close()
    evaluate.keep(arguments.folder, figures)


if __name__ == "__main__":
    main()
