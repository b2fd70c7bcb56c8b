#!/usr/bin/env python3
"""The checks of scripts/check-macos. Each prints "ok" or "FAILED" and one sentence.

check.py pins ROOT                  that versions which belong together are pinned together
check.py prototypes ROOT MLX_C      that the bindings declare what the headers of mlx-c declare
check.py layouts ROOT               prints C that compiles only if the bindings' types are those of mlx-c
check.py why SUBJECT LOG            says in one sentence why the build that wrote the log has failed
check.py kernels ROOT METALLIB      that Metal has the kernels that our models run
check.py mlxc ROOT LIBRARIES        the load commands and symbols of libmlx and libmlxc
check.py codec ROOT LIBRARIES JNI   those of the codec library, against the headers that javac writes
"""

import itertools
import os
import re
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

RELEASES = {"sonoma": 14, "sequoia": 15, "tahoe": 26}

# What the models compute on a GPU: Helium has head dimension 128, the depformer 64.
TYPES = ("float32", "float16", "bfloat16")
METAL_TYPES = ("float", "float16_t", "bfloat16_t")
HEAD_DIMS = (64, 128)
GROUP_SIZES = (32, 64, 128)
BITS = (4, 6, 8)

SIZES = {"POINTER": 8, "LONG": 8, "INT": 4, "BOOL": 1, "FLOAT": 4, "DOUBLE": 8}


def check(good: bool, passes: str, failure: str) -> None:
    print(f"ok      {passes}" if good else f"FAILED  {failure}", flush=True)


def some(names: Iterable[str]) -> str:
    """The first few names, and how many more there are."""
    names = sorted(names)
    more = f" and {len(names) - 4} more" if len(names) > 4 else ""
    return ", ".join(names[:4]) + more


# --- pins


def pinned_mlx(root: Path) -> dict[str, str]:
    return dict(re.findall(r"^(mlx-\w+)==([^\s;]+)", (root / "native/requirements.txt").read_text(), re.M))


def pinned_mlx_c(root: Path) -> str:
    return re.search(r'^mlx-sys\b.*?"=([^"]+)"', (root / "native/mlx-c-source/Cargo.toml").read_text(), re.M)[1]


def pins(root: Path) -> None:
    mlx = pinned_mlx(root)
    linux, mac = mlx.get("mlx-cpu", "nothing"), mlx.get("mlx-metal", "nothing")
    check(
        linux == mac,
        f"mlx-cpu and mlx-metal are pinned to one version, {mac}",
        f"native/requirements.txt pins mlx-cpu to {linux} and mlx-metal to {mac}: pin both to one version",
    )
    made_from = re.search(r"^version (\S+)", listed(root), re.M)[1]
    check(
        made_from == pinned_mlx_c(root),
        f"the bindings are made from the pinned mlx-c, {made_from}",
        f"the bindings are made from mlx-c {made_from} and native/mlx-c-source pins mlx-sys {pinned_mlx_c(root)}: "
        "run scripts/generate-bindings and commit its output",
    )


# --- bindings


def listed(root: Path) -> str:
    return (root / "mlx-bindings/src/main/resources/io/moshimlx/mlx/mlx-c.txt").read_text()


def functions(root: Path) -> list[str]:
    return re.findall(r"^(_?mlx_\w+)$", listed(root), re.M)


def generated(root: Path) -> str:
    folder = root / "mlx-bindings/src/main/java/io/moshimlx/mlx/c"
    return "\n".join(file.read_text() for file in sorted(folder.glob("*.java")))


def normal(prototype: str) -> str:
    words = " ".join(prototype.split()).replace("(void)", "()")
    return re.sub(r"\s*([*(),])\s*", r"\1", words)


def java_prototype(java: str, name: str) -> str | None:
    """The C declaration that jextract wrote above the method."""
    found = re.search(rf"lang=c :\s*\* ([^\n{{}}]*\b{name}\([^\n]*\))\n", java)
    return found and normal(found[1])


def header_prototype(headers: str, name: str) -> str | None:
    found = re.search(rf"(\w[\w\s*]*\b{name}\((?:[^()]|\([^()]*\))*\));", headers)
    return found and normal(found[1])


def prototypes(root: Path, mlx_c: Path) -> None:
    text = "\n".join(file.read_text() for file in sorted((mlx_c / "mlx/c").glob("*.h")))
    headers = re.sub(r"/\*.*?\*/|//[^\n]*|^\s*#[^\n]*", "", text, flags=re.S | re.M)
    java, names = generated(root), functions(root)
    differing = [name for name in names if java_prototype(java, name) != header_prototype(headers, name)]
    check(
        bool(names) and not differing,
        f"the bindings declare {len(names)} functions as the headers of mlx-c {pinned_mlx_c(root)} do",
        f"the headers of mlx-c {pinned_mlx_c(root)} declare other prototypes than the bindings of {some(differing)}: "
        "run scripts/generate-bindings and commit its output",
    )


