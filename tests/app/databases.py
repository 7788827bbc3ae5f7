"""The services DEV, UAT and PROD, and how sessions with them begin and end."""

from __future__ import annotations

from typing import Final

from tests.fake_oracle import FakeOracle
from tests.fake_oracle.estate.drift import DRIFT, Found, Outcome
from tests.fake_oracle.estate.family import rows_of
from tests.fake_oracle.estate.services import FAMILIES, estate_engines

from .patience import PATIENCE_SECONDS

USER: Final = "compare"
PASSWORD: Final = "compare_pw"
SCHEMA: Final = "CFG"


def estate() -> FakeOracle:
    """The three services on a port of their own."""
    return FakeOracle(estate_engines())


def drift(service: str) -> dict[str, Found]:
    """What comparing DEV with a service finds where the two are not the same, by table."""
    return {each.table: each.found[service] for each in DRIFT if service in each.found}


def tables() -> set[str]:
    """The schema's tables in DEV."""
    return {name.upper() for family in FAMILIES for name in family.tables.split()}


def value_that_differs() -> str:
    """The one of DEV's CREDIT_LIMIT that UAT has not: a number of twenty digits."""
    [family] = [family for family in FAMILIES if "CREDIT_LIMIT" in family.tables.split()]
    [value] = [row[2] for row in rows_of(family, "CREDIT_LIMIT") if row[:2] == ("PLUS", "API")]
    return str(value)


def is_logged_off(database: FakeOracle) -> bool:
    """Whether every session ends with a goodbye of its own, which the database may read later than
    its client ends."""
    counts = database.wait_until(lambda now: now.open_sessions == 0, PATIENCE_SECONDS)
    return counts.lost_sessions == 0 and counts.logoffs > 0


__all__ = ["Found", "Outcome"]
