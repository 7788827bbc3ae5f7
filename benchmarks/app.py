"""Measure the app: `python -m benchmarks.app [--deb FILE] [--quick] [--json FILE]`.

The package is installed in a root of its own, as `tests/app` does it, and driven there under Xvfb
by WebKitWebDriver. Beside it the service alone: the package's sidecar, and what Oracle's driver in
Rust carries of it.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

from tests.app.app import DATA, SIDECAR, App
from tests.app.login import Login
from tests.app.namespace import Namespace
from tests.app.page import SERVICES, Page
from tests.app.root import Root, make_root, why_not

from . import builds
from .__main__ import machine, table
from .load import make_request
from .measuring import MIB, Line, Seconds, interleave, median, ms, tree_pss_bytes
from .processes import PASSWORD, ROOT, USER, Database, ForeignPeer, Server, Sidecar

PARTIES = ("app", "without sidecar", "sidecar", "in Rust")
MB = 1_000_000
ROWS = 100_000
STARTS, QUICK_STARTS = 9, 3
# The bundler's.
GZIP_LEVEL = 6
# Until what is loaded behind the first answer is there, and what was freed has been given back.
SETTLE_SECONDS = 5.0

# When the page had the sidecar's first answer, in seconds since 1970: its own clock, so that it
# does not matter when the driver looks.
_FIRST_ANSWER = """
const [asked] = performance.getEntriesByType("resource")
    .filter(({ name, responseEnd }) => name.endsWith("/health") && responseEnd > 0);
return asked && (performance.timeOrigin + asked.responseEnd) / 1000
"""
# As figures/watching.ts has it: to the end of the frame that shows it.
_WATCH = """
const shown = () => new Promise((done) =>
    requestAnimationFrame(() => setTimeout(() => done(performance.now()))));
const seen = (isThere) => new Promise((done) => {
    const observer = new MutationObserver(() => {
        if (!isThere()) return;
        observer.disconnect();
        done();
    });
    observer.observe(document, { subtree: true, childList: true, characterData: true });
});
const clicked = new Promise((done) =>
    document.addEventListener("click", ({ timeStamp }) => done(timeStamp),
        { capture: true, once: true }));
const row = seen(() => document.querySelector("[role=grid] [data-position]") !== null);
const verdict = seen(() => /^[\\d,]+ rows differ\\./.test(
    document.querySelector(".verdict h1")?.textContent.trim() ?? ""));
window.watched = Promise.all([clicked, row.then(shown), verdict.then(shown)])
    .then(([from, first, end]) => [first - from, end - from]);
