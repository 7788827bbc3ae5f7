"""The sidecar for tests of what it tells when it stops a statement: on a busy machine, too.

What databases have a second for, to confirm that they have stopped, and what is not waited for any
longer, they have half a minute for here.

    python -m tests.tools.patient_sidecar FLAGS
"""

from __future__ import annotations

import os
from typing import Final

import compare.comparison
import query.running
import sidecar

PATIENCE_SECONDS: Final = 30.0


def main() -> int:
    query.running.BREAK_SECONDS = PATIENCE_SECONDS
    compare.comparison.STOP_SECONDS = PATIENCE_SECONDS
    sidecar.CLEAN_UP_SECONDS = PATIENCE_SECONDS
    return sidecar.main()


if __name__ == "__main__":
    os._exit(main())
