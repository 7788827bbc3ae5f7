"""Settings as values: where each comes from, and what becomes of its text."""

from __future__ import annotations

import dataclasses
import errno
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

import sidecar
from common import settings as settings_module
from common.logs import Secret
from common.settings import DEFAULT_ORIGINS, Settings, SettingsError, flag, knobs, load, variable

# Another value than the default for every knob, as text and as it is read.
OTHERS: dict[str, tuple[str, object]] = {
    "host": ("127.0.0.2", "127.0.0.2"),
    "port": ("8080", 8080),
    "pool_min": ("2", 2),
    "pool_max": ("7", 7),
    "pool_timeout": ("1.5", 1.5),
    "max_pools": ("3", 3),
    "acquire_timeout": ("2", 2.0),
    "connect_timeout": ("3", 3.0),
    "query_timeout": ("0.001", 0.001),
    "max_lob_bytes": ("1", 1),
    "max_body_bytes": ("2", 2),
    "header_timeout": ("4", 4.0),
    "body_timeout": ("5", 5.0),
    "keep_alive_timeout": ("604800", 604800.0),
    "max_connections": ("10000", 10000),
    "drain_timeout": ("0", 0.0),
    "allow_origin": ("http://localhost:5173", ("http://localhost:5173",)),
    "token_file": ("TOKEN FILE", "TOKEN FILE"),
    "allow_write": ("1", True),
    "log_level": ("DEBUG", "debug"),
    "log_file": ("a b.log", "a b.log"),
    "log_sql": ("yes", True),
    "parent_pid": ("1", 1),
    "exit_on_stdin_close": ("on", True),
}

each_knob = pytest.mark.parametrize("name", [knob.name for knob in knobs()])


def other(name: str, tmp_path: Path) -> tuple[str, object]:
    """A knob's other value; a token file must be there."""
    if name != "token_file":
        return OTHERS[name]
    file = tmp_path / OTHERS[name][0]
    file.write_text("a-token\n")
    return str(file), str(file)


def test_every_field_but_the_token_and_the_self_test_is_a_knob() -> None:
    names = [field.name for field in dataclasses.fields(Settings)]
    assert [*(knob.name for knob in knobs()), "self_test", "token", "warnings"] == names
    assert set(OTHERS) == {knob.name for knob in knobs()}


def test_nothing_given_is_all_defaults() -> None:
    assert load([], {}) == Settings()


@each_knob
def test_a_flag_and_its_variable_say_the_same(name: str, tmp_path: Path) -> None:
    text, value = other(name, tmp_path)
    flags = [flag(name)] if isinstance(value, bool) else [flag(name), text]

    by_flag = load(flags, {})
    by_variable = load([], {variable(name): text})

    assert getattr(by_flag, name) == getattr(by_variable, name) == value
    assert by_flag == by_variable
    assert getattr(Settings(), name) != value


@each_knob
def test_an_empty_variable_is_as_good_as_none(name: str) -> None:
    assert load([], {variable(name): ""}) == Settings()


@each_knob
def test_a_knob_says_what_it_is_for(name: str) -> None:
    (knob,) = [knob for knob in knobs() if knob.name == name]
    assert knob.metadata["help"]
    assert isinstance(knob.default, bool) == (knob.metadata["unit"] == "")


def test_a_flag_goes_before_its_variable() -> None:
    given = load(["--port", "1", "--log-level", "error"], {variable("port"): "2"})
    assert (given.port, given.log_level) == (1, "error")
    assert load(["--allow-write"], {variable("allow_write"): "0"}).allow_write is True


def test_a_flag_can_be_given_with_an_equals_sign() -> None:
    assert load(["--port=1", "--log-file=a=b"], {}) == Settings(port=1, log_file="a=b")


def test_the_last_of_a_repeated_flag_counts() -> None:
    assert load(["--port", "1", "--port", "2"], {}).port == 2


def test_other_variables_are_let_be() -> None:
    environ = {"PORT": "x", "ORACLE_SIDECAR_": "x", "ORACLE_SIDECAR_OTHER": "x"}
    assert load([], environ) == Settings()


