"""The dictionary's views on tables: columns, constraints, indexes, comments, views and users.

Which columns each has, and what stands in them: Oracle Database Reference, "Static Data Dictionary
Views". The stand-in has those that clients ask for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from ..expressions.scopes import Compilation
from ..kinds.catalogue import Catalogue, Constraint, Table, TableColumn
from ..kinds.model import ColumnType, Kind, Moment

Cell: TypeAlias = "str | int | Moment | None"
Rows: TypeAlias = Iterator[Sequence[Cell]]


@dataclass(frozen=True)
class OwnedView:
    """A view that comes as ALL_, DBA_ and USER_; its rows begin with their owner.

    Every user sees all of them: the stand-in grants everything to everybody. hidden: the columns
    that USER_ does not have.
    """

    columns: str
    rows: Callable[[Compilation], Rows]
    hidden: str = "OWNER"


def _tables(compilation: Compilation) -> Rows:
    for table in compilation.catalogue.tables.values():
        # No statement here makes a table that would be one of these.
        yield (
            table.schema, table.name, "USERS", "VALID", None, None,
            "N", "N", "NO", "NO", "NO", None,
        )  # fmt: skip


def _columns(compilation: Compilation) -> Rows:
    for table in compilation.catalogue.tables.values():
        for position, column in enumerate(table.columns, 1):
            yield table.schema, table.name, *_column_cells(column, position)
    for view in compilation.catalogue.views.values():
        for position, selected in enumerate(view.columns, 1):
            column = TableColumn(selected.name, selected.type, selected.nullable)
            yield view.schema, view.name, *_column_cells(column, position)


def _all_columns(compilation: Compilation) -> Rows:
    """The same with what TAB_COLUMNS leaves out: here there are no hidden columns, nor virtual."""
    for row in _columns(compilation):
        yield *row, "NO", "NO", row[_COLUMN_ID], "YES"


def _none(compilation: Compilation) -> Rows:
    """The stand-in has no CREATE SYNONYM, nor CREATE MATERIALIZED VIEW."""
    del compilation
    return iter(())


def _column_cells(column: TableColumn, position: int) -> Sequence[Cell]:
    kind, default = column.type, column.default_text
    return (
        column.name, _type_name(kind), None, None if kind.object is None else kind.object.schema,
        kind.size, *precision(kind), "Y" if column.nullable else "N", position,
        None if default is None else len(default), default, default, kind.chars,
        _char_used(kind), "NO",
    )  # fmt: skip


def _char_used(kind: ColumnType) -> str | None:
    """Whether a text's length is in bytes or characters; LOBs have none."""
    if not kind.chars:
        return None
    return "C" if kind.size > kind.chars else "B"


def precision(column_type: ColumnType) -> tuple[int | None, int | None]:
    if column_type.kind is Kind.NUMBER:
        plain = column_type.scale == -127
        return column_type.precision or None, None if plain else column_type.scale
    if column_type.kind.value.startswith(("TIMESTAMP", "INTERVAL")):
        return column_type.precision or None, column_type.scale
    return None, None


def _type_name(column_type: ColumnType) -> str:
    name, leading, digits = column_type.kind.value, column_type.precision, column_type.scale
    if column_type.object is not None:
        return column_type.object.name
    if name.startswith("TIMESTAMP"):
        return name.replace("TIMESTAMP", f"TIMESTAMP({digits})", 1)
    if column_type.kind is Kind.INTERVAL_DS:
        return f"INTERVAL DAY({leading}) TO SECOND({digits})"
    if column_type.kind is Kind.INTERVAL_YM:
        return f"INTERVAL YEAR({leading}) TO MONTH"
    if column_type.kind is Kind.NUMBER and digits == -127 and leading:
        return "FLOAT"
    return name


def _table_comments(compilation: Compilation) -> Rows:
    for table in compilation.catalogue.tables.values():
        yield table.schema, table.name, "TABLE", table.comment
    for view in compilation.catalogue.views.values():
        yield view.schema, view.name, "VIEW", view.comments.get(None)


def _column_comments(compilation: Compilation) -> Rows:
    for table in compilation.catalogue.tables.values():
        for column in table.columns:
            yield table.schema, table.name, column.name, column.comment
    for view in compilation.catalogue.views.values():
        for selected in view.columns:
            yield view.schema, view.name, selected.name, view.comments.get(selected.name)


# Constraints of a table, by the letter ALL_CONSTRAINTS has for them.
_LETTERS: Final = {"PRIMARY": "P", "UNIQUE": "U", "FOREIGN": "R", "CHECK": "C", "NOT NULL": "C"}


