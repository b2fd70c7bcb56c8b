"""Times upstream's worker and ours alternately, in one go, on the same random checkpoint, and prints the medians.

    compare.py [--part lm|codec ...] [--variant q4|bf16] [--rounds N] [--steps N] -- JAVA [ARGUMENT ...]

JAVA ... is the command that starts our Java with class path and native libraries; the main class is added here.
"""

import argparse
import hashlib
import json
import platform
import subprocess
import sys
from contextlib import ExitStack
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from statistics import median, quantiles

import checkpoints

HERE = Path(__file__).resolve().parent
LIBRARIES = HERE.parents[1] / "build/native/lib"


class Worker:
    """A process that answers a number of steps with the milliseconds of each."""

    def __init__(self, command: list[str]):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        if self.line() != "ready":
            sys.exit(f"{command[0]} did not start")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait()

    def line(self) -> str:
        return self.process.stdout.readline().strip()

    def run(self, steps: int) -> list[float]:
        self.process.stdin.write(f"{steps}\n")
        self.process.stdin.flush()
        answer = self.line()
        if not answer:
            sys.exit("a worker has ended early; what it said is above")
        return json.loads(answer)


def print_row(name: str, values: list[float]) -> None:
    p95 = quantiles(values, n=20)[-1] if len(values) > 1 else values[0]
    print(f"  {name:9} median {median(values):8.3f} ms   95 % {p95:8.3f} ms   ({len(values)})")


def print_result(what: str, upstream: list[float], ours: list[float]) -> None:
    print(what)
    print_row("upstream", upstream)
    print_row("moshi-mlx", ours)
    print(f"  ratio     {median(ours) / median(upstream):.3f}", flush=True)


def compare_language_model(java: list[str], variant: str, rounds: int, steps: int) -> None:
    files = [str(path) for path in checkpoints.language_model(variant)]
    with ExitStack() as stack:
        theirs = stack.enter_context(Worker([sys.executable, str(HERE / "lm_upstream.py"), *files]))
        mine = stack.enter_context(Worker([*java, "io.moshimlx.dialogue.StepBenchmark", *files]))
        upstream, ours = [], []
        for _ in range(rounds):
            upstream += theirs.run(steps)
            ours += mine.run(steps)
    print_result(f"language model, {variant}, wall time of a step", upstream, ours)


def compare_codec(java: list[str], rounds: int, frames: int) -> None:
    arguments = [str(checkpoints.codec()), str(frames)]
    upstream, ours = [], []
    for _ in range(rounds):
        for command, results in (
            ([sys.executable, str(HERE / "mimi_upstream.py")], upstream),
            ([*java, "io.moshimlx.mimi.MimiBenchmark"], ours),
        ):
            output = subprocess.run([*command, *arguments], check=True, stdout=subprocess.PIPE, text=True).stdout
            results.append(json.loads(output)["cpu_ms"])
    print_result("codec, 8 codebooks, CPU time of a frame (encode and decode)", upstream, ours)


def digest(library: Path) -> str:
    return hashlib.sha256(library.read_bytes()).hexdigest()[:12]


def print_versions() -> None:
    name = "libmlx.dylib" if platform.system() == "Darwin" else "libmlx.so"
    theirs, ours = Path(find_spec("mlx.core").origin).parent / "lib" / name, LIBRARIES / name
    same = ours.exists() and digest(theirs) == digest(ours)
    print(f"moshi-mlx (Python) {version('moshi-mlx')}, mlx {version('mlx')}, rustymimi {version('rustymimi')}")
    print(f"{platform.platform()}; {'the same libmlx on both sides' if same else 'NOT the same file of libmlx'}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--part", choices=["lm", "codec"], action="append", help="only this; both by default")
    parser.add_argument("--variant", choices=["q4", "bf16"], default="q4", help="weights of the language model")
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--steps", type=int, default=25, help="steps of the language model in a round")
    parser.add_argument("java", nargs="+")
    arguments = parser.parse_args()
    parts = arguments.part or ["lm", "codec"]
    print_versions()
    if "lm" in parts:
        compare_language_model(arguments.java, arguments.variant, arguments.rounds, arguments.steps)
    if "codec" in parts:
        compare_codec(arguments.java, max(1, arguments.rounds // 4), 40)


if __name__ == "__main__":
    main()
