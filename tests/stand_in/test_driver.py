"""The stand-in seen through the real driver, over sockets: logins, calls, cursors, transactions."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import oracledb
import pytest

from tests.fake_oracle import ORACLE_12C, ORACLE_19C, ORACLE_23AI, Capabilities, FakeOracle
from tests.fake_oracle.kinds.model import Column
from tests.fake_oracle.session.cursors import MAX_OPEN_CURSORS
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


def test_a_statement_executed_again_uses_its_cursor(oracle: FakeOracle, connection: Any) -> None:
    for number in range(3):
        cursor = connection.cursor()
        cursor.execute("select echo :a from dual", [number])
        assert cursor.fetchone() == (str(number),)
    for number in (1, 2):
        connection.cursor().execute("insert into t values ( :a )", [number])
    assert oracle.counts().statements == 5


def test_a_bind_of_another_type_may_follow_on_the_same_cursor(connection: Any) -> None:
    for sent, said in ((1, "1"), ("x", "'x'"), (None, "None"), (b"y", "b'y'")):
        row = connection.cursor().execute("select echo :a from dual", [sent]).fetchone()
        assert row == (said,)


def test_closed_cursors_make_room_for_others(connection: Any) -> None:
    connection.stmtcachesize = 5
    for number in range(700):
        row = connection.cursor().execute(f"select echo :a from t{number}", [number]).fetchone()
        assert row == (str(number),)


def test_more_open_cursors_than_announced_are_refused(connection: Any) -> None:
    cursors = [connection.cursor() for _ in range(MAX_OPEN_CURSORS)]
    for number, cursor in enumerate(cursors):
        cursor.execute(f"select count from t{number}")
    with pytest.raises(oracledb.DatabaseError, match="ORA-01000"):
        connection.cursor().execute("select count from one_more")


def test_queries_may_be_fetched_side_by_side(connection: Any) -> None:
    first, second = connection.cursor(), connection.cursor()
    first.arraysize = first.prefetchrows = second.arraysize = 7
    first.execute("select * from numbers")
    second.execute("select * from numbers")
    assert [a == b for a, b in zip(first, second, strict=True)] == [True] * 250


def test_an_exhausted_query_may_run_again(connection: Any) -> None:
    cursor = connection.cursor()
    for _ in range(3):
        assert len(cursor.execute("select * from numbers").fetchall()) == 250
        assert cursor.fetchone() is None


@pytest.mark.parametrize(("prefetch", "array", "fetches"), [(0, 250, 2), (250, 1, 1), (251, 1, 0)])
def test_the_end_of_the_rows_is_said_only_when_it_was_looked_for(
    oracle: FakeOracle, connection: Any, prefetch: int, array: int, fetches: int
) -> None:
    cursor = connection.cursor()
    cursor.prefetchrows, cursor.arraysize = prefetch, array
    assert len(cursor.execute("select * from numbers").fetchall()) == 250
    assert oracle.counts().fetches == fetches


def test_a_statement_may_be_parsed_without_running(oracle: FakeOracle, connection: Any) -> None:
    cursor = connection.cursor()
    cursor.parse("select * from numbers")
    assert [column.name for column in cursor.description] == ["N"]
    with pytest.raises(oracledb.DatabaseError, match="ORA-00942"):
        cursor.parse("select * from nowhere")
    assert oracle.counts().statements == 0


def test_batch_errors_and_row_counts_name_each_row(connection: Any, engine: TinyEngine) -> None:
    cursor = connection.cursor()
    rows = [("fine",), ("bad",), ("fine",), ("bad",)]
    sql = "insert into t values ( :a )"
    cursor.executemany(sql, rows, batcherrors=True, arraydmlrowcounts=True)
    assert [(error.offset, error.code) for error in cursor.getbatcherrors()] == [(1, 1), (3, 1)]
    assert cursor.getarraydmlrowcounts() == [1, 0, 1, 0]
    assert engine.added == [["fine"], ["fine"]]
    with pytest.raises(oracledb.IntegrityError):
        cursor.executemany(sql, rows)
    assert engine.added == [["fine"], ["fine"], ["fine"]]


def test_a_block_takes_one_bind_for_each_name(connection: Any) -> None:
    cursor = connection.cursor()
    for _ in range(2):
        cursor.execute("begin p( :a , :b , :a ); end;", a=1, b=2)


def execute_scrollable(connection: Any) -> None:
    connection.cursor(scrollable=True).execute("select * from numbers")


def execute_returning(connection: Any) -> None:
    cursor = connection.cursor()
    cursor.execute("insert into t values ( :a ) returning a into :b", [1, cursor.var(int)])


def bind_an_array(connection: Any) -> None:
    cursor = connection.cursor()
    cursor.execute("begin p( :a ); end;", [cursor.arrayvar(int, [1, 2])])


def begin_a_global_transaction(connection: Any) -> None:
    connection.tpc_begin(connection.xid(1, "a", "b"))


@pytest.mark.parametrize(
    ("call", "what"),
    [
        (execute_scrollable, "scrollable cursors"),
        (execute_returning, "RETURNING"),
        (bind_an_array, "an array bind"),
        (begin_a_global_transaction, "function 103"),
    ],
)
def test_what_the_stand_in_does_not_know_is_refused_by_name(
    connection: Any, call: Callable[[Any], None], what: str
) -> None:
    with pytest.raises(oracledb.DatabaseError, match=f"ORA-03115: .*{what}"):
        call(connection)
    connection.ping()


def test_session_attributes_ride_along_with_the_next_call(connection: Any) -> None:
    connection.module, connection.action = "tests", ""
    connection.client_identifier = connection.clientinfo = "ä" * 20
    connection.dbop = "x"
    connection.current_schema = "APP"
    connection.ping()
    assert connection.cursor().execute("select count from dual").fetchone() == (1,)


def test_a_pool_hands_out_sessions_and_ends_their_transactions(oracle: FakeOracle) -> None:
    pool = oracledb.create_pool(
        user="app", password="app_pw", dsn=oracle.dsn(), min=2, max=2, increment=1
    )
    for _ in range(3):
        with pool.acquire() as first, pool.acquire() as second:
            first.cursor().execute("insert into t values ( :a )", [1])
            assert len(second.cursor().execute("select * from numbers").fetchall()) == 250
    assert oracle.counts().rollbacks >= 3
    assert oracle.counts().logins == 2
    pool.close()
    assert oracle.wait_until(lambda counts: counts.open_sessions == 0).lost_sessions == 0


def test_a_pooled_server_is_asked_for_and_ignored(oracle: FakeOracle) -> None:
    dsn = oracle.dsn() + ":pooled"
    pool = oracledb.create_pool(user="app", password="app_pw", dsn=dsn, min=1, max=2, cclass="X")
    for _ in range(3):
        with pool.acquire() as connection:
            assert connection.cursor().execute("select count from dual").fetchone() == (1,)
    pool.close()
    oracle.wait_until(lambda counts: counts.open_sessions == 0)


def test_sysdba_and_proxy_logins_are_refused(oracle: FakeOracle) -> None:
    with pytest.raises(oracledb.DatabaseError, match="ORA-01031"):
        connect(oracle, mode=oracledb.AUTH_MODE_SYSDBA)
    with pytest.raises(oracledb.DatabaseError, match="ORA-28150"):
        connect(oracle, user="compare[app]")


def test_a_large_statement_and_a_large_answer_take_many_packets(connection: Any) -> None:
    text = "x" * 60_000
    sql = f"select echo :a , :b from dual -- {text}"
    row = connection.cursor().execute(sql, [text[:20_000], b"\x01" * 3]).fetchone()
    assert row == (repr(text[:20_000]), repr(b"\x01" * 3))


@pytest.mark.parametrize("sdu", [512, 8192, 65535, 2_000_000])
def test_packets_are_as_large_as_the_client_wishes(oracle: FakeOracle, sdu: int) -> None:
    with connect(oracle, sdu=sdu) as connection:
        assert connection.sdu == sdu
        cursor = connection.cursor()
        assert len(cursor.execute("select * from numbers").fetchall()) == 250
        cursor.executemany("insert into t values ( :a )", [["v" * 3000]] * 50)


def test_connect_data_too_long_for_its_packet_comes_in_another(oracle: FakeOracle) -> None:
    with connect(oracle, program="p" * 300) as connection:
        connection.ping()


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