def layouts(root: Path) -> None:
    java = generated(root)
    lines = ["#include <stddef.h>", '#include "mlx/c/mlx.h"']
    for name, value in sorted(set(re.findall(r"enum \w+\.(MLX_\w+) = (\d+)", java))):
        lines.append(f'_Static_assert({name} == {value}, "{name}");')
    for struct, fields in re.findall(r"lang=c :\s*\* struct (\w+) \{\n(.*?)\* \}\n", java, re.S):
        for type_, name in re.findall(r"\* +(\w+) (\w+);", fields):
            real = f"__typeof__(((struct {struct} *)0)->{name})"
            lines.append(f'_Static_assert(__builtin_types_compatible_p({real}, {type_}), "{struct}.{name}");')
    # Types that are passed by value have to be as large as what Java passes.
    sizes = set()
    for name in functions(root):
        passed = re.search(rf"class {name} \{{.*?FunctionDescriptor\.of(Void)?\((.*?)\);", java, re.S)
        java_types = re.findall(r"MlxC\.C_(\w+)|(\w+)\.layout\(\)", passed[2])
        result, parameters = re.match(r"(.*)\b_?mlx_\w+?\((.*)\)$", java_prototype(java, name)).groups()
        c_types = re.split(r",(?![^()]*\))", parameters) if parameters else []
        for c_type, (java_type, _) in zip(c_types if passed[1] else [result, *c_types], java_types, strict=True):
            plain = re.fullmatch(r"(?:const )?(\w+)(?: \w+)?\s*", c_type)
            if plain and java_type:
                sizes.add((plain[1], SIZES[java_type]))
    lines += [f'_Static_assert(sizeof({type_}) == {size}, "{type_}");' for type_, size in sorted(sizes)]
    print("\n".join(lines))


# --- builds


def why(root: Path, subject: str, log: Path) -> None:
    text = log.read_text(errors="replace")
    compiling = re.search(r"(mlx/c/[\w./]+:\d+):\d+: (?:fatal )?error: (.*)", text)
    missing = re.search(r"undefined symbol: (.*)|unable to find (?:\w+ )*system \w+ \"(\w+)\"", text)
    layout = re.search(r"static assertion failed.*?: \"?([\w.]+)", text)
    first = re.search(r"^.*\berror(?:\[\w+\])?: (.*)", text, re.M)
    mlx = pinned_mlx(root).get("mlx-metal")
    if subject == "mlx-c" and compiling:
        reason = (
            f"mlx-c of mlx-sys {pinned_mlx_c(root)} does not compile against MLX {mlx} ({compiling[1]}: {compiling[2]}): "
            "pin versions that belong together in native/"
        )
    elif subject == "mlx-c" and missing:
        reason = f"libmlxc needs {missing[1]}, which MLX {mlx} lacks: pin versions that belong together in native/"
    elif subject == "layouts" and layout:
        reason = (
            f"{layout[1]} is not in mlx-c {pinned_mlx_c(root)} what it is in the bindings: "
            "run scripts/generate-bindings and commit its output"
        )
    elif subject == "codec" and missing:
        reason = (
            f"the codec library needs {missing[1] or missing[2]}, which scripts/macos/sdk lacks: "
            "name it there, if macOS has it"
        )
    else:
        told = first[1] if first else (text.strip().splitlines() or ["it said nothing"])[-1]
        reason = f"{subject} cannot be built for a Mac ({told}): read {os.path.relpath(log, root)}"
    check(False, "", reason)


# --- kernels


