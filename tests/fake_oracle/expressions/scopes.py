"""What names mean inside one query block."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce

from ..kinds.catalogue import Catalogue
from ..kinds.expression_types import CHARACTER_KINDS, NUMBER, ROWID, Typed, object_type
from ..kinds.model import Column, ColumnType, Kind, OraError
from ..kinds.nls import AMERICAN, Nls
from ..parser.statements import Name
from .nested_queries import NestedQuery


@dataclass(frozen=True)
class Source:
    """A table, an inline view or a WITH query in a FROM clause."""

    schema: str | None
    name: str | None  # alias, or table name; None for an inline view without alias
    columns: Sequence[tuple[str, Typed]]
    row_id: str | None = None  # sqlite SQL of its ROWID, where it has one
    is_alias: bool = False
    row_object: Typed | None = None  # the object whose attributes the columns are

    def answers_to(self, schema: str | None, name: str) -> bool:
        if schema is not None and (self.is_alias or schema != self.schema):
            return False
        return name == self.name

    def named(self, name: str) -> list[Typed]:
        return [typed for column, typed in self.columns if column == name]

    def refuse_repeated(self, offset: int) -> None:
        """ORA-00918 where `*` would name two columns of an inline view alike."""
        names = [name for name, _ in self.columns]
        for name in names:
            if names.count(name) > 1:
                raise OraError(918, f'"{name}": column ambiguously defined', offset)


def typed_columns(columns: Sequence[Column], alias: str) -> tuple[tuple[str, Typed], ...]:
    return tuple(
        (column.name, Typed(f"{alias}.c{position}", column.type, nullable=column.nullable))
        for position, column in enumerate(columns, 1)
    )


@dataclass(frozen=True)
class Block:
    """A compiled query: sqlite SQL whose columns are c1, c2 and so on, and their Oracle columns."""

    sql: str
    columns: Sequence[Column]
    one_row: bool = False

    def typed(self, alias: str) -> tuple[tuple[str, Typed], ...]:
        return typed_columns(self.columns, alias)


@dataclass(frozen=True)
class CommonQuery:
    """A WITH query by its name: the block's SQL is a sqlite CTE under `alias`."""

    alias: str
    columns: Sequence[Column]


@dataclass
class Compilation:
    """What all blocks of one statement share."""

    catalogue: Catalogue
    user: str
    bind_kinds: Sequence[Kind]
    numbering: Iterator[int]
    nls: Nls = AMERICAN
    locks_rows: bool = False
    nested: list[NestedQuery] = field(default_factory=list)

    def fresh(self, prefix: str) -> str:
        return f"{prefix}{next(self.numbering)}"

    def order_key(self, value: Typed) -> str:
        """What sorts as the session's NLS_SORT has it."""
        if self.nls.sort == "BINARY" or value.kind not in CHARACTER_KINDS:
            return value.sql
        return f"ora_sort_key({value.sql}, '{self.nls.sort}')"

    @property
    def compares_linguistically(self) -> bool:
        return self.nls.comp == "LINGUISTIC" and self.nls.sort != "BINARY"

    def type_of(self, declared: ColumnType | Name) -> ColumnType:
        """A declaration's type; ORA-00902 for a name that no type has."""
        if isinstance(declared, ColumnType):
            return declared
        made = self.catalogue.find_type(declared.schema, declared.name, self.user)
        if made is None:
            raise OraError(902, "invalid datatype", declared.offset)
        return object_type(made)


@dataclass
class Grouping:
    """The GROUP BY of a block: compiled expressions, and whether aggregates are in view."""

    keys: frozenset[str]
    explicit: bool


