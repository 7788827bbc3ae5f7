"""Constraints: what a declaration means, what Oracle refuses, and what data have to satisfy."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from sqlglot import exp

from ..expressions.scopes import Compilation
from ..kinds.catalogue import Constraint, Reference, Table, no_such_table
from ..kinds.model import OraError
from ..parser.grammar import IsJson
from ..parser.identifiers import identifier_name
from ..parser.statement_parser import parse_condition
from ..parser.statements import ConstraintSpec, ReferenceSpec
from ..queries.plans import Check

_KEYS = ("PRIMARY", "UNIQUE")


def with_constraints(
    table: Table, specs: Sequence[ConstraintSpec], compilation: Compilation
) -> Table:
    """The table with more constraints, each checked against those before it."""
    for spec in specs:
        made = _constraint(spec, table, compilation)
        table = replace(
            table,
            constraints=[*table.constraints, made],
            last_constraint=table.last_constraint + 1,
        )
    return as_constrained(table)


def as_constrained(table: Table) -> Table:
    """What constraints say of columns: whether they may be NULL, and whether they hold JSON."""
    never = {n for c in table.constraints if c.kind in ("PRIMARY", "NOT NULL") for n in c.columns}
    forms = dict(form for constraint in table.constraints for form in _json_forms(constraint))
    columns = [
        replace(
            column,
            nullable=column.name not in never,
            type=replace(column.type, json=forms.get(column.name, "")),
        )
        for column in table.columns
    ]
    return replace(table, columns=columns)


def _json_forms(constraint: Constraint) -> Iterator[tuple[str, str]]:
    """The columns that a CHECK says hold JSON, and in which form."""
    if constraint.condition is None:
        return
    condition = parse_condition(constraint.condition)
    for part in condition.flatten() if isinstance(condition, exp.And) else [condition]:
        says_so = isinstance(part, IsJson) and not part.args["negate"]
        if says_so and isinstance(part.this, exp.Column):
            yield identifier_name(part.this.this), part.args["form"]


def _constraint(spec: ConstraintSpec, table: Table, compilation: Compilation) -> Constraint:
    name = spec.name or f"SYS_C{70_000 + table.number * 100 + table.last_constraint + 1:07d}"
    _refuse_taken(name, table, compilation)
    if spec.kind != "CHECK":  # its names are checked where its condition is compiled
        positions(spec.columns, table)
    if spec.kind == "NOT NULL" and _has(table, "NOT NULL", spec.columns):
        raise OraError(1442, "column to be modified to NOT NULL is already NOT NULL")
    if spec.kind in _KEYS:
        _refuse_second_key(spec, table)
    return Constraint(
        spec.kind,
        name,
        tuple(spec.columns),
        spec.condition,
        None if spec.reference is None else _reference(spec, spec.reference, table, compilation),
        spec.name is not None,
    )


def _refuse_taken(name: str, table: Table, compilation: Compilation) -> None:
    others = [t for t in compilation.catalogue.tables.values() if t.number != table.number]
    for other in [*others, table]:
        if other.schema == table.schema and any(c.name == name for c in other.constraints):
            raise OraError(2264, "name already used by an existing constraint")


def _has(table: Table, kind: str, columns: Sequence[str]) -> bool:
    return any(c.kind == kind and list(c.columns) == list(columns) for c in table.constraints)


def _refuse_second_key(spec: ConstraintSpec, table: Table) -> None:
    if spec.kind == "PRIMARY" and any(c.kind == "PRIMARY" for c in table.constraints):
        raise OraError(2260, "table can have only one primary key")
    if any(_has(table, kind, spec.columns) for kind in _KEYS):
        raise OraError(2261, "such unique or primary key already exists in the table")


def _reference(
    spec: ConstraintSpec, pointed: ReferenceSpec, table: Table, compilation: Compilation
) -> Reference:
    parent = _parent(pointed, table, compilation)
    columns = list(pointed.columns) or _primary_key(parent)
    if len(columns) != len(spec.columns):
        raise OraError(2256, "number of referencing columns must match referenced columns")
    places = positions(columns, parent)
    if not any(set(c.columns) == set(columns) for c in parent.constraints if c.kind in _KEYS):
        raise OraError(2270, "no matching unique or primary key for this column-list")
    for here, there in zip(positions(spec.columns, table), places, strict=True):
        if table.columns[here - 1].type.kind is not parent.columns[there - 1].type.kind:
            raise OraError(2267, "column type incompatible with referenced column type")
    return Reference(parent.number, tuple(columns), pointed.on_delete)


def _parent(pointed: ReferenceSpec, table: Table, compilation: Compilation) -> Table:
    name = pointed.table
    if (name.schema or compilation.user, name.name) == table.key:
        return table
    parent = compilation.catalogue.find(name.schema, name.name, compilation.user)
    if parent is None:
        raise no_such_table(name.schema or compilation.user, name.name, name.offset)
    return parent


def _primary_key(parent: Table) -> list[str]:
    for constraint in parent.constraints:
        if constraint.kind == "PRIMARY":
            return list(constraint.columns)
    raise OraError(2268, "referenced table does not have a primary key")


def positions(names: Sequence[str], table: Table) -> list[int]:
    """Where columns stand, counted from 1; ORA-00904 for a name that none has."""
    places = []
    for name in names:
        found = table.column(name)
        if found is None:
            raise OraError(904, f'"{name}": invalid identifier')
        places.append(found[0])
    return places


def checks(
    added: Sequence[Constraint],
    before: Table,
    parent_of: Callable[[Reference], Table],
    condition: Callable[[Constraint], str],
) -> Iterator[Check]:
    """What the rows of a table, as it was, must not have for new constraints to hold.

    condition: the sqlite SQL of a CHECK. Columns that the table does not have yet hold no values.
    """
    known = {column.name for column in before.columns}
    for constraint in added:
        if set(constraint.columns) <= known:
            yield from _checks_of(constraint, before, parent_of, condition)


def _checks_of(
    constraint: Constraint,
    table: Table,
    parent_of: Callable[[Reference], Table],
    condition: Callable[[Constraint], str],
) -> Iterator[Check]:
    places = [f"c{place}" for place in positions(constraint.columns, table)]
    name = f"({table.schema}.{constraint.name})"
    rows = f"SELECT 1 FROM {table.sqlite_name}"
    if constraint.kind == "NOT NULL":
        error = OraError(2296, f"cannot enable {name} - null values found")
        yield Check(f"{rows} WHERE {places[0]} IS NULL", error)
    elif constraint.kind == "PRIMARY":
        error = OraError(2437, f"cannot validate {name} - primary key violated")
        yield Check(f"{rows} WHERE {' OR '.join(f'{p} IS NULL' for p in places)}", error)
        yield duplicates(table, constraint.columns, error)
    elif constraint.kind == "UNIQUE":
        error = OraError(2299, f"cannot validate {name} - duplicate keys found")
        yield duplicates(table, constraint.columns, error)
    elif constraint.reference is not None:
        error = OraError(2298, f"cannot validate {name} - parent keys not found")
        yield _orphans(table, places, constraint.reference, parent_of, error)
    else:
        error = OraError(2293, f"cannot validate {name} - check constraint violated")
        yield Check(f"{rows} WHERE NOT ({condition(constraint)})", error)


def duplicates(table: Table, columns: Sequence[str], error: OraError) -> Check:
    places = [f"c{place}" for place in positions(columns, table)]
    present = " AND ".join(f"{place} IS NOT NULL" for place in places)
    return Check(
        f"SELECT 1 FROM {table.sqlite_name} WHERE {present} GROUP BY {', '.join(places)}"
        " HAVING count(*) > 1",
        error,
    )


def _orphans(
    table: Table,
    places: Sequence[str],
    reference: Reference,
    parent_of: Callable[[Reference], Table],
    error: OraError,
) -> Check:
    parent = parent_of(reference)
    pairs = zip(places, positions(reference.columns, parent), strict=True)
    same = " AND ".join(f"p.c{there} = r.{here}" for here, there in pairs)
    present = " AND ".join(f"r.{place} IS NOT NULL" for place in places)
    found = f"SELECT 1 FROM {parent.sqlite_name} p WHERE {same}"
    return Check(
        f"SELECT 1 FROM {table.sqlite_name} r WHERE {present} AND NOT EXISTS ({found})", error
    )
