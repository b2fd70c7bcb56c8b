"""Writes goldens/manifest.json: the versions that made the goldens and the SHA-256 of every file."""

import hashlib
import json
import platform
from importlib.metadata import version
from pathlib import Path

GOLDENS = Path(__file__).resolve().parents[2] / "cli/src/test/resources/goldens"
PACKAGES = ("moshi-mlx", "mlx", "rustymimi", "sentencepiece", "numpy")


def main() -> None:
    # PersonaPlex's are made by other versions, which a manifest of theirs names.
    others = GOLDENS / "personaplex"
    files = sorted(
        f for f in GOLDENS.rglob("*") if f.is_file() and f.name != "manifest.json" and others not in f.parents
    )
    manifest = {
        "command": "scripts/make-goldens",
        "versions": {package: version(package) for package in PACKAGES},
        "made_on": f"{platform.system()} {platform.machine()}, MLX's CPU device",
        "sha256": {str(f.relative_to(GOLDENS)): hashlib.sha256(f.read_bytes()).hexdigest() for f in files},
    }
    (GOLDENS / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n")


if __name__ == "__main__":
    main()
