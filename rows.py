"""Oracle values to JSON, JSON binds to Oracle values.

A batch of rows is encoded column by column: each column's encoder turns a tuple of values into a
list of JSON texts with calls that run in C, and the texts are joined row by row. NUMBERs arrive as
the exact digits that the database sent, so that no value passes through a double on its way.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import Enum
from json.encoder import encode_basestring
from typing import Any, Protocol, TypeAlias, cast

from errors import ApiError, refuse

JsonValue: TypeAlias = Any
Row: TypeAlias = Sequence[Any]
Encoder: TypeAlias = Callable[[Sequence[Any]], "list[str]"]
Binds: TypeAlias = "list[Any] | dict[str, Any] | None"

# Numbers with no more characters than this have at most 15 significant digits: a double gives
# every one of them back.
SAFE_DIGITS = 15
# Past this many digits a number is written with an exponent.
PLAIN_DIGITS = 40


class Shape(Enum):
    """How a row is written: `/query` answers arrays, `/query-dict` objects."""

    ARRAYS = "arrays"
    OBJECTS = "objects"


class Fetch(Enum):
    """What the driver is asked to hand over for a column."""

    AS_IS = "as is"
    DIGITS = "digits"
    TEXT = "text"


@dataclass(frozen=True)
class Column:
    """One select item: its name, its Oracle type in words, how its values are carried."""

    name: str
    type: str
    fetch: Fetch
    encode: Encoder


# Encoders. Each takes the values of one column, None among them, and gives a JSON text for each.


def _each(write: Callable[[Any], str]) -> Encoder:
    """An encoder that writes value by value; None is null."""

    def encode(values: Sequence[Any]) -> list[str]:
        try:
            return list(map(write, values))
        except (TypeError, AttributeError):
            return ["null" if value is None else write(value) for value in values]

    return encode


encode_text = _each(encode_basestring)


def encode_number(values: Sequence[str | None]) -> list[str]:
    """A number where a double carries it exactly as read back, or else a string of all digits."""
    try:
        digits = cast("Sequence[str]", values)
        longest = max(map(len, digits))
    except TypeError:
        digits = ["null" if value is None else value for value in values]
        longest = max(map(len, digits))
    return list(digits) if longest <= SAFE_DIGITS else list(map(number_json, digits))


def number_json(digits: str) -> str:
    """One NUMBER in JSON, from the plain digits the driver gives; `null` stays `null`."""
    if len(digits) <= SAFE_DIGITS:
        return digits
    text = number_text(digits)
    return text if _survives_a_double(digits) else f'"{text}"'


encode_number_as_string = _each(lambda digits: f'"{number_text(digits)}"')


def number_text(digits: str) -> str:
    """Plain digits up to 40 of them, and an exponent beyond; the value is the same."""
    if len(digits) <= PLAIN_DIGITS:
        return digits
    sign = "-" if digits[0] == "-" else ""
    whole, _, fraction = digits.removeprefix("-").partition(".")
    whole = "" if whole == "0" else whole
    if len(whole) + len(fraction) <= PLAIN_DIGITS:
        return digits
    significant = (whole + fraction).lstrip("0")
    leading_zeros = len(whole) + len(fraction) - len(significant)
    exponent = len(whole) - 1 - leading_zeros
    mantissa = significant.rstrip("0")
    point = "." if len(mantissa) > 1 else ""
    return f"{sign}{mantissa[0]}{point}{mantissa[1:]}e{exponent}"


def _survives_a_double(digits: str) -> bool:
    """True when the shortest decimal of the nearest double is the same value."""
    shortest = repr(float(digits))
    return shortest == digits or Decimal(shortest) == Decimal(digits)


def encode_float(values: Sequence[float | None]) -> list[str]:
    """A number; what JSON has no number for is a string."""
    texts = list(map(repr, values))
    if "n" in "".join(texts):  # nan, inf, None; a finite double has no such letter
        return [_NOT_A_JSON_NUMBER.get(text, text) for text in texts]
    return texts


_NOT_A_JSON_NUMBER = {
    "None": "null",
    "nan": '"NaN"',
    "inf": '"Infinity"',
    "-inf": '"-Infinity"',
}


def _moment(value: datetime) -> str:
    """ISO 8601 without trailing zeros in the fraction: equal values are equal strings."""
    text = value.isoformat()
    return f'"{text.rstrip("0")}"' if value.microsecond else f'"{text}"'


encode_moment = _each(_moment)
encode_raw = _each(lambda value: f'"{value.hex().upper()}"')


# Types. What each kind of column is called, and how it is carried.


class ColumnDescription(Protocol):
    """What the driver says of a select item (oracledb.FetchInfo)."""

    @property
    def name(self) -> str: ...
    @property
    def type_code(self) -> Any: ...
    @property
    def precision(self) -> int | None: ...
    @property
    def scale(self) -> int | None: ...
    @property
    def internal_size(self) -> int | None: ...
    @property
    def display_size(self) -> int | None: ...


def _number_type(info: ColumnDescription) -> str:
    if not info.precision:
        return "NUMBER" if info.scale in (None, -127, 0) else f"NUMBER(38,{info.scale})"
    if info.scale == -127:
        return f"FLOAT({info.precision})"
    return f"NUMBER({info.precision},{info.scale})" if info.scale else f"NUMBER({info.precision})"


def _sized(word: str) -> Callable[[ColumnDescription], str]:
    return lambda info: f"{word}({info.display_size or info.internal_size or 0})"


def _fixed(word: str) -> Callable[[ColumnDescription], str]:
    return lambda info: word


def _timestamp_type(info: ColumnDescription) -> str:
    return f"TIMESTAMP({info.scale or 0})"


@dataclass(frozen=True)
class _Carrier:
    """How a type of the database is named, fetched and written."""

    describe: Callable[[ColumnDescription], str]
    encode: Encoder
    fetch: Fetch = Fetch.AS_IS


_CARRIERS: Mapping[str, _Carrier] = {
    "DB_TYPE_NUMBER": _Carrier(_number_type, encode_number, Fetch.DIGITS),
    "DB_TYPE_BINARY_FLOAT": _Carrier(_fixed("BINARY_FLOAT"), encode_float),
    "DB_TYPE_BINARY_DOUBLE": _Carrier(_fixed("BINARY_DOUBLE"), encode_float),
    "DB_TYPE_CHAR": _Carrier(_sized("CHAR"), encode_text, Fetch.TEXT),
    "DB_TYPE_VARCHAR": _Carrier(_sized("VARCHAR2"), encode_text, Fetch.TEXT),
    "DB_TYPE_NCHAR": _Carrier(_sized("NCHAR"), encode_text, Fetch.TEXT),
    "DB_TYPE_NVARCHAR": _Carrier(_sized("NVARCHAR2"), encode_text, Fetch.TEXT),
    "DB_TYPE_DATE": _Carrier(_fixed("DATE"), encode_moment),
    "DB_TYPE_TIMESTAMP": _Carrier(_timestamp_type, encode_moment),
    "DB_TYPE_RAW": _Carrier(_sized("RAW"), encode_raw),
}

# What the driver's own types hold of a fraction: it cuts the digits behind.
_DRIVER_FRACTION_DIGITS = 6


def columns(
    description: Sequence[ColumnDescription], numbers_as_strings: bool = False
) -> list[Column]:
    """One column for each select item, in order. ApiError names one that cannot be carried."""
    return [_column(info, numbers_as_strings) for info in description]


def _column(info: ColumnDescription, numbers_as_strings: bool) -> Column:
    kind = info.type_code.name
    carrier = _CARRIERS.get(kind)
    if carrier is None:
        raise _cannot_carry(info.name, kind.removeprefix("DB_TYPE_").replace("_", " "))
    if kind == "DB_TYPE_TIMESTAMP" and (info.scale or 0) > _DRIVER_FRACTION_DIGITS:
        raise _cannot_carry(info.name, carrier.describe(info))
    encode = carrier.encode
    if numbers_as_strings and encode is encode_number:
        encode = encode_number_as_string
    return Column(info.name, carrier.describe(info), carrier.fetch, encode)


def _cannot_carry(name: str, kind: str) -> ApiError:
    return refuse("UNSUPPORTED_TYPE", f"column {name} is of type {kind}, which is not carried yet")


def unique_names(names: Iterable[str]) -> list[str]:
    """Names for object keys: repeated ones become NAME_2, NAME_3, and none collides."""
    names = list(names)
    taken = set(names)
    seen: set[str] = set()
    unique = []
    for name in names:
        candidate, number = name, 2
        while candidate in seen or (candidate != name and candidate in taken):
            candidate, number = f"{name}_{number}", number + 1
        seen.add(candidate)
        unique.append(candidate)
    return unique


# Results and their encoding.


class Result(Protocol):
    """Rows on their way: what an encoder needs of a statement that runs."""

    columns: list[Column]
    is_complete: bool
    """True when the first batch is known to be the last one, before any is asked for."""

    def batches(self) -> Iterator[Sequence[Row]]:
        """The rows, batch by batch; raises ApiError. Totals are right after the last one."""
        ...

    @property
    def row_count(self) -> int: ...
    @property
    def truncated(self) -> bool: ...
    @property
    def execution_time_ms(self) -> float: ...

    def close(self) -> None: ...


class Body:
    """An answer's body: pieces of bytes, made as they are asked for. The Result goes with it."""

    def __init__(
        self,
        result: Result,
        pieces: Iterator[bytes],
        last_words: Callable[[ApiError], bytes] | None = None,
    ) -> None:
        self._result = result
        self._pieces = pieces
        self._last_words = last_words
        self.is_whole = result.is_complete
        """True when all pieces are at hand: their length can be told before they are sent."""

    def __iter__(self) -> Iterator[bytes]:
        return self._pieces

    def last_words(self, error: ApiError) -> bytes | None:
        """What to send when the rest fails after the first piece; None: nothing, cut it off."""
        return None if self._last_words is None else self._last_words(error)

    def close(self) -> None:
        self._result.close()


