#!/usr/bin/env python3
"""Writes what a distribution is made of, beside its documentation: the bill of materials (CycloneDX) and the licences
of all parts that are not ours, with their texts.

    inventory.py LIBEXEC DOC [JDK]     JDK: what the tree's own Java runtime is made from

Java's parts come from the bill that Maven has made, Rust's from cargo, MLX's from the wheel that it came in. So do the
texts, from the jars, the crates, the wheel and the toolchain; only what comes without has one in packaging/licences. A
part whose licence has no text is an error.
"""

import json
import re
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

ROOT = Path(__file__).resolve().parent.parent
LICENCES = ROOT / "packaging/licences"
TEXT_NAMES = re.compile(r"(un)?licen[cs]e|copying|copyright|notice", re.IGNORECASE)

# The texts, in packaging/licences, of the parts that come without one: as they are where the part is developed.
KEPT_TEXTS = {
    "nlohmann-json": ["json"],
    "fmt": ["fmt"],
    "gguf-tools": ["gguf-tools"],
    "libblas3": ["lapack"],
    "liblapack3": ["lapack"],
    "libgfortran5": ["GCC-exception-3.1", "GPL-3.0", "libbacktrace"],
    "libquadmath0": ["libquadmath", "LGPL-2.1"],
}

# The libraries that the wheel of MLX brings from Debian's packages, which do not say their licences.
DEBIAN_LICENCES = {
    "libblas3": "BSD-3-Clause-Open-MPI",
    "liblapack3": "BSD-3-Clause-Open-MPI",
    "libgfortran5": "GPL-3.0-or-later WITH GCC-exception-3.1 AND BSD-3-Clause",
    "libquadmath0": "LGPL-2.1-or-later",
}

# Two of them are parts of GCC, whose licences ask for the source to be offered.
GCC_LIBRARIES = """\
{name} is a part of GCC, which is Copyright (C) the Free Software Foundation, Inc., and is used under the licence
{licence}.
Its source is Ubuntu's package gcc-12 of the version {version}:
https://launchpad.net/ubuntu/+source/gcc-12/{version}"""

# The MPL asks for the source to be named, too.
MPL_CRATE = """\
{name} is used as it is, under the Mozilla Public License 2.0. Its source is version {version} of the crate {name},
developed at {repository}"""

# What is compiled into the libmlx of a wheel, as the build files of MLX have it: parts that are fetched, then headers,
# which the wheel has too and which begin with their licence. On a Mac there is Apple's metal-cpp besides.
MLX_VERSION = "0.32.2"
MLX_FETCHES = [
    ("nlohmann-json", "3.11.3", "pkg:github/nlohmann/json@v3.11.3"),
    ("fmt", "12.1.0", "pkg:github/fmtlib/fmt@12.1.0"),
    ("gguf-tools", "8fa6eb65", "pkg:github/antirez/gguf-tools@8fa6eb65236618e28fd7710a0fba565f7faa1848"),
]
METAL_CPP = "26"
MLX_HEADERS = [
    ("pocketfft", "BSD-3-Clause", "3rdparty/pocketfft.h"),
    ("v8-small-vector", "BSD-3-Clause", "small_vector.h"),
    ("progschj-threadpool", "Zlib", "threadpool.h"),
]


@dataclass
class Part:
    """A part of the distribution, with the texts of its licence that came with it."""

    name: str
    version: str
    purl: str
    licence: str
    texts: list = field(default_factory=list)

    def component(self):
        return {
            "type": "library",
            "bom-ref": self.purl,
            "name": self.name,
            "version": self.version,
            "licenses": [{"expression": self.licence}],
            "purl": self.purl,
        }


def texts_in(folder):
    files = sorted(file for file in folder.rglob("*") if TEXT_NAMES.match(file.name) and file.suffix != ".rs")
    return [file.read_text("utf-8", errors="replace").strip() for file in files if file.is_file()]


def texts_in_jar(jar):
    with zipfile.ZipFile(jar) as archive:
        names = sorted(name for name in archive.namelist() if TEXT_NAMES.match(name.removeprefix("META-INF/")))
        return [archive.read(name).decode().strip() for name in names]


