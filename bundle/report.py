"""What a build weighs and needs: `python -m bundle.report BINARY --layout L --parts FILE`.

Prints SHA-256, size and the largest parts; the exit code is 1 past a limit of limits.py.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from . import limits

LARGEST = 12


@dataclass(frozen=True)
class Part:
    """A file inside: its size as it runs, and as it is stored."""

    name: str
    size: int
    stored: int


def sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def files(binary: Path) -> Iterator[Path]:
    """The file, or the files of the folder, in order."""
    yield from sorted(p for p in binary.rglob("*") if p.is_file()) if binary.is_dir() else [binary]


def parts(binary: Path) -> list[Part]:
    """What a one-file archive or a folder holds; the largest as stored first."""
    if binary.is_dir():
        found = [
            Part(str(p.relative_to(binary)), p.stat().st_size, p.stat().st_size)
            for p in files(binary)
        ]
    else:
        from PyInstaller.archive.readers import CArchiveReader

        archive = CArchiveReader(str(binary))
        found = [Part(name, size, stored) for name, (_, stored, size, *_) in archive.toc.items()]
    return sorted(found, key=lambda part: -part.stored)


def needed_glibc(binaries: list[str]) -> tuple[int, int]:
    """The newest version of a symbol that any of these ELF files asks the C library for."""
    listed = subprocess.run(
        ["objdump", "-T", *binaries], capture_output=True, text=True, check=True
    ).stdout
    versions = re.findall(r"\bGLIBC_(\d+)\.(\d+)", listed)
    return max((int(major), int(minor)) for major, minor in versions)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bundle.report")
    parser.add_argument("binary", type=Path)
    parser.add_argument("--layout", choices=limits.SIZE, required=True)
    parser.add_argument("--parts", type=Path, required=True)
    options = parser.parse_args()
    binary: Path = options.binary
    found = parts(binary)
    size = sum(p.stat().st_size for p in files(binary))
    print(f"{'stored':>12} {'unpacked':>12}  the {LARGEST} largest of {len(found)} parts")
    for part in found[:LARGEST]:
        print(f"{part.stored:12,} {part.size:12,}  {part.name}")
    print(f"{size:12,} bytes in all; at most {limits.SIZE[options.layout]:,}")
    is_within = size <= limits.SIZE[options.layout]
    if sys.platform == "linux":
        collected = [path for _, path in json.loads(options.parts.read_text())["binaries"]]
        glibc = needed_glibc(collected)
        print(f"needs glibc {glibc[0]}.{glibc[1]}; at most {limits.GLIBC[0]}.{limits.GLIBC[1]}")
        is_within = is_within and glibc <= limits.GLIBC
    if binary.is_file():
        print(f"sha256 {sha256(binary)}  {binary.name}")
    if not is_within:
        print("This build is past a limit of bundle/limits.py.", file=sys.stderr)
    return 0 if is_within else 1


if __name__ == "__main__":
    sys.exit(main())
