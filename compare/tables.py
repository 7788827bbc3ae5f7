"""What the data dictionary says of a table: its columns, and what tells its rows apart."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

from common.errors import ApiError, refuse
from sql.table_names import TableName

Ask: TypeAlias = Callable[[str, Mapping[str, str]], Sequence[Sequence[Any]]]
"""Runs a query with binds by name, and gives all its rows. ApiError."""

_SCHEMA = "SELECT SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') FROM dual"
# What a SELECT can name: invisible and virtual columns, too, but not those that the database made
# for itself (of function-based indexes, say), which are hidden and not the user's.
_COLUMNS = """\
SELECT column_name, nullable FROM all_tab_cols
 WHERE owner = :owner AND table_name = :name AND (hidden_column = 'NO' OR user_generated = 'YES')
 ORDER BY column_id NULLS LAST, internal_column_id"""
_SYNONYM = """\
SELECT table_owner, table_name, db_link FROM all_synonyms
 WHERE owner = :owner AND synonym_name = :name"""
_CONSTRAINTS = """\
SELECT c.constraint_type, c.constraint_name, k.column_name
  FROM all_constraints c
  JOIN all_cons_columns k ON k.owner = c.owner AND k.constraint_name = c.constraint_name
 WHERE c.owner = :owner AND c.table_name = :name
   AND c.constraint_type IN ('P', 'U') AND c.status = 'ENABLED'
 ORDER BY c.constraint_name, k.position"""
_INDEXES = """\
SELECT i.index_name, k.column_name
  FROM all_indexes i
  JOIN all_ind_columns k ON k.index_owner = i.owner AND k.index_name = i.index_name
 WHERE i.table_owner = :owner AND i.table_name = :name
   AND i.uniqueness = 'UNIQUE' AND i.index_type IN ('NORMAL', 'NORMAL/REV')
 ORDER BY i.index_name, k.column_position"""

# A synonym may stand for another one.
MOST_SYNONYMS = 16


class TableKey(NamedTuple):
    """Columns that tell the rows of a table apart, in their order. rank: 0 for the primary key, 1
    for a unique constraint, 2 for a unique index.
    """

    rank: int
    columns: tuple[str, ...]


class Table(NamedTuple):
    """columns: in their order, invisible ones last; None where the dictionary has none: of a table
    in another database, or one that is not there.
    """

    name: TableName
    columns: Sequence[str] | None = None
    keys: Sequence[TableKey] = ()


def find_table(ask: Ask, asked: TableName) -> Table:
    """The table or view of that name, through synonyms. ApiError where they lead in a circle."""
    owner = asked.owner or str(ask(_SCHEMA, {})[0][0])
    may_be_public = asked.owner is None
    name = asked.name
    seen: set[tuple[str, str]] = set()
    while True:
        if (owner, name) in seen or len(seen) > MOST_SYNONYMS:
            raise refuse("ORA-01775", f"ORA-01775: looping chain of synonyms, from {asked} on")
        seen.add((owner, name))
        binds = {"owner": owner, "name": name}
        columns = ask(_COLUMNS, binds)
        if columns:
            return Table(
                TableName(owner, name), [c[0] for c in columns], _keys(ask, binds, columns)
            )
        synonym = ask(_SYNONYM, binds)
        if not synonym and may_be_public:
            synonym = ask(_SYNONYM, {"owner": "PUBLIC", "name": name})
        if not synonym:
            return Table(asked)
        owner, name, link = synonym[0]
        if link is not None:
            return Table(asked)
        may_be_public = owner == "PUBLIC"


def _keys(ask: Ask, binds: Mapping[str, str], columns: Sequence[Sequence[Any]]) -> list[TableKey]:
    required = {name for name, nullable in columns if nullable == "N"}
    found: dict[tuple[int, str], list[str]] = {}
    for kind, name, column in ask(_CONSTRAINTS, binds):
        found.setdefault((0 if kind == "P" else 1, name), []).append(column)
    for name, column in ask(_INDEXES, binds):
        found.setdefault((2, name), []).append(column)
    keys: dict[frozenset[str], TableKey] = {}
    for (rank, _), names in sorted(found.items()):
        if required.issuperset(names):
            # The index behind a constraint has the same columns.
            keys.setdefault(frozenset(names), TableKey(rank, tuple(names)))
    return list(keys.values())


def common_key(left: Sequence[TableKey], right: Sequence[TableKey]) -> Sequence[str]:
    """The first set of columns by which both sides' rows can be told apart, in the left side's
    order: primary keys first, then the fewest columns, then by name. ApiError NO_KEY.
    """
    theirs = {frozenset(key.columns) for key in right}
    shared = [key for key in left if frozenset(key.columns) in theirs]
    if not shared:
        raise _no_key(left, right)
    best = min(shared, key=lambda key: (key.rank, len(key.columns), sorted(key.columns)))
    return best.columns


def _no_key(left: Sequence[TableKey], right: Sequence[TableKey]) -> ApiError:
    return refuse(
        "NO_KEY",
        f"no key is common to both sides: the left has {_shown(left)}, the right {_shown(right)}",
    )


def _shown(keys: Sequence[TableKey]) -> str:
    return ", ".join(f"({', '.join(key.columns)})" for key in keys) or "none"
