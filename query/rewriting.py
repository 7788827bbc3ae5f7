"""How statements are run: most as they are, some with values written out by the database."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import NamedTuple

from common.errors import ApiError
from oracle.target import Target

# How many statements with values to be written out are remembered.
MOST_PLANS = 500


class Plan(NamedTuple):
    """is_written: with what the driver cannot hold written out. dates: every moment, since some
    lie before the year 1. objects: the parts of every object, since the driver lost some.
    """

    is_written: bool = False
    dates: bool = False
    objects: bool = False

    def better(self, error: ApiError) -> Plan | None:
        """The plan for a statement whose rows turned out to hold what the driver cannot."""
        if error.full_code == "VALUE_OUT_OF_RANGE" and not self.dates:
            return self._replace(is_written=True, dates=True)
        if error.full_code == "INEXACT_VALUE" and not self.objects:
            return self._replace(is_written=True, objects=True)
        if error.full_code == "DPY-3022" and not self.is_written:
            return self._replace(is_written=True)
        return None


AS_IT_IS = Plan()


class Plans:
    """The statements that do not run as they are, by target and text. Safe from any thread."""

    # _plans is guarded by _lock; the least recently used goes first.

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._plans: OrderedDict[tuple[Target, str], Plan] = OrderedDict()

    def get(self, target: Target, sql: str) -> Plan:
        with self._lock:
            if not self._plans or (target, sql) not in self._plans:
                return AS_IT_IS
            self._plans.move_to_end((target, sql))
            return self._plans[target, sql]

    def remember(self, target: Target, sql: str, plan: Plan) -> None:
        with self._lock:
            self._plans[target, sql] = plan
            while len(self._plans) > MOST_PLANS:
                self._plans.popitem(last=False)