"""
_WATCHED = "const done = arguments[0]; window.watched.then(done)"
_SIDE = "(//*[contains(@class,'sidecard')])[{}]"
_COMPARE = "//section//button[.//kbd and starts-with(normalize-space(), 'Compare')]"


def main() -> int:
    options = _parse()
    if reason := why_not():
        raise SystemExit(f"the app cannot be measured here: {reason}")
    started = time.monotonic()
    rounds = QUICK_STARTS if options.quick else STARTS
    with tempfile.TemporaryDirectory() as folder:
        unpacked = Path(folder) / "unpacked"
        _dpkg_deb("--raw-extract", options.deb, unpacked)
        rust = builds.rust_peer() if options.program is None else options.program.resolve()
        alone: dict[str, Callable[[], Server]] = {
            "sidecar": partial(Sidecar, str(unpacked / SIDECAR.lstrip("/")))
        }
        if rust is not None:
            alone["in Rust"] = partial(ForeignPeer, str(rust))
        lines = [
            *_in_window(options.deb, options.root, rounds, alone),
            *_package(unpacked, rust),
        ]
    print(machine())
    print(table(lines, PARTIES))
    print(f"{time.monotonic() - started:.0f} s in all")
    if options.json:
        result = {"machine": machine(), "lines": [asdict(line) for line in lines]}
        options.json.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    return 0


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.app", description=__doc__)
    parser.add_argument("--deb", type=Path, help="the package; else the one of tauri/make_app.sh")
    parser.add_argument("--program", type=Path, help="the service in Rust; else it is built")
    parser.add_argument("--root", type=Path, help="a folder to install in, which is kept")
    parser.add_argument("--quick", action="store_true", help="fewer starts, and so more noise")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the table there too")
    options = parser.parse_args()
    if options.deb is None:
        built = list((ROOT / "tauri" / "target" / "release" / "bundle" / "deb").glob("*.deb"))
        if not built:
            parser.error("there is no package: name one with --deb, or run tauri/make_app.sh")
        options.deb = max(built, key=lambda deb: deb.stat().st_mtime)
    for file in (options.deb, options.program):
        if file is not None and not file.is_file():
            parser.error(f"there is no file {file}")
    return options


@contextmanager
def _installed(deb: Path, kept: Path | None) -> Iterator[Root]:
    folder = kept or Path(tempfile.mkdtemp(prefix="compare-config-root-"))
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)  # for the user in it
    try:
        with Namespace() as namespace:
            yield make_root(folder.resolve(), namespace, deb)[0]
    finally:
        if kept is None:
            shutil.rmtree(folder)


def _in_window(
    deb: Path, kept: Path | None, rounds: int, programs: Mapping[str, Callable[[], Server]]
) -> list[Line]:
    print("installing the package in a root of its own ...", file=sys.stderr)
    with _installed(deb, kept) as root, Login(root) as login, Database() as database:
        print("comparing ...", file=sys.stderr)
        comparing = _comparing(login, database, rounds)
        print("starting ...", file=sys.stderr)
        starts: list[Start] = []
        seconds = interleave(
            rounds,
            {
                "app": lambda: [_start(login, starts)],
                **{name: partial(_start_alone, start) for name, start in programs.items()},
            },
        )
        alone = {name: _memory_alone(start, database) for name, start in programs.items()}
    idle = sorted((start.memory for start in starts), key=lambda memory: memory.whole)
    until_ready = median([start.until_ready for start in starts])
    ready = {"app": ms(until_ready), "sidecar": ms(median([start.of_sidecar for start in starts]))}
    alone_seconds = {name: ms(median(found)) for name, found in seconds.items() if name in alone}
    return [
        Line("start to the sidecar's being ready (sidecar: since its own start)", ready),
        Line("start to the page's first answer", {"app": ms(median(seconds["app"]))}),
        Line("start to the first answer, alone", alone_seconds),
        *comparing.lines(),
        idle[len(idle) // 2].line("memory (PSS), nothing compared"),
        comparing.memory.line("memory (PSS), after these comparisons"),
        Line("memory (PSS) alone, idle", {n: _mib(idle) for n, (idle, _) in alone.items()}),
        Line(
            "memory (PSS) alone, after one login and one query",
            {name: _mib(used) for name, (_, used) in alone.items()},
        ),
    ]


@dataclass(frozen=True)
class Memory:
    """In bytes, what several processes share in parts (PSS). whole: with WebKit and the sidecar."""

    whole: int
    webkit: int
    sidecar: int

    @classmethod
    def of(cls, app: App) -> Memory:
        whole = tree_pss_bytes(app.process.pid)
        sizes = {child.program: 0 for child in app.children}
        for child in app.children:
            sizes[child.program] += tree_pss_bytes(child.pid)
        sidecar = sizes.pop(SIDECAR)
        return cls(whole, sum(sizes.values()), sidecar)

    def line(self, what: str) -> Line:
        figures = {
            "app": f"{_mib(self.whole)} (WebKit {self.webkit / MIB:.0f})",
            "without sidecar": _mib(self.whole - self.sidecar),
            "sidecar": _mib(self.sidecar),
        }
        return Line(what, figures)


def _mib(size: int) -> str:
    return f"{size / MIB:.1f} MiB"


@dataclass(frozen=True)
class Comparing:
    """first and end: since the click."""

    first: Seconds
    end: Seconds
    memory: Memory

    def lines(self) -> list[Line]:
        what = f"click on Compare, 2 x {ROWS:,} rows, ten of them differ"
        return [
            Line(f"{what}: first difference", {"app": ms(self.first)}),
            Line(f"{what}: end", {"app": ms(self.end)}),
        ]


def _comparing(login: Login, database: Database, rounds: int) -> Comparing:
    """The connections that it makes are there for the app's next starts."""
    targets = (database.dsn, f"{database.dsn}2")
    with login.start() as app:
        page = Page(app.page)
        page.wait_for("Sidecar ready")
        for name, target in zip(SERVICES, targets, strict=True):
            page.add_connection(name, name.split()[-1], target, USER, PASSWORD)
        page.go("One table")
        page.choose_connections()
        for side in (1, 2):
            schema = page.field("Schema", _SIDE.format(side))
            schema.fill("BENCH")
            schema.press("Tab")
        page.choose_table("KEYED_10")
        samples = [_compare(app, page) for _ in range(rounds + 1)]
        time.sleep(SETTLE_SECONDS)
        memory = Memory.of(app)
        app.close()
    # The first one logs in, and is another figure.
    first, end = (median(found) / 1000 for found in zip(*samples[1:], strict=True))
    return Comparing(first, end, memory)