def encode_json(result: Result, shape: Shape) -> Body:
    """One JSON object: columns, rows, then what is known at the end."""
    return Body(result, _json_pieces(result, shape))


def _json_pieces(result: Result, shape: Shape) -> Iterator[bytes]:
    names = [column.name for column in result.columns]
    if shape is Shape.OBJECTS:
        names = unique_names(names)
    write = _row_writer(names, shape)
    start = f'{{"columns":{_json_strings(names)},"rows":['
    for batch in result.batches():
        text = start + ",".join(_encode(result.columns, batch, write))
        yield _utf8(text, result.columns, batch)
        start = ","
    tail = "" if start == "," else start
    yield (
        f'{tail}],"row_count":{result.row_count},"execution_time_ms":{result.execution_time_ms},'
        f'"truncated":{_json_boolean(result.truncated)},"column_types":{_types(result.columns)}}}'
    ).encode()


def encode_ndjson(result: Result) -> Body:
    """One line for the columns, one for each row, one for the end or the error."""
    return Body(result, _ndjson_pieces(result), _ndjson_error)


def _ndjson_pieces(result: Result) -> Iterator[bytes]:
    names = [column.name for column in result.columns]
    write = _row_writer(names, Shape.ARRAYS)
    start = f'{{"columns":{_json_strings(names)},"column_types":{_types(result.columns)}}}\n'
    for batch in result.batches():
        lines = "\n".join(_encode(result.columns, batch, write))
        yield _utf8(f"{start}{lines}\n", result.columns, batch)
        start = ""
    yield (
        f'{start}{{"row_count":{result.row_count},"truncated":{_json_boolean(result.truncated)},'
        f'"execution_time_ms":{result.execution_time_ms}}}\n'
    ).encode()


