"""Every knob with its default, unit and reason; flags and environment derive from it."""

from __future__ import annotations

import argparse
import math
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import Field, dataclass, field, fields
from functools import partial
from typing import Any, NoReturn
from urllib.parse import urlsplit

from common.logs import LEVELS, Secret

VERSION = "1.0.0"
ENVIRONMENT_PREFIX = "ORACLE_SIDECAR_"
TOKEN_VARIABLE = ENVIRONMENT_PREFIX + "TOKEN"

DEFAULT_ORIGINS = (
    "tauri://localhost",
    "http://tauri.localhost",
    "https://tauri.localhost",
    "http://localhost:1420",
)

HELP_COLUMNS = 96

# Longer than any wait that makes sense, and short enough for every platform's timers.
MOST_SECONDS = 7 * 24 * 3600.0


class SettingsError(Exception):
    """A setting that cannot be used; the sentence names its flag or variable."""

    log_file: str | None = None
    """Where the log would go by what was given."""


def _knob(default: object, read: Callable[[str], object], help_text: str, unit: str = "") -> Any:
    return field(default=default, metadata={"read": read, "help": help_text, "unit": unit})


def _loopback(text: str) -> str:
    import ipaddress  # here, since hardly any start needs it

    if text == "localhost":
        return "127.0.0.1"
    try:
        is_loopback = ipaddress.ip_address(text.strip("[]")).is_loopback
    except ValueError:
        is_loopback = False
    if not is_loopback:
        raise ValueError("must be a loopback address such as 127.0.0.1 or ::1")
    return text.strip("[]")


