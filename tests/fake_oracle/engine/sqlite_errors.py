"""What sqlite's own errors are called in Oracle."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..kinds.catalogue import Table
from ..kinds.model import OraError
from ..queries.plans import ChangePlan

BROKEN_REFERENCE = "FOREIGN KEY constraint failed"
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
    keys = [(c.name, c.columns) for c in table.constraints if c.kind in ("PRIMARY", "UNIQUE")]
    keys += [(index.name, index.columns) for index in table.indexes]
    constraint = next((name for name, columns in keys if list(columns) == names), "?")
    where = f"table {table.schema}.{table.name} columns ({', '.join(names)})"
    return OraError(1, f"unique constraint ({table.schema}.{constraint}) violated on {where}")


def reference_error(child: Table, places: Sequence[str], plan: ChangePlan) -> OraError:
    """places: the child's columns in sqlite, whose values no row of the parent has any more."""
    names = [child.columns[int(place[1:]) - 1].name for place in places]
    key = next(c for c in child.constraints if c.kind == "FOREIGN" and list(c.columns) == names)
    where = f"integrity constraint ({child.schema}.{key.name}) violated"
    if child.number == plan.table.number and not plan.deletes:
        return OraError(2291, f"{where} - parent key not found")
    return OraError(2292, f"{where} - child record found")
