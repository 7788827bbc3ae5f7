"""DEV and UAT are compared by the installed app, and what it shows is what is there."""

from __future__ import annotations

import time
from pathlib import Path

from tests.fake_oracle import Delay, FakeOracle, Fault, Step

from .app import App
from .databases import Found, Outcome, drift, tables
from .page import Line, Page
from .patience import PATIENCE_SECONDS

KINDS = {
    Outcome.DIFFERS: "Differs",
    Outcome.IN_PART: "Not fully",
    Outcome.EMPTY: "0 rows",
    Outcome.NO_KEY: "No key",
    Outcome.ONLY_IN_DEV: "Only in DEV",
    Outcome.ONLY_THERE: "Only in UAT",
}
NOT_COMPARED = (Outcome.NO_KEY, Outcome.ONLY_IN_DEV, Outcome.ONLY_THERE)
SILENT_SECONDS = 70


def line(found: Found) -> Line:
    if found.outcome in NOT_COMPARED:
        return Line(KINDS[found.outcome], None, None, None)
    return Line(KINDS[found.outcome], found.changed, found.only_in_dev, found.only_there)


def test_what_differs_between_dev_and_uat_is_listed_and_nothing_else(
    app: App, database: FakeOracle, picture: Path
) -> None:
    page = Page(app.page)
    page.add_services(database)
    page.go("Many tables")
    page.choose_connections()
    page.choose_schema()
    page.field("Which tables").fill("%")
    page.wait_for("1 only in DEV, 1 only in UAT.")

    verdict = page.compare(120)
    picture.write_bytes(app.page.screenshot())

    expected = {table: line(found) for table, found in drift("UAT").items()}
    assert page.lines() == expected
    there = len(tables() | expected.keys())
    same = there - len(expected)
    assert verdict == f"{same} of {there} are the same. {len(expected)} need you."


def test_a_comparison_that_hears_nothing_but_progress_for_seventy_seconds_ends_well(
    app: App, database: FakeOracle, picture: Path
) -> None:
    page = Page(app.page)
    page.add_services(database)
    page.set_up("CREDIT_LIMIT")
    # The first call describes the statement, the second one runs it.
    silence = Fault(Step.EXECUTE, Delay(SILENT_SECONDS), "UAT", sql="CREDIT_LIMIT", skip=1)
    scripted = database.faults.add(silence)

    started = time.monotonic()
    page.start_comparing()
    assert scripted.hit.wait(PATIENCE_SECONDS)
    page.wait_for_a("1 min [5-9] s so far", SILENT_SECONDS + PATIENCE_SECONDS)
    picture.write_bytes(app.page.screenshot())
    verdict = page.verdict()

    assert time.monotonic() - started > SILENT_SECONDS
    assert verdict.startswith("1 row differs.")
