"""Compiled statements: sqlite SQL, what it needs, and the Oracle columns it gives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from ..expressions.nested_queries import NestedQuery
from ..kinds.catalogue import Catalogue, Table
from ..kinds.model import Column


@dataclass(frozen=True)
class QueryPlan:
    """nested: the queries behind CURSOR columns, by the numbers their values carry."""

    sql: str
    columns: Sequence[Column]
    locks_rows: bool = False
    nested: Sequence[NestedQuery] = ()


@dataclass(frozen=True)
class ChangePlan:
    """INSERT, UPDATE or DELETE; the table is for the words of constraint errors."""

    sql: str
    table: Table
    inserts: bool


@dataclass(frozen=True)
class SchemaPlan:
    """DDL: sqlite statements to run, and the catalogue as it is afterwards."""

    statements: Sequence[str]
    catalogue: Catalogue


@dataclass(frozen=True)
class TransactionPlan:
    word: str


@dataclass(frozen=True)
class SleepPlan:
    """A block: sqlite SQL for the seconds to sleep, None to do nothing."""

    sql: str | None


Plan: TypeAlias = "QueryPlan | ChangePlan | SchemaPlan | TransactionPlan | SleepPlan"
