"""ALTER TABLE and COMMENT ON: a table under another declaration, its rows carried over."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from ..expressions.scopes import Compilation, Scope
from ..functions.conversions import assign
from ..kinds.catalogue import Catalogue, Constraint, Reference, Table, TableColumn
from ..kinds.expression_types import CHARACTER_KINDS, DATETIME_KINDS, Typed
from ..kinds.model import ColumnType, Kind, OraError
from ..parser.lexing import lex
from ..parser.statements import (
    AddToTable,
    AlterTable,
    ColumnSpec,
    Comment,
    ConstraintSpec,
    DropColumns,
    DropConstraint,
    ModifyColumns,
    RenameInTable,
)
from ..queries.plans import Check, SchemaPlan
from ..queries.queries import Queries
from .constraints import as_constrained, checks, with_constraints
from .schema_changes import (
    as_typed,
    condition_sql,
    declared_column,
    find_view,
    parent_of,
    rebuilt,
    with_default,
)


def alter_table(statement: AlterTable, table: Table, queries: Queries, scope: Scope) -> SchemaPlan:
    change = TableChange(table, queries, scope)
    if isinstance(statement, AddToTable):
        return change.add(statement)
    if isinstance(statement, ModifyColumns):
        return change.modify(statement)
    if isinstance(statement, DropColumns):
        return change.drop_columns(statement)
    if isinstance(statement, DropConstraint):
        return change.drop_constraint(statement)
    return change.rename(statement)


class TableChange:
    """One ALTER TABLE, compiled: the table as it is, and what it takes to compile expressions."""

    def __init__(self, table: Table, queries: Queries, scope: Scope) -> None:
        self._before = table
        self._queries = queries
        self._scope = scope
        self._catalogue = scope.compilation.catalogue

    def add(self, statement: AddToTable) -> SchemaPlan:
        before = self._before
        added = [declared_column(spec, self._queries, self._scope) for spec in statement.columns]
        names = [column.name for column in [*before.columns, *added]]
        if len(set(names)) < len(names):
            raise OraError(1430, "column being added already exists in table")
        specs = [*(c for spec in statement.columns for c in spec.constraints),
                 *statement.constraints]  # fmt: skip
        after = self._constrained(replace(before, columns=[*before.columns, *added]), specs)
        values = [*self._same_values(), *(column.default_sql or "NULL" for column in added)]
        return self._plan(after, values, [*self._checks(after), *self._mandatory(after)])

    def _mandatory(self, after: Table) -> Iterator[Check]:
        """Rows that are there cannot have a value in a new column that has no default."""
        text = "table must be empty to add mandatory (NOT NULL) column"
        for column in after.columns[len(self._before.columns) :]:
            if not column.nullable and column.default_sql is None:
                yield Check(f"SELECT 1 FROM {self._before.sqlite_name}", OraError(1758, text))

    def modify(self, statement: ModifyColumns) -> SchemaPlan:
        table = self._before
        columns = list(table.columns)
        values = self._same_values()
        looks: list[Check] = []
        for spec in statement.columns:
            position, old = self._column(spec.name, spec.offset)
            new = self._modified(old, spec)
            looks += _fitting(old, new, f"c{position}", table)
            columns[position - 1] = new
            values[position - 1] = _carried(position, old, new, table)
        loosened = [spec.name for spec in statement.columns if spec.drops_not_null]
        bare = replace(table, columns=columns, constraints=self._without_not_null(loosened))
        specs = [constraint for spec in statement.columns for constraint in spec.constraints]
        after = self._constrained(bare, specs)
        return self._plan(after, values, [*looks, *self._checks(after)])

    def _modified(self, old: TableColumn, spec: ColumnSpec) -> TableColumn:
        if spec.type is not None:
            old = replace(old, type=self._scope.compilation.type_of(spec.type))
        return with_default(old, spec, self._queries, self._scope)

    def _without_not_null(self, loosened: Sequence[str]) -> list[Constraint]:
        held = [c for c in self._before.constraints if c.kind in ("NOT NULL", "PRIMARY")]
        for name in loosened:
            if not any(name in constraint.columns for constraint in held):
                raise OraError(1451, "column to be modified to NULL cannot be modified to NULL")
        return [
            constraint
            for constraint in self._before.constraints
            if constraint.kind != "NOT NULL" or constraint.columns[0] not in loosened
        ]

    def drop_columns(self, statement: DropColumns) -> SchemaPlan:
        gone = set(statement.columns)
        for name in statement.columns:
            self._column(name, statement.table.offset)
        left = [column for column in self._before.columns if column.name not in gone]
        if not left:
            raise OraError(12983, "cannot drop all columns in a table", statement.table.offset)
        self._refuse_parent_keys(gone)
        constraints = self._constraints_without(gone, cascades=statement.cascades)
        indexes = [i for i in self._before.indexes if not gone & set(i.columns)]
        after = replace(self._before, columns=left, constraints=constraints, indexes=indexes)
        values = [f"c{n}" for n, column in enumerate(self._before.columns, 1) if column in left]
        return self._plan(after, values)

    def _refuse_parent_keys(self, gone: set[str]) -> None:
        for child, key in self._catalogue.children(self._before):
            assert key.reference is not None
            if child.number != self._before.number and gone & set(key.reference.columns):
                raise OraError(12992, "cannot drop parent key column")

    def _constraints_without(self, gone: set[str], *, cascades: bool) -> list[Constraint]:
        kept = []
        for constraint in self._before.constraints:
            named = set(constraint.columns)
            if not named & gone:
                kept.append(constraint)
            elif not named <= gone and not cascades:
                raise OraError(12991, "column is referenced in a multi-column constraint")
        return kept

    def drop_constraint(self, statement: DropConstraint) -> SchemaPlan:
        gone = self._found(statement)
        plan_statements: list[str] = []
        catalogue = self._catalogue
        if gone.kind in ("PRIMARY", "UNIQUE"):
            for child, key in self._children_of(gone):
                if not statement.cascades:
                    text = "this unique/primary key is referenced by some foreign keys"
                    raise OraError(2273, text)
                before = catalogue.by_number(child.number)
                after = replace(before, constraints=[c for c in before.constraints if c != key])
                change = TableChange(before, self._queries, self._scope)
                plan_statements += change._plan(after, change._same_values()).statements
                catalogue = catalogue.with_table(after)
        before = catalogue.by_number(self._before.number)
        left = [c for c in before.constraints if c.name != gone.name]
        after = as_constrained(replace(before, constraints=left))
        plan = self._plan(after, self._same_values())
        statements = [*plan_statements, *plan.statements]
        return SchemaPlan(statements, catalogue.with_table(after))

    def _found(self, statement: DropConstraint) -> Constraint:
        for constraint in self._before.constraints:
            by_kind = constraint.kind == statement.kind and (
                statement.kind == "PRIMARY" or list(constraint.columns) == list(statement.columns)
            )
            if constraint.name == statement.name or (statement.name is None and by_kind):
                return constraint
        if statement.kind == "PRIMARY":
            raise OraError(2441, "Cannot drop nonexistent primary key")
        if statement.kind == "UNIQUE":
            raise OraError(2442, "Cannot drop nonexistent unique key")
        raise OraError(2443, "Cannot drop constraint  - nonexistent constraint")

    def _children_of(self, key: Constraint) -> list[tuple[Table, Constraint]]:
        found = []
        for child, foreign in self._catalogue.children(self._before):
            assert foreign.reference is not None
            if set(foreign.reference.columns) == set(key.columns):
                found.append((child, foreign))
        return found

    def rename(self, statement: RenameInTable) -> SchemaPlan:
        if statement.what == "COLUMN":
            return self._rename_column(statement.before, statement.after, statement.table.offset)
        if statement.what == "CONSTRAINT":
            return self._rename_constraint(statement)
        before = self._before
        if self._catalogue.is_taken(before.schema, statement.after):
            raise OraError(955, "name is already used by an existing object")
        after = replace(before, name=statement.after)
        return SchemaPlan([], self._catalogue.without(before).with_table(after))

    def _rename_constraint(self, statement: RenameInTable) -> SchemaPlan:
        before = self._before
        if statement.before not in [c.name for c in before.constraints]:
            raise OraError(23292, "The constraint does not exist")
        if statement.after in [c.name for c in before.constraints]:
            raise OraError(2264, "name already used by an existing constraint")
        changed = [
            replace(c, name=statement.after, is_named=True) if c.name == statement.before else c
            for c in before.constraints
        ]
        return self._plan(replace(before, constraints=changed), self._same_values())

    def _rename_column(self, old: str, new: str, offset: int) -> SchemaPlan:
        """Everything that names the column follows, and only the catalogue changes."""
        self._column(old, offset)
        if self._before.column(new) is not None:
            raise OraError(957, "duplicate column name", offset)
        columns = [replace(c, name=new) if c.name == old else c for c in self._before.columns]
        constraints = [_renamed(c, old, new) for c in self._before.constraints]
        indexes = [replace(i, columns=_swapped(i.columns, old, new)) for i in self._before.indexes]
        after = replace(self._before, columns=columns, constraints=constraints, indexes=indexes)
        catalogue = self._catalogue.with_table(after)
        return SchemaPlan([], _pointed_anew(catalogue, after, old, new))

    def _column(self, name: str, offset: int) -> tuple[int, TableColumn]:
        found = self._before.column(name)
        if found is None:
            raise OraError(904, f'"{name}": invalid identifier', offset)
        return found

    def _same_values(self) -> list[str]:
        return [f"c{position}" for position, _ in enumerate(self._before.columns, 1)]

    def _constrained(self, table: Table, specs: Sequence[ConstraintSpec]) -> Table:
        return with_constraints(table, specs, self._scope.compilation)

    def _checks(self, after: Table) -> Iterator[Check]:
        added = [c for c in after.constraints if c not in self._before.constraints]
        return checks(
            added,
            self._before,
            lambda reference: parent_of(reference, self._before, self._catalogue),
            lambda made: condition_sql(made, self._before, self._queries, self._scope),
        )

    def _plan(self, after: Table, values: Sequence[str], looks: Sequence[Check] = ()) -> SchemaPlan:
        statements = rebuilt(self._before, after, values, self._queries, self._scope)
        return SchemaPlan(statements, self._catalogue.with_table(after), looks)


def _carried(position: int, old: TableColumn, new: TableColumn, table: Table) -> str:
    """The values of a modified column as its new type keeps them."""
    if old.type == new.type:
        return f"c{position}"
    value = as_typed(position, old)
    if not _goes_over(old.type, new.type):
        value = Typed("NULL", new.type)  # checked: there is no value in it
    return assign(value, new.type, f'{table.full_name}."{new.name}"')


# Pairs that may hold values while one becomes the other.
_GOES_OVER = {
    (Kind.CHAR, Kind.VARCHAR),
    (Kind.VARCHAR, Kind.CHAR),
    (Kind.NCHAR, Kind.NVARCHAR),
    (Kind.NVARCHAR, Kind.NCHAR),
    (Kind.DATE, Kind.TIMESTAMP),
    (Kind.LONG, Kind.CLOB),
}
# What no other type becomes, and what becomes none: not even in an empty column.
_LASTING = {Kind.CLOB, Kind.NCLOB, Kind.BLOB, Kind.JSON, Kind.XMLTYPE, Kind.VECTOR, Kind.OBJECT}


def _goes_over(old: ColumnType, new: ColumnType) -> bool:
    return old.kind is new.kind or (old.kind, new.kind) in _GOES_OVER


def _fitting(old: TableColumn, new: TableColumn, place: str, table: Table) -> Iterator[Check]:
    """What must not be in a column for its type to become another."""
    before, after = old.type, new.type
    if {before.kind, after.kind} & _LASTING and not _goes_over(before, after):
        raise OraError(22858, "invalid alteration of datatype")
    filled = f"SELECT 1 FROM {table.sqlite_name} WHERE {place} IS NOT NULL"
    if not _goes_over(before, after):
        text = "column to be modified must be empty to change datatype"
        yield Check(filled, OraError(1439, text))
    elif _loses_digits(before, after):
        text = "column to be modified must be empty to decrease precision or scale"
        yield Check(filled, OraError(1440, text))
    elif after.kind in CHARACTER_KINDS | {Kind.RAW}:
        text = "cannot decrease column length because some value is too big"
        yield Check(f"{filled} AND {_longer(place, after)}", OraError(1441, text))


def _longer(place: str, wanted: ColumnType) -> str:
    if wanted.kind is not Kind.RAW and wanted.size > wanted.chars:
        return f"length({place}) > {wanted.chars}"
    return f"length(CAST({place} AS BLOB)) > {wanted.size}"


def _loses_digits(before: ColumnType, after: ColumnType) -> bool:
    if before.kind in DATETIME_KINDS | {Kind.INTERVAL_DS, Kind.INTERVAL_YM}:
        return after.kind is before.kind and (
            after.scale < before.scale or after.precision < before.precision
        )
    if before.kind is not Kind.NUMBER or not after.precision:
        return False
    if not before.precision or -127 in (before.scale, after.scale):
        return after != before
    whole = (before.precision - before.scale, after.precision - after.scale)
    return whole[1] < whole[0] or after.scale < before.scale


def _swapped(names: Sequence[str], old: str, new: str) -> tuple[str, ...]:
    return tuple(new if name == old else name for name in names)


def _renamed(constraint: Constraint, old: str, new: str) -> Constraint:
    condition = constraint.condition
    if condition is not None:
        condition = _condition_with(condition, old, new)
    return replace(constraint, columns=_swapped(constraint.columns, old, new), condition=condition)


def _condition_with(condition: str, old: str, new: str) -> str:
    """The text of a CHECK with one of its names exchanged, every other character kept."""
    parts, end = [], 0
    for token in lex(condition).tokens:
        source = condition[token.start : token.end + 1]
        quoted = source.startswith('"')
        if (source[1:-1] if quoted else source.upper()) == old and source[:1] != "'":
            parts += [condition[end : token.start], f'"{new}"']
            end = token.end + 1
    return "".join([*parts, condition[end:]])


def _pointed_anew(catalogue: Catalogue, parent: Table, old: str, new: str) -> Catalogue:
    """The foreign keys to a renamed column name it as it is called now."""
    for child, key in catalogue.children(parent):
        assert key.reference is not None
        reference = Reference(
            key.reference.table,
            _swapped(key.reference.columns, old, new),
            key.reference.on_delete,
        )
        before = catalogue.by_number(child.number)
        changed = [replace(c, reference=reference) if c == key else c for c in before.constraints]
        catalogue = catalogue.with_table(replace(before, constraints=changed))
    return catalogue


def comment(statement: Comment, compilation: Compilation) -> SchemaPlan:
    name, text = statement.table, statement.text or None
    table = compilation.catalogue.find(name.schema, name.name, compilation.user)
    if table is None:
        return _comment_on_view(statement, compilation)
    if statement.column is None:
        changed = replace(table, comment=text)
    else:
        if table.column(statement.column) is None:
            raise OraError(904, f'"{statement.column}": invalid identifier', name.offset)
        columns = [
            replace(c, comment=text) if c.name == statement.column else c for c in table.columns
        ]
        changed = replace(table, columns=columns)
    return SchemaPlan([], compilation.catalogue.with_table(changed))


def _comment_on_view(statement: Comment, compilation: Compilation) -> SchemaPlan:
    view = find_view(statement.table, compilation)
    column = statement.column
    if column is not None and column not in [c.name for c in view.columns]:
        raise OraError(904, f'"{column}": invalid identifier', statement.table.offset)
    comments = {**view.comments}
    comments.pop(column, None)
    if statement.text:
        comments[column] = statement.text
    return SchemaPlan([], compilation.catalogue.with_view(replace(view, comments=comments)))
