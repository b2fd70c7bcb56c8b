#!/usr/bin/env python3
"""Writes what a distribution is made of, beside its documentation: the bill of materials (CycloneDX) and the licences
of all parts that are not ours, with their texts.

    inventory.py LIBEXEC DOC [--with-java]

Java's parts come from the bill that Maven has made, Rust's from cargo, MLX's from the wheel that it came in. A part
whose licence has no text is an error.
"""

import json
import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LICENCES = ROOT / "packaging/licences"
TEXT_NAMES = re.compile(r"(un)?licen[cs]e|copying|copyright|notice", re.IGNORECASE)

# Whose work it is, of the parts that come without a text of their own.
HOLDERS = {
    "protobuf-javalite": "Copyright 2008 Google Inc.",
    "jline-native": "Copyright (c) the original author or authors of JLine",
    "jline-terminal": "Copyright (c) the original author or authors of JLine",
    "jline-terminal-ffm": "Copyright (c) the original author or authors of JLine",
    "libblas3": "Copyright (c) The University of Tennessee, the University of California Berkeley and the University "
    "of Colorado Denver",
    "liblapack3": "Copyright (c) The University of Tennessee, the University of California Berkeley and the "
    "University of Colorado Denver",
}

# The libraries that the wheel of MLX brings from Debian's packages, which do not say their licences.
DEBIAN_LICENCES = {
    "libblas3": "BSD-3-Clause",
    "liblapack3": "BSD-3-Clause",
    "libgfortran5": "GPL-3.0-or-later WITH GCC-exception-3.1",
    "libquadmath0": "LGPL-2.1-or-later",
}

# Maven's plugin takes "The BSD License" for the oldest of them; JLine's has three clauses.
CORRECTED = {"BSD-4-Clause": "BSD-3-Clause"}


@dataclass
class Part:
    """A part of the distribution, with the texts of its licence that came with it."""

    name: str
    version: str
    purl: str
    licence: str
    authors: str = ""
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
    files = sorted(file for file in folder.iterdir() if file.is_file() and TEXT_NAMES.match(file.name))
    return [file.read_text("utf-8", errors="replace").strip() for file in files]


def java_parts(bill):
    for component in bill["components"]:
        if component["group"] == "io.moshimlx":
            continue
        ids = [licence["license"].get("id", licence["license"].get("name")) for licence in component["licenses"]]
        licence = " OR ".join(CORRECTED.get(name, name) for name in ids)
        yield Part(component["name"], component["version"], component["purl"], licence)


def rust_parts():
    """The crates that are linked into the codec's library: what it depends on, without what only builds or tests."""
    folder = ROOT / "mimi-jni/rust"
    host = re.search(r"^host: (.*)$", run("rustc", "-vV"), re.MULTILINE).group(1)
    metadata = json.loads(
        run("cargo", "metadata", "--locked", "--format-version", "1", "--filter-platform", host, folder=folder)
    )
    packages = {package["id"]: package for package in metadata["packages"]}
    needs = {
        node["id"]: [need["pkg"] for need in node["deps"] if any(kind["kind"] is None for kind in need["dep_kinds"])]
        for node in metadata["resolve"]["nodes"]
    }
    linked, waiting = set(), [metadata["resolve"]["root"]]
    while waiting:
        package = waiting.pop()
        if package not in linked:
            linked.add(package)
            waiting += needs[package]
    for package in sorted(linked - {metadata["resolve"]["root"]}):
        package = packages[package]
        yield Part(
            package["name"],
            package["version"],
            f"pkg:cargo/{package['name']}@{package['version']}",
            package["license"].replace("/", " OR "),
            ", ".join(package["authors"]),
            texts_in(Path(package["manifest_path"]).parent),
        )
    version = run("rustc", "--version").split()[1]
    yield Part("rust-std", version, f"pkg:generic/rust-std@{version}", "MIT OR Apache-2.0")


def mlx_parts(native):
    """MLX and what came with it; nothing on a Mac, where it is Homebrew's."""
    if not list(native.glob("libmlxc.*")):
        return
    built = (ROOT / "build/native/lib").resolve().parent
    lock = (ROOT / "native/mlx-c-source/Cargo.lock").read_text()
    version = re.search(r'name = "mlx-sys"\nversion = "(.*)"', lock).group(1)
    source = built / f"vendor/mlx-sys-{version}/src/mlx-c"
    yield Part("mlx-c", version, f"pkg:github/ml-explore/mlx-c@v{version}", "MIT", texts=texts_in(source))
    for wheel in sorted(built.glob("mlx/mlx*.dist-info")):
        name, version = wheel.name[: -len(".dist-info")].split("-")
        yield Part(name, version, f"pkg:pypi/{name}@{version}", "MIT", texts=texts_in(wheel / "licenses"))
        for file in wheel.glob("sboms/*.json"):
            for component in json.loads(file.read_text())["components"]:
                if component["purl"].startswith("pkg:deb/"):
                    name = component["name"]
                    yield Part(name, component["version"], component["purl"], DEBIAN_LICENCES[name])


def java_runtime(libexec):
    release = (libexec / "runtime/release").read_text()
    version = re.search(r'^JAVA_RUNTIME_VERSION="(.*)"|^JAVA_VERSION="(.*)"', release, re.MULTILINE)
    version = version.group(1) or version.group(2)
    text = "The texts are in libexec/moshi-mlx/runtime/legal."
    licence = "GPL-2.0-only WITH Classpath-exception-2.0"
    return Part("openjdk", version, f"pkg:generic/openjdk@{version}", licence, texts=[text])


def general_text(part):
    """The text of a licence, for a part that came without one."""
    holder = HOLDERS.get(part.name) or (f"Copyright (c) {part.authors}" if part.authors else "")
    if "Apache-2.0" in part.licence:
        return (ROOT / "LICENSE-APACHE").read_text().strip()
    if part.licence == "MIT" and holder:
        terms = (ROOT / "LICENSE-MIT").read_text().strip().split("\n\n", 2)[2]
        return f"{holder}\n\n{terms}"
    if part.licence == "BSD-3-Clause" and holder:
        return holder + "\n\n" + (LICENCES / "BSD-3-Clause.txt").read_text().strip()
    if part.licence == "GPL-3.0-or-later WITH GCC-exception-3.1":
        return "\n\n".join((LICENCES / f"{name}.txt").read_text().strip() for name in ("GCC-exception-3.1", "GPL-3.0"))
    if part.licence == "LGPL-2.1-or-later":
        return (LICENCES / "LGPL-2.1.txt").read_text().strip()
    sys.exit(f"inventory.py: no text of the licence of {part.name}: {part.licence}")


def notices(parts):
    """A list of the parts, and each text once, with the parts that it is about."""
    about = {}
    lines = ["moshi-mlx contains these works of others, under the licences that follow.", ""]
    for part in parts:
        lines.append(f"  {part.name} {part.version}: {part.licence}")
        for text in part.texts or [general_text(part)]:
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


def main(libexec, doc, with_java):
    bill = json.loads((ROOT / "cli/target/bom.json").read_text())
    parts = [*java_parts(bill), *mlx_parts(libexec / "native"), *rust_parts()]
    if with_java:
        parts.append(java_runtime(libexec))
    (doc / "THIRD-PARTY-LICENCES.txt").write_text(notices(parts))
    text = json.dumps(bill_of_materials(bill, parts), indent=2, ensure_ascii=False)
    (doc / "sbom.cdx.json").write_text(text + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), "--with-java" in sys.argv[3:])
