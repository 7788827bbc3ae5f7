"""The query around a query that asks the database for what the driver cannot hold."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from common.errors import ApiError, refuse
from sql.key_order import order_by
from values.column import Column, Fetch, Selection, SelectItem
from values.object_shapes import ObjectShape

# Quoted or not, these may mean the pseudocolumn of the outer query.
_PSEUDOCOLUMNS = frozenset(
    {
        *("ROWID", "ROWNUM", "LEVEL", "ORA_ROWSCN", "COLUMN_VALUE", "OBJECT_VALUE", "OBJECT_ID"),
        *("CONNECT_BY_ISLEAF", "CONNECT_BY_ISCYCLE", "XMLDATA"),
        *(f"VERSIONS_{end}{what}" for end in ("START", "END") for what in ("SCN", "TIME")),
        *("VERSIONS_XID", "VERSIONS_OPERATION"),
    }
)
# A name that means the same wherever it stands, and is not long enough to have been cut.
_PLAIN_NAME = re.compile(r"[A-Z][A-Z0-9_$#]{0,28}")
# Attributes have to have an alias in front.
_ALIAS = '"_r"'
_SUBQUERY = "_q"

# What a database says of a query around another that runs by itself. Any other code is about that
# one's rows or binds, and is told as it is.
_CODES_OF_THE_FORM = frozenset(
    {
        *("ORA-00904", "ORA-00907", "ORA-00918", "ORA-00923", "ORA-00932", "ORA-00933"),
        *("ORA-00997", "ORA-01219", "ORA-01445", "ORA-01446", "ORA-01792", "ORA-02287"),
        *("ORA-03049", "ORA-22902", "ORA-22905", "ORA-28094", "ORA-32031", "ORA-32034"),
        "ORA-64630",
    }
)


def is_about_the_form(error: ApiError) -> bool:
    """Whether a failure of an outer query says that there can be none like it."""
    return error.full_code in _CODES_OF_THE_FORM


class OuterQuery(NamedTuple):
    """A statement around another, with the columns of that one.

    selections: what stands in the place of each column; None: itself. by_name: it calls them what
    the statement does. tells_types: behind all of these it has one more select item for each that
    is written out, whose values are null, and whose description is that of the column itself.
    """

    sql: str
    described: Sequence[Column]
    selections: Sequence[Selection | None]
    by_name: bool
    tells_types: bool = False

    @property
    def has_cursors(self) -> bool:
        return any(item.element_cursor is not None for _, item in self._items() if item is not None)

    def places(self) -> list[int]:
        """Where the columns stand that are themselves, and no objects."""
        return [place for place, (_, item) in enumerate(self._items()) if item is None]

    def driver_objects(self) -> Iterator[tuple[int, ObjectShape | None, Column]]:
        """Each place with the shape of the object that the driver hands over; None: it is none."""
        for place, (column, item) in enumerate(self._items()):
            yield place, None if item is None else item.driver_object, column

    def _items(self) -> Iterator[tuple[Column, SelectItem | None]]:
        """What stands at each place, and the column it belongs to."""
        for column, selection in zip(self.described, self.selections, strict=True):
            parts = column.selection if selection is None else selection
            for item in [None] if parts is None else parts.items:
                yield column, item

    def columns(self, now: Sequence[Column]) -> list[Column]:
        """The columns as they come. now: those at `places`, as they are described now."""
        described = iter(now)
        return [
            self._column(column, selection, described)
            for column, selection in zip(self.described, self.selections, strict=True)
        ]

    def described_again(self, now: Sequence[Column]) -> list[Column]:
        """The columns of the statement inside. now: those at `places`, as described now."""
        described = iter(now)
        return [
            column if selection is not None else self._column(column, None, described)
            for column, selection in zip(self.described, self.selections, strict=True)
        ]

    def _column(
        self, column: Column, selection: Selection | None, described: Iterator[Column]
    ) -> Column:
        if selection is not None:
            return _selected(column, selection)
        if column.selection is not None:
            return column
        return next(described)._replace(name=column.name)


def _selected(column: Column, selection: Selection) -> Column:
    """What needs no making up is fetched like any other column."""
    is_text = column.selection is None
    return column._replace(
        fetch=Fetch.AS_IS if is_text else Fetch.PARTS,
        encode=selection.encode,
        as_text=None,
        selection=None if is_text else selection,
        is_text=is_text,
    )


def outer_query(
    sql: str,
    described: Sequence[Column],
    main_query_at: int | None,
    *,
    own_names: bool = False,
    tells_types: bool = False,
) -> OuterQuery:
    """The query around a query that writes out what the driver cannot hold.

    By name where all names are plain ones, unless `own_names`; otherwise as a named subquery with
    names of our own, which Oracle takes for names of any kind, and repeated ones too. The statement
    keeps its text, and so its binds and hints; a line feed ends a comment on its last line.

    main_query_at: where the query that named subqueries are for begins, if it has any: one more is
    added to them, since most databases take no WITH inside another (ORA-32034).
    """
    names = [column.name for column in described]
    start, refs, source = _around(sql, names, main_query_at, own_names)
    if tells_types or any(column.selection is not None for column in described):
        refs, source = [f"{_ALIAS}.{ref}" for ref in refs], f"{source} {_ALIAS}"
    return _select(start, refs, source, described, tells_types=tells_types)


def ordered_query(
    sql: str,
    names: Sequence[str],
    chosen: Sequence[Column],
    key: Sequence[Column],
    main_query_at: int | None,
    own_names: bool = False,
) -> OuterQuery:
    """The query around a query that asks for some of its columns, in the order of a key.

    names: of all its columns, in order, none twice.
    """
    start, refs, source = _around(sql, names, main_query_at, own_names)
    by_name = {name: f"{_ALIAS}.{ref}" for name, ref in zip(names, refs, strict=True)}
    chosen_refs = [by_name[column.name] for column in chosen]
    order = order_by([(by_name[column.name], column) for column in key])
    return _select(start, chosen_refs, f"{source} {_ALIAS}", chosen, f"\nORDER BY {order}")


def ordered_table(
    table: str, where: str | None, chosen: Sequence[Column], key: Sequence[Column]
) -> OuterQuery:
    """The query for some columns of a table, in the order of a key. table: as SQL has it."""

    def ref(column: Column) -> str:
        return f'{_ALIAS}."{column.name}"'

    condition = "" if where is None else f"\nWHERE (\n{where}\n)"
    order = order_by([(ref(column), column) for column in key])
    tail = f"{condition}\nORDER BY {order}"
    return _select("", [ref(column) for column in chosen], f"{table} {_ALIAS}", chosen, tail)


def _around(
    sql: str, names: Sequence[str], main_query_at: int | None, own_names: bool
) -> tuple[str, list[str], str]:
    """What stands in front of the outer SELECT, how it refers to each column, and what is FROM."""
    if not own_names and _are_plain(names):
        return "", [f'"{name}"' for name in names], f"(\n{sql}\n)"
    own, source = [f"C{i}" for i in range(1, len(names) + 1)], _free_name(sql)
    head, main = ("WITH", sql) if main_query_at is None else _split(sql, main_query_at)
    return f"{head} {source} ({', '.join(own)}) AS (\n{main}\n)\n", own, source


def _select(
    start: str,
    refs: Sequence[str],
    source: str,
    described: Sequence[Column],
    tail: str = "",
    tells_types: bool = False,
) -> OuterQuery:
    selections = [
        None if column.as_text is None else column.as_text(ref)
        for ref, column in zip(refs, described, strict=True)
    ]
    items = [
        ", ".join([ref] if selection is None else [item.sql for item in selection.items])
        for ref, selection in zip(refs, selections, strict=True)
    ]
    if tells_types:
        # No row is ever looked for; what there would be is what the column is, to its last digit.
        items += [
            f"(SELECT {ref} FROM dual WHERE 1 = 0)"  # noqa: S608 - a reference of ours
            for ref, selection in zip(refs, selections, strict=True)
            if selection is not None
        ]
    # A caller that may send the statement may send this one: nothing else is injected.
    wrapped = f"{start}SELECT {', '.join(items)} FROM {source}{tail}"  # noqa: S608
    return OuterQuery(wrapped, described, selections, not start, tells_types)


def _split(sql: str, main_query_at: int) -> tuple[str, str]:
    return f"{sql[:main_query_at]}\n,", sql[main_query_at:]


def _free_name(sql: str) -> str:
    """A name that the statement has not: a table of that name would be taken for this subquery."""
    name = _SUBQUERY
    while name in sql:
        name += "_"
    return f'"{name}"'


def _are_plain(names: Sequence[str]) -> bool:
    return max(Counter(names).values()) == 1 and all(
        _PLAIN_NAME.fullmatch(name) and name not in _PSEUDOCOLUMNS for name in names
    )


def needs_outer_query(described: Sequence[Column]) -> bool:
    return any(column.as_text is not None for column in described)


def outer_query_refused(described: Sequence[Column], why: str) -> ApiError:
    """The refusal of a statement with columns that only an outer query around it could carry."""
    column = next(column for column in described if column.as_text is not None)
    what = f"whose {column.inexact_part} only" if column.inexact_part else "which only"
    return refuse(
        "UNSUPPORTED_TYPE",
        f"column {column.name} is of type {column.type}, {what} the database can write out, "
        f"and this statement cannot be wrapped for that: {why}",
    )