@pytest.mark.parametrize(
    ("flags", "text", "more"),
    [
        ((), "", ()),
        (("http://a", "http://b"), "http://c", ("http://a", "http://b")),
        ((), "http://a", ("http://a",)),
        ((), "http://a,http://b", ("http://a", "http://b")),
        ((), " http://a , http://b ", ("http://a", "http://b")),
        ((), "http://a http://b", ("http://a", "http://b")),
        (("http://[::1]:1420",), "", ("http://[::1]:1420",)),
        (("app://local.host-1",), "", ("app://local.host-1",)),
    ],
)
def test_more_origins_come_behind_the_default_ones(
    flags: Sequence[str], text: str, more: Sequence[str]
) -> None:
    argv = [word for origin in flags for word in ("--allow-origin", origin)]
    given = load(argv, {variable("allow_origin"): text})
    assert given.origins == (*DEFAULT_ORIGINS, *more)


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("127.255.255.254", "127.255.255.254"),
        ("localhost", "127.0.0.1"),
        ("::1", "::1"),
        ("[::1]", "::1"),
    ],
)
def test_every_loopback_address_is_a_host(text: str, host: str) -> None:
    assert load(["--host", text], {}).host == host


@pytest.mark.parametrize(
    "text", ["0.0.0.0", "128.0.0.1", "10.0.0.1", "::", "::2", "fe80::1", "localhost.", "127.1", " "]
)
def test_no_other_address_is_a_host(text: str) -> None:
    with pytest.raises(SettingsError, match="--host must be a loopback address"):
        load(["--host", text], {})


@pytest.mark.parametrize("word", ["1", "true", "TRUE", "yes", "on", "On"])
def test_words_for_yes(word: str) -> None:
    assert load([], {variable("log_sql"): word}).log_sql is True


@pytest.mark.parametrize("word", ["0", "false", "No", "off", ""])
def test_words_for_no(word: str) -> None:
    assert load([], {variable("log_sql"): word}).log_sql is False


@pytest.mark.parametrize(
    ("least", "most", "name"),
    [
        (0, 65_535, "port"),
        (1, 100, "pool_max"),
        (1, 1000, "max_pools"),
        (1, 10_000, "max_connections"),
        (1, 2**31, "max_body_bytes"),
        (1, 2**31 - 1, "parent_pid"),
    ],
)
def test_whole_numbers_have_their_bounds(least: int, most: int, name: str) -> None:
    for good in (least, most):
        assert getattr(load([flag(name), str(good)], {}), name) == good
    for bad in (str(least - 1), str(most + 1), "9" * 5000, "1.0", " 1", "+1", "１", ""):
        with pytest.raises(SettingsError, match=f"{flag(name)} must be a whole number"):
            load([flag(name) + "=" + bad], {})


def test_a_pool_holds_at_least_its_smallest_number() -> None:
    assert load(["--pool-min", "2"], {}).pool_min == 2
    with pytest.raises(SettingsError, match="--pool-min must not be larger than --pool-max"):
        load(["--pool-min", "3"], {})


# The token.


def test_the_token_comes_from_the_environment() -> None:
    given = load([], {"ORACLE_SIDECAR_TOKEN": "s3cret"})
    assert given.token == Secret("s3cret")
    assert "s3cret" not in repr(given)


