"""A fresh root folder of the distribution that runs here, with the package installed in it."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from .namespace import Namespace

USER: Final = "tester"
USER_ID: Final = 1000
HOME: Final = f"/home/{USER}"
RUNTIME: Final = f"/run/user/{USER_ID}"
RETRIES: Final = "--option=Acquire::Retries=5"
# What drives the app and what a desktop has, none of which the package needs.
DESKTOP: Final = ("webkit2gtk-driver", "gnome-keyring", "libsecret-tools", "dbus-x11")
_PATH: Final = "/usr/sbin:/usr/bin:/sbin:/bin"
_ENVIRONMENT: Final = {"PATH": _PATH, "LC_ALL": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive"}


@dataclass(frozen=True)
class Source:
    """Where apt finds packages: one line of its list."""

    uri: str
    suite: str
    components: str

    def __str__(self) -> str:
        return f"deb {self.uri} {self.suite} {self.components}"


class Root:
    """The folder as programs see it that are started in it. Close the namespace first, then throw
    the folder away: nothing is mounted in it then."""

    def __init__(self, folder: Path, namespace: Namespace) -> None:
        self.folder = folder
        self.namespace = namespace
        self.environment = {"PATH": _PATH, "HOME": HOME, "XDG_RUNTIME_DIR": RUNTIME}
        self.environment["LC_ALL"] = "C.UTF-8"

    def outside(self, path: str) -> Path:
        """A path of the root's as the tests reach it."""
        return self.folder / path.lstrip("/")

    @property
    def home(self) -> Path:
        return self.outside(HOME)

    def make_home(self) -> None:
        """A home for its user, and no file of anybody's from before."""
        for path, mode in ((HOME, 0o700), (RUNTIME, 0o700), ("/tmp", 0o1777)):
            folder = self.outside(path)
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            folder.chmod(mode)
            os.chown(folder, USER_ID, USER_ID)

    def start(
        self,
        *command: str,
        env: Mapping[str, str],
        stdin: int | IO[str] = subprocess.DEVNULL,
        stdout: int | IO[str] = subprocess.DEVNULL,
        stderr: int | IO[str] = subprocess.DEVNULL,
    ) -> subprocess.Popen[str]:
        """Start a program in it as its user; namespace.end() ends it."""
        return self.namespace.start(
            self._as_user(command),
            env={**self.environment, **env},
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
        )

    def run(self, *command: str, env: Mapping[str, str], said: str = "") -> str:
        """Run a program in it as its user. OSError where it fails."""
        return self.namespace.run(self._as_user(command), {**self.environment, **env}, said)

    def administer(self, *command: str) -> str:
        """Run a program in it as root."""
        return self.namespace.run(["chroot", str(self.folder), *command], _ENVIRONMENT)

    def _as_user(self, command: Sequence[str]) -> list[str]:
        return ["chroot", f"--userspec={USER_ID}:{USER_ID}", str(self.folder), *command]

    def pythons(self) -> list[str]:
        """Every program in it that is called Python, by its path."""
        return sorted(
            f"/{path.relative_to(self.folder)}"
            for top in ("bin", "opt", "sbin", "usr")
            for path in self.outside(top).rglob("python*")
            if path.is_file() and os.access(path, os.X_OK)
        )


def why_not() -> str | None:
    """Why no root can be made on this machine."""
    if os.name != "posix" or os.geteuid() != 0:
        return "making a root folder needs root rights"
    missing = [name for name in ("debootstrap", "unshare", "nsenter", "Xvfb") if not _has(name)]
    if missing:
        return f"{', '.join(missing)} is not installed"
    try:
        Namespace().close()
    except OSError as error:
        return str(error)
    return None


def _has(program: str) -> bool:
    return shutil.which(program) is not None


def make_root(folder: Path, namespace: Namespace, deb: Path) -> tuple[Root, list[str]]:
    """Install the package in a root, with nothing but what it asks for. The root, and the programs
    called Python that were there before the driver's packages came.

    A folder that holds a root already is used as it is, with the package installed anew.
    """
    sources = apt_sources()
    is_new = not (folder / "etc" / "debian_version").exists()
    if is_new:
        _bootstrap(folder, namespace, sources)
    root = Root(folder, namespace)
    _mount(root)
    shutil.copy("/etc/resolv.conf", folder / "etc" / "resolv.conf")
    shutil.copy(deb, folder / "package.deb")
    if is_new:
        lines = [f"{source}\n" for source in sources]
        (folder / "etc" / "apt" / "sources.list").write_text("".join(lines))
        root.administer("apt-get", "update", "--quiet", RETRIES)
    _install(root, "--reinstall", "/package.deb")
    pythons = root.pythons()
    _still_text_cursors(root)
    if is_new:
        _install(root, *DESKTOP)
        root.administer("useradd", "--uid", str(USER_ID), "--user-group", USER)
    return root, pythons


def _still_text_cursors(root: Root) -> None:
    """What a screen shows stands still then, as soon as everything is drawn."""
    for toolkit in ("gtk-3.0", "gtk-4.0"):
        settings = root.outside(f"/etc/{toolkit}/settings.ini")
        settings.parent.mkdir(exist_ok=True)
        settings.write_text("[Settings]\ngtk-cursor-blink=0\n")


def _install(root: Root, *packages: str) -> None:
    options = (
        RETRIES,
        *("--yes", "--quiet", "--no-install-recommends", "--allow-downgrades"),
        "--option=Dpkg::Options::=--force-unsafe-io",  # nobody needs it after a power cut
    )
    root.administer("apt-get", "install", *options, *packages)


def _bootstrap(folder: Path, namespace: Namespace, sources: Sequence[Source]) -> None:
    first = sources[0]
    components = f"--components={first.components.replace(' ', ',')}"
    namespace.run(
        ["debootstrap", "--variant=minbase", components, first.suite, str(folder), first.uri],
        {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"},
    )


def _mount(root: Root) -> None:
    """Seen by nobody but the namespace, and gone with it."""
    for arguments in (
        ["-t", "proc", "proc", str(root.outside("proc"))],
        ["--rbind", "/dev", str(root.outside("dev"))],
    ):
        root.namespace.run(["mount", *arguments], _ENVIRONMENT)


def apt_sources() -> list[Source]:
    """Where this machine's own packages come from: those of its distribution, the release first."""
    release = _codename()
    form = "$(CODENAME)|$(SITE)|$(RELEASE)|$(COMPONENT)"
    targets = subprocess.run(
        ["apt-get", "indextargets", "--format", form, "Created-By: Packages"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    components: dict[tuple[str, str], dict[str, None]] = {}
    for line in targets.splitlines():
        codename, uri, suite, component = line.split("|")
        if codename.startswith(release):
            components.setdefault((uri, suite), {})[component] = None
    if not components:
        raise OSError(f"apt knows no packages of {release}: run apt-get update")
    found = [Source(uri, suite, " ".join(names)) for (uri, suite), names in components.items()]
    return sorted(found, key=lambda source: source.suite != release)


def _codename() -> str:
    for line in Path("/etc/os-release").read_text().splitlines():
        name, _, value = line.partition("=")
        if name == "VERSION_CODENAME":
            return value.strip('"')
    raise OSError("/etc/os-release names no release")
