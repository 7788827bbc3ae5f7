"""The table of Oracle's functions: what they take, what they give, how sqlite3 calls them.

A function is a plain Python function over Python values; `define` enters it here with the kinds of
its arguments and of its result. `install` registers all of them with a connection, wrapped so that
stored keys are decoded on the way in and encoded on the way out, and NULL in gives NULL out.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cache
from typing import TypeVar

from ..kinds.expression_types import NATIONAL_KINDS, NUMBER, Typed, text_type
from ..kinds.model import ColumnType, Kind, Moment, Value
from ..kinds.nls import AMERICAN, Nls
from ..kinds.sqlite_values import (
    INSTANT_LENGTH,
    Stored,
    decimal_of,
    double_of,
    encode,
    int_of,
    interval_ds_of,
    interval_ym_of,
    moment_of,
    zoned_of,
)

Implementation = Callable[..., Value]
Defined = TypeVar("Defined", bound=Implementation)
TypeRule = Callable[[Sequence[Typed]], ColumnType]


class Want(Enum):
    """What an argument is turned into before the Python function sees it."""

    TEXT = "text"
    NUMBER = "number"
    INTEGER = "integer"
    DOUBLE = "double"
    MOMENT = "moment"
    DAYS = "days"
    MONTHS = "months"
    RAW = "raw"
    STORED = "stored"


@dataclass(frozen=True)
class Function:
    """One Oracle function, or one of several under a name, told apart by their first argument."""

    sqlite_name: str
    wants: Sequence[Want]
    required: int
    gives: Kind | None  # None: the implementation gives a stored value
    type_rule: TypeRule
    implementation: Implementation
    first_kinds: frozenset[Kind] | None
    strict: bool
    of_session: bool = False  # the implementation is handed the session's Nls first


FUNCTIONS: dict[str, list[Function]] = {}
_MOST_ARGUMENTS = 100  # as many as sqlite passes to a function by default
# Operators and conversions the compiler calls by their sqlite name; no SQL text can.
_INTERNAL: list[Function] = []


def define(
    name: str,
    *wants: Want,
    optional: Sequence[Want] = (),
    gives: Kind | None = None,
    type_rule: TypeRule | ColumnType | None = None,
    first_kinds: frozenset[Kind] | None = None,
    strict: bool = True,
    of_session: bool = False,
) -> Callable[[Defined], Defined]:
    """Enter a function under its Oracle name. strict: any NULL argument makes the result NULL."""

    def enter(implementation: Defined) -> Defined:
        overloads = FUNCTIONS.setdefault(name, [])
        overloads.append(
            Function(
                f"ora_{name.lower()}_{len(overloads)}",
                (*wants, *optional),
                len(wants),
                gives,
                _rule(type_rule, gives),
                implementation,
                first_kinds,
                strict,
                of_session,
            )
        )
        return implementation

    return enter


def internal(
    sqlite_name: str,
    *wants: Want,
    gives: Kind | None = None,
    variadic: bool = False,
    of_session: bool = False,
    optional: Sequence[Want] = (),
) -> Callable[[Defined], Defined]:
    """Enter an operator or a conversion under the name the compiler calls it by.

    variadic: the one Want stands for every argument, and NULLs among them are passed on.
    """

    def enter(implementation: Defined) -> Defined:
        required = 0 if variadic else len(wants)
        kinds = wants * _MOST_ARGUMENTS if variadic else (*wants, *optional)
        rule = _rule(None, gives)
        function = Function(
            sqlite_name,
            kinds,
            required,
            gives,
            rule,
            implementation,
            None,
            strict=not variadic,
            of_session=of_session,
        )
        _INTERNAL.append(function)
        return implementation

    return enter


def _rule(type_rule: TypeRule | ColumnType | None, gives: Kind | None) -> TypeRule:
    if isinstance(type_rule, ColumnType):
        fixed = type_rule
        return lambda arguments: fixed
    if type_rule is not None:
        return type_rule
    return lambda arguments: NUMBER if gives is Kind.NUMBER else text_type(4000)


def like_first(arguments: Sequence[Typed]) -> ColumnType:
    """The result is as wide as the first argument and no longer padded."""
    first = arguments[0].type
    if first.kind in (Kind.CLOB, Kind.NCLOB):
        return first
    kind = Kind.NVARCHAR if first.kind in NATIONAL_KINDS else Kind.VARCHAR
    return text_type(first.chars or 4000, kind, first.size)


def width_from(position: int) -> TypeRule:
    """As wide as a literal number argument says, else as wide as can be."""

    def rule(arguments: Sequence[Typed]) -> ColumnType:
        literal = arguments[position].literal if len(arguments) > position else None
        first = like_first(arguments)
        if literal is None or not literal.isdigit() or first.kind in (Kind.CLOB, Kind.NCLOB):
            return first
        return text_type(int(literal), first.kind)

    return rule


def any_moment_of(key: str) -> Moment:
    """Either a DATE or TIMESTAMP key or the longer one of a TIMESTAMP WITH TIME ZONE."""
    return zoned_of(key) if len(key) > INSTANT_LENGTH else moment_of(key)


_DECODERS: dict[Want, Callable[..., Value] | None] = {
    Want.TEXT: None,
    Want.NUMBER: decimal_of,
    Want.INTEGER: int_of,
    Want.DOUBLE: double_of,
    Want.MOMENT: any_moment_of,
    Want.DAYS: interval_ds_of,
    Want.MONTHS: interval_ym_of,
    Want.RAW: None,
    Want.STORED: None,
}


class _Raised(threading.local):
    """sqlite3 replaces what a function raises by an error of its own; the real one waits here."""

    error: BaseException | None = None


_raised = _Raised()


def take_raised() -> BaseException | None:
    """What a function of this thread raised since the last call, if anything."""
    error, _raised.error = _raised.error, None
    return error


def remember(error: BaseException) -> None:
    _raised.error = error


@dataclass
class SessionSettings:
    """What ALTER SESSION changed. Replaced by the session's thread, which also runs functions."""

    nls: Nls = AMERICAN