@dataclass
class Scope:
    """One block's sources, and the blocks around it.

    carried is set where the block numbers its rows (ROWNUM): sqlite gets such a block in two
    halves, and what the outer half uses is carried out of the inner one, `carrier`, by new names.
    captured is set around a CURSOR query: what it uses of the row around it becomes a parameter.
    """

    compilation: Compilation
    parent: Scope | None = None
    sources: list[Source] = field(default_factory=list)
    merged: set[str] = field(default_factory=set)  # columns of JOIN ... USING
    common: Mapping[str, CommonQuery] = field(default_factory=dict)
    level: str | None = None
    row_number: str | None = None
    captured: dict[str, str] | None = None
    carrier: str = ""
    carried: dict[str, str] | None = None
    aliases: Mapping[str, Typed] = field(default_factory=dict)  # of select items, in ORDER BY
    grouping: Grouping | None = None
    aggregates_allowed: bool = False

    def resolve(self, parts: Sequence[str], shown: str, offset: int) -> Typed:
        """A column by its parts, innermost block first; ORA-00904 or ORA-00918."""
        scope: Scope | None = self
        crossed: list[Scope] = []
        while scope is not None:
            if scope.captured is not None:
                crossed.insert(0, scope)
            found = scope._own(parts, offset)
            if found is not None:
                return reduce(lambda typed, around: around._capture(typed), crossed, found)
            scope = scope.parent
        raise OraError(904, f"{shown}: invalid identifier", offset)

    def _capture(self, typed: Typed) -> Typed:
        assert self.captured is not None
        name = self.captured.setdefault(typed.sql, self.compilation.fresh("p"))
        return replace(typed, sql=f":{name}")

    def _own(self, parts: Sequence[str], offset: int) -> Typed | None:
        *qualifier, name = parts
        sources = self._qualified(qualifier) if qualifier else self.sources
        if name == "ROWID":
            return self._row_id(sources, offset)
        matches = [typed for source in sources for typed in source.named(name)]
        if not matches:
            return None
        if len(matches) > 1 and name not in self.merged:
            raise OraError(918, f'"{name}": column ambiguously defined', offset)
        return self.outward(matches[0])

    def _qualified(self, qualifier: Sequence[str]) -> list[Source]:
        schema = qualifier[-2] if len(qualifier) > 1 else None
        return [s for s in self.sources if s.answers_to(schema, qualifier[-1])]

    def has_alias(self, name: str) -> bool:
        """Whether a FROM clause in view gives something this alias."""
        own = any(source.is_alias and source.name == name for source in self.sources)
        return own or (self.parent is not None and self.parent.has_alias(name))

    def row_object(self, name: str) -> Typed | None:
        """VALUE(name): the object behind a row of TABLE(...)."""
        found = [s.row_object for s in self.sources if s.is_alias and s.name == name]
        return self.outward(found[0]) if found and found[0] is not None else None

    def _row_id(self, sources: Sequence[Source], offset: int) -> Typed | None:
        row_ids = [source.row_id for source in sources if source.row_id]
        if not row_ids:
            return None
        if len(row_ids) > 1:
            raise OraError(918, '"ROWID": column ambiguously defined', offset)
        return self.outward(Typed(row_ids[0], ROWID))

    def outward(self, typed: Typed) -> Typed:
        if self.carried is None:
            return typed
        name = self.carried.setdefault(typed.sql, f"k{len(self.carried) + 1}")
        return replace(typed, sql=f"{self.carrier}.{name}")

    def star(self, qualifier: Sequence[str], offset: int) -> list[tuple[str, Typed]]:
        """The columns `*` or `t.*` stands for."""
        sources = self._qualified(qualifier) if qualifier else self.sources
        if not sources:
            shown = ".".join(f'"{part}"' for part in qualifier)
            raise OraError(904, f"{shown}: invalid identifier", offset)
        expanded: list[tuple[str, Typed]] = []
        merged: set[str] = set()
        for source in sources:
            source.refuse_repeated(offset)
            for name, typed in source.columns:
                if name in merged:
                    continue
                if name in self.merged and not qualifier:
                    merged.add(name)
                expanded.append((name, self.outward(typed)))
        return expanded

    def pseudo_column(self, name: str, offset: int) -> Typed | None:
        if name == "LEVEL":
            if self.level is None:
                raise OraError(1788, "CONNECT BY clause required in this query block", offset)
            return self.outward(Typed(self.level, NUMBER))
        if name == "ROWNUM" and self.row_number is not None:
            return Typed(self.row_number, NUMBER)
        return None
