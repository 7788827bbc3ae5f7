"""The stand-in run by hand, in a process of its own, and the benchmark table it can serve."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import oracledb
import pytest

from tests.fake_oracle import FakeOracle
from tests.fake_oracle.demo.bench import BenchEngine, bench_engines
from tests.fake_oracle.demo.bench_rows import COLUMNS, ReplayedRows
from tests.harness import Sidecar, connection

ROOT = Path(__file__).parent.parent.parent


def start(*options: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.fake_oracle", *options]
    return subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signals to send")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_says_where_it_listens_and_ends_with_its_counts(number: signal.Signals) -> None:
    with start("--bench") as process:
        assert process.stdout is not None
        ready = json.loads(process.stdout.readline())
        assert ready["event"] == "ready"
        assert ready["services"] == ["DEV", "UAT", "PROD", "BENCH", "BENCH2"]
        dsn = f"{ready['host']}:{ready['port']}/dev"
        with oracledb.connect(user="app", password="app_pw", dsn=dsn) as connection:
            assert connection.cursor().execute("SELECT * FROM DUAL").fetchall() == [("X",)]
        process.send_signal(number)
        _, errors = process.communicate(timeout=20)
        assert process.returncode == 0
        assert json.loads(errors.splitlines()[-1])["logins"] == 1


def test_it_listens_with_tls_where_a_folder_for_the_wallet_is_named(tmp_path: Path) -> None:
    with start("--wallet", str(tmp_path / "wallet")) as process:
        assert process.stdout is not None
        ready = json.loads(process.stdout.readline())
        where = {"dsn": ready["tcps"], "wallet_location": ready["wallet_location"]}
        with oracledb.connect(user="app", password="app_pw", **where) as connection:
            assert connection.cursor().execute("SELECT * FROM DUAL").fetchall() == [("X",)]
        process.terminate()


@pytest.fixture(name="bench")
def _bench() -> Iterator[Any]:
    with (
        FakeOracle({"BENCH": BenchEngine()}) as oracle,
        oracledb.connect(user="app", password="app_pw", dsn=oracle.dsn("BENCH")) as connection,
    ):
        yield connection


@pytest.mark.parametrize("size", [1, 100, 1000, 5000])
@pytest.mark.parametrize("count", [0, 1, 999, 10_000])
def test_the_benchmark_table_has_the_rows_asked_for(bench: Any, size: int, count: int) -> None:
    if count > 1000 * size:
        pytest.skip("too many round trips to prove anything")
    cursor = bench.cursor()
    cursor.arraysize = cursor.prefetchrows = size
    bound = cursor.execute("select * from bench_rows where rownum <= :n", [count]).fetchall()
    literal = cursor.execute(f"SELECT * FROM BENCH_ROWS WHERE ROWNUM <= {count}").fetchall()
    assert len(bound) == len(literal) == count
    assert len(cursor.description) == 10


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT COUNT(*) FROM bench.keyed_10",
        "SELECT id, name FROM bench.keyed_10",
        "SELECT * FROM bench.keyed_10 WHERE id = 1",
        "SELECT * FROM bench.keyed_10 ORDER BY name",
        "SELECT k.* FROM bench.keyed_10 k JOIN bench.keyed_all a ON a.id = k.id",
    ],
)
def test_the_tables_of_the_benchmark_service_are_read_whole_or_not_at_all(
    bench: Any, sql: str
) -> None:
    with pytest.raises(oracledb.DatabaseError, match=r"ORA-00900.*read whole"):
        bench.cursor().execute(sql)


@pytest.mark.parametrize(
    ("table", "changed", "columns"),
    [
        ("KEYED_10", 10, ["STATUS"]),
        ("KEYED_ALL", 100_000, [column.name for column in COLUMNS[1:]]),
        ("RELEASE_010", 3, ["STATUS"]),
        ("RELEASE_011", 0, []),
    ],
)
def test_the_benchmark_tables_differ_where_they_are_said_to(
    sidecar: Sidecar, table: str, changed: int, columns: list[str]
) -> None:
    with FakeOracle(bench_engines()) as oracle:
        sides = {
            side: {"connection": connection(oracle.dsn(service))}
            for side, service in (("left", "BENCH"), ("right", "BENCH2"))
        }
        by_name = {"table": f"BENCH.{table}"}
        by_statement = {"sql": f"SELECT * FROM bench.{table}", "key": ["ID"]}
        for what in (by_name, by_statement):
            answer = sidecar.post("/compare", {**sides, **what, "summary": True})
            assert answer.status == 200, answer.body
            told = answer.json
            assert told["left_rows"] == told["right_rows"] == told["equal"] + changed
            assert told["changed"] == changed
            assert sorted(told["changed_columns"]) == sorted(columns)


def test_the_benchmark_service_has_a_dictionary(bench: Any) -> None:
    cursor = bench.cursor()
    cursor.execute(
        "SELECT COUNT(*) FROM all_tables WHERE owner = 'BENCH' AND table_name LIKE 'RELEASE%'"
    )
    assert cursor.fetchall() == [(200,)]


def test_replayed_batches_are_the_rows_asked_for() -> None:
    rows = ReplayedRows(250)
    batches = [rows.next_encoded(100) for _ in range(4)]
    assert [(count, ended) for _, count, ended in batches] == [
        (100, False),
        (100, False),
        (50, True),
        (0, True),
    ]


def test_a_port_at_which_another_database_was_is_passed_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    offered: list[object] = []

    class Given(set[int]):
        def __contains__(self, port: object) -> bool:
            offered.append(port)
            return len(offered) < 3

    monkeypatch.setattr("tests.fake_oracle.server._given_ports", Given())
    with FakeOracle() as database:
        assert database.port == offered[2]
        assert database.port not in offered[:2]
