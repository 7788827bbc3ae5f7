"""What sqlite's own errors are called in Oracle."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..kinds.catalogue import Table
from ..kinds.model import OraError
from ..queries.plans import ChangePlan

_CONSTRAINT = re.compile(r"(UNIQUE|NOT NULL|CHECK) constraint failed: (.+)")


def oracle_error(message: str, plan: ChangePlan | None) -> OraError:
    """plan: the change that failed, for the names in a constraint's error."""
    found = _CONSTRAINT.match(message)
    if found and plan is not None:
        return _constraint_error(found[1], found[2], plan)
    if message.startswith("database table is locked"):
        return OraError(54, "resource busy and acquire with NOWAIT specified or timeout expired")
    if message.startswith("database is locked"):
        # A cursor of this session is still open on data another session has changed since.
        return OraError(8177, "can't serialize access for this transaction")
    return OraError(600, f"internal error code, arguments: [stand-in], [{message}]")


def _constraint_error(kind: str, where: str, plan: ChangePlan) -> OraError:
    table = plan.table
    if kind == "CHECK":
        return OraError(2290, f"check constraint ({table.schema}.{where}) violated")
    places = [int(part.rpartition(".c")[2]) for part in where.split(", ")]
    names = [table.columns[place - 1].name for place in places]
    if kind == "NOT NULL":
        column = f'{table.full_name}."{names[0]}"'
        if plan.inserts:
            return OraError(1400, f"cannot insert NULL into ({column})")
        return OraError(1407, f"cannot update ({column}) to NULL")
    return _duplicate(table, names)


def _duplicate(table: Table, names: Sequence[str]) -> OraError:
    constraint = next((c.name for c in table.constraints if list(c.columns) == names), "?")
    where = f"table {table.schema}.{table.name} columns ({', '.join(names)})"
    return OraError(1, f"unique constraint ({table.schema}.{constraint}) violated on {where}")
