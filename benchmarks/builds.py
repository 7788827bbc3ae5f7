"""The binaries that are compared: ours in its three layouts, the peer's in two, the one in Rust."""

from __future__ import annotations

import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

from .processes import HERE, NODE_PEER, PEER, ROOT, RUST_PEER, peer_python

FOLDER = HERE / ".builds"
LAYOUTS = {"one-file": [], "one-file, not compressed": ["--no-compress"], "one-dir": ["--onedir"]}
# What the peer's users have to find out, too: what the driver imports where nobody can see it.
HIDDEN = (
    *("asyncio", "base64", "decimal", "getpass", "inspect", "numbers", "secrets", "ssl"),
    *("stringprep", "unicodedata", "uuid", "_strptime", "uvicorn.logging"),
    *("uvicorn.loops.auto", "uvicorn.protocols.http.auto", "uvicorn.protocols.websockets.auto"),
    *("uvicorn.lifespan.on", "uvicorn.lifespan.off"),
)


@cache
def own() -> dict[str, Path]:
    """The sidecar's programs by layout, each fresh from build.sh."""
    return {layout: _build_own(layout, flags) for layout, flags in LAYOUTS.items()}


def _build_own(layout: str, flags: list[str]) -> Path:
    print(f"building the sidecar, {layout} ...", file=sys.stderr)
    target = FOLDER / layout
    shutil.rmtree(target, ignore_errors=True)
    _run([str(ROOT / "build.sh"), *flags, "--target-dir", str(target)])
    (bill,) = target.glob("*.cdx.json")
    built = target / bill.name.removesuffix(".cdx.json")
    return built / "oracle-sidecar" if built.is_dir() else built


@cache
def peer() -> dict[str, Path]:
    """The peer's programs; built once, until its requirements change."""
    python = peer_python()
    stamp = FOLDER / "peer" / "requirements.txt"
    wanted = (PEER / "requirements.txt").read_text()
    if not stamp.exists() or stamp.read_text() != wanted:
        for layout, flag in (("one-file", "--onefile"), ("one-dir", "--onedir")):
            print(f"building the peer, {layout} ...", file=sys.stderr)
            _build_peer(python, layout, flag)
        stamp.write_text(wanted)
    return {
        "one-file": FOLDER / "peer" / "one-file" / "app",
        "one-dir": FOLDER / "peer" / "one-dir" / "app" / "app",
    }


def _build_peer(python: Path, layout: str, flag: str) -> None:
    hidden = [word for name in HIDDEN for word in ("--hidden-import", name)]
    folder = FOLDER / "peer"
    _run(
        [
            *(str(python), "-m", "PyInstaller", flag, "--noconfirm", "--log-level", "ERROR"),
            *("--collect-submodules", "cryptography", "--collect-submodules", "oracledb", *hidden),
            *("--distpath", str(folder / layout), "--workpath", str(folder / "work")),
            *("--specpath", str(folder / "work"), str(PEER / "app.py")),
        ]
    )


@cache
def rust_peer() -> Path | None:
    """The peer in Rust, a release build of what is there; None without cargo."""
    if shutil.which("cargo") is None:
        print("cargo is missing: the peer in Rust is left out", file=sys.stderr)
        return None
    print("building the peer in Rust ...", file=sys.stderr)
    target = FOLDER / "rust"
    manifest = RUST_PEER / "Cargo.toml"
    command = ["cargo", "build", "--release", "--locked", "--quiet"]
    _run([*command, "--manifest-path", str(manifest), "--target-dir", str(target)])
    return target / "release" / "rust-peer"


@cache
def node_peer() -> list[str] | None:
    """What starts the peer in Node, with its driver installed; None without Node and npm."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        print("node or npm is missing: the peer in Node is left out", file=sys.stderr)
        return None
    if not (NODE_PEER / "node_modules" / "oracledb").exists():
        _run([npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"], NODE_PEER)
    return [node, str(NODE_PEER / "peer.js")]


def _run(command: list[str], folder: Path = ROOT) -> None:
    done = subprocess.run(
        command,
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise SystemExit(f"{command[0]} failed:\n{done.stdout[-4000:]}")


def size(program: Path) -> int:
    """In bytes; of a folder with all that is in it."""
    if program.parent.name in ("one-file", "one-file, not compressed"):
        return program.stat().st_size
    return sum(file.stat().st_size for file in program.parent.rglob("*") if file.is_file())
