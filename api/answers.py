"""Rows on their way out: results as JSON objects and as NDJSON.

A batch's columns are encoded one after the other, and the texts are joined row by row.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import Enum
from json.encoder import encode_basestring

from common.errors import ApiError, refuse
from query.result import Result
from values.column import Column, Row, encode_columns
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
        pieces: Iterator[bytes],
        last_words: Callable[[ApiError], bytes] | None = None,
    ) -> None:
        self._result = result
        self._pieces = pieces
        self._last_words = last_words
        self.is_due = False
        """Its pieces may wait for one another."""

    def __iter__(self) -> Iterator[bytes]:
        return self._pieces

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
    return RowsBody(result, _json_pieces(result, form))


def _json_pieces(result: Result, form: RowForm) -> Iterator[bytes]:
    names = _names(result, form)
    write = _row_writer(names, form)
    start = f'{{"columns":{_json_strings(names)},"rows":['
    for batch in result.batches():
        text = start + _joined(",", write, result.columns, batch)
        if result.is_over:
            yield _utf8(text + _json_end(result), result.columns, batch)
            return
        yield _utf8(text, result.columns, batch)
        start = ","
    yield (("" if start == "," else start) + _json_end(result)).encode()


def _json_end(result: Result) -> str:
    return (
        f'],"row_count":{result.row_count},"execution_time_ms":{result.execution_time_ms},'
        f'"truncated":{_json_boolean(result.truncated)},"column_types":{_types(result.columns)}}}'
    )


# The interpreter runs one thread at a time anyway. Those that would only wait for it delay threads
# with little to do, /health above all: with eight large answers under way it took twice as long.
_large_batch = threading.Lock()
SMALL_BATCH = 200


def _joined(
    between: str,
    write: Callable[[tuple[str, ...]], str],
    columns: Sequence[Column],
    batch: Sequence[Row],
) -> str:
    """The rows of a batch as text. One large batch is encoded at a time."""
    if len(batch) <= SMALL_BATCH:
        return between.join(map(write, encode_columns(columns, batch)))
    with _large_batch:
        return between.join(map(write, encode_columns(columns, batch)))


def encode_ndjson(result: Result, form: RowForm) -> RowsBody:
    """One line for the columns, one for each row, one for the end or the error.

    For readers that split lines wherever Unicode ends one, not only at line feeds, what ends one
    inside a text is escaped.
    """
    return RowsBody(result, _ndjson_pieces(result, form), ndjson_error)


def _ndjson_pieces(result: Result, form: RowForm) -> Iterator[bytes]:
    names = _names(result, form)
    write = _row_writer(names, form)
    start = f'{{"columns":{_json_strings(names)},"column_types":{_types(result.columns)}}}\n'
    for batch in result.batches():
        lines = start + _joined("\n", write, result.columns, batch) + "\n"
        if result.is_over:
            yield _utf8(escaped_line_ends(lines) + _ndjson_end(result), result.columns, batch)
            return
        yield _utf8(escaped_line_ends(lines), result.columns, batch)
        start = ""
    yield (escaped_line_ends(start) + _ndjson_end(result)).encode()


_LINE_ENDS = {"\x85": "\\u0085", "\u2028": "\\u2028", "\u2029": "\\u2029"}


def escaped_line_ends(text: str) -> str:
    """JSON with line ends inside its texts escaped; they can stand nowhere else."""
    if not text.isascii():
        for end, escape in _LINE_ENDS.items():
            text = text.replace(end, escape)
    return text


def _ndjson_end(result: Result) -> str:
    return (
        f'{{"row_count":{result.row_count},"truncated":{_json_boolean(result.truncated)},'
        f'"execution_time_ms":{result.execution_time_ms}}}\n'
    )


def ndjson_progress(row_count: int, elapsed_ms: float) -> bytes:
    """How far an answer is, while nothing else of it can be sent."""
    return b'{"progress":{"rows":%d,"elapsed_ms":%d}}\n' % (row_count, elapsed_ms)


def ndjson_error(error: ApiError) -> bytes:
    """The last line of an answer that fails after its head was sent."""
    detail = error.detail()
    return escaped_line_ends(
        f'{{"error":{{"code":{detail["code"]},"message":{encode_basestring(detail["message"])},'
        f'"hint":{"null" if detail["hint"] is None else encode_basestring(detail["hint"])},'
        f'"full_code":{encode_basestring(detail["full_code"])},'
        f'"retryable":{_json_boolean(detail["retryable"])}}}}}\n'
    ).encode("utf-8", "replace")


def _names(result: Result, form: RowForm) -> list[str]:
    names = [column.name for column in result.columns]
    return unique_names(names) if form is RowForm.OBJECTS else names


def _row_writer(names: Sequence[str], form: RowForm) -> Callable[[tuple[str, ...]], str]:
    """Joins the texts of one row."""
    if form is RowForm.ARRAYS:
        return ("[" + ",".join(["%s"] * len(names)) + "]").__mod__
    keys = [encode_basestring(name).replace("%", "%%") for name in names]
    return ("{" + ",".join(f"{key}:%s" for key in keys) + "}").__mod__


def _utf8(text: str, columns: Sequence[Column], batch: Sequence[Row]) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise _bad_characters(columns, batch) from error


def _bad_characters(columns: Sequence[Column], batch: Sequence[Row]) -> ApiError:
    for column, values in zip(columns, zip(*batch, strict=True), strict=True):
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