def kept_text(name):
    file = ROOT / "LICENSE-APACHE" if name == "Apache-2.0" else LICENCES / f"{name}.txt"
    return file.read_text("utf-8").strip()


def java_parts(bill, jars):
    for component in bill["components"]:
        if component["group"] == "io.moshimlx":
            continue
        name, version = component["name"], component["version"]
        ids = [licence["license"].get("id", licence["license"].get("name")) for licence in component["licenses"]]
        licence = " OR ".join(ids)
        yield Part(name, version, component["purl"], licence, texts_in_jar(jars / f"{name}-{version}.jar"))


def rust_parts(doc):
    """The crates that the codec's library needs, without what only builds or tests, and the standard library."""
    folder = ROOT / "mimi-jni/rust"
    tree = run("cargo", "tree", "--locked", "--edges", "normal", "--prefix", "none", "--format", "{p}", folder=folder)
    needed = {tuple(line.split()[:2]) for line in tree.splitlines() if line}
    host = re.search(r"^host: (.*)$", run("rustc", "-vV"), re.MULTILINE).group(1)
    metadata = json.loads(
        run("cargo", "metadata", "--locked", "--format-version", "1", "--filter-platform", host, folder=folder)
    )
    packages = [package for package in metadata["packages"] if package["source"]]
    texts = {package["id"]: texts_in(Path(package["manifest_path"]).parent) for package in packages}
    for package in sorted(packages, key=lambda package: package["id"]):
        name, version = package["name"], package["version"]
        if (name, f"v{version}") not in needed:
            continue
        # Where several crates are developed together, not each of them carries the text.
        siblings = [other for other in packages if other["repository"] == (package["repository"] or "none")]
        text = next((texts[crate["id"]] for crate in [package, *siblings] if texts[crate["id"]]), [])
        if package["license"] == "MPL-2.0":
            text = [MPL_CRATE.format(**package), *text]
        yield Part(name, version, f"pkg:cargo/{name}@{version}", package["license"].replace("/", " OR "), text)
    version = run("rustc", "--version").split()[1]
    page = Path(run("rustc", "--print", "sysroot").strip()) / "share/doc/rust/COPYRIGHT-library.html"
    text = []
    if page.exists():
        shutil.copyfile(page, doc / "COPYRIGHT-rust-std.html")
        text = ["The texts are in COPYRIGHT-rust-std.html, beside this file."]
    yield Part("rust-std", version, f"pkg:generic/rust-std@{version}", "MIT OR Apache-2.0", text)


def mlx_parts():
    """MLX and what came with it."""
    built = (ROOT / "build/native/lib").resolve().parent
    lock = (ROOT / "native/mlx-c-source/Cargo.lock").read_text()
    version = re.search(r'name = "mlx-sys"\nversion = "(.*)"', lock).group(1)
    source = built / f"vendor/mlx-sys-{version}/src/mlx-c"
    # Between two releases of its own, as the crate carries it.
    yield Part("mlx-c", f"mlx-sys-{version}", f"pkg:cargo/mlx-sys@{version}#src/mlx-c", "MIT", texts_in(source))
    for wheel in sorted(built.glob("mlx/mlx*.dist-info")):
        name, version = wheel.name[: -len(".dist-info")].split("-")
        yield Part(name, version, f"pkg:pypi/{name}@{version}", "MIT", texts_in(wheel / "licenses"))
        yield from parts_of_mlx(version, built / "mlx/mlx/include/mlx")
        for file in wheel.glob("sboms/*.json"):
            for component in json.loads(file.read_text())["components"]:
                if component["purl"].startswith("pkg:deb/"):
                    yield debian_part(component["name"], component["version"], component["purl"])


def parts_of_mlx(version, headers):
    if version != MLX_VERSION:
        sys.exit(f"inventory.py: look up what MLX {version} is made of, for MLX_FETCHES and MLX_HEADERS")
    for name, of, purl in MLX_FETCHES:
        yield Part(name, of, purl, "MIT")
    for name, licence, header in MLX_HEADERS:
        purl = f"pkg:github/ml-explore/mlx@v{version}#mlx/{header}"
        yield Part(name, version, purl, licence, [first_comment((headers / header).read_text("utf-8"))])
    metal = headers.parent / "metal_cpp"
    if metal.is_dir():
        yield Part("metal-cpp", METAL_CPP, f"pkg:generic/metal-cpp@{METAL_CPP}", "Apache-2.0", texts_in(metal))


