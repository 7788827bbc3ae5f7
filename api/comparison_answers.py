"""A comparison as JSON and as NDJSON: a head, a line for each difference, totals."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence, Set
from itertools import groupby, repeat
from json.encoder import encode_basestring
from operator import itemgetter
from typing import NamedTuple, TypeAlias

from api.answers import escaped_line_ends, utf8
from common.errors import ApiError
from compare.comparison import Comparison
from compare.events import Differences, Event, Head, Progress, SideHead, Totals
from values.column import Column, Row, encode_columns

# Lines are sent in pieces of about this many characters.
PIECE_CHARACTERS = 500_000
# Of a table of 40 columns any set of them may differ.
MOST_PATTERNS = 500


class ComparisonBody:
    """An answer's body. The comparison goes with it."""

    def __init__(self, comparison: Comparison, pieces: Iterator[bytes], is_ndjson: bool) -> None:
        self._comparison = comparison
        self._pieces = pieces
        self._is_ndjson = is_ndjson

    def __iter__(self) -> Iterator[bytes]:
        return self._pieces

    def begins_again(self, error: ApiError) -> bool:
        """Its sides see to that themselves."""
        return False

    @property
    def is_due(self) -> bool:
        """A line of NDJSON leaves at once; of JSON the first bytes are gathered."""
        return self._is_ndjson

    @property
    def is_over(self) -> bool:
        return self._comparison.is_over

    @property
    def is_wanted_back(self) -> bool:
        return self._comparison.is_wanted_back

    def last_words(self, error: ApiError) -> bytes | None:
        """In NDJSON the error line; JSON is cut off."""
        if not self._is_ndjson:
            return None
        line = _dumps({"error": error.detail()}) + "\n"
        return escaped_line_ends(line.encode("utf-8", "replace"))

    def close(self) -> None:
        self._comparison.close()


def encode_comparison_json(comparison: Comparison, writer: LineWriter) -> ComparisonBody:
    return ComparisonBody(comparison, _json_pieces(comparison, writer), is_ndjson=False)


def encode_comparison_ndjson(comparison: Comparison, writer: LineWriter) -> ComparisonBody:
    return ComparisonBody(comparison, _ndjson_pieces(comparison, writer), is_ndjson=True)


class LineWriter:
    """Writes the lines of differences. Used by one thread.

    rows_are_keys: lines carry no key. shows_whole_rows: a changed row shows all compared columns.
    """

    def __init__(self, rows_are_keys: bool, shows_whole_rows: bool, is_summary: bool) -> None:
        self.is_summary = is_summary
        self._rows_are_keys = rows_are_keys
        self._shows_whole_rows = shows_whole_rows
        self._head: Head | None = None
        self._lines: dict[_Pattern, _Line] = {}
        """By pattern, since most differences of a comparison are alike."""

    def head(self, head: Head) -> dict[str, object]:
        """What is told before the differences, and what those are written by."""
        self._head = head
        plan, left, right = head
        tables = {}
        if left.table is not None or right.table is not None:
            tables = {"left_table": left.table, "right_table": right.table}
        return {
            "key": "row" if self._rows_are_keys else list(plan.key),
            "columns": list(plan.compared),
            "left_types": _types(left, plan.compared),
            "right_types": _types(right, plan.compared),
            "left_only_columns": list(plan.left_only),
            "right_only_columns": list(plan.right_only),
            "types_differ": [each._asdict() for each in plan.types_differ],
            "ignored": list(plan.ignored),
            "empty_is_null": sorted({*left.empty_is_null, *right.empty_is_null}),
            **tables,
            "left_sql": left.sql,
            "right_sql": right.sql,
            "left_started": left.started.isoformat(timespec="milliseconds"),
            "right_started": right.started.isoformat(timespec="milliseconds"),
        }

    def lines(self, differences: Differences) -> list[str]:
        """One JSON text for each difference. ApiError."""
        assert self._head is not None
        (left, right, _), places, differing = differences
        patterns = iter(differing)
        lines = [
            self._line(_LEFT_ONLY if j is None else _RIGHT_ONLY if i is None else next(patterns))
            for i, j in places
        ]
        mine = _texts(
            self._head.left.columns,
            [left.rows[i] for i, _ in places if i is not None],
            {at for line in set(lines) for at in line.left},
        )
        theirs = _texts(
            self._head.right.columns,
            [right.rows[j] for _, j in places if j is not None],
            {at for line in set(lines) for at in line.right},
        )
        written: list[str] = []
        a = b = 0
        for line, alike in groupby(lines):
            rows = len(list(alike))
            of_left, of_right = slice(a, a + rows), slice(b, b + rows)
            texts = [mine[at][of_left] for at in line.left]
            texts += [theirs[at][of_right] for at in line.right]
            filled = zip(*texts, strict=True) if texts else repeat((), rows)
            written += map(line.text.__mod__, filled)
            a, b = a + rows * line.has_left, b + rows * line.has_right
        return written

    def _line(self, pattern: _Pattern) -> _Line:
        line = self._lines.get(pattern)
        if line is None:
            if len(self._lines) >= MOST_PATTERNS:
                self._lines.clear()
            line = self._lines[pattern] = self._new_line(pattern)
        return line

    def _new_line(self, pattern: _Pattern) -> _Line:
        assert self._head is not None
        plan, left, right = self._head
        changed = pattern if isinstance(pattern, tuple) else ()
        differing = [name for name, differs in zip(plan.compared, changed, strict=False) if differs]
        told = differing if changed and not self._shows_whole_rows else plan.compared
        members = [f'"diff":"{_kind(pattern)}"']
        left_places: list[int] = []
        right_places: list[int] = []
        has_left, has_right = pattern != _RIGHT_ONLY, pattern != _LEFT_ONLY
        key_side, key_places = (left, left_places) if has_left else (right, right_places)
        if not self._rows_are_keys:
            members.append(f'"key":{_object(key_side, plan.key, key_places)}')
        if changed:
            members.append(f'"columns":{_format_safe(_dumps(differing))}')
        if has_left:
            names = [*told, *plan.left_shown]
            members.append(f'"left":{_object(left, names, left_places)}')
        if has_right:
            names = [*told, *plan.right_shown]
            members.append(f'"right":{_object(right, names, right_places)}')
        text = "{" + ",".join(members) + "}"
        return _Line(text, tuple(left_places), tuple(right_places), has_left, has_right)


