"""Rows on their way out: results as JSON objects and as NDJSON.

A batch's columns are encoded one after the other, and the texts are joined row by row.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import nullcontext
from enum import Enum
from functools import partial
from itertools import chain, repeat
from json.encoder import encode_basestring
from typing import TypeAlias

from common.errors import ApiError, refuse
from query.result import Result
from values.column import Column, Row, Texts, encode_columns
from values.texts import bad_characters, is_text


class RowForm(Enum):
    """How a row is written: `/query` answers arrays, `/query-dict` objects."""

    ARRAYS = "arrays"
    OBJECTS = "objects"


def unique_names(names: Iterable[str]) -> list[str]:
    """Names for object keys: repeated ones become NAME_2, NAME_3, and none collides."""
    names = list(names)
    taken = set(names)
    seen: set[str] = set()
    unique = []
    for name in names:
        candidate, number = name, 2
        while candidate in seen or (candidate != name and candidate in taken):
            candidate, number = f"{name}_{number}", number + 1
        seen.add(candidate)
        unique.append(candidate)
    return unique


class RowsBody:
    """An answer's body: pieces of bytes, made as they are asked for. The Result goes with it."""

    def __init__(
        self,
        result: Result,
        encode: Callable[[Result], Iterator[bytes]],
        last_words: Callable[[ApiError], bytes] | None = None,
    ) -> None:
        self._result = result
        self._encode = encode
        self._pieces = encode(result)
        self._last_words = last_words
        self.is_due = False
        """Its pieces may wait for one another."""

    def __iter__(self) -> Iterator[bytes]:
        return self._pieces

    def may_begin_again(self, error: ApiError) -> bool:
        """Whether begins_again may be asked; on any thread."""
        return self._result.may_run_again(error)

    def begins_again(self, error: ApiError) -> bool:
        """A read whose session has ended is run once more."""
        if not self.may_begin_again(error):
            return False
        self._result = self._result.again(error)
        self._pieces = self._encode(self._result)
        return True

    @property
    def is_over(self) -> bool:
        """True when the piece that was given last is known to be the last one."""
        return self._result.is_over

    @property
    def is_wanted_back(self) -> bool:
        return self._result.is_wanted_back

    @property
    def row_count(self) -> int:
        return self._result.row_count

    def last_words(self, error: ApiError) -> bytes | None:
        """What to send when the rest fails after the first bytes; None: nothing, cut it off."""
        return None if self._last_words is None else self._last_words(error)

    def close(self) -> None:
        self._result.close()


def encode_json(result: Result, form: RowForm) -> RowsBody:
    """One JSON object: columns, rows, then what is known at the end."""
    return RowsBody(result, partial(_json_pieces, form=form))


def _json_pieces(result: Result, form: RowForm) -> Iterator[bytes]:
    names = _names(result, form)
    written = _writer(names, form, b",")
    between = utf8(f'{{"columns":{_json_strings(names)},"rows":[')
    for batch in result.batches():
        piece = between + written(result.columns, batch)
        if result.is_over:
            yield piece + utf8(_json_end(result))
            return
        yield piece
        between = b","
    yield (b"" if between == b"," else between) + utf8(_json_end(result))


def _json_end(result: Result) -> str:
    return (
        f'],"row_count":{result.row_count},"execution_time_ms":{result.execution_time_ms},'
        f'"truncated":{_json_boolean(result.truncated)},"column_types":{_types(result.columns)}}}'
    )


def encode_ndjson(result: Result, form: RowForm) -> RowsBody:
    """One line for the columns, one for each row, one for the end or the error.

    For readers that split lines wherever Unicode ends one, not only at line feeds, what ends one
    inside a text is escaped.
    """
    return RowsBody(result, partial(_ndjson_pieces, form=form), ndjson_error)


def _ndjson_pieces(result: Result, form: RowForm) -> Iterator[bytes]:
    names = _names(result, form)
    written = _writer(names, form, b"\n")
    head = f'{{"columns":{_json_strings(names)},"column_types":{_types(result.columns)}}}\n'
    start = escaped_line_ends(utf8(head))
    for batch in result.batches():
        lines = start + escaped_line_ends(written(result.columns, batch)) + b"\n"
        if result.is_over:
            yield lines + _ndjson_end(result)
            return
        yield lines
        start = b""
    yield start + _ndjson_end(result)


_LINE_ENDS = {end.encode(): f"\\u{ord(end):04x}".encode() for end in ("\x85", "\u2028", "\u2029")}


