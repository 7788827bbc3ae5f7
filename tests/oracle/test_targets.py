"""Where a connection leads: spellings, aliases, and what of it is shown."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.fake_oracle import FakeOracle
from tests.harness import Answer, Sidecar, connection


def ask(sidecar: Sidecar, dsn: str, **more: Any) -> Answer:
    body = {"connection": connection(dsn, **more), "sql": "SELECT 1 FROM dual"}
    return sidecar.post("/query", body)


def test_spellings_of_one_connect_string_share_a_pool(
    sidecar: Sidecar, database: FakeOracle, tmp_path: Path
) -> None:
    port = database.port
    (tmp_path / "tnsnames.ora").write_text(f"DEV = 127.0.0.1:{port}/DEV")
    spellings = [
        f"127.0.0.1:{port}/DEV",
        f"  //127.0.0.1:{port}/DEV ",
        f"tcp://127.0.0.1:{port}/DEV",
        f"TCP://127.0.0.1:{port}/DEV?unknown=1",
        f"jdbc:oracle:thin:@//127.0.0.1:{port}/DEV",
        "DEV",
        "dev",
        *(
            f"{start}({name}=(ADDRESS=(HOST=127.0.0.1)(PORT={port}))(connect_data=(SERVICE_NAME=DEV)))"
            for start in ("", " ", "jdbc:oracle:thin:@")
            for name in ("DESCRIPTION", "description", " Description ")
        ),
    ]

    for spelling in spellings:
        assert ask(sidecar, spelling, config_dir=str(tmp_path)).status == 200, spelling

    assert database.counts().logins == 1


@pytest.mark.parametrize(
    "difference",
    ["?expire_time=5", "?pyo.edition=E", "?retry_count=1", ":dedicated"],
)
def test_connect_strings_that_mean_something_else_have_pools_of_their_own(
    sidecar: Sidecar, database: FakeOracle, difference: str
) -> None:
    assert ask(sidecar, database.dsn()).status == 200
    assert ask(sidecar, database.dsn() + difference).status == 200

    assert database.counts().logins == 2


def test_an_alias_leads_where_its_file_says_now(
    sidecar: Sidecar, database: FakeOracle, tmp_path: Path
) -> None:
    conn = connection("DEV", config_dir=str(tmp_path))
    with FakeOracle() as other:
        for used, logins in ((database, 1), (other, 1), (database, 2)):
            (tmp_path / "tnsnames.ora").write_text(f"DEV = {used.dsn()}")

            assert sidecar.post("/test-connection", {"connection": conn}).status == 200
            assert ask(sidecar, "DEV", config_dir=str(tmp_path)).status == 200

            # One to test it each time, and one for the pool, which is still there the third time.
            assert used.counts().logins == logins + 1


def test_a_configuration_file_leads_where_it_says_now(
    sidecar: Sidecar, database: FakeOracle, tmp_path: Path
) -> None:
    file = tmp_path / "config.json"
    with FakeOracle() as other:
        for used in (database, other):
            file.write_text(json.dumps({"connect_descriptor": used.dsn()}))

            assert ask(sidecar, f"config-file://{file}").status == 200
            assert used.counts().logins == 1


def test_an_alias_that_is_not_found_names_the_file_and_the_entry_that_swallowed_it(
    sidecar: Sidecar, tmp_path: Path
) -> None:
    (tmp_path / "tnsnames.ora").write_text("BROKEN = (DESCRIPTION=(ADDRESS=\nDEV = h/s\n")

    answer = ask(sidecar, "DEV", config_dir=str(tmp_path))

    assert (answer.status, answer.detail["full_code"]) == (400, "DPY-4000")
    assert f"the entry BROKEN of {tmp_path / 'tnsnames.ora'}, line 1" in answer.detail["message"]


@pytest.mark.parametrize(
    ("pattern", "status"),
    [
        (
            "(DESCRIPTION=(ADDRESS=(HOST=127.0.0.1)(PORT={port}))(PWD=SECRET)"
            "(CONNECT_DATA=(SERVICE_NAME=DEV)(USER=SECRET)))",
            200,
        ),
        ("127.0.0.1:{port}/DEV?pw=SECRET", 200),
        ("(DESCRIPTION=(ADDRESS=(HOST=127.0.0.1)(PORT=1))(PWD=SECRET))", 502),
        ("(DESCRIPTION=(PWD=SECRET))", 400),
        ("(DESCRIPTION:(PWD=SECRET))", 400),
        ("127.0.0.1:{port}/DEV?retry_count=x&pw=SECRET", 400),
        ("tcps://127.0.0.1:{port}/DEV?https_proxy=u:SECRET@proxy", 422),
    ],
)
def test_what_may_be_a_secret_in_a_connect_string_is_not_shown(
    database: FakeOracle, pattern: str, status: int
) -> None:
    with Sidecar("--log-level", "debug") as sidecar:
        answer = ask(sidecar, pattern.replace("{port}", str(database.port)))
        pools = sidecar.get("/pools")
        sidecar.stop()

    assert answer.status == status, answer.body
    for text in (answer.body.decode(), pools.body.decode(), sidecar.log_text()):
        assert "SECRET" not in text