class _Line(NamedTuple):
    """A line to be filled with `%`: with these columns of the left row, then of the right one."""

    text: str
    left: tuple[int, ...]
    right: tuple[int, ...]
    has_left: bool
    has_right: bool


_LEFT_ONLY, _RIGHT_ONLY = "left_only", "right_only"
_Pattern: TypeAlias = "str | tuple[bool, ...]"
"""What a difference is: of a changed row, which of the compared columns differ."""


def _kind(pattern: _Pattern) -> str:
    return pattern if isinstance(pattern, str) else "changed"


def _object(side: SideHead, names: Sequence[str], places: list[int]) -> str:
    """An object with a `%s` for each value; adds the places of their columns."""
    at = {column.name: place for place, column in enumerate(side.columns)}
    once = list(dict.fromkeys(names))
    places += [at[name] for name in once]
    return "{" + ",".join(f"{_format_safe(encode_basestring(name))}:%s" for name in once) + "}"


def _format_safe(text: str) -> str:
    return text.replace("%", "%%")


def _types(side: SideHead, names: Sequence[str]) -> list[str]:
    types = {column.name: column.type for column in side.columns}
    return [types[name] for name in names]


def _texts(
    columns: Sequence[Column], rows: Sequence[Row], places: Set[int]
) -> dict[int, Sequence[str]]:
    """The JSON texts of some columns of these rows, by the columns' places."""
    if not rows:
        return {}
    wanted = sorted(places)
    chosen = itemgetter(*wanted) if len(wanted) > 1 else lambda row: (row[wanted[0]],)
    texts = encode_columns([columns[at] for at in wanted], list(map(chosen, rows)))
    return dict(zip(wanted, texts, strict=True))


def _totals(totals: Totals) -> dict[str, object]:
    counts = totals.counts
    return {
        "same": totals.same,
        "left_rows": counts.left_rows,
        "right_rows": counts.right_rows,
        "equal": counts.equal,
        "changed": counts.changed,
        "left_only": counts.left_only,
        "right_only": counts.right_only,
        "changed_columns": dict(totals.changed_columns),
        "truncated": totals.truncated,
        "complete": totals.complete,
        "execution_time_ms": totals.execution_time_ms,
    }


def _ndjson_pieces(comparison: Comparison, writer: LineWriter) -> Iterator[bytes]:
    for event in comparison.events():
        if isinstance(event, Differences):
            for piece in _pieces(writer.lines(event), "\n", "\n"):
                yield escaped_line_ends(utf8(piece))
        else:
            yield _line(_told(event, writer))


def _told(event: Event, writer: LineWriter) -> object:
    if isinstance(event, Head):
        return writer.head(event)
    if isinstance(event, Progress):
        return {"progress": event._asdict()}
    assert isinstance(event, Totals)
    return _totals(event)


def _json_pieces(comparison: Comparison, writer: LineWriter) -> Iterator[bytes]:
    between = ""
    for event in comparison.events():
        if isinstance(event, Head):
            start = _dumps(writer.head(event))[:-1]
            yield utf8(start if writer.is_summary else f'{start},"differences":[')
        elif isinstance(event, Differences):
            for piece in _pieces(writer.lines(event), ",", ""):
                yield utf8(between + piece)
                between = ","
        elif isinstance(event, Totals):
            end = _dumps(_totals(event))[1:]
            yield utf8(f",{end}" if writer.is_summary else f"],{end}")


def _pieces(lines: Sequence[str], between: str, end: str) -> Iterator[str]:
    """Lines joined, in pieces of a bounded size."""
    piece: list[str] = []
    size = 0
    for line in lines:
        piece.append(line)
        size += len(line)
        if size >= PIECE_CHARACTERS:
            yield between.join(piece) + end
            piece, size = [], 0
    if piece:
        yield between.join(piece) + end


def _line(value: object) -> bytes:
    return escaped_line_ends(utf8(_dumps(value) + "\n"))


def _dumps(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