def kernels_needed() -> list[str]:
    names = []
    for type_, head in itertools.product(METAL_TYPES, HEAD_DIMS):
        names += [f"sdpa_vector_{type_}_{head}_{head}", f"sdpa_vector_2pass_1_{type_}_{head}_{head}"]
        names += [f"sdpa_vector_2pass_2_{type_}_{head}"]
    for type_, head in itertools.product(TYPES, HEAD_DIMS):
        names.append(f"steel_attention_{type_}_bq32_bk{32 if head < 128 else 16}_bd{head}_wm4_wn1_maskbool_")
    for type_, group, bits in itertools.product(METAL_TYPES, GROUP_SIZES, BITS):
        shape = f"{type_}_gs_{group}_b_{bits}"
        names += [f"affine_{kernel}_{shape}" for kernel in ("quantize", "dequantize")]
        names += [f"affine_{kernel}_{shape}_batch_0" for kernel in ("qmv", "qmv_fast")]
        names += [f"affine_qmv_wide_{shape}_nv_{rows}_kl_8_batch_0" for rows in (2, 3, 4, 5)]
        for aligned in ("true", "false"):
            names += [f"affine_qmm_t_{shape}_alN_{aligned}_batch_0", f"affine_qmm_t_splitk_{shape}_alN_{aligned}"]
    for type_ in TYPES:
        names += [f"rms{type_}", f"rms_looped{type_}", f"layer_norm{type_}", f"rope_{type_}", f"rope_single_{type_}"]
        names += [f"argmax_{type_}", f"block_softmax_{type_}", f"looped_softmax_{type_}"]
    # Tokens are drawn in float32.
    names += [f"{step}_mbsort_float32_uint32_bn512_tn4" for step in ("sort", "partition", "merge")]
    for threads in (32, 64, 128, 256, 512):
        names.append(f"carg_block_sort_float32_uint32_bn{threads}_tn4")
        names.append(f"c_block_sort_uint32_uint32_bn{threads}_tn4")
    names += ["contig_scan_inclusive_sum_float32_float32"]
    names += ["searchsorted_float32_left", "searchsorted_float32_right", "rbitsc"]
    return names


def kernels(root: Path, metallib: Path) -> None:
    data = metallib.read_bytes()
    # A library lists its functions as tagged fields: the tag, the length of what follows, the name and a zero.
    fields = re.finditer(rb"NAME(..)([\x21-\x7e]+)\0", data, re.S)
    present = {field[2].decode() for field in fields if int.from_bytes(field[1], "little") == len(field[2]) + 1}
    needed = kernels_needed()
    missing = [name for name in needed if name not in present]
    check(
        not missing,
        f"{metallib.name} has the {len(needed)} kernels that our models run",
        f"{metallib.name} lacks {some(missing)}, which our models run: "
        "pin an MLX that has them, or name in scripts/macos/check.py what took their place",
    )
    systems = {int(system) for system in re.findall(rb"-apple-macosx(\d+)", data)}
    newest, oldest = max(systems, default=99), min(promises(root).values())
    check(
        newest <= oldest,
        f"{metallib.name} is compiled for macOS {newest}",
        f"{metallib.name} is compiled for macOS {newest} and macOS {oldest} is promised: pin the wheel for that one",
    )


# --- libraries


def promises(root: Path) -> dict[str, int]:
    """The oldest macOS, by who promises it."""
    formula = re.search(r"macos: :(\w+)", (root / "packaging/homebrew/moshi-mlx.rb").read_text())
    text = re.search(r"macOS (\d+) or later", (root / "docs/installing.md").read_text())
    return {"packaging/homebrew/moshi-mlx.rb": RELEASES[formula[1]], "docs/installing.md": int(text[1])}


class MacLibrary:
    def __init__(self, file: Path):
        import lief  # not there where the tests of this script run

        self.file = file
        self.name = file.name
        lief.logging.disable()
        binary = lief.MachO.parse(str(file)).at(0)
        commands = [(str(command.command).rpartition(".")[2], command.name) for command in binary.libraries]
        self.arm64 = str(binary.header.cpu_type).endswith("ARM64")
        self.install_name = next((name for kind, name in commands if kind == "ID_DYLIB"), None)
        self.needed = [name for kind, name in commands if kind != "ID_DYLIB"]
        self.rpaths = [path.path for path in binary.rpaths]
        self.minimum = binary.build_version.minos[0], binary.build_version.minos[1]
        self.exports = {symbol.name for symbol in binary.exported_symbols}
        self.imports = {symbol.name for symbol in binary.imported_symbols}
        # Not what a debugger reads, __LINKEDIT.
        self.content = b"".join(bytes(s.content) for s in binary.segments if s.name != "__LINKEDIT")

    def check(self, root: Path, siblings: tuple[str, ...] = (), remedy: str = "pin another mlx-metal") -> None:
        own = f"@rpath/{self.name}"
        check(
            self.arm64 and self.install_name == own,
            f"{self.name} is for arm64, and its install name is {own}",
            f"{self.name} has the install name {self.install_name} instead of {own}, or is not for arm64: {remedy}",
        )
        allowed = tuple(f"@rpath/{sibling}" for sibling in siblings)
        foreign = [n for n in self.needed if n not in allowed and not n.startswith(("/usr/lib/", "/System/Library/"))]
        lacking = [name for name in allowed if name not in self.needed]
        check(
            not foreign and not lacking,
            f"{self.name} needs {' and '.join([*siblings, 'libraries of macOS'])} only",
            f"{self.name} needs {some(foreign) or 'no ' + some(lacking)}, which is not how it finds its libraries: {remedy}",
        )
        rpaths = ["@loader_path"] if siblings else []
        check(
            self.rpaths == rpaths,
            f"{self.name} looks for them {'in its own folder' if siblings else 'where macOS has them'}",
            f"{self.name} has the rpaths {self.rpaths} instead of {rpaths}: {remedy}",
        )
        oldest = min(promises(root).values())
        check(
            self.minimum <= (oldest, 0),
            f"{self.name} runs on macOS {oldest}",
            f"{self.name} needs macOS {'.'.join(map(str, self.minimum))} and docs/installing.md says {oldest}: "
            f"change that, or {remedy}",
        )

    def check_paths(self, root: Path, remedy: str) -> None:
        cargo = os.environ.get("CARGO_HOME", os.path.expanduser("~/.cargo"))
        paths = (str(root / "build/macos/tree"), cargo, "/Applications/", "/opt/homebrew")
        named = [path for path in paths if path.encode() in self.content]
        check(
            not named,
            f"{self.name} names no folder of the machine that built it",
            f"{self.name} names {some(named)}, a folder of the machine that built it: {remedy}",
        )


