"""The data dictionary: what a client may ask about tables, types, session and version.

A view's rows are written into its SQL as it stands when the statement is compiled; DDL makes
statements be compiled again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from ..expressions.scopes import Compilation
from ..kinds.catalogue import Table
from ..kinds.expression_types import CHARACTER_KINDS, NUMBER, text_type
from ..kinds.model import Column, ColumnType, Kind, name_in_type
from ..kinds.sqlite_values import number_key
from ..parser.lexing import words

VERSION = "23.9.0.25.07"
_BANNER = "Oracle Database 23ai Free Release 23.0.0.0.0 - Develop, Learn, and Run for Free"
_TEXT = text_type(128, size=128)


@dataclass(frozen=True)
class DictionaryView:
    columns: Sequence[Column]
    sql: str


_Cell = str | int | None
_Rows = Callable[[Compilation], Iterator[Sequence[_Cell]]]


def dictionary_view(name: str, compilation: Compilation) -> DictionaryView | None:
    if name not in _VIEWS:
        return None
    columns, rows = _VIEWS[name]
    shown = [Column(c, NUMBER if c in _NUMBERS else _TEXT) for c in columns.split()]
    lines = [", ".join(map(_cell, row)) for row in rows(compilation)]
    selects = [f"({line})" for line in lines]
    names = ", ".join(f"column{n} AS c{n}" for n in range(1, len(shown) + 1))
    if not selects:
        nothing = ", ".join(f"NULL AS c{n}" for n in range(1, len(shown) + 1))
        return DictionaryView(shown, f"SELECT {nothing} WHERE 0")
    return DictionaryView(shown, f"SELECT {names} FROM (VALUES {', '.join(selects)})")


def _cell(value: _Cell) -> str:
    if value is None or value == "":
        return "NULL"
    if isinstance(value, int):
        return f"'{number_key(value)}'"
    return "'" + value.replace("'", "''") + "'"


_NUMBERS = words(
    "COLUMN_ID DATA_LENGTH DATA_PRECISION DATA_SCALE CHAR_LENGTH NUM_ROWS CON_ID ATTRIBUTES LENGTH"
    " PRECISION SCALE ATTR_NO UPPER_BOUND"
)


def _own(compilation: Compilation) -> Iterator[Table]:
    for table in compilation.catalogue.tables.values():
        if table.schema == compilation.user:
            yield table


def _visible(compilation: Compilation) -> Iterator[Table]:
    """Every table: the stand-in grants all of them to everybody."""
    yield from compilation.catalogue.tables.values()


def _user_tables(compilation: Compilation) -> Iterator[Sequence[_Cell]]:
    for table in _own(compilation):
        yield table.name, "USERS", "VALID", None


def _all_tables(compilation: Compilation) -> Iterator[Sequence[_Cell]]:
    for table in _visible(compilation):
        yield table.schema, table.name, "USERS", "VALID", None


def _columns_of(table: Table) -> Iterator[Sequence[_Cell]]:
    for position, column in enumerate(table.columns, 1):
        kind = column.type
        yield (
            table.name, column.name, _type_name(kind), kind.size, *_precision(kind),
            "Y" if column.nullable else "N", position, kind.chars,
            "C" if kind.size > kind.chars else "B" if kind.kind in CHARACTER_KINDS else None,
        )  # fmt: skip


def _precision(column_type: ColumnType) -> tuple[int | None, int | None]:
    if column_type.kind is Kind.NUMBER:
        plain = column_type.scale == -127
        return column_type.precision or None, None if plain else column_type.scale
    if column_type.kind.value.startswith(("TIMESTAMP", "INTERVAL")):
        return column_type.precision or None, column_type.scale
    return None, None


def _type_name(column_type: ColumnType) -> str:
    name = column_type.kind.value
    if name.startswith("TIMESTAMP"):
        return name.replace("TIMESTAMP", f"TIMESTAMP({column_type.scale})", 1)
    if column_type.kind is Kind.NUMBER and column_type.scale == -127 and column_type.precision:
        return "FLOAT"
    return name


def _user_columns(compilation: Compilation) -> Iterator[Sequence[_Cell]]:
    for table in _own(compilation):
        yield from _columns_of(table)


def _all_columns(compilation: Compilation) -> Iterator[Sequence[_Cell]]:
    for table in _visible(compilation):
        for cells in _columns_of(table):
            yield table.schema, *cells


def _all_types(compilation: Compilation) -> Iterator[Sequence[_Cell]]:
    """Every type: the stand-in grants all of them to everybody."""
    for made in compilation.catalogue.types.values():
        yield (
            made.schema, made.name, "OBJECT" if made.element is None else "COLLECTION",
            len(made.attributes), "YES" if made.is_final else "NO",
            *(made.supertype or (None, None)),
        )  # fmt: skip


def _all_type_attributes(compilation: Compilation) -> Iterator[Sequence[_Cell]]:
    for made in compilation.catalogue.types.values():
        for number, attribute in enumerate(made.attributes, 1):
            inherited = "YES" if attribute.is_inherited else "NO"
            yield (
                made.schema,
                made.name,
                attribute.name,
                *_declared(attribute.type),
                number,
                inherited,
            )


def _all_collection_types(compilation: Compilation) -> Iterator[Sequence[_Cell]]:
    for made in compilation.catalogue.types.values():
        if made.element is not None:
            kind = "VARYING ARRAY" if made.limit else "TABLE"
            yield made.schema, made.name, kind, made.limit or None, *_declared(made.element)


def _declared(column_type: ColumnType) -> Sequence[_Cell]:
    """Modifier, owner and name of a type, then its length, precision and scale."""
    sized = column_type.kind in CHARACTER_KINDS | {Kind.RAW}
    return (
        None, _type_owner(column_type), _type_in_type(column_type),
        column_type.chars or column_type.size if sized else None, *_precision(column_type),
    )  # fmt: skip


def _type_owner(column_type: ColumnType) -> str | None:
    if column_type.object is not None:
        return column_type.object.schema
    return "SYS" if column_type.kind is Kind.XMLTYPE else None


def _type_in_type(column_type: ColumnType) -> str:
    if column_type.object is not None:
        return column_type.object.name
    return name_in_type(column_type)


def _version(compilation: Compilation) -> Iterator[Sequence[_Cell]]:
    yield _BANNER, f"{_BANNER}\nVersion {VERSION}", _BANNER, 0


def _components(compilation: Compilation) -> Iterator[Sequence[_Cell]]:
    yield "Oracle Database 23ai Free", "23.0.0.0.0", VERSION, "Production"


def _nls_parameters(compilation: Compilation) -> Iterator[Sequence[_Cell]]:
    yield "NLS_LANGUAGE", "AMERICAN"
    yield "NLS_TERRITORY", "AMERICA"
    yield "NLS_NUMERIC_CHARACTERS", ".,"
    yield "NLS_CALENDAR", "GREGORIAN"
    yield "NLS_DATE_FORMAT", "DD-MON-RR"
    yield "NLS_DATE_LANGUAGE", "AMERICAN"
    yield "NLS_SORT", "BINARY"
    yield "NLS_TIMESTAMP_FORMAT", "DD-MON-RR HH.MI.SSXFF AM"
    yield "NLS_TIMESTAMP_TZ_FORMAT", "DD-MON-RR HH.MI.SSXFF AM TZR"
    yield "NLS_COMP", "BINARY"
    yield "NLS_LENGTH_SEMANTICS", "BYTE"


_COLUMN_COLUMNS = (
    "TABLE_NAME COLUMN_NAME DATA_TYPE DATA_LENGTH DATA_PRECISION DATA_SCALE NULLABLE COLUMN_ID"
    " CHAR_LENGTH CHAR_USED"
)

_VIEWS: dict[str, tuple[str, _Rows]] = {
    "USER_TABLES": ("TABLE_NAME TABLESPACE_NAME STATUS NUM_ROWS", _user_tables),
    "ALL_TABLES": ("OWNER TABLE_NAME TABLESPACE_NAME STATUS NUM_ROWS", _all_tables),
    "USER_TAB_COLUMNS": (_COLUMN_COLUMNS, _user_columns),
    "ALL_TAB_COLUMNS": (f"OWNER {_COLUMN_COLUMNS}", _all_columns),
    "ALL_TYPES": (
        "OWNER TYPE_NAME TYPECODE ATTRIBUTES FINAL SUPERTYPE_OWNER SUPERTYPE_NAME",
        _all_types,
    ),
    "ALL_TYPE_ATTRS": (
        "OWNER TYPE_NAME ATTR_NAME ATTR_TYPE_MOD ATTR_TYPE_OWNER ATTR_TYPE_NAME LENGTH PRECISION"
        " SCALE ATTR_NO INHERITED",
        _all_type_attributes,
    ),
    "ALL_COLL_TYPES": (
        "OWNER TYPE_NAME COLL_TYPE UPPER_BOUND ELEM_TYPE_MOD ELEM_TYPE_OWNER ELEM_TYPE_NAME LENGTH"
        " PRECISION SCALE",
        _all_collection_types,
    ),
    "V$VERSION": ("BANNER BANNER_FULL BANNER_LEGACY CON_ID", _version),
    "PRODUCT_COMPONENT_VERSION": ("PRODUCT VERSION VERSION_FULL STATUS", _components),
    "NLS_SESSION_PARAMETERS": ("PARAMETER VALUE", _nls_parameters),
}
