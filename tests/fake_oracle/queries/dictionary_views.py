"""The data dictionary: what a client may ask about tables, types, session and version.

A view's rows are written into its SQL as it stands when the statement is compiled; DDL makes
statements be compiled again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from ..expressions.scopes import Compilation
from ..kinds.expression_types import DATE, LONG, NUMBER, text_type
from ..kinds.model import Column, ColumnType, Moment
from ..kinds.nls import AMERICAN
from ..kinds.sqlite_values import moment_key, number_key
from ..parser.lexing import words
from .dictionary_rows import OWNED_VIEWS, Cell, OwnedView
from .type_views import TYPE_VIEWS

Item = TypeVar("Item")

VERSION = "23.9.0.25.07"
_BANNER = "Oracle Database 23ai Free Release 23.0.0.0.0 - Develop, Learn, and Run for Free"
_TEXT = text_type(128, size=128)
_LONG_TEXT = text_type(4000, size=4000)


@dataclass(frozen=True)
class DictionaryView:
    columns: Sequence[Column]
    sql: str


_Rows = Callable[[Compilation], Iterator[Sequence[Cell]]]


def dictionary_view(name: str, compilation: Compilation) -> DictionaryView | None:
    found = _found(name, compilation)
    if found is None:
        return None
    names, rows = found
    columns = [Column(column, _type_of(column)) for column in names]
    lines = [", ".join(map(_cell, row)) for row in rows]
    if not lines:
        nothing = ", ".join(f"NULL AS c{n}" for n in range(1, len(columns) + 1))
        return DictionaryView(columns, f"SELECT {nothing} WHERE 0")
    shown = ", ".join(f"column{n} AS c{n}" for n in range(1, len(columns) + 1))
    selects = ", ".join(f"({line})" for line in lines)
    return DictionaryView(columns, f"SELECT {shown} FROM (VALUES {selects})")


def _found(
    name: str, compilation: Compilation
) -> tuple[Sequence[str], list[Sequence[Cell]]] | None:
    """The columns and the rows of a view."""
    if name in _VIEWS:
        columns, rows = _VIEWS[name]
        return columns.split(), list(rows(compilation))
    scope, _, rest = name.partition("_")
    if rest not in _OWNED or scope not in ("ALL", "USER", "DBA"):
        return None
    view = _OWNED[rest]
    names, listed = view.columns.split(), view.rows(compilation)
    if scope != "USER":
        return names, list(listed)
    # The first column says whose a row is; most views of one's own leave it out.
    hidden = [names.index(column) for column in view.hidden.split()]
    own = [row for row in listed if row[0] == compilation.user]
    return _without(names, hidden), [_without(row, hidden) for row in own]


def _without(cells: Sequence[Item], hidden: Sequence[int]) -> list[Item]:
    return [cell for position, cell in enumerate(cells) if position not in hidden]


def _type_of(column: str) -> ColumnType:
    for names, column_type in _TYPES:
        if column in names:
            return column_type
    return _TEXT


def _cell(value: Cell) -> str:
    if value is None or value == "":
        return "NULL"
    if isinstance(value, int):
        return f"'{number_key(value)}'"
    if isinstance(value, Moment):
        return f"'{moment_key(value)}'"
    return "'" + value.replace("'", "''") + "'"


_TYPES = (
    (
        words(
            "COLUMN_ID DATA_LENGTH DATA_PRECISION DATA_SCALE CHAR_LENGTH NUM_ROWS CON_ID ATTRIBUTES"
            " LENGTH PRECISION SCALE ATTR_NO UPPER_BOUND DEFAULT_LENGTH POSITION COLUMN_POSITION"
            " COLUMN_LENGTH TEXT_LENGTH USER_ID INTERNAL_COLUMN_ID QUERY_LEN"
        ),
        NUMBER,
    ),
    (words("DATA_DEFAULT SEARCH_CONDITION TEXT"), LONG),
    (words("COMMENTS DATA_DEFAULT_VC SEARCH_CONDITION_VC TEXT_VC"), _LONG_TEXT),
    (words("CREATED LAST_ANALYZED"), DATE),
)


def _version(compilation: Compilation) -> Iterator[Sequence[Cell]]:
    yield _BANNER, f"{_BANNER}\nVersion {VERSION}", _BANNER, 0


def _components(compilation: Compilation) -> Iterator[Sequence[Cell]]:
    yield "Oracle Database 23ai Free", "23.0.0.0.0", VERSION, "Production"


def _session_parameters(compilation: Compilation) -> Iterator[Sequence[Cell]]:
    yield from compilation.nls.parameters()


def _database_parameters(compilation: Compilation) -> Iterator[Sequence[Cell]]:
    yield from AMERICAN.parameters()
    yield "NLS_CHARACTERSET", "AL32UTF8"
    yield "NLS_NCHAR_CHARACTERSET", "AL16UTF16"
    yield "NLS_RDBMS_VERSION", VERSION


_OWNED: Mapping[str, OwnedView] = {**OWNED_VIEWS, **TYPE_VIEWS}

_VIEWS: dict[str, tuple[str, _Rows]] = {
    "V$VERSION": ("BANNER BANNER_FULL BANNER_LEGACY CON_ID", _version),
    "PRODUCT_COMPONENT_VERSION": ("PRODUCT VERSION VERSION_FULL STATUS", _components),
    "NLS_SESSION_PARAMETERS": ("PARAMETER VALUE", _session_parameters),
    "NLS_DATABASE_PARAMETERS": ("PARAMETER VALUE", _database_parameters),
}
