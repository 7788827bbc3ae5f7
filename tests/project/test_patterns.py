"""No regular expression of the product can be made to hold the interpreter."""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

import pytest

from tests.growth import assert_linear
from tests.harness import ROOT
from tests.project.test_layout import MODULES

# Pieces of what patterns look for, repeated: a match that begins everywhere and ends nowhere.
PIECES = [
    *(" ", "\t", "\n", "\r\n", "0", "1", "a", "_", "(", ")", "[", '"', "'", "/", ".", ",", ":"),
    *(
        ";",
        "=",
        "@",
        "?",
        "&",
        "-",
        "+",
        "*",
        "\u00e9",
        "\u00a0",
        "a=",
        "(a=",
        '(a="',
        "a@",
        "?a=@",
    ),
    *("--", "/*", "q'[", "''", "ORA-0", "ORA-00001\n", "\nORA-00001: ", "DPY-4011: x\n"),
    *("(CONNECTION_ID=", "(ERR=1", "(Similar to ORA-1", "Help: https://", "\nHelp: https://a "),
    *(
        "\nTo use an LDAP URL in python-oracledb",
        "a:",
        "a: ",
        "GET ",
        "HTTP/1.1 ",
        "1;",
        "2026-01-01T",
    ),
    *("+1 1:1:1.1", "P1DT", "1.", "1e", "CREATE OR REPLACE ", "x.NEXTVAL,", "\n(", "-1"),
]
# A match that may have begun before the pieces, and one that cannot end behind them.
STARTS = ["", "(", "ORA-00001: (", "DPY-4011: "]
END = "\x00"


class Named(NamedTuple):
    """A pattern where it stands, and the way it is used."""

    place: str
    pattern: re.Pattern[str] | re.Pattern[bytes]
    only_at_start: bool


def patterns() -> Iterator[Named]:
    for file in MODULES:
        module = ".".join(file.relative_to(ROOT).with_suffix("").parts)
        source = file.read_text(encoding="utf-8")
        if "re." not in source:
            continue
        for name, value in vars(importlib.import_module(module)).items():
            for pattern in found_in(value):
                searches = re.search(rf"\b{name}\.(search|sub|findall|finditer|split)\b", source)
                matches = re.search(rf"\b{name}\.(match|fullmatch)\b", source)
                is_anchored = matches is not None and searches is None
                yield Named(f"{module}.{name}", pattern, is_anchored)


def found_in(value: object) -> Iterator[re.Pattern[str] | re.Pattern[bytes]]:
    if isinstance(value, re.Pattern):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from found_in(item)


ALL = list(patterns())


@pytest.mark.parametrize("named", ALL, ids=[named.place for named in ALL])
def test_the_time_that_a_pattern_takes_grows_as_the_text_does(named: Named) -> None:
    pattern = named.pattern
    use: Callable[..., object] = pattern.match if named.only_at_start else pattern.findall
    for start in STARTS:

        def run(text: str, start: str = start) -> object:
            whole = start + text + END
            return use(whole if isinstance(pattern.pattern, str) else whole.encode())

        for piece in PIECES:
            assert_linear(run, piece)


def test_every_pattern_has_a_name_by_which_it_is_found() -> None:
    places = {named.place for named in ALL}
    assert {"sql.scanner._TOKEN", "oracle.error_codes._SOCKET_REASONS"} <= places
    for file in MODULES:
        source = file.read_text(encoding="utf-8")
        assert not re.search(r"\bre\.(search|sub|match|fullmatch|findall|finditer|split)\(", source)
