"""The columns of a result: what each Oracle type is called, how it is fetched and encoded.

A batch of rows is encoded column by column. NUMBERs are fetched as the exact digits that the
database sent, so that no value passes through a double on its way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import Enum
from types import MappingProxyType
from typing import Any, NamedTuple, TypeAlias

from common.errors import refuse
from values.encoders import (
    Encoder,
    checked,
    each,
    encode_base64,
    encode_boolean,
    encode_float,
    encode_interval,
    encode_moment,
    encode_months,
    encode_number,
    encode_number_as_string,
    encode_raw,
    encode_text,
    encode_vector,
    json_encoder,
    limited,
)
from values.moments import (
    DATE_FORMAT,
    TIME_ZONE_FORMAT,
    TIMESTAMP_FORMAT,
    number_json,
    number_string_json,
    written_interval_json,
    written_moment_json,
    written_utc_json,
    written_zoned_json,
)
from values.object_shapes import Selection, SelectItem
from values.type_names import (
    ColumnDescription,
    fixed,
    interval_type,
    months_type,
    number_type,
    sized,
    time_zone_type,
    timestamp_type,
    type_words,
    vector_type,
)

Row: TypeAlias = Sequence[Any]


class Fetch(Enum):
    """What the driver is asked to hand over for a column."""

    AS_IS = "as is"
    DIGITS = "digits"
    TEXT = "text"
    INLINE = "inline"
    """A LOB, whose value is to come with its row rather than on a round trip of its own."""
    DOCUMENT = "document"
    """XML, which comes with its row where it is short, and is to be fetched with it otherwise."""
    ROWS = "rows"
    """A nested cursor, whose rows are to be fetched with the row they belong to."""
    PARTS = "parts"
    """An object or a collection, which is made up of what one or more select items hold."""


class Column(NamedTuple):
    """One select item: its name, its Oracle type in words, how its values are carried."""

    name: str
    type: str
    fetch: Fetch
    encode: Encoder
    is_large: bool = False
    """Each value may be a LOB."""
    as_text: Callable[[str], Selection] | None = None
    """How the database is asked to write out the column of that name; None: it need not."""
    selection: Selection | None = None
    """How the values are made up, for Fetch.PARTS."""
    inexact_part: str = ""
    """What inside it the driver cannot hold."""


class TextForm(NamedTuple):
    """A value that the database writes out as text, `{}` being where it stands; its encoder."""

    expression: str
    encode: Encoder


class TypeRule(NamedTuple):
    """How a type of the database is named, fetched and encoded.

    as_text: the way around the driver's own types, for values that those cannot hold.
    always_as_text: those types hold no value of it unharmed.
    """

    describe: Callable[[ColumnDescription], str]
    encode: Encoder
    fetch: Fetch = Fetch.AS_IS
    as_text: TextForm | None = None
    always_as_text: bool = False
    is_lob: bool = False


_DATE = TextForm(f"TO_CHAR({{}}, {DATE_FORMAT})", each(written_moment_json))
_TIMESTAMP = TextForm(f"TO_CHAR({{}}, {TIMESTAMP_FORMAT})", each(written_moment_json))
_ZONED = TextForm(f"TO_CHAR({{}}, {TIME_ZONE_FORMAT})", each(written_zoned_json))
_LOCAL = TextForm(
    f"TO_CHAR({{}} AT TIME ZONE '+00:00', {TIMESTAMP_FORMAT})", each(written_utc_json)
)
_INTERVAL = TextForm("TO_CHAR({})", each(written_interval_json))


def _unencodable(values: Sequence[Any]) -> list[str]:
    raise TypeError("this type is encoded with its column at hand")


TYPE_TABLE: Mapping[str, TypeRule] = {
    "DB_TYPE_NUMBER": TypeRule(number_type, encode_number, Fetch.DIGITS),
    "DB_TYPE_BINARY_FLOAT": TypeRule(fixed("BINARY_FLOAT"), encode_float),
    "DB_TYPE_BINARY_DOUBLE": TypeRule(fixed("BINARY_DOUBLE"), encode_float),
    "DB_TYPE_CHAR": TypeRule(sized("CHAR"), encode_text, Fetch.TEXT),
    "DB_TYPE_VARCHAR": TypeRule(sized("VARCHAR2"), encode_text, Fetch.TEXT),
    "DB_TYPE_NCHAR": TypeRule(sized("NCHAR"), encode_text, Fetch.TEXT),
    "DB_TYPE_NVARCHAR": TypeRule(sized("NVARCHAR2"), encode_text, Fetch.TEXT),
    "DB_TYPE_LONG": TypeRule(fixed("LONG"), encode_text, Fetch.TEXT, is_lob=True),
    "DB_TYPE_CLOB": TypeRule(fixed("CLOB"), encode_text, Fetch.INLINE, is_lob=True),
    "DB_TYPE_NCLOB": TypeRule(fixed("NCLOB"), encode_text, Fetch.INLINE, is_lob=True),
    "DB_TYPE_XMLTYPE": TypeRule(fixed("XMLTYPE"), encode_text, Fetch.DOCUMENT, is_lob=True),
    "DB_TYPE_ROWID": TypeRule(fixed("ROWID"), encode_text),
    "DB_TYPE_UROWID": TypeRule(fixed("UROWID"), encode_text),
    "DB_TYPE_DATE": TypeRule(fixed("DATE"), encode_moment, as_text=_DATE),
    "DB_TYPE_TIMESTAMP": TypeRule(timestamp_type, encode_moment, as_text=_TIMESTAMP),
    "DB_TYPE_TIMESTAMP_TZ": TypeRule(
        time_zone_type(""), encode_moment, as_text=_ZONED, always_as_text=True
    ),
    "DB_TYPE_TIMESTAMP_LTZ": TypeRule(
        time_zone_type("LOCAL "), encode_moment, as_text=_LOCAL, always_as_text=True
    ),
    "DB_TYPE_INTERVAL_DS": TypeRule(interval_type, encode_interval, as_text=_INTERVAL),
    "DB_TYPE_INTERVAL_YM": TypeRule(months_type, encode_months),
    "DB_TYPE_RAW": TypeRule(sized("RAW"), encode_raw),
    "DB_TYPE_LONG_RAW": TypeRule(fixed("LONG RAW"), encode_raw, is_lob=True),
    "DB_TYPE_BLOB": TypeRule(fixed("BLOB"), encode_base64, Fetch.INLINE, is_lob=True),
    "DB_TYPE_BOOLEAN": TypeRule(fixed("BOOLEAN"), encode_boolean),
    "DB_TYPE_VECTOR": TypeRule(vector_type, encode_vector, is_lob=True),
    "DB_TYPE_JSON": TypeRule(fixed("JSON"), _unencodable, is_lob=True),
    "DB_TYPE_CURSOR": TypeRule(fixed("CURSOR"), _unencodable, Fetch.ROWS),
}

FETCH_BY_TYPE = {kind: rule.fetch for kind, rule in TYPE_TABLE.items()}

# What the driver's own types hold of a fraction: it cuts the digits behind.
_DRIVER_FRACTION_DIGITS = 6


class ValueOptions(NamedTuple):
    """How values are to be carried: what the caller asked for, and what the settings allow.

    moments_as_text: the rows hold moments before the year 1, which only the database can write.
    objects_by_parts: they hold objects of which the driver would let through a part only.
    within: what stands in front of the columns' names in messages, for those inside others.
    """

    numbers_as_strings: bool = False
    moments_as_text: bool = False
    objects_by_parts: bool = False
    max_lob_bytes: int = 67_108_864
    within: str = ""


def columns(
    description: Sequence[ColumnDescription],
    options: ValueOptions = ValueOptions(),  # noqa: B008
    kinds: Mapping[int, str] = MappingProxyType({}),
    objects: Mapping[int, Column] = MappingProxyType({}),
) -> list[Column]:
    """One column for each select item, in order. ApiError names one that cannot be carried.

    kinds: by position, the types of columns that the driver describes as something else. objects:
    the columns of object types, of which a description says too little.
    """
    return [
        objects.get(place) or _column(info, kinds.get(place, info.type_code.name), options)
        for place, info in enumerate(description)
    ]


def _column(info: ColumnDescription, kind: str, options: ValueOptions) -> Column:
    name = options.within + info.name
    rule = _rule(name, kind)
    form = text_form(kind, info.scale or 0, options)
    if form is not None:
        return Column(
            name,
            rule.describe(info),
            Fetch.AS_IS,
            form.encode,
            as_text=lambda path: _selected_text(name, path, form),
        )
    encode = encoder_of(name, kind, options, is_inside=bool(options.within))
    return Column(name, rule.describe(info), rule.fetch, encode, rule.is_lob)


def _selected_text(name: str, path: str, form: TextForm) -> Selection:
    return Selection((SelectItem(form.expression.format(path), name),), next, form.encode)


def _rule(name: str, kind: str) -> TypeRule:
    rule = TYPE_TABLE.get(kind)
    if rule is None:
        raise refuse(
            "UNSUPPORTED_TYPE",
            f"column {name} is of type {type_words(kind)}, which cannot be carried",
        )
    return rule


def text_form(kind: str, scale: int, options: ValueOptions) -> TextForm | None:
    """How the database writes the value out; None where the driver's own type holds it."""
    rule = TYPE_TABLE[kind]
    if rule.as_text is None:
        return None
    if rule.always_as_text or scale > _DRIVER_FRACTION_DIGITS:
        return rule.as_text
    may_be_beyond = rule.as_text in (_DATE, _TIMESTAMP, _INTERVAL)
    return rule.as_text if options.moments_as_text and may_be_beyond else None