def _constraints(compilation: Compilation) -> Rows:
    catalogue = compilation.catalogue
    for table in catalogue.tables.values():
        for constraint in table.constraints:
            condition = _condition(constraint)
            is_key = constraint.kind in ("PRIMARY", "UNIQUE")
            yield (
                table.schema, constraint.name, _LETTERS[constraint.kind], table.name, condition,
                condition, *_referred(constraint, catalogue), "ENABLED", "NOT DEFERRABLE",
                "IMMEDIATE", "VALIDATED", "USER NAME" if constraint.is_named else "GENERATED NAME",
                table.schema if is_key else None, constraint.name if is_key else None,
            )  # fmt: skip


def _condition(constraint: Constraint) -> str | None:
    if constraint.kind == "NOT NULL":
        return f'"{constraint.columns[0]}" IS NOT NULL'
    return constraint.condition


def _referred(constraint: Constraint, catalogue: Catalogue) -> Sequence[Cell]:
    """R_OWNER, R_CONSTRAINT_NAME and DELETE_RULE of a foreign key."""
    reference = constraint.reference
    if reference is None:
        return None, None, None
    parent = catalogue.by_number(reference.table)
    key = next(
        c.name
        for c in parent.constraints
        if c.kind in ("PRIMARY", "UNIQUE") and set(c.columns) == set(reference.columns)
    )
    return parent.schema, key, reference.on_delete or "NO ACTION"


def _constraint_columns(compilation: Compilation) -> Rows:
    for table in compilation.catalogue.tables.values():
        for constraint in table.constraints:
            numbered = constraint.kind not in ("CHECK", "NOT NULL")
            for position, name in enumerate(_ordered(constraint, compilation.catalogue), 1):
                yield (
                    table.schema, constraint.name, table.name, name,
                    position if numbered else None,
                )  # fmt: skip


def _ordered(constraint: Constraint, catalogue: Catalogue) -> Sequence[str]:
    """A foreign key's columns as the key it points to has them: that is what POSITION pairs."""
    reference = constraint.reference
    if reference is None:
        return constraint.columns
    parent = catalogue.by_number(reference.table)
    there = next(
        c.columns
        for c in parent.constraints
        if c.kind in ("PRIMARY", "UNIQUE") and set(c.columns) == set(reference.columns)
    )
    here = dict(zip(reference.columns, constraint.columns, strict=True))
    return [here[name] for name in there]


def _all_indexes(table: Table) -> Iterator[tuple[str, str, Sequence[str], bool, bool]]:
    """Owner, name, columns, whether it is unique, whether it came with a key."""
    for constraint in table.constraints:
        if constraint.kind in ("PRIMARY", "UNIQUE"):
            yield table.schema, constraint.name, constraint.columns, True, True
    for index in table.indexes:
        yield index.schema, index.name, index.columns, index.is_unique, False


def _indexes(compilation: Compilation) -> Rows:
    for table in compilation.catalogue.tables.values():
        for owner, name, _, is_unique, of_key in _all_indexes(table):
            yield (
                owner, name, "NORMAL", table.schema, table.name, "TABLE",
                "UNIQUE" if is_unique else "NONUNIQUE", "VALID", "VISIBLE",
                "YES" if of_key else "NO",
            )  # fmt: skip


def _index_columns(compilation: Compilation) -> Rows:
    for table in compilation.catalogue.tables.values():
        for owner, name, columns, _, _ in _all_indexes(table):
            for position, column in enumerate(columns, 1):
                found = table.column(column)
                assert found is not None
                size, chars = found[1].type.size, found[1].type.chars
                yield (
                    owner, name, table.schema, table.name, column, position, size, chars, "ASC",
                )  # fmt: skip


def _views(compilation: Compilation) -> Rows:
    for view in compilation.catalogue.views.values():
        yield view.schema, view.name, len(view.text), view.text, view.text


def _objects(compilation: Compilation) -> Rows:
    catalogue = compilation.catalogue
    for table in catalogue.tables.values():
        yield table.schema, table.name, "TABLE", "VALID"
        for owner, name, *_ in _all_indexes(table):
            yield owner, name, "INDEX", "VALID"
    for view in catalogue.views.values():
        yield view.schema, view.name, "VIEW", "VALID"
    for schema, name in catalogue.types:
        yield schema, name, "TYPE", "VALID"