def escaped_line_ends(data: bytes) -> bytes:
    """JSON in UTF-8 with line ends inside its texts escaped; they can stand nowhere else."""
    if not data.isascii():
        for end, escape in _LINE_ENDS.items():
            data = data.replace(end, escape)
    return data


def _ndjson_end(result: Result) -> bytes:
    return (
        f'{{"row_count":{result.row_count},"truncated":{_json_boolean(result.truncated)},'
        f'"execution_time_ms":{result.execution_time_ms}}}\n'
    ).encode()


def ndjson_progress(row_count: int, elapsed_ms: float) -> bytes:
    """How far an answer is, while nothing else of it can be sent."""
    return b'{"progress":{"rows":%d,"elapsed_ms":%d}}\n' % (row_count, elapsed_ms)


def ndjson_error(error: ApiError) -> bytes:
    """The last line of an answer that fails after its head was sent."""
    detail = error.detail()
    line = (
        f'{{"error":{{"code":{detail["code"]},"message":{encode_basestring(detail["message"])},'
        f'"hint":{"null" if detail["hint"] is None else encode_basestring(detail["hint"])},'
        f'"full_code":{encode_basestring(detail["full_code"])},'
        f'"retryable":{_json_boolean(detail["retryable"])}}}}}\n'
    )
    return escaped_line_ends(line.encode("utf-8", "replace"))


def _names(result: Result, form: RowForm) -> list[str]:
    names = [column.name for column in result.columns]
    return unique_names(names) if form is RowForm.OBJECTS else names


# Writes the rows of a batch, in UTF-8. ApiError for what cannot be written.
_Writer: TypeAlias = Callable[[Sequence[Column], Sequence[Row]], bytes]
# The interpreter runs one thread at a time anyway. Those that would only wait for it delay threads
# with little to do, /health above all: with eight large answers under way it took twice as long.
_large_batch = threading.Lock()
SMALL_BATCH = 200


def _writer(names: Sequence[str], form: RowForm, gap: bytes) -> _Writer:
    """gap: what stands between two rows. One large batch is written at a time."""
    write, begin, end = _row_parts(names, form)
    between = end + gap + begin

    def written(columns: Sequence[Column], batch: Sequence[Row]) -> bytes:
        try:
            with _large_batch if len(batch) > SMALL_BATCH else nullcontext():
                return begin + between.join(write(encode_columns(columns, batch))) + end
        except UnicodeEncodeError as error:
            raise _bad_characters(columns, batch) from error

    return written


def _row_parts(
    names: Sequence[str], form: RowForm
) -> tuple[Callable[[Sequence[Texts]], list[bytes]], bytes, bytes]:
    """What writes rows but for their brackets; the brackets."""
    if form is RowForm.ARRAYS:
        return _arrays, b"[", b"]"
    keys = [f"{',' if at else ''}{encode_basestring(name)}:" for at, name in enumerate(names)]
    return partial(_objects, keys), b"{", b"}"


# Row by row in UTF-8: text in which few characters are not ASCII takes twice as long as a whole.


def _arrays(texts: Sequence[Texts]) -> list[bytes]:
    return list(map(str.encode, map(",".join, zip(*texts, strict=True))))


def _objects(keys: Sequence[str], texts: Sequence[Texts]) -> list[bytes]:
    rows = len(texts[0])
    members = [(repeat(key, rows), column) for key, column in zip(keys, texts, strict=True)]
    woven = zip(*chain.from_iterable(members), strict=True)
    return list(map(str.encode, map("".join, woven)))


def utf8(text: str) -> bytes:
    """ApiError where it is not valid text. Of values that was found out before, with the column."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise refuse("BAD_CHARACTERS", "a name is not valid text") from None


def _bad_characters(columns: Sequence[Column], batch: Sequence[Row]) -> ApiError:
    for column, values in zip(columns, zip(*batch, strict=True), strict=False):
        for value in values:
            if isinstance(value, str) and not is_text(value):
                return bad_characters(column.name)
    return refuse("BAD_CHARACTERS", "a column name is not valid text")


def _json_strings(texts: Sequence[str]) -> str:
    return "[" + ",".join(map(encode_basestring, texts)) + "]"


def _types(columns: Sequence[Column]) -> str:
    return _json_strings([column.type for column in columns])


def _json_boolean(value: bool) -> str:
    return "true" if value else "false"
