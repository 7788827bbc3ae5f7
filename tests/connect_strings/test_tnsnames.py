"""tnsnames.ora as the driver reads it, and files that it cannot read."""

from __future__ import annotations

import os
from pathlib import Path

import oracledb
import pytest

from common.errors import ApiError
from connect_strings.meaning import alias_meaning
from connect_strings.tnsnames import look_up
from tests.growth import assert_linear

DEV = "(DESCRIPTION=(ADDRESS=(HOST=dev)(PORT=1521))(CONNECT_DATA=(SERVICE_NAME=dev)))"
FILE = """\
# a comment = (with parentheses
DEV, dev.world=(DESCRIPTION=(ADDRESS=(HOST=dev)(PORT=1521)) # here too (
  (CONNECT_DATA=(SERVICE_NAME=dev)))

TEST,
  T2 =
  (DESCRIPTION =
    # (ADDRESS = (HOST = old))
    (ADDRESS = (PROTOCOL = TCP)(HOST = test)(PORT = 1522))
    (CONNECT_DATA = (SERVICE_NAME = test))
  )
plain = host:1521/svc
) stray = x
no equals sign
UAT = uathost/uat
DEV2=(DESCRIPTION=(ADDRESS=(HOST=old)))
DEV2=(DESCRIPTION=(ADDRESS=(HOST=new))(CONNECT_DATA=(SID=x)))
"""


def write(folder: Path, content: bytes | str, name: str = "tnsnames.ora") -> str:
    data = content if isinstance(content, bytes) else content.encode()
    (folder / name).write_bytes(data)
    return str(folder)


def meaning_by_driver(folder: str, alias: str) -> str:
    params = oracledb.ConnectParams(config_dir=folder)
    params.parse_connect_string(alias)
    return str(params.get_connect_string())


@pytest.mark.parametrize("alias", ["DEV", "dev.WORLD", "test", "T2", "Plain", "uat", "dev2"])
def test_an_alias_means_what_the_driver_makes_of_it(tmp_path: Path, alias: str) -> None:
    folder = write(tmp_path, FILE)

    meaning = alias_meaning(oracledb, alias, folder)

    assert meaning.key.partition("\n")[0] == meaning_by_driver(folder, alias)


def test_included_files_count_where_they_are_included(tmp_path: Path) -> None:
    (tmp_path / "more").mkdir()
    write(tmp_path / "more", "A = one/a\nB = one/b\nIFILE = second.ora", "first.ora")
    write(tmp_path / "more", "C = one/c", "second.ora")
    folder = write(tmp_path, 'A = zero/a\nIFILE = "more/first.ora"\nB = zero/b\n')

    for alias in "ABC":
        meaning = alias_meaning(oracledb, alias, folder)
        assert meaning.key.partition("\n")[0] == meaning_by_driver(folder, alias)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252", "latin-1"])
def test_a_file_is_read_in_the_encoding_that_it_is_in(tmp_path: Path, encoding: str) -> None:
    folder = write(tmp_path, f"MÜLLER = {DEV}\r\n# für Jörg\r\nLAST = x/y\r\n".encode(encoding))

    assert look_up(folder, "müller").entry.value == DEV
    assert look_up(folder, "last").entry.value == "x/y"


def test_an_edit_counts_at_once_even_where_size_and_second_stay_the_same(tmp_path: Path) -> None:
    for host in ("one", "two"):
        folder = write(tmp_path, f"DEV = {host}/svc")
        assert look_up(folder, "DEV").entry.value == f"{host}/svc"


def test_an_entry_that_is_not_closed_is_named_with_its_place(tmp_path: Path) -> None:
    folder = write(
        tmp_path, f"FIRST = {DEV}\n\nDEV =\n (DESCRIPTION=(ADDRESS=(HOST=h)\nLAST = {DEV}\n"
    )
    place = f"the entry DEV of {tmp_path / 'tnsnames.ora'}, line 3"

    assert look_up(folder, "FIRST").entry.value == DEV
    with pytest.raises(ApiError, match="DPY-4017: a parenthesis is not closed in") as unclosed:
        look_up(folder, "dev")
    with pytest.raises(ApiError, match="DPY-4000: unable to find 'LAST' in") as lost:
        look_up(folder, "LAST")

    assert place in unclosed.value.message
    assert place in lost.value.message


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("(DESCRIPTION=(ADDRESS=))", "cannot parse the entry DEV of"),
        ("other", "is neither an address nor a descriptor"),
        ("u/SECRET@h/s", "must not hold credentials"),
    ],
)
def test_an_entry_that_makes_no_sense_is_named_without_its_text(
    tmp_path: Path, value: str, words: str
) -> None:
    folder = write(tmp_path, f"\nDEV = {value}")

    with pytest.raises(ApiError, match=words) as refused:
        alias_meaning(oracledb, "DEV", folder)

    assert f"{tmp_path / 'tnsnames.ora'}, line 2" in refused.value.message
    assert "SECRET" not in refused.value.message


def test_what_is_no_file_is_told_and_holds_up_no_caller(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "tnsnames.ora")

    for folder in (str(tmp_path), str(tmp_path / "none"), "\0"):
        with pytest.raises(ApiError, match="DPY-4026: file"):
            look_up(folder, "DEV")


def test_files_that_include_each_other_are_told(tmp_path: Path) -> None:
    write(tmp_path, "IFILE = tnsnames.ora", "other.ora")
    folder = write(tmp_path, "IFILE = other.ora")

    with pytest.raises(ApiError, match="DPY-4030"):
        look_up(folder, "DEV")


@pytest.mark.parametrize("piece", ["(", "\n", "a,", "a\n", "=", "a=(\n", "#", "a=b\n"])
def test_the_time_to_read_a_file_grows_as_its_length_does(tmp_path: Path, piece: str) -> None:
    def read(text: str) -> None:
        folder = write(tmp_path, text)
        with pytest.raises(ApiError):
            look_up(folder, "none")

    assert_linear(read, piece, characters=100_000)