def first_comment(source):
    """The comment that a C++ file begins with, without its signs."""
    if source.startswith("/*"):
        return source[2 : source.index("*/")].strip()
    lines = source.splitlines()
    end = next(number for number, line in enumerate(lines) if not line.startswith("//"))
    return "\n".join(line.removeprefix("//").removeprefix(" ") for line in lines[:end]).strip()


def debian_part(name, version, purl):
    if name not in DEBIAN_LICENCES:
        sys.exit(f"inventory.py: look up the licence of {name} {version}, for DEBIAN_LICENCES and KEPT_TEXTS")
    licence = DEBIAN_LICENCES[name]
    texts = [kept_text(kept) for kept in KEPT_TEXTS[name]]
    if "GPL" in licence:
        texts.insert(0, GCC_LIBRARIES.format(name=name, licence=licence, version=version))
    return Part(name, version, purl, licence, texts)


def java_runtime(jdk):
    """The runtime that jlink has made of this JDK, of which it says less than the JDK itself."""
    release = dict(re.findall(r'^(\w+)="(.*)"$', (jdk / "release").read_text(), re.MULTILINE))
    version = release.get("JAVA_RUNTIME_VERSION") or release["JAVA_VERSION"]
    text = f"The texts are in libexec/moshi-mlx/runtime/legal. It is made from {release['IMPLEMENTOR']}'s JDK {version}"
    if "SOURCE_REPO" in release and "SOURCE" in release:
        text += f",\nwhose source is {release['SOURCE_REPO']}, commit {release['SOURCE'].removeprefix('.:git:')}"
    licence = "GPL-2.0-only WITH Classpath-exception-2.0"
    return Part("openjdk", version, f"pkg:generic/openjdk@{quote(version)}", licence, [text + "."])


def texts_of(part):
    """The texts of a part's licence: its own, those that are kept for it, or the general one."""
    if part.texts:
        return part.texts
    if part.name in KEPT_TEXTS:
        return [kept_text(name) for name in KEPT_TEXTS[part.name]]
    if "Apache-2.0" in part.licence:
        return [kept_text("Apache-2.0")]
    sys.exit(f"inventory.py: no text of the licence of {part.name}: {part.licence}")


def notices(parts):
    """A list of the parts, and each text once, with the parts that it is about."""
    about = {}
    lines = ["moshi-mlx contains these works of others, under the licences that follow.", ""]
    for part in parts:
        lines.append(f"  {part.name} {part.version}: {part.licence}")
        for text in texts_of(part):
            about.setdefault(text, []).append(f"{part.name} {part.version}")
    for text, names in about.items():
        lines += ["", "=" * 100, ", ".join(names), "-" * 100, text]
    return "\n".join(lines) + "\n"


def bill_of_materials(bill, parts):
    """Maven's bill, with the other parts beside its own."""
    ours = [component for component in bill["components"] if component["group"] == "io.moshimlx"]
    known = {component["purl"]: component for component in bill["components"]}
    components = [dict(known.get(part.purl, {}), **part.component()) for part in parts]
    tool = bill["metadata"]["component"]["bom-ref"]
    dependencies = [dict(entry) for entry in bill["dependencies"]]
    for entry in dependencies:
        if entry["ref"] == tool:
            entry["dependsOn"] = entry["dependsOn"] + [part.purl for part in parts if part.purl not in known]
    return dict(bill, components=ours + components, dependencies=dependencies)


def run(*command, folder=ROOT):
    return subprocess.run(command, cwd=folder, check=True, stdout=subprocess.PIPE, text=True).stdout


def main(libexec, doc, jdk=None):
    bill = json.loads((ROOT / "cli/target/bom.json").read_text())
    parts = [*java_parts(bill, libexec / "lib"), *mlx_parts(), *rust_parts(doc)]
    if jdk:
        parts.append(java_runtime(jdk))
    (doc / "THIRD-PARTY-LICENCES.txt").write_text(notices(parts))
    text = json.dumps(bill_of_materials(bill, parts), indent=2, ensure_ascii=False)
    (doc / "sbom.cdx.json").write_text(text + "\n")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