def _ndjson_error(error: ApiError) -> bytes:
    detail = error.detail()
    return (
        f'{{"error":{{"code":{detail["code"]},"message":{encode_basestring(detail["message"])},'
        f'"hint":{"null" if detail["hint"] is None else encode_basestring(detail["hint"])},'
        f'"full_code":{encode_basestring(detail["full_code"])},'
        f'"retryable":{_json_boolean(detail["retryable"])}}}}}\n'
    ).encode("utf-8", "replace")


def _row_writer(names: Sequence[str], shape: Shape) -> Callable[[tuple[str, ...]], str]:
    """Joins the texts of one row."""
    if shape is Shape.ARRAYS:
        return ("[" + ",".join(["%s"] * len(names)) + "]").__mod__
    keys = [encode_basestring(name).replace("%", "%%") for name in names]
    return ("{" + ",".join(f"{key}:%s" for key in keys) + "}").__mod__


def _encode(
    columns: Sequence[Column], batch: Sequence[Row], write: Callable[[tuple[str, ...]], str]
) -> Iterator[str]:
    encoded = [
        column.encode(values)
        for column, values in zip(columns, zip(*batch, strict=True), strict=True)
    ]
    return map(write, zip(*encoded, strict=True))


def _utf8(text: str, columns: Sequence[Column], batch: Sequence[Row]) -> bytes:
    """Bytes that were not text arrive as lone surrogates (Fetch.TEXT), which UTF-8 has none for."""
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise _bad_characters(columns, batch) from error