def any_text_form(kind: str) -> TextForm | None:
    """How the database writes such a value out, whether it has to or not; None: it cannot."""
    rule = TYPE_TABLE.get(kind)
    return None if rule is None else rule.as_text


def encoder_of(name: str, kind: str, options: ValueOptions, *, is_inside: bool) -> Encoder:
    """How a value of that type is encoded as it is fetched. is_inside: in a row, or an object."""
    rule = _rule(name, kind)
    encode = _encoder(name, kind, rule, options)
    return checked(encode, name) if is_inside and rule.encode is encode_text else encode


def _encoder(name: str, kind: str, rule: TypeRule, options: ValueOptions) -> Encoder:
    if kind == "DB_TYPE_NUMBER" and options.numbers_as_strings:
        return encode_number_as_string
    if kind == "DB_TYPE_JSON":
        number = number_string_json if options.numbers_as_strings else number_json
        return json_encoder(name, number)
    if kind == "DB_TYPE_CURSOR":
        return each(nested_rows_json)
    if rule.is_lob and kind != "DB_TYPE_VECTOR":
        return limited(rule.encode, name, options.max_lob_bytes)
    return rule.encode


def encode_columns(columns: Sequence[Column], batch: Sequence[Row]) -> Iterator[tuple[str, ...]]:
    """The JSON texts of each row, in order. batch: not empty. ApiError."""
    encoded: list[list[str]] = []
    try:
        for column, values in zip(columns, zip(*batch, strict=True), strict=True):
            encoded.append(column.encode(values))
    except OverflowError as error:
        name = columns[len(encoded)].name
        raise refuse("UNSUPPORTED_TYPE", f"column {name} holds {error}") from error
    return zip(*encoded, strict=True)


class NestedRows:
    """What a nested cursor held. size: about how many bytes of memory that takes."""

    __slots__ = ("columns", "rows", "size")

    def __init__(self, columns: list[Column], rows: Sequence[Row], size: int = 0) -> None:
        self.columns = columns
        self.rows = rows
        self.size = size


def nested_rows_json(value: NestedRows) -> str:
    """The rows of a nested cursor, each an array."""
    if not value.rows:
        return "[]"
    rows = encode_columns(value.columns, value.rows)
    return "[" + ",".join(f"[{','.join(row)}]" for row in rows) + "]"
