"""The names in a tnsnames.ora, as the file has them now.

The driver reads such files, too (impl/base/parsers.pyx, TnsnamesFileParser), and what it makes of
them is done alike here: names in any case, several for one entry, comments, IFILE, the last entry
of a name counts. It notices an edit only when the clock shows another second, though, reads in the
encoding of the system's locale, and takes all behind a missing parenthesis for one entry's value.
"""

from __future__ import annotations

import codecs
import os
import stat
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from common.errors import refuse

FILE_NAME = "tnsnames.ora"
# A file with ten thousand entries has 3 MB.
MOST_BYTES = 8 * 1024 * 1024
MOST_REMEMBERED = 4
MOST_INCLUDED = 16


class Entry(NamedTuple):
    """`DEV, TEST = (DESCRIPTION=...)`, and where it begins."""

    names: tuple[str, ...]
    """In upper case."""
    value: str
    line: int
    is_closed: bool


class Found(NamedTuple):
    """An entry, and the file that has it."""

    path: str
    entry: Entry

    @property
    def place(self) -> str:
        names = ", ".join(self.entry.names)
        return f"the entry {names} of {self.path}, line {self.entry.line}"


def look_up(folder: str, name: str) -> Found:
    """The entry of an alias. ApiError 400, which names the file and, where it helps, the place.

    Reads files: on a network drive that can take for ever.
    """
    path = os.path.join(folder, FILE_NAME)
    wanted_name = name.strip().upper()
    wanted: Found | None = None
    unclosed: list[Found] = []
    for place in _entries(path, wanted_name, ()):
        if wanted_name in place.entry.names:
            wanted = place
        if not place.entry.is_closed:
            unclosed.append(place)
    if wanted is None:
        raise refuse("DPY-4000", f"DPY-4000: unable to find {name!r} in {path}{_hint(unclosed)}")
    if not wanted.entry.is_closed:
        raise refuse("DPY-4017", f"DPY-4017: a parenthesis is not closed in {wanted.place}")
    return wanted


def _hint(unclosed: list[Found]) -> str:
    if not unclosed:
        return ""
    return (
        f"; a parenthesis is not closed in {unclosed[0].place}, so that all behind it belongs to it"
    )


def _entries(path: str, name: str, including: tuple[str, ...]) -> Iterator[Found]:
    """The entries of a name, and those that are not closed, of a file and where it includes others
    of those.
    """
    if path in including or len(including) > MOST_INCLUDED:
        raise refuse("DPY-4030", f"DPY-4030: {path} is included by IFILE lines that do not end")
    for entry in _read(path):
        if entry.names == ("IFILE",):
            included = entry.value.strip('"')
            yield from _entries(
                os.path.join(os.path.dirname(path), included), name, (*including, path)
            )
        elif name in entry.names or not entry.is_closed:
            yield Found(path, entry)


def _read(path: str) -> tuple[Entry, ...]:
    try:
        state = os.stat(path)
        if not stat.S_ISREG(state.st_mode):
            raise OSError("it is no file")
        if state.st_size > MOST_BYTES:
            raise OSError(f"it has more than {MOST_BYTES} bytes")
        return _read_cached(path, state.st_mtime_ns, state.st_size, state.st_ino)
    except (OSError, ValueError) as error:
        raise refuse(
            "DPY-4026", f"DPY-4026: file {path!r} is missing or unreadable: {error}"
        ) from error


@lru_cache(maxsize=MOST_REMEMBERED)
def _read_cached(path: str, _changed_at_ns: int, _size: int, _inode: int) -> tuple[Entry, ...]:
    """The arguments besides the path tell one state of the file from another."""
    with open(path, "rb") as file:
        return tuple(entries(decode(file.read(MOST_BYTES))))


def decode(content: bytes) -> str:
    """Editors of Windows write marks in front, UTF-16, and the code page of western Europe."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return content.decode("utf-16", "replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")


def entries(text: str) -> Iterator[Entry]:
    """A value ends with the line on which all its parentheses are closed."""
    names: list[str] = []
    value: list[str] = []
    depth = first_line = 0
    is_in_value = False
    for number, line in enumerate(text.splitlines(), 1):
        code = line.partition("#")[0]
        if not is_in_value:
            head, equals, code = code.partition("=")
            if "(" in head or ")" in head:
                names = []
            elif head.strip():
                names.append(head)
            is_in_value, first_line = bool(equals and names), number
            if not is_in_value:
                continue
        if code.strip():
            value.append(code.strip())
        depth = _depth_behind(code, depth)
        if value and not depth:
            yield _entry(names, value, first_line, is_closed=True)
            names, value, is_in_value = [], [], False
    if value:
        yield _entry(names, value, first_line, is_closed=False)


def _depth_behind(code: str, depth: int) -> int:
    for character in code:
        if character == "(":
            depth += 1
        elif character == ")" and depth:
            depth -= 1
    return depth


def _entry(names: list[str], value: list[str], line: int, *, is_closed: bool) -> Entry:
    # Lines that belong to no entry may stand before the first name.
    split = [name.strip() for name in "\n".join(names).split(",") if name.strip()]
    return Entry(
        tuple(name.splitlines()[-1].strip().upper() for name in split),
        "\n".join(value),
        line,
        is_closed,
    )