def _compare(app: App, page: Page) -> Sequence[float]:
    """From the setup and back to it. Milliseconds to the first difference, and to the end."""
    page.wait_for("are compared")
    app.page.run(_WATCH)
    app.page.find(_COMPARE).click()
    found: list[float] = app.page.run_async(_WATCHED)
    app.page.run("history.back()")
    return found


@dataclass(frozen=True)
class Start:
    """until_ready: from the app's start to what its sidecar logs when it listens; of_sidecar: from
    that of the sidecar's own process."""

    until_ready: Seconds
    of_sidecar: Seconds
    memory: Memory


def _start(login: Login, starts: list[Start]) -> Seconds:
    """From the start of the app's process to its page's first answer from the sidecar."""
    with login.start() as app:
        answered = float(app.page.wait_until(_FIRST_ANSWER))
        began, ready = _started_at(app.process.pid), _ready_at(login)
        of_sidecar = ready - _started_at(app.sidecar.pid)
        Page(app.page).wait_for("Sidecar ready")
        time.sleep(SETTLE_SECONDS)
        starts.append(Start(ready - began, of_sidecar, Memory.of(app)))
        app.close()
    return answered - began


def _ready_at(login: Login) -> float:
    """When the app's sidecar has logged that it listens; in seconds since 1970."""
    log = login.root.outside(f"{DATA}/logs/oracle-sidecar.log").read_text(encoding="utf-8")
    last = [line for line in log.splitlines() if " listening on " in line][-1]
    return datetime.fromisoformat(last.split()[0]).timestamp()


def _started_at(pid: int) -> float:
    """In seconds since 1970, to a hundredth (proc(5), stat: starttime)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    since_boot = int(fields[19]) / os.sysconf("SC_CLK_TCK")
    return time.time() - (time.clock_gettime(time.CLOCK_BOOTTIME) - since_boot)


def _start_alone(start: Callable[[], Server]) -> Sequence[Seconds]:
    began = time.perf_counter()
    with start() as server:
        server.caller().read(make_request("/health", port=server.port))
        return [time.perf_counter() - began]


def _memory_alone(start: Callable[[], Server], database: Database) -> tuple[int, int]:
    """With nothing to do, and after one login and one query."""
    with start() as server:
        time.sleep(SETTLE_SECONDS)
        before = tree_pss_bytes(server.pid)
        server.caller().read(server.request("/query", database, 1))
        return before, tree_pss_bytes(server.pid)


def _package(unpacked: Path, rust: Path | None) -> list[Line]:
    """Takes the sidecar out of it."""
    whole, installed = _packed(unpacked), _size(unpacked)
    shutil.rmtree((unpacked / SIDECAR.lstrip("/")).parent)
    less, less_installed = _packed(unpacked), _size(unpacked)
    packed = {"app": whole, "without sidecar": less, "sidecar": whole - less}
    on_disk = {
        "app": installed,
        "without sidecar": less_installed,
        "sidecar": installed - less_installed,
    }
    if rust is not None:
        packed["in Rust"] = len(gzip.compress(rust.read_bytes(), GZIP_LEVEL))
        on_disk["in Rust"] = rust.stat().st_size
    return [Line("package", _in_mb(packed)), Line("installed", _in_mb(on_disk))]


def _packed(unpacked: Path) -> int:
    """The size of the package as the bundler makes it, but for a few parts of a hundred."""
    deb = unpacked.with_suffix(".deb")
    options = ("--root-owner-group", "-Zgzip", f"-z{GZIP_LEVEL}")
    _dpkg_deb(*options, "--build", unpacked, deb)
    return deb.stat().st_size


def _size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def _in_mb(sizes: Mapping[str, int]) -> dict[str, str]:
    return {name: f"{size / MB:.1f} MB" for name, size in sizes.items()}


def _dpkg_deb(*arguments: str | Path) -> None:
    subprocess.run(["dpkg-deb", *arguments], check=True, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    sys.exit(main())
