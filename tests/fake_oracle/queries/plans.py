"""Compiled statements: sqlite SQL, what it needs, and the Oracle columns it gives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from ..expressions.nested_queries import NestedQuery
from ..kinds.catalogue import Catalogue, Table
from ..kinds.model import Column, OraError


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
    deletes: bool = False


@dataclass(frozen=True)
class Check:
    """A look at the data before DDL: a row from the query means the error."""

    sql: str
    error: OraError


@dataclass(frozen=True)
class SchemaPlan:
    """DDL: sqlite statements to run, and the catalogue as it is afterwards.

    checks: run before the statements, on the data as they are.
    """

    statements: Sequence[str]
    catalogue: Catalogue
    checks: Sequence[Check] = ()


@dataclass(frozen=True)
class TransactionPlan:
    word: str


@dataclass(frozen=True)
class SettingsPlan:
    """ALTER SESSION: names and values, in order."""

    settings: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class SleepPlan:
    """A block: sqlite SQL for the seconds to sleep, None to do nothing."""

    sql: str | None


Plan: TypeAlias = "QueryPlan | ChangePlan | SchemaPlan | TransactionPlan | SettingsPlan | SleepPlan"