def _bad_characters(columns: Sequence[Column], batch: Sequence[Row]) -> ApiError:
    for column, values in zip(columns, zip(*batch, strict=True), strict=True):
        for value in values:
            if isinstance(value, str) and not _is_text(value):
                return refuse(
                    "BAD_CHARACTERS",
                    f"column {column.name} holds text that is not valid in its character set",
                )
    return refuse("BAD_CHARACTERS", "a column name is not valid text")


def _is_text(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _json_strings(texts: Sequence[str]) -> str:
    return "[" + ",".join(map(encode_basestring, texts)) + "]"


def _types(columns: Sequence[Column]) -> str:
    return _json_strings([column.type for column in columns])


def _json_boolean(value: bool) -> str:
    return "true" if value else "false"


# Binds: JSON to what the driver takes.

_DATE = re.compile(r"-?\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d:\d\d(?:\.\d{1,6})?)?\Z", re.ASCII)


def decode_binds(binds: JsonValue, field: str = "binds") -> Binds:
    """Values by position or by name; numbers are int or Decimal with all their digits.

    ApiError 422 names the one that cannot be bound.
    """
    if binds is None:
        return None
    if isinstance(binds, list):
        return [_bind(value, f"{field}[{i}]") for i, value in enumerate(binds)]
    if isinstance(binds, dict):
        return {name: _bind(value, f"{field}.{name}") for name, value in binds.items()}
    raise refuse("BAD_FIELD", f"{field} must be an array or an object")


def _bind(value: JsonValue, field: str) -> object:
    if isinstance(value, str) and not _is_text(value):
        raise refuse("BAD_FIELD", f"{field} must not hold half of a surrogate pair")
    if value is None or isinstance(value, str | bool | int | Decimal):
        return value
    if isinstance(value, dict) and len(value) == 1:
        (tag, text), *_ = value.items()
        if tag == "$date" and isinstance(text, str):
            return _date_bind(text, field)
        if tag == "$base64" and isinstance(text, str):
            return _bytes_bind(text, field)
    raise refuse(
        "BAD_FIELD",
        f"{field} must be null, a string, a number, a boolean, "
        '{"$date":"2026-01-28T10:38:36"} or {"$base64":"..."}',
    )


def _date_bind(text: str, field: str) -> datetime:
    try:
        if _DATE.match(text):
            return datetime.fromisoformat(_padded_fraction(text))
    except ValueError:
        pass
    raise refuse(
        "BAD_FIELD",
        f"{field}.$date must be a date from year 1 on, as 2026-01-28T10:38:36, "
        "with at most six digits of a second and no time zone",
    )


def _padded_fraction(text: str) -> str:
    """Python before 3.11 reads fractions of three or six digits only."""
    moment, point, fraction = text.partition(".")
    return moment + point + fraction.ljust(6, "0") if point else moment


def _bytes_bind(text: str, field: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise refuse("BAD_FIELD", f"{field}.$base64 must be base64") from None
