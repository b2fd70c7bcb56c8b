"""Times upstream's worker and ours alternately, in one go, on the same random checkpoints, and prints a table.

    compare.py [--part lm|codec ...] [--model NAME ...] [--starts N] [--rounds N] [--steps N] [--write]
        -- JAVA [ARGUMENT ...]

JAVA ... is the command that starts our Java with class path and native libraries; the main class is added here.
"""

import argparse
import hashlib
import json
import os
import platform
import subprocess
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from statistics import median

import checkpoints

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
LIBRARIES = ROOT / "build/native/lib"
PAGE = ROOT / "docs/performance.md"
BEGIN = "<!-- Written by scripts/compare-upstream: measured, never edited by hand. -->"
END = "<!-- The end of what it wrote. -->"
WARM_UP = 20
MIB = 1 << 20


@dataclass
class Figures:
    """What one side took: a value a step, and a value a start."""

    step_ms: list[float] = field(default_factory=list)
    load_s: list[float] = field(default_factory=list)
    start_s: list[float] = field(default_factory=list)
    peak_mib: list[float] = field(default_factory=list)


class Worker:
    """A process that says "ready" and how long it took to load and to run one step, and then answers a number of steps
    with the milliseconds of each."""

    def __init__(self, command: list[str], figures: Figures):
        self.figures = figures
        start = time.perf_counter()
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        ready = self.line().split()
        if ready[:1] != ["ready"]:
            sys.exit(f"{command[0]} did not start")
        figures.start_s.append(time.perf_counter() - start)
        figures.load_s.append(float(ready[1]))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        peak = None if platform.system() == "Darwin" else self.peak_mib()
        self.process.stdin.close()
        _, status, usage = os.wait4(self.process.pid, 0)
        self.process.returncode = os.waitstatus_to_exitcode(status)
        self.figures.peak_mib.append(peak or usage.ru_maxrss / MIB)

    def peak_mib(self) -> float:
        """Of the process itself: Linux counts to what wait4 tells what its parent had when it was started."""
        lines = Path(f"/proc/{self.process.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM:"))

    def line(self) -> str:
        return self.process.stdout.readline().strip()

    def run(self, steps: int) -> list[float]:
        self.process.stdin.write(f"{steps}\n")
        self.process.stdin.flush()
        answer = self.line()
        if not answer:
            sys.exit("a worker has ended early; what it said is above")
        return json.loads(answer)


def row(what: str, unit: str, upstream: list[float], ours: list[float]) -> str:
    digits = 2 if unit == "s" else 1
    theirs, mine = median(upstream), median(ours)
    line = f"| {what} | {theirs:.{digits}f} {unit} | {mine:.{digits}f} {unit} | {mine / theirs:.2f} |"
    print(line, flush=True)
    return line


def compare_language_model(java: list[str], name: str, starts: int, rounds: int, steps: int) -> list[str]:
    files = [str(path) for path in checkpoints.language_model(name)]
    upstream, ours = Figures(), Figures()
    for _ in range(starts):
        with ExitStack() as stack:
            theirs = stack.enter_context(Worker([sys.executable, str(HERE / "lm_upstream.py"), *files], upstream))
            mine = stack.enter_context(Worker([*java, "io.moshimlx.dialogue.StepBenchmark", *files], ours))
            theirs.run(WARM_UP)
            mine.run(WARM_UP)
            for _ in range(rounds):
                upstream.step_ms += theirs.run(steps)
                ours.step_ms += mine.run(steps)
    return [
        row(f"{name}: a step, wall time", "ms", upstream.step_ms, ours.step_ms),
        row(f"{name}: loading and the first step", "s", upstream.load_s, ours.load_s),
        row(f"{name}: the same from the start of the process", "s", upstream.start_s, ours.start_s),
        row(f"{name}: peak resident memory", "MiB", upstream.peak_mib, ours.peak_mib),
    ]


def compare_codec(java: list[str], rounds: int, frames: int) -> list[str]:
    arguments = [str(checkpoints.codec()), str(frames)]
    upstream, ours = [], []
    for _ in range(rounds):
        for command, results in (
            ([sys.executable, str(HERE / "mimi_upstream.py")], upstream),
            ([*java, "io.moshimlx.mimi.MimiBenchmark"], ours),
        ):
            output = subprocess.run([*command, *arguments], check=True, stdout=subprocess.PIPE, text=True).stdout
            results.append(json.loads(output)["cpu_ms"])
    return [row("codec: a frame, encode and decode, CPU time", "ms", upstream, ours)]


def digest(library: Path) -> str:
    return hashlib.sha256(library.read_bytes()).hexdigest()[:12]


def versions() -> str:
    name = "libmlx.dylib" if platform.system() == "Darwin" else "libmlx.so"
    theirs, ours = Path(find_spec("mlx.core").origin).parent / "lib" / name, LIBRARIES / name
    same = ours.exists() and digest(theirs) == digest(ours)
    return (
        f"moshi-mlx (Python) {version('moshi-mlx')}, MLX {version('mlx')}, rustymimi {version('rustymimi')}; "
        f"{'the same libmlx on both sides' if same else 'NOT the same file of libmlx'}."
    )


def machine() -> str:
    processor = platform.processor() or platform.machine()
    if platform.system() == "Linux":
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        processor = next((x.split(":")[1].strip() for x in lines if x.startswith("model name")), processor)
    return f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, {processor}."


def write(lines: list[str]) -> None:
    before, rest = PAGE.read_text().split(BEGIN)
    PAGE.write_text("\n".join([before + BEGIN, "", *lines, "", END]) + rest.split(END)[1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--part", choices=["lm", "codec"], action="append", help="only this; both by default")
    parser.add_argument("--model", choices=checkpoints.MODELS, action="append", help="only this; all by default")
    parser.add_argument("--starts", type=int, default=3, help="how often both sides are started anew")
    parser.add_argument("--rounds", type=int, default=6, help="rounds of a start")
    parser.add_argument("--steps", type=int, default=25, help="steps of the language model in a round")
    parser.add_argument("--write", action="store_true", help="put the table into docs/performance.md")
    parser.add_argument("java", nargs="+")
    arguments = parser.parse_args()
    parts = arguments.part or ["lm", "codec"]
    lines = [f"{versions()} {machine()}", "", "| | upstream | ours | ratio |", "|---|---|---|---|"]
    print("\n".join(lines), flush=True)
    if "lm" in parts:
        for model in arguments.model or checkpoints.MODELS:
            lines += compare_language_model(arguments.java, model, arguments.starts, arguments.rounds, arguments.steps)
    if "codec" in parts:
        lines += compare_codec(arguments.java, arguments.starts, 40)
    if arguments.write:
        write(lines)


if __name__ == "__main__":
    main()
