"""The stand-in seen through the real driver, over sockets: logins, calls, cursors, transactions."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import oracledb
import pytest

from tests.fake_oracle import ORACLE_12C, ORACLE_19C, ORACLE_23AI, Capabilities, FakeOracle
from tests.fake_oracle.model import Column
from tests.fake_oracle.tiny_engine import NUMBER, Table, TinyEngine

NUMBERS = Table([Column("N", NUMBER)], [[n] for n in range(1, 251)])


@pytest.fixture(name="engine")
def _engine() -> TinyEngine:
    return TinyEngine({"numbers": NUMBERS})


@pytest.fixture(
    name="oracle", params=[ORACLE_23AI, ORACLE_19C, ORACLE_12C], ids=lambda c: c.version
)
def _oracle(request: Any, engine: TinyEngine) -> Iterator[FakeOracle]:
    with FakeOracle({"DEV": engine}, capabilities=request.param) as oracle:
        yield oracle


def connect(oracle: FakeOracle, **changes: Any) -> Any:
    settings = {"user": "compare", "password": "compare_pw", "dsn": oracle.dsn()}
    return oracledb.connect(**(settings | changes))


def code_of(raised: pytest.ExceptionInfo[oracledb.Error]) -> str:
    return str(raised.value.args[0].full_code)


@pytest.fixture(name="connection")
def _connection(oracle: FakeOracle) -> Iterator[Any]:
    with connect(oracle) as connection:
        yield connection


def test_a_login_shows_the_version_and_counts_as_one_session(oracle: FakeOracle) -> None:
    with connect(oracle) as connection:
        assert connection.version in ("23.26.1.0.0", "19.24.0.0.0", "12.1.0.2.0")
        assert connection.is_healthy()
        assert (oracle.counts().logins, oracle.counts().open_sessions) == (1, 1)
    oracle.wait_until(lambda counts: counts.logoffs == 1 and counts.open_sessions == 0)
    assert oracle.counts().lost_sessions == 0


@pytest.mark.parametrize(
    ("user", "password", "code"),
    [
        ("compare", "wrong", "ORA-01017"),
        ("nobody", "compare_pw", "ORA-01017"),
        ("locked", "locked_pw", "ORA-28000"),
        ("expired", "expired_pw", "ORA-28001"),
        ("expired", "wrong", "ORA-01017"),
        ("nologin", "nologin_pw", "ORA-01045"),
        ("limited", "limited_pw", "ORA-02391"),
        ("oldpw", "oldpw_pw", "DPY-3015"),
        ("directory", "directory_pw", "DPY-3015"),
    ],
)
def test_a_login_that_cannot_be_fails_with_its_own_code(
    oracle: FakeOracle, user: str, password: str, code: str
) -> None:
    with pytest.raises(oracledb.Error) as raised:
        connect(oracle, user=user, password=password)
    assert code_of(raised) == code
    assert oracle.counts().logins == 0


def test_an_11g_verifier_logs_in(oracle: FakeOracle) -> None:
    with connect(oracle, user="eleveng", password="eleveng_pw") as connection:
        connection.ping()


def test_binds_travel_by_position_and_by_name(connection: Any) -> None:
    sql = "select echo :a , :b from dual"
    assert connection.cursor().execute(sql, [1, "x"]).fetchone() == ("1", "'x'")
    assert connection.cursor().execute(sql, {"b": "x", "a": 1}).fetchone() == ("1", "'x'")


def test_rows_come_in_the_batches_the_client_asks_for(oracle: FakeOracle, connection: Any) -> None:
    cursor = connection.cursor()
    cursor.prefetchrows, cursor.arraysize = 10, 100
    cursor.execute("select * from numbers")
    assert oracle.counts().fetches == 0
    assert [n for (n,) in cursor] == list(range(1, 251))
    assert oracle.counts().fetches == 3


def test_an_error_names_its_code_and_offset(connection: Any) -> None:
    with pytest.raises(oracledb.DatabaseError) as raised:
        connection.cursor().execute("select * from nowhere")
    assert raised.value.args[0].code == 942
    assert raised.value.args[0].offset == 14


def test_an_open_transaction_shows_in_every_reply(connection: Any) -> None:
    cursor = connection.cursor()
    cursor.execute("insert into t values ( :a )", [1])
    assert connection.transaction_in_progress
    cursor.execute("select count from dual")
    assert connection.transaction_in_progress
    connection.ping()
    assert connection.transaction_in_progress
    connection.commit()
    assert not connection.transaction_in_progress


def test_autocommit_commits_with_the_statement(oracle: FakeOracle, connection: Any) -> None:
    connection.autocommit = True
    connection.cursor().execute("insert into t values ( :a )", [1])
    assert not connection.transaction_in_progress
    assert oracle.counts().commits == 1


def test_many_rows_are_inserted_with_one_call(
    oracle: FakeOracle, connection: Any, engine: TinyEngine
) -> None:
    cursor = connection.cursor()
    cursor.executemany("insert into t values ( :a , :b )", [(1, "x"), (2, None), (3, "z")])
    assert cursor.rowcount == 3
    assert engine.added == [[1, "x"], [2, None], [3, "z"]]
    assert oracle.counts().statements == 1


def test_the_asynchronous_driver_works_as_the_other(oracle: FakeOracle) -> None:
    async def main() -> list[Any]:
        async with oracledb.connect_async(
            user="compare", password="compare_pw", dsn=oracle.dsn()
        ) as connection:
            rows: list[Any] = await connection.fetchall("select * from numbers", arraysize=70)
            return rows

    assert [n for (n,) in asyncio.run(main())] == list(range(1, 251))


@pytest.mark.parametrize("fast_auth", [True, False])
@pytest.mark.parametrize("end_of_response", [True, False])
def test_each_way_to_log_in_works_by_itself(fast_auth: bool, end_of_response: bool) -> None:
    able = Capabilities(fast_auth=fast_auth, end_of_response=end_of_response)
    with (
        FakeOracle({"DEV": TinyEngine()}, capabilities=able) as oracle,
        connect(oracle) as connection,
    ):
        connection.ping()
        assert oracle.counts().pings == 1