def _whole(least: int, most: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not (text.isascii() and text.isdigit() and least <= int(text[:20]) <= most):
            raise ValueError(f"must be a whole number from {least} to {most}")
        return int(text)

    return read


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value <= MOST_SECONDS:
        raise ValueError(f"must be a number of seconds above 0 and at most {MOST_SECONDS:.0f}")
    return value


def _seconds_or_none_at_all(text: str) -> float:
    try:
        return 0.0 if float(text) == 0 else _seconds(text)
    except ValueError:
        return _seconds(text)


def _level(text: str) -> str:
    if text.lower() not in LEVELS:
        raise ValueError(f"must be one of {', '.join(LEVELS)}")
    return text.lower()


def _path(text: str) -> str:
    if not text:
        raise ValueError("must be the path of a file")
    return text


_DEFAULT_PORTS = {"http": 80, "https": 443}


def check_origin(text: str) -> str:
    """A serialized origin, as a browser sends it: scheme://host[:port], nothing behind.

    ValueError where it is none, or none that can be allowed.
    """
    origin = text.strip()
    parts = urlsplit(origin)
    try:
        is_origin = (
            bool(parts.hostname)
            and origin == f"{parts.scheme}://{parts.netloc}"
            and "@" not in parts.netloc
            and "*" not in origin
            and origin == origin.lower()
            and origin.isascii()
            and (parts.port is None or parts.port > 0)
        )
    except ValueError:
        is_origin = False
    if not is_origin:
        raise ValueError(
            "must be an origin such as http://localhost:5173, in lower case, not * or null"
        )
    if parts.port is not None and parts.port == _DEFAULT_PORTS.get(parts.scheme):
        raise ValueError(f"must be without its port {parts.port}: browsers leave that out")
    return origin


def _boolean(text: str) -> bool:
    words = {"1": True, "true": True, "yes": True, "on": True}
    words.update({"0": False, "false": False, "no": False, "off": False, "": False})
    if text.lower() not in words:
        raise ValueError("must be 1 or 0")
    return words[text.lower()]


@dataclass(frozen=True)
class Settings:
    """All settings of one run. Times are seconds, sizes are bytes."""

    host: str = _knob("127.0.0.1", _loopback, "loopback address to listen on", "ADDRESS")
    port: int = _knob(21521, _whole(0, 65535), "port to listen on; 0 picks a free one", "PORT")
    pool_min: int = _knob(1, _whole(0, 100), "sessions of a pool in use that stay open", "N")
    pool_max: int = _knob(2, _whole(1, 100), "most sessions of a pool", "N")
    pool_timeout: float = _knob(
        120.0, _seconds, "idle sessions, then idle pools, close after this", "SECONDS"
    )
    max_pools: int = _knob(
        32, _whole(1, 1000), "most pools; the longest idle one leaves first", "N"
    )
    acquire_timeout: float = _knob(
        15.0, _seconds, "longest wait for a free session, then 503", "SECONDS"
    )
    connect_timeout: float = _knob(10.0, _seconds, "longest whole login, then 504", "SECONDS")
    query_timeout: float = _knob(
        # A webview gives up on an answer that sends nothing for 60 s.
        55.0,
        _seconds,
        "longest query that names no timeout_ms, then 504",
        "SECONDS",
    )
    max_lob_bytes: int = _knob(67_108_864, _whole(1, 2**31), "largest LOB value, then 400", "BYTES")
    max_body_bytes: int = _knob(8_388_608, _whole(1, 2**31), "largest request body", "BYTES")
    header_timeout: float = _knob(10.0, _seconds, "longest time to send headers", "SECONDS")
    body_timeout: float = _knob(30.0, _seconds, "longest time to send a body", "SECONDS")
    keep_alive_timeout: float = _knob(
        75.0, _seconds, "an idle connection is closed after this", "SECONDS"
    )
    max_connections: int = _knob(
        128, _whole(1, 10_000), "most open connections; idle ones give way, then 503", "N"
    )
    drain_timeout: float = _knob(
        5.0, _seconds_or_none_at_all, "time for running requests at the end", "SECONDS"
    )
    allow_origin: tuple[str, ...] = _knob(
        (), check_origin, "one more page that may call (repeatable; never * or null)", "ORIGIN"
    )
    token_file: str | None = _knob(
        None, _path, f"file that holds the bearer token (or {TOKEN_VARIABLE})", "PATH"
    )
    allow_write: bool = _knob(False, _boolean, "let statements that write run, and commit them")
    log_level: str = _knob("info", _level, "debug, info, warning or error", "LEVEL")
    log_file: str | None = _knob(
        None, _path, "log here, rotating, rather than on standard error", "PATH"
    )
    log_sql: bool = _knob(False, _boolean, "log the text of statements too (never their values)")
    parent_pid: int | None = _knob(
        None, _whole(1, 2**31 - 1), "exit when this process is gone", "PID"
    )
    exit_on_stdin_close: bool = _knob(False, _boolean, "exit when standard input ends")
    self_test: bool = False
    """Check this program and exit, rather than serve: a flag only, for those who build it."""
    token: Secret | None = None
    """From the environment or the token file, never a flag: other users can read arguments."""
    warnings: tuple[str, ...] = ()
    """What was taken, but is to be told once there is a log."""

    @property
    def origins(self) -> tuple[str, ...]:
        return DEFAULT_ORIGINS + self.allow_origin


def knobs() -> list[Field[Any]]:
    """The fields that are flags, in the order of --help."""
    return [f for f in fields(Settings) if "read" in f.metadata]


def flag(name: str) -> str:
    return "--" + name.replace("_", "-")


def variable(name: str) -> str:
    return ENVIRONMENT_PREFIX + name.upper()


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise SettingsError(message)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="oracle-sidecar",
        description="A local HTTP server that queries Oracle databases for a desktop app.",
        epilog=f"Each flag is also the environment variable in brackets, for example "
        f"{variable('pool_max')}=4. The token comes from {TOKEN_VARIABLE} or --token-file only.",
        allow_abbrev=False,
        # Told its width, it need not ask the terminal: that takes shutil, 3 ms of each start.
        formatter_class=partial(argparse.HelpFormatter, width=HELP_COLUMNS),
    )
    parser.add_argument("--version", action="version", version=f"oracle-sidecar {VERSION}")
    parser.add_argument(
        "--self-test",
        action="store_true",
        help="check that this program has all it needs, and exit; queries to try come as JSON on "
        "standard input",
    )
    for knob in knobs():
        options: dict[str, Any] = {"dest": knob.name, "default": argparse.SUPPRESS}
        default = "" if knob.default in (None, False, ()) else f" (default {plain(knob.default)})"
        options["help"] = f"{knob.metadata['help']}{default} [{variable(knob.name)}]"
        if knob.metadata["unit"]:
            options["metavar"] = knob.metadata["unit"]
            options["action"] = "append" if knob.default == () else "store"
        else:
            options["action"] = "store_true"
        parser.add_argument(flag(knob.name), **options)
    return parser


