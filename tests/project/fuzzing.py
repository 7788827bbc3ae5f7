"""How often the fuzzers try.

The same examples each time; FUZZ_TIMES=50 in the environment runs fifty times as many, new ones.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

FUZZ_TIMES = int(os.environ.get("FUZZ_TIMES", "0"))


def fuzz(examples: int) -> settings:
    return settings(
        max_examples=examples * max(1, FUZZ_TIMES),
        derandomize=not FUZZ_TIMES,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
