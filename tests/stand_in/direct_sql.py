"""SQL given to a session of the stand-in itself: no driver, no wire."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import pytest

from tests.fake_oracle.kinds.model import Bind, Column, Kind, OraError, Row, SqlSession, Value

A_THIRD = Decimal("0." + "3" * 40)
ENDLESS = "SELECT LEVEL n FROM DUAL CONNECT BY LEVEL <= 1000000000"


def run(session: SqlSession, sql: str, *binds: Bind) -> list[Row]:
    outcome = session.execute(session.parse(sql, [bind.kind for bind in binds]), binds)
    return [] if outcome.rows is None else list(outcome.rows)


def change(session: SqlSession, sql: str, *binds: Bind) -> int:
    return session.execute(session.parse(sql, [bind.kind for bind in binds]), binds).row_count


def value(session: SqlSession, expression: str, *binds: Bind) -> Value:
    ((only,),) = run(session, f"SELECT {expression} FROM DUAL", *binds)
    return only


def described(session: SqlSession, sql: str) -> Sequence[Column]:
    return session.parse(sql).columns


def error(session: SqlSession, sql: str) -> OraError:
    with pytest.raises(OraError) as raised:
        run(session, sql)
    return raised.value


def number(given: int | Decimal) -> Bind:
    return Bind(Kind.NUMBER, given)
