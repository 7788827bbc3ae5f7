"""The tables of DEV, UAT and PROD differ where it is declared, and nowhere else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

import pytest

from tests.fake_oracle import FakeOracle
from tests.fake_oracle.engine.engine import SqliteEngine
from tests.fake_oracle.estate.drift import DRIFT, SAME, Found, Outcome
from tests.fake_oracle.estate.family import rows_of
from tests.fake_oracle.estate.services import FAMILIES, SCHEMAS, LazyEngine, estate_engines
from tests.fake_oracle.kinds.model import Bind, Engine, SqlSession
from tests.harness import Answer, Sidecar, connection
from tests.stand_in.direct_sql import change, error, run

MOST_ROWS_INSERTED = 500
"""Of one table, where each INSERT is one of its own."""
DECLARED: Mapping[str, Mapping[str, Found]] = {
    other: {drift.table: drift.found[other] for drift in DRIFT if other in drift.found}
    for other in ("UAT", "PROD")
}


@pytest.fixture(name="estate", scope="module")
def _estate() -> Iterator[FakeOracle]:
    with FakeOracle(estate_engines()) as running:
        yield running


@pytest.fixture(name="dev", scope="module")
def _dev() -> Iterator[SqlSession]:
    engines = estate_engines()
    session = engines["DEV"].connect("compare")
    yield session
    session.close()
    for engine in engines.values():
        engine.close()


def side(estate: FakeOracle, service: str, table: str) -> dict[str, Any]:
    return {
        "connection": connection(estate.dsn(service), name=service),
        "table": f"{SCHEMAS[service]}.{table}",
    }


def tables_of(sidecar: Sidecar, estate: FakeOracle, service: str) -> set[str]:
    body = {
        "connection": connection(estate.dsn(service)),
        "sql": "SELECT table_name FROM all_tables WHERE owner = :owner",
        "binds": {"owner": SCHEMAS[service]},
        "max_rows": 0,
    }
    return {name for (name,) in sidecar.post("/query", body).json["rows"]}


def found(answer: Answer) -> Found:
    """What an answer of /compare comes to. It has to be one of those that are known here."""
    if answer.status != 200:
        codes = {"NO_KEY": Outcome.NO_KEY, "ORA-01031": Outcome.REFUSED}
        return Found(codes[answer.json["detail"]["full_code"]])
    told = answer.json
    counts = (told["changed"], told["left_only"], told["right_only"])
    left_out = (
        *(different["column"] for different in told["types_differ"]),
        *told["left_only_columns"],
        *told["right_only_columns"],
    )
    if any(counts):
        return Found(Outcome.DIFFERS, *counts, left_out)
    if left_out:
        return Found(Outcome.IN_PART, not_compared=left_out)
    assert told["same"] is True
    return SAME if told["left_rows"] else Found(Outcome.EMPTY)


@pytest.mark.parametrize("other", ["UAT", "PROD"])
def test_the_tables_differ_from_dev_s_where_it_is_declared_and_nowhere_else(
    sidecar: Sidecar, estate: FakeOracle, other: str
) -> None:
    here, there = (tables_of(sidecar, estate, service) for service in ("DEV", other))
    outcomes = {name: Found(Outcome.ONLY_IN_DEV) for name in here - there}
    outcomes |= {name: Found(Outcome.ONLY_THERE) for name in there - here}
    for table in sorted(here & there):
        sides = {"left": side(estate, "DEV", table), "right": side(estate, other, table)}
        outcomes[table] = found(sidecar.post("/compare", {**sides, "summary": True}))

    undeclared = dict.fromkeys(outcomes.keys() - DECLARED[other].keys(), SAME)
    assert outcomes == {**undeclared, **DECLARED[other]}
    assert len(undeclared) >= 0.8 * len(outcomes)


def test_what_each_service_is_like_is_the_same_in_every_run() -> None:
    for family in FAMILIES:
        for table in family.tables.split():
            first, second = (list(islice(rows_of(family, table), 100)) for _ in range(2))
            assert first == second


def test_every_row_is_as_an_insert_would_have_left_it(dev: SqlSession) -> None:
    for family in FAMILIES:
        for table in family.tables.split():
            name = f"CFG.{table}"
            columns = dev.parse(f"SELECT * FROM {name}").columns
            change(dev, f"CREATE TABLE copied ({family.columns.format('copied')})")
            places = ", ".join(f":{n}" for n, _ in enumerate(columns, 1))
            for row in islice(rows_of(family, table), MOST_ROWS_INSERTED):
                binds = [Bind(c.type.kind, value) for c, value in zip(columns, row, strict=True)]
                change(dev, f"INSERT INTO copied VALUES ({places})", *binds)
            key = ", ".join(column.name for column in columns[:2])
            first = f"ORDER BY {key} FETCH FIRST 100 ROWS ONLY"
            copied = run(dev, f"SELECT * FROM copied {first}")
            assert copied == run(dev, f"SELECT * FROM {name} {first}")
            assert copied or table == "HOLIDAY_CAL"
            change(dev, "DROP TABLE copied")


def test_a_service_is_made_when_somebody_logs_in() -> None:
    made: list[Engine] = []

    def make() -> Engine:
        made.append(SqliteEngine())
        return made[0]

    engine = LazyEngine(make)
    assert made == []
    engine.connect("app").close()
    engine.connect("app").close()
    assert len(made) == 1
    engine.close()


def test_a_service_that_nobody_logged_in_to_closes() -> None:
    LazyEngine(SqliteEngine).close()


def test_a_table_that_may_not_be_read_is_listed_and_its_owner_reads_it() -> None:
    engines = estate_engines()
    guest, owner = (engines["PROD"].connect(user) for user in ("compare", "cfg_live"))
    listed = "SELECT COUNT(*) FROM all_tables WHERE table_name = 'FEE_SCHEDULE'"

    assert run(guest, listed) == [(1,)]
    assert error(guest, "SELECT * FROM cfg_live.fee_schedule").code == 1031
    assert run(owner, "SELECT COUNT(*) FROM fee_schedule") == [(14,)]
    guest.close()
    owner.close()
    for engine in engines.values():
        engine.close()
