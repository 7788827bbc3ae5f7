"""What a request to /compare asks for, read from its JSON body."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from api.request_fields import (
    JsonObject,
    bad_field,
    read_connection,
    read_numbers,
    read_optional_text,
    read_progress,
    read_sql,
    read_text,
    read_timeout,
)
from common.deadline import Deadline
from common.errors import refuse
from common.settings import Settings
from compare.request import CompareRequest, SideRequest
from sql.binds import JsonValue, decode_binds
from sql.scanner import is_balanced
from sql.statement import Statement
from sql.table_names import TableName, parse_table_name

MOST_KEY_COLUMNS = 32
MOST_COLUMN_NAMES = 1000
DEFAULT_DIFFERENCES = 1000
DEFAULT_PROGRESS_MS = 1000


class _Place(NamedTuple):
    """A place in the body where a source may stand: a side, or the whole request."""

    fields: Mapping[str, JsonValue]
    prefix: str

    def has(self, key: str) -> bool:
        return self.fields.get(key) is not None


def read_compare(settings: Settings, fields: JsonObject, arrived: float) -> CompareRequest:
    """ApiError 422 names the field; 400 and 403 for statements that are none, or not queries."""
    top = _Place(fields, "")
    _refuse_two_sources(top)
    left, right = _read_side(top, "left"), _read_side(top, "right")
    is_ordered = _read_word(fields, "order", ("by_key", "given")) == "by_key"
    if not is_ordered and (left.table is not None or right.table is not None):
        raise bad_field("order must be by_key where a table is compared")
    key = _read_key(fields)
    if key is None and (left.sql is not None or right.sql is not None):
        raise bad_field('key must be given where sql is: column names, or "row"')
    max_differences = _read_max_differences(fields)
    stops_at_max = _read_boolean(fields, "stop_at_max")
    if stops_at_max and max_differences is None:
        raise bad_field("stop_at_max must be false where max_differences has no limit")
    seconds = read_timeout(fields, "timeout_ms", settings.query_timeout)
    return CompareRequest(
        left=left,
        right=right,
        key=key,
        ignore=_read_names(fields, "ignore"),
        show=_read_names(fields, "show"),
        shows_whole_rows=_read_word(fields, "rows", ("changed", "whole")) == "whole",
        max_differences=max_differences,
        stops_at_max=stops_at_max,
        is_summary=_read_boolean(fields, "summary"),
        is_ordered_by_key=is_ordered,
        numbers_as_strings=read_numbers(fields, "numbers"),
        progress_seconds=read_progress(fields, "progress_ms", DEFAULT_PROGRESS_MS) or None,
        deadline=Deadline.after(seconds, since=arrived),
        query_id=read_optional_text(fields, "query_id", "query_id"),
    )


def _read_side(top: _Place, name: str) -> SideRequest:
    fields = top.fields.get(name)
    if not isinstance(fields, dict):
        raise bad_field(f"{name} must be an object")
    own = _Place(fields, f"{name}.")
    if "max_rows" in fields:
        raise bad_field(f"{name}.max_rows must not be given: a side that is cut would differ")
    _refuse_two_sources(own)
    target, label = read_connection(fields, f"{name}.connection")
    source = own if own.has("table") or own.has("sql") else top
    binds_place = own if "binds" in fields else top
    binds = decode_binds(binds_place.fields.get("binds"), f"{binds_place.prefix}binds")
    where_place = own if "where" in fields else top
    if source.has("table"):
        table = _read_table(source)
        return SideRequest(target, label, table, _read_where(where_place), None, binds)
    if not source.has("sql"):
        raise bad_field(f"{name} must have a table or sql, of its own or beside left and right")
    if where_place.has("where"):
        raise bad_field(f"{where_place.prefix}where goes with a table; sql has its own")
    sql = read_sql(source.fields, "sql", f"{source.prefix}sql")
    # Refused now, rather than on the side's thread: no login is needed to know it.
    statement = Statement.make(sql, allow_write=False)
    return SideRequest(target, label, None, None, statement.text.sql, binds)


def _refuse_two_sources(place: _Place) -> None:
    if place.has("table") and place.has("sql"):
        raise bad_field(f"{place.prefix}table and {place.prefix}sql exclude each other")


def _read_table(place: _Place) -> TableName:
    field = f"{place.prefix}table"
    table = parse_table_name(read_text(place.fields, "table", field))
    if table is None:
        raise bad_field(f"{field} must be a table's name, or OWNER.NAME")
    return table


def _read_where(place: _Place) -> str | None:
    if not place.has("where"):
        return None
    field = f"{place.prefix}where"
    where = read_sql(place.fields, "where", field)
    if not is_balanced(where):
        raise refuse("ORA-00907", f"{field} is not one condition: its brackets or quotes are open")
    return where


def _read_key(fields: JsonObject) -> Sequence[str] | str | None:
    if fields.get("key") is None:
        return None
    if fields["key"] == "row":
        return "row"
    if isinstance(fields["key"], str):
        raise bad_field('key must be an array of column names, or "row"')
    names = _read_names(fields, "key", MOST_KEY_COLUMNS)
    if not names:
        raise bad_field('key must hold 1 to 32 column names, or be "row"')
    if len(set(names)) < len(names):
        raise bad_field("key must not name a column twice")
    return names


def _read_names(fields: JsonObject, field: str, most: int = MOST_COLUMN_NAMES) -> Sequence[str]:
    value = fields.get(field)
    if value is None:
        return ()
    if not isinstance(value, list) or len(value) > most:
        raise bad_field(f"{field} must be an array of at most {most} column names")
    return [read_text({"name": name}, "name", f"{field}[{at}]") for at, name in enumerate(value)]


def _read_word(fields: JsonObject, field: str, words: tuple[str, str]) -> str:
    value = fields.get(field, words[0])
    if value not in words:
        raise bad_field(f'{field} must be "{words[0]}" or "{words[1]}"')
    return str(value)


def _read_boolean(fields: JsonObject, field: str) -> bool:
    value = fields.get(field, False)
    if not isinstance(value, bool):
        raise bad_field(f"{field} must be true or false")
    return value


def _read_max_differences(fields: JsonObject) -> int | None:
    value = fields.get("max_differences", DEFAULT_DIFFERENCES)
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise bad_field("max_differences must be a whole number, with 0 or null for all of them")
    return value or None
