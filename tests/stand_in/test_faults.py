"""Trouble on purpose, seen through the real driver: breaks, scripted faults, lost sessions."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import oracledb
import pytest

from tests.fake_oracle import (
    ORACLE_12C,
    ORACLE_19C,
    ORACLE_23AI,
    Account,
    Action,
    Answer,
    Close,
    Delay,
    FakeOracle,
    Fault,
    Garbage,
    LyingLength,
    Refuse,
    Reset,
    Silence,
    Step,
    Trickle,
    Truncate,
)
from tests.fake_oracle.kinds.model import Column, ColumnType, Kind
from tests.fake_oracle.tiny_engine import NUMBER, Table, TinyEngine

COUNT = "select count from dual"
ALL_NUMBERS = "select * from numbers"
VERSIONS = [ORACLE_23AI, ORACLE_19C, ORACLE_12C]


@pytest.fixture(name="engine")
def _engine() -> TinyEngine:
    return TinyEngine({"numbers": Table([Column("N", NUMBER)], [[n] for n in range(1, 1001)])})


@pytest.fixture(name="oracle", params=VERSIONS, ids=lambda able: able.version)
def _oracle(request: Any, engine: TinyEngine) -> Iterator[FakeOracle]:
    with FakeOracle({"DEV": engine}, capabilities=request.param) as oracle:
        yield oracle


def connect(oracle: FakeOracle, service: str = "DEV", **more: Any) -> Any:
    return oracledb.connect(user="compare", password="compare_pw", dsn=oracle.dsn(service), **more)


def fetch_all(connection: Any, sql: str = ALL_NUMBERS) -> list[Any]:
    rows: list[Any] = connection.cursor().execute(sql).fetchall()
    return rows


def is_usable(connection: Any) -> bool:
    return bool(fetch_all(connection, COUNT) == [(n,) for n in range(1, 11)])


# Breaks: as an urgent byte, and as a marker packet.


@pytest.mark.parametrize("disable_oob", [False, True])
@pytest.mark.parametrize("sql", ["select block from dual", "select stall from dual"])
def test_cancel_stops_the_sql_layer_and_leaves_the_session_usable(
    oracle: FakeOracle, engine: TinyEngine, disable_oob: bool, sql: str
) -> None:
    connection = connect(oracle, disable_oob=disable_oob)
    with ThreadPoolExecutor() as pool:
        running = pool.submit(fetch_all, connection, sql)
        assert engine.started.wait(10)
        connection.cancel()
        with pytest.raises(oracledb.OperationalError, match="ORA-01013"):
            running.result(10)
    assert engine.interrupted.is_set()
    assert is_usable(connection)
    assert oracle.counts().breaks == 1


@pytest.mark.parametrize("disable_oob", [False, True])
@pytest.mark.parametrize("step", [Step.EXECUTE, Step.ROWS, Step.FETCH])
@pytest.mark.parametrize("action", [Delay(30), Silence()])
def test_cancel_ends_a_wait_at_every_step(
    oracle: FakeOracle, disable_oob: bool, step: Step, action: Action
) -> None:
    connection = connect(oracle, disable_oob=disable_oob)
    fault = oracle.faults.add(Fault(step, action))
    with ThreadPoolExecutor() as pool:
        running = pool.submit(fetch_all, connection)
        assert fault.hit.wait(10)
        connection.cancel()
        with pytest.raises(oracledb.OperationalError, match="ORA-01013"):
            running.result(10)
    assert is_usable(connection)


@pytest.mark.parametrize("disable_oob", [False, True])
def test_a_cancel_between_two_calls_hits_the_next_one_and_only_that(
    oracle: FakeOracle, disable_oob: bool
) -> None:
    connection = connect(oracle, disable_oob=disable_oob)
    connection.cancel()
    with pytest.raises(oracledb.OperationalError, match="ORA-01013"):
        fetch_all(connection)
    assert is_usable(connection)


@pytest.mark.parametrize("disable_oob", [False, True])
def test_a_call_timeout_breaks_the_call_and_leaves_the_session_usable(
    oracle: FakeOracle, engine: TinyEngine, disable_oob: bool
) -> None:
    connection = connect(oracle, disable_oob=disable_oob)
    connection.call_timeout = 1000
    with pytest.raises(oracledb.DatabaseError, match="DPY-4024"):
        fetch_all(connection, "select block from dual")
    assert engine.interrupted.is_set()
    connection.call_timeout = 0
    assert is_usable(connection)


def test_a_break_nobody_answers_costs_the_connection(oracle: FakeOracle) -> None:
    connection = connect(oracle)
    connection.call_timeout = 100
    oracle.faults.add(Fault(Step.EXECUTE, Silence(ignore_break=True)))
    with pytest.raises(oracledb.DatabaseError, match="DPY-4011"):
        fetch_all(connection)
    oracle.wait_until(lambda counts: counts.lost_sessions == 1)


def test_the_asynchronous_driver_breaks_with_marker_packets(
    oracle: FakeOracle, engine: TinyEngine
) -> None:
    async def main() -> None:
        async with oracledb.connect_async(
            user="compare", password="compare_pw", dsn=oracle.dsn()
        ) as connection:
            connection.call_timeout = 1000
            with pytest.raises(oracledb.DatabaseError, match="DPY-4024"):
                await connection.fetchone("select block from dual")
            connection.call_timeout = 0
            assert await connection.fetchone(COUNT) == (1,)
            connection.cancel()
            with pytest.raises(oracledb.OperationalError, match="ORA-01013"):
                await connection.fetchone(COUNT)
            assert await connection.fetchone(COUNT) == (1,)

    asyncio.run(main())
    assert engine.interrupted.is_set()


CLIENT = """
import sys, oracledb
connection = oracledb.connect(user="compare", password="compare_pw", dsn=sys.argv[1])
connection.cursor().execute("select block from dual")
"""


def test_work_stops_when_the_client_is_gone(oracle: FakeOracle, engine: TinyEngine) -> None:
    with subprocess.Popen([sys.executable, "-c", CLIENT, oracle.dsn()]) as client:
        assert engine.started.wait(20)
        client.kill()
        assert engine.interrupted.wait(10)
    assert oracle.wait_until(lambda counts: counts.lost_sessions == 1).breaks == 0


def test_a_break_may_itself_be_delayed_or_answered_otherwise(oracle: FakeOracle) -> None:
    connection = connect(oracle)
    connection.call_timeout = 1000
    oracle.faults.add(Fault(Step.BREAK, Delay(0.02)))
    with pytest.raises(oracledb.DatabaseError, match="DPY-4024"):
        fetch_all(connection, "select block from dual")
    connection.call_timeout = 0
    oracle.faults.add(Fault(Step.BREAK, Answer(40, "active time limit exceeded")))
    connection.cancel()
    with pytest.raises(oracledb.DatabaseError, match="ORA-00040"):
        connection.ping()
    connection.call_timeout = 50
    oracle.faults.add(Fault(Step.BREAK, Silence()))
    with pytest.raises(oracledb.DatabaseError, match="DPY-4011"):
        fetch_all(connection, "select block from dual")


# The listener and its special services.


@pytest.mark.parametrize(
    ("service", "code"),
    [
        ("NOSUCH", "DPY-6001"),
        ("OLD11G", "DPY-3010"),
        ("NNE", "DPY-3001"),
        ("NNE2", "ORA-12660"),
        ("FULL", "ORA-12516"),
        ("STARTING", "ORA-01033"),
    ],
)
def test_a_service_turns_clients_away_in_its_own_way(
    oracle: FakeOracle, service: str, code: str
) -> None:
    with pytest.raises(oracledb.Error, match=code):
        connect(oracle, service)
    assert oracle.counts().logins == 0


def test_a_sid_is_unknown(oracle: FakeOracle) -> None:
    with pytest.raises(oracledb.Error, match="DPY-6003"):
        oracledb.connect(
            user="app", password="app_pw", host=oracle.host, port=oracle.port, sid="DEV"
        )


def test_a_redirect_leads_to_service_dev(oracle: FakeOracle) -> None:
    with connect(oracle, "REDIRECTED") as connection:
        assert is_usable(connection)
    assert oracle.counts().connections == 2


def test_a_listener_that_never_answers_can_be_escaped_by_its_end(oracle: FakeOracle) -> None:
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(connect, oracle, "NOACCEPT")
        oracle.wait_until(lambda counts: counts.connections == 1)
        assert oracle.drop_sessions() == 1
        assert isinstance(waiting.exception(10), oracledb.Error)


def test_an_account_may_belong_to_one_service(engine: TinyEngine) -> None:
    accounts = [Account("one", "pw", service="DEV"), Account("two", "pw")]
    with FakeOracle({"DEV": engine, "UAT": engine}, accounts) as oracle:
        for user, service in (("one", "DEV"), ("two", "DEV"), ("two", "uat")):
            oracledb.connect(user=user, password="pw", dsn=oracle.dsn(service)).close()
        with pytest.raises(oracledb.Error, match=r"ORA-01017"):
            oracledb.connect(user="one", password="pw", dsn=oracle.dsn("UAT"))


# Scripted faults.

BEFORE_LOGIN = [
    Step.ACCEPT,
    Step.CONNECT,
    Step.PROTOCOL,
    Step.DATA_TYPES,
    Step.AUTH_ONE,
    Step.AUTH_TWO,
]


@pytest.mark.parametrize("step", BEFORE_LOGIN, ids=lambda step: step.name)
@pytest.mark.parametrize(
    ("action", "code"),
    [
        (Close(), "DPY-4011"),
        (Reset(), "DPY-4011|reset by peer"),
        (Garbage(), "DPY-4011"),
        (Truncate(), "DPY-4011"),
        # At DATA_TYPES the classic flow has no place for an error: the driver sees the end only.
        (Answer(1034, "ORACLE not available"), "ORA-0?1034|DPY-4011"),
        (Refuse(12518), "ORA-12518|DPY-4011"),
    ],
    ids=repr,
)
def test_a_login_fails_as_scripted_and_the_next_one_works(
    oracle: FakeOracle, step: Step, action: Action, code: str
) -> None:
    fault = oracle.faults.add(Fault(step, action))
    with pytest.raises(oracledb.Error, match=code):
        connect(oracle)
    assert fault.hit.is_set()
    assert is_usable(connect(oracle))


@pytest.mark.parametrize("step", BEFORE_LOGIN, ids=lambda step: step.name)
@pytest.mark.parametrize("action", [Delay(0.05), Trickle(50_000)], ids=repr)
def test_a_slow_login_is_still_a_login(oracle: FakeOracle, step: Step, action: Action) -> None:
    fault = oracle.faults.add(Fault(step, action))
    assert is_usable(connect(oracle))
    assert fault.hit.is_set()


@pytest.mark.parametrize("step", [Step.EXECUTE, Step.ROWS, Step.FETCH], ids=lambda step: step.name)
@pytest.mark.parametrize(
    ("action", "code", "survives"),
    [
        (Close(), "DPY-4011", False),
        (Reset(), "DPY-4011", False),
        (Garbage(), "DPY-4011|DPY-5", False),
        (Truncate(), "DPY-4011", False),
        (Answer(1555, "snapshot too old"), "ORA-01555", True),
        (Answer(3113, "end-of-file on communication channel"), "DPY-4011", False),
    ],
    ids=repr,
)
def test_a_query_fails_as_scripted(
    oracle: FakeOracle, step: Step, action: Action, code: str, survives: bool
) -> None:
    connection = connect(oracle)
    oracle.faults.add(Fault(step, action, sql="numbers"))
    with pytest.raises(oracledb.Error, match=code):
        fetch_all(connection)
    assert connection.is_healthy() == survives
    if survives:
        assert is_usable(connection)
    else:
        oracle.wait_until(lambda counts: counts.lost_sessions == 1)


@pytest.mark.parametrize("step", [Step.EXECUTE, Step.ROWS, Step.FETCH], ids=lambda step: step.name)
def test_a_packet_that_lies_about_its_length_leaves_the_client_waiting(
    oracle: FakeOracle, step: Step
) -> None:
    connection = connect(oracle)
    connection.call_timeout = 100
    oracle.faults.add(Fault(step, LyingLength()))
    with pytest.raises(oracledb.Error, match=r"DPY-4011|DPY-4024"):
        fetch_all(connection)


def test_rows_come_before_an_error_in_their_middle(oracle: FakeOracle) -> None:
    cursor = connect(oracle).cursor()
    cursor.arraysize = cursor.prefetchrows = 100
    oracle.faults.add(Fault(Step.ROWS, Answer(1555), skip=1))
    cursor.execute(ALL_NUMBERS)
    assert len(cursor.fetchmany(100)) == 100
    with pytest.raises(oracledb.DatabaseError, match="ORA-01555"):
        cursor.fetchmany(100)


@pytest.mark.parametrize(
    ("step", "call"),
    [
        (Step.COMMIT, lambda connection: connection.commit()),
        (Step.ROLLBACK, lambda connection: connection.rollback()),
        (Step.PING, lambda connection: connection.ping()),
    ],
)
def test_commit_rollback_and_ping_fail_as_scripted(
    oracle: FakeOracle, step: Step, call: Callable[[Any], None]
) -> None:
    connection = connect(oracle)
    oracle.faults.add(Fault(step, Answer(60, "deadlock")))
    with pytest.raises(oracledb.DatabaseError, match=r"ORA-00060"):
        call(connection)
    oracle.faults.add(Fault(step, Close()))
    with pytest.raises(oracledb.DatabaseError, match="DPY-4011"):
        call(connection)


def test_a_lob_operation_fails_as_scripted(oracle: FakeOracle, engine: TinyEngine) -> None:
    engine.tables["lobs"] = Table([Column("C", ColumnType(Kind.CLOB))], [["text"]])
    oracle.faults.add(Fault(Step.LOB, Answer(22924, "snapshot too old")))
    connection = connect(oracle)
    ((lob,),) = fetch_all(connection, "select * from lobs")
    with pytest.raises(oracledb.DatabaseError, match="ORA-22924"):
        lob.read()
    assert lob.read() == "text"
    assert oracle.counts().lob_reads == 1


def test_an_answer_that_trickles_in_is_still_whole(oracle: FakeOracle) -> None:
    connection = connect(oracle)
    for step in (Step.EXECUTE, Step.ROWS, Step.FETCH):
        oracle.faults.add(Fault(step, Trickle(20_000)))
    assert len(fetch_all(connection)) == 1000


def test_a_silence_lasts_until_it_is_released(oracle: FakeOracle) -> None:
    connection = connect(oracle)
    silence = oracle.faults.add(Fault(Step.EXECUTE, Silence()))
    with ThreadPoolExecutor() as pool:
        running = pool.submit(fetch_all, connection)
        assert silence.hit.wait(10)
        assert not running.done()
        silence.release()
        assert len(running.result(10)) == 1000


def test_a_fault_strikes_only_whom_it_names_and_as_often_as_it_says(oracle: FakeOracle) -> None:
    fault = oracle.faults.add(
        Fault(Step.EXECUTE, Answer(1), user="Compare", service="dev", sql="NUM", skip=1, times=2)
    )
    connection = connect(oracle)
    other = oracledb.connect(user="app", password="app_pw", dsn=oracle.dsn())
    assert is_usable(other)
    outcomes = []
    for sql in (COUNT, ALL_NUMBERS, COUNT, ALL_NUMBERS, ALL_NUMBERS, ALL_NUMBERS):
        try:
            fetch_all(connection, sql)
            outcomes.append("rows")
        except oracledb.IntegrityError:
            outcomes.append("error")
    assert outcomes == ["rows", "rows", "rows", "error", "error", "rows"]
    fault.remove()


def test_a_fault_for_ever_ends_when_it_is_taken_back(oracle: FakeOracle) -> None:
    connection = connect(oracle)
    fault = oracle.faults.add(Fault(Step.PING, Answer(1), times=None))
    for _ in range(3):
        with pytest.raises(oracledb.IntegrityError):
            connection.ping()
    fault.remove()
    connection.ping()


# Sessions and the listener as a whole.


def test_a_killed_session_answers_its_next_call_with_the_code_and_is_gone(
    oracle: FakeOracle,
) -> None:
    connection = connect(oracle)
    assert oracle.kill_sessions(28) == 1
    with pytest.raises(oracledb.DatabaseError, match=r"ORA-00028"):
        connection.ping()
    assert not connection.is_healthy()
    oracle.wait_until(lambda counts: counts.open_sessions == 0)


def test_dropped_sessions_are_reset_and_new_ones_welcome(oracle: FakeOracle) -> None:
    connection = connect(oracle)
    assert oracle.drop_sessions() == 1
    assert oracle.counts().lost_sessions == 1
    with pytest.raises(oracledb.DatabaseError, match="DPY-4011"):
        connection.ping()
    assert is_usable(connect(oracle))


def test_while_nothing_listens_connections_are_refused_and_sessions_go_on(
    oracle: FakeOracle,
) -> None:
    connection, port = connect(oracle), oracle.port
    oracle.stop_listening()
    with pytest.raises(oracledb.OperationalError, match="refused"):
        connect(oracle)
    assert is_usable(connection)
    oracle.listen_again()
    assert oracle.port == port
    assert is_usable(connect(oracle))


def test_a_restart_drops_every_session_and_keeps_the_port(oracle: FakeOracle) -> None:
    connection, port = connect(oracle), oracle.port
    oracle.restart()
    assert (oracle.port, oracle.counts().lost_sessions) == (port, 1)
    with pytest.raises(oracledb.DatabaseError, match="DPY-4011"):
        connection.ping()
    assert is_usable(connect(oracle))


def test_a_pool_replaces_sessions_that_were_killed(oracle: FakeOracle) -> None:
    pool = oracledb.create_pool(
        user="compare", password="compare_pw", dsn=oracle.dsn(), min=0, max=3, ping_interval=0
    )
    with pool.acquire() as first, pool.acquire() as second:
        assert is_usable(first)
        assert is_usable(second)
    oracle.kill_sessions()
    with pool.acquire() as replacement:
        assert is_usable(replacement)
    pool.close()
    oracle.wait_until(lambda counts: counts.open_sessions == 0)
    assert oracle.counts().failed_logins == 0


def test_stopping_ends_sessions_that_wait_in_a_fault(engine: TinyEngine) -> None:
    oracle = FakeOracle({"DEV": engine})
    oracle.start()
    connection = connect(oracle)
    silence = oracle.faults.add(Fault(Step.PING, Silence(ignore_break=True)))
    with ThreadPoolExecutor() as pool:
        running = pool.submit(connection.ping)
        assert silence.hit.wait(10)
        oracle.stop()
        assert isinstance(running.exception(10), oracledb.DatabaseError)


def test_waiting_for_counts_that_do_not_come_names_the_counts(oracle: FakeOracle) -> None:
    with pytest.raises(TimeoutError, match="logins=0"):
        oracle.wait_until(lambda counts: counts.logins == 1, timeout_seconds=0.01)