def _sqlite_callable(
    function: Function, settings: SessionSettings | None = None
) -> Callable[..., Stored]:
    decoders = [_DECODERS[want] for want in function.wants]
    implementation, gives, strict = function.implementation, function.gives, function.strict

    def call(*stored: Stored) -> Stored:
        try:
            arguments: list[Value] = [] if settings is None else [settings.nls]
            for value, decode in zip(stored, decoders, strict=False):
                if value is None and strict:
                    return None
                arguments.append(value if decode is None or value is None else decode(value))
            result = implementation(*arguments)
            return encode(gives, result) if gives is not None else result  # type: ignore[return-value]
        except BaseException as error:
            remember(error)
            raise

    return call


def install(connection: sqlite3.Connection, settings: SessionSettings) -> None:
    """Register every function with a connection; those of a session read its settings."""
    for name, count, call in _registrations():
        connection.create_function(name, count, call, deterministic=True)
    for function in _entered():
        if function.of_session:
            call = _sqlite_callable(function, settings)
            # Deterministic to sqlite: settings do not change while a statement runs.
            count = _argument_count(function)
            connection.create_function(function.sqlite_name, count, call, deterministic=True)


def _entered() -> list[Function]:
    return [*(f for overloads in FUNCTIONS.values() for f in overloads), *_INTERNAL]


@cache
def _registrations() -> Sequence[tuple[str, int, Callable[..., Stored]]]:
    return [
        (f.sqlite_name, _argument_count(f), _sqlite_callable(f))
        for f in _entered()
        if not f.of_session
    ]


def _argument_count(function: Function) -> int:
    fixed = function.required == len(function.wants)
    return function.required if fixed else -1