def plain(default: object) -> str:
    """A default as --help and the README show it."""
    return f"{default:g}" if isinstance(default, float) else str(default)


def load(argv: Sequence[str], environ: Mapping[str, str]) -> Settings:
    """Settings from flags, then environment, then defaults; SettingsError names what is wrong.

    --help and --version print and raise SystemExit(0).
    """
    try:
        return _load(argv, environ)
    except SettingsError as error:
        error.log_file = _log_file(argv, environ)
        raise


def _log_file(argv: Sequence[str], environ: Mapping[str, str]) -> str | None:
    """The log file of a start whose other settings cannot be used."""
    parser = _Parser(add_help=False, allow_abbrev=False)
    parser.add_argument(flag("log_file"), default=environ.get(variable("log_file")))
    try:
        return parser.parse_known_args(argv)[0].log_file or None
    except SettingsError:
        return None


def _load(argv: Sequence[str], environ: Mapping[str, str]) -> Settings:
    known, unknown = _parser().parse_known_args(argv)
    if unknown:
        raise SettingsError(_no_such_flag(unknown[0]))
    given = vars(known)
    values: dict[str, Any] = {}
    sources = {knob.name: flag(knob.name) for knob in knobs()}
    for knob in knobs():
        if knob.name in given:
            values[knob.name] = _read(knob, flag(knob.name), given[knob.name])
        elif (text := environ.get(variable(knob.name))) is not None and text != "":
            texts = text.replace(",", " ").split() if knob.default == () else text
            sources[knob.name] = variable(knob.name)
            values[knob.name] = _read(knob, variable(knob.name), texts)
    warnings: list[str] = []
    token = _token(values.get("token_file"), sources["token_file"], environ, warnings)
    settings = Settings(**values, self_test=known.self_test, token=token, warnings=tuple(warnings))
    if settings.pool_min > settings.pool_max:
        raise SettingsError(
            f"{sources['pool_min']} must not be larger than {sources['pool_max']}: "
            f"{settings.pool_min} and {settings.pool_max}"
        )
    return settings


def _no_such_flag(argument: str) -> str:
    """Names the flag, never its value: that may be a token on its way to a log."""
    name = argument.partition("=")[0]
    if name == "--token":
        return f"there is no flag --token: set {TOKEN_VARIABLE}, or use --token-file"
    if not name.startswith("-"):
        return "there are no arguments without a flag; see --help"
    return f"there is no flag {name}; see --help"


def _read(knob: Field[Any], source: str, given: str | bool | list[str]) -> object:
    if isinstance(given, bool):
        return given
    read = knob.metadata["read"]
    try:
        return tuple(read(text) for text in given) if isinstance(given, list) else read(given)
    except ValueError as error:
        raise SettingsError(f"{source} {error}") from error


def _token(
    path: str | None, given_by: str, environ: Mapping[str, str], warnings: list[str]
) -> Secret | None:
    source, text = TOKEN_VARIABLE, environ.get(TOKEN_VARIABLE)
    if path is not None:
        source = f"{given_by} {path}"
        try:
            with open(path, encoding="utf-8") as file:
                text = file.read(4097).strip()
                if os.name == "posix" and os.fstat(file.fileno()).st_mode & 0o077:
                    # Not refused: its folder may keep others out, and some file systems know no
                    # rights and show all of them.
                    warnings.append(f"other users can read the token file {path}; chmod 600 it")
        except (OSError, UnicodeDecodeError) as error:
            reason = os.strerror(error.errno or 0) if isinstance(error, OSError) else "not text"
            raise SettingsError(f"{source} cannot be read: {reason}") from error
    if text is None:
        return None
    if not (0 < len(text) <= 4096 and all("!" <= c <= "~" for c in text)):
        raise SettingsError(
            f"{source} must hold a token of 1 to 4096 visible ASCII characters without blanks"
        )
    return Secret(text)