def _json_columns(compilation: Compilation) -> Rows:
    for table in compilation.catalogue.tables.values():
        for column in table.columns:
            form = "OSON" if column.type.kind is Kind.JSON else column.type.json
            if form:
                kind = _type_name(column.type)
                yield table.schema, table.name, "TABLE", column.name, form, kind


_FIRST_USER: Final = 100


def _users(compilation: Compilation) -> Rows:
    """Those who own something, the one who asks, and SYS."""
    catalogue = compilation.catalogue
    owners = {schema for schema, _ in (*catalogue.tables, *catalogue.views, *catalogue.types)}
    ordinary = sorted((owners | {compilation.user}) - {"SYS"})
    yield "SYS", 0, _CREATED, "YES", "Y"
    for number, name in enumerate(ordinary, _FIRST_USER):
        yield name, number, _CREATED, "NO", "N"


_CREATED: Final = Moment(2026, 1, 1)
_TAB_COLUMNS: Final = (
    "OWNER TABLE_NAME COLUMN_NAME DATA_TYPE DATA_TYPE_MOD DATA_TYPE_OWNER DATA_LENGTH"
    " DATA_PRECISION DATA_SCALE NULLABLE COLUMN_ID DEFAULT_LENGTH DATA_DEFAULT DATA_DEFAULT_VC"
    " CHAR_LENGTH CHAR_USED IDENTITY_COLUMN"
)
_COLUMN_ID: Final = _TAB_COLUMNS.split().index("COLUMN_ID")

OWNED_VIEWS: Final[Mapping[str, OwnedView]] = {
    "TABLES": OwnedView(
        "OWNER TABLE_NAME TABLESPACE_NAME STATUS NUM_ROWS LAST_ANALYZED TEMPORARY SECONDARY NESTED"
        " PARTITIONED DROPPED IOT_TYPE",
        _tables,
    ),
    "TAB_COLUMNS": OwnedView(_TAB_COLUMNS, _columns),
    "TAB_COLS": OwnedView(
        f"{_TAB_COLUMNS} HIDDEN_COLUMN VIRTUAL_COLUMN INTERNAL_COLUMN_ID USER_GENERATED",
        _all_columns,
    ),
    "SYNONYMS": OwnedView("OWNER SYNONYM_NAME TABLE_OWNER TABLE_NAME DB_LINK", _none),
    "MVIEWS": OwnedView("OWNER MVIEW_NAME CONTAINER_NAME QUERY_LEN", _none),
    "TAB_COMMENTS": OwnedView("OWNER TABLE_NAME TABLE_TYPE COMMENTS", _table_comments),
    "COL_COMMENTS": OwnedView("OWNER TABLE_NAME COLUMN_NAME COMMENTS", _column_comments),
    "CONSTRAINTS": OwnedView(
        "OWNER CONSTRAINT_NAME CONSTRAINT_TYPE TABLE_NAME SEARCH_CONDITION SEARCH_CONDITION_VC"
        " R_OWNER R_CONSTRAINT_NAME DELETE_RULE STATUS DEFERRABLE DEFERRED VALIDATED GENERATED"
        " INDEX_OWNER INDEX_NAME",
        _constraints,
        hidden="",
    ),
    "CONS_COLUMNS": OwnedView(
        "OWNER CONSTRAINT_NAME TABLE_NAME COLUMN_NAME POSITION", _constraint_columns, hidden=""
    ),
    "INDEXES": OwnedView(
        "OWNER INDEX_NAME INDEX_TYPE TABLE_OWNER TABLE_NAME TABLE_TYPE UNIQUENESS STATUS VISIBILITY"
        " CONSTRAINT_INDEX",
        _indexes,
    ),
    "IND_COLUMNS": OwnedView(
        "INDEX_OWNER INDEX_NAME TABLE_OWNER TABLE_NAME COLUMN_NAME COLUMN_POSITION COLUMN_LENGTH"
        " CHAR_LENGTH DESCEND",
        _index_columns,
        hidden="INDEX_OWNER TABLE_OWNER",
    ),
    "VIEWS": OwnedView("OWNER VIEW_NAME TEXT_LENGTH TEXT TEXT_VC", _views),
    "JSON_COLUMNS": OwnedView(
        "OWNER TABLE_NAME OBJECT_TYPE COLUMN_NAME FORMAT DATA_TYPE", _json_columns
    ),
    "OBJECTS": OwnedView("OWNER OBJECT_NAME OBJECT_TYPE STATUS", _objects),
    "USERS": OwnedView("USERNAME USER_ID CREATED COMMON ORACLE_MAINTAINED", _users, hidden=""),
}