def mlxc(root: Path, libraries: Path) -> None:
    mlx, ours = MacLibrary(libraries / "libmlx.dylib"), MacLibrary(libraries / "libmlxc.dylib")
    mlx.check(root)
    for promise, oldest in promises(root).items():
        check(
            mlx.minimum == (oldest, 0),
            f"{promise} promises the oldest macOS that MLX runs on, {oldest}",
            f"MLX runs on macOS {'.'.join(map(str, mlx.minimum))} and {promise} says {oldest}: say the same there",
        )
    remedy = "mend native/CMakeLists.txt or native/build"
    ours.check(root, ("libmlx.dylib",), remedy)
    ours.check_paths(root, remedy)
    wanted = {symbol for symbol in ours.imports if "3mlx4core" in symbol}
    check(
        bool(wanted) and wanted <= mlx.exports,
        f"libmlx.dylib exports the {len(wanted)} symbols of mlx::core that libmlxc.dylib needs",
        f"libmlx.dylib lacks {some(wanted - mlx.exports)}, which libmlxc.dylib needs: "
        "pin versions that belong together in native/",
    )
    names = {f"_{name}" for name in functions(root)}
    check(
        bool(names) and names <= ours.exports,
        f"libmlxc.dylib exports the {len(names)} functions that the bindings call",
        f"libmlxc.dylib lacks {some(names - ours.exports)}, which the bindings call: "
        "pin the mlx-c that they are made from, or run scripts/generate-bindings",
    )


def codec(root: Path, libraries: Path, jni: Path) -> None:
    remedy = "mend mimi-jni/build"
    library = MacLibrary(libraries / "libmoshimlx_mimi.dylib")
    library.check(root, remedy=remedy)
    library.check_paths(root, remedy)
    declared = set(re.findall(r"JNICALL (Java_\w+)", "".join(file.read_text() for file in jni.glob("*.h"))))
    # zig exports whatever Rust does; Apple's linker keeps to the list that rustc gives it.
    exported = {symbol.removeprefix("_") for symbol in library.exports if symbol.startswith("_Java_")}
    lacking, needless = declared - exported, exported - declared
    check(
        bool(declared) and not lacking and not needless,
        f"{library.name} exports the {len(declared)} native methods of the Java classes, and no others",
        f"{library.name} "
        + " and ".join(
            [f"lacks {some(lacking)}, which Java declares"] * bool(lacking)
            + [f"exports {some(needless)}, which no Java class declares"] * bool(needless)
        )
        + ": write the same methods in mimi-jni/rust/src and mimi-jni/src/main/java",
    )


COMMANDS: dict[str, Callable[..., None]] = {
    "pins": lambda root: pins(Path(root)),
    "prototypes": lambda root, mlx_c: prototypes(Path(root), Path(mlx_c)),
    "layouts": lambda root: layouts(Path(root)),
    "why": lambda root, subject, log: why(Path(root), subject, Path(log)),
    "kernels": lambda root, metallib: kernels(Path(root), Path(metallib)),
    "mlxc": lambda root, libraries: mlxc(Path(root), Path(libraries)),
    "codec": lambda root, libraries, jni: codec(Path(root), Path(libraries), Path(jni)),
}

if __name__ == "__main__":
    COMMANDS[sys.argv[1]](*sys.argv[2:])