def test_the_token_file_goes_before_the_environment(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("from-the-file\n")
    given = load(["--token-file", str(file)], {"ORACLE_SIDECAR_TOKEN": "other"})
    assert given.token == Secret("from-the-file")


@pytest.mark.skipif(os.name != "posix", reason="Windows has no such modes")
@pytest.mark.parametrize(
    ("mode", "is_warned_of"),
    [(0o600, False), (0o400, False), (0o644, True), (0o640, True), (0o666, True)],
)
def test_a_token_file_that_others_can_read_is_warned_of(
    tmp_path: Path, mode: int, is_warned_of: bool
) -> None:
    file = tmp_path / "token"
    file.write_text("s3cret")
    file.chmod(mode)

    given = load(["--token-file", str(file)], {})

    assert given.token == Secret("s3cret")
    expected = (f"other users can read the token file {file}; chmod 600 it",)
    assert given.warnings == (expected if is_warned_of else ())


@pytest.mark.parametrize("length", [1, 4096])
@pytest.mark.parametrize("ending", ["", "\n", "\r\n"])
def test_a_token_has_up_to_4096_characters(tmp_path: Path, length: int, ending: str) -> None:
    file = tmp_path / "token"
    file.write_bytes(("x" * length + ending).encode())
    assert load(["--token-file", str(file)], {}).token == Secret("x" * length)


@pytest.mark.parametrize("text", ["", "x" * 4097, "a b", "a\tb", "a\x00", "é", "\u200b", "a\n"])
def test_no_other_text_is_a_token(text: str) -> None:
    with pytest.raises(SettingsError) as raised:
        load([], {"ORACLE_SIDECAR_TOKEN": text})
    assert str(raised.value).startswith("ORACLE_SIDECAR_TOKEN must hold a token")
    assert not text or text not in str(raised.value)


def test_a_token_file_that_is_too_long_is_refused_and_not_cut(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("x" * 5000)
    with pytest.raises(SettingsError, match="must hold a token"):
        load(["--token-file", str(file)], {})


# What ends the program.


@pytest.mark.parametrize("argument", ["--version", "--help", "-h"])
def test_help_and_version_end_it_with_0(argument: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as raised:
        load([argument], {})
    assert raised.value.code == 0
    assert "oracle-sidecar" in capsys.readouterr().out


def test_help_has_a_line_for_every_flag(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        load(["--help"], {})
    shown = " ".join(capsys.readouterr().out.split())
    for knob in knobs():
        assert f" {flag(knob.name)} " in shown
        assert knob.metadata["help"] in shown


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["--nowhere"], "there is no flag --nowhere; see --help"),
        (["--nowhere=s3cret"], "there is no flag --nowhere; see --help"),
        (["--nowhere", "s3cret"], "there is no flag --nowhere; see --help"),
        (["s3cret"], "there are no arguments without a flag; see --help"),
        (["--port", "1", "s3cret"], "there are no arguments without a flag; see --help"),
        (["--token", "s3cret"], "there is no flag --token: set ORACLE_SIDECAR_TOKEN"),
        (["--token=s3cret"], "there is no flag --token: set ORACLE_SIDECAR_TOKEN"),
        (["--pool", "5"], "there is no flag --pool; see --help"),
    ],
)
def test_what_is_no_flag_is_named_without_its_value(argv: list[str], words: str) -> None:
    with pytest.raises(SettingsError) as raised:
        load(argv, {})
    assert str(raised.value).startswith(words)
    assert "s3cret" not in str(raised.value)


def test_settings_cannot_be_changed() -> None:
    given: Any = load([], {})
    with pytest.raises(dataclasses.FrozenInstanceError):
        given.port = 1


def test_the_version_is_three_numbers() -> None:
    parts = settings_module.VERSION.split(".")
    assert len(parts) == 3
    assert all(part.isdigit() for part in parts)


@pytest.mark.parametrize("text", ["0", "0.0", "0.00", "-0", "0e5"])
def test_no_time_at_all_can_be_written_in_any_way(text: str) -> None:
    assert load(["--drain-timeout", text], {}).drain_timeout == 0


@pytest.mark.parametrize("origin", ["http://app.test:80", "https://app.test:443"])
def test_an_origin_with_a_port_that_no_browser_sends_is_refused(origin: str) -> None:
    with pytest.raises(SettingsError, match="--allow-origin must be without its port"):
        load(["--allow-origin", origin], {})


def test_help_names_every_variable(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        load(["--help"], {})
    shown = capsys.readouterr().out
    assert [name for name in map(variable, OTHERS) if f"[{name}]" not in shown] == []


@pytest.mark.skipif(os.name != "posix", reason="on Windows it means something else")
def test_a_port_for_privileged_programs_is_a_bad_setting(
    capsys: pytest.CaptureFixture[str],
) -> None:
    refused = PermissionError(errno.EACCES, "Permission denied")

    assert sidecar._cannot_listen(Settings(port=80), refused) == 2

    assert "port 80 is for privileged programs only" in capsys.readouterr().err
