"""One row for each Oracle type: what it is called, how it is fetched, written out and encoded."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from common.errors import refuse
from values.column import (
    Column,
    Encoder,
    Fetch,
    Selection,
    SelectItem,
    TextForm,
    ValueOptions,
    each,
)
from values.documents import json_encoder, nested_rows_json
from values.moments import (
    DATE_AS_TEXT,
    FRACTION_DIGITS,
    INTERVAL_AS_TEXT,
    LOCAL_AS_TEXT,
    TIMESTAMP_AS_TEXT,
    ZONED_AS_TEXT,
    encode_interval,
    encode_moment,
    encode_months,
)
from values.numbers import (
    encode_float,
    encode_number,
    encode_number_as_string,
    encode_vector,
    number_json,
    number_string_json,
)
from values.texts import checked, encode_base64, encode_raw, encode_text, limited
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


# By look-up: to a test of truth, NULL would be false.
_encode_boolean = each({True: "true", False: "false", None: "null"}.__getitem__)


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
    "DB_TYPE_DATE": TypeRule(fixed("DATE"), encode_moment, as_text=DATE_AS_TEXT),
    "DB_TYPE_TIMESTAMP": TypeRule(timestamp_type, encode_moment, as_text=TIMESTAMP_AS_TEXT),
    "DB_TYPE_TIMESTAMP_TZ": TypeRule(
        time_zone_type(""), encode_moment, as_text=ZONED_AS_TEXT, always_as_text=True
    ),
    "DB_TYPE_TIMESTAMP_LTZ": TypeRule(
        time_zone_type("LOCAL "), encode_moment, as_text=LOCAL_AS_TEXT, always_as_text=True
    ),
    "DB_TYPE_INTERVAL_DS": TypeRule(interval_type, encode_interval, as_text=INTERVAL_AS_TEXT),
    "DB_TYPE_INTERVAL_YM": TypeRule(months_type, encode_months),
    "DB_TYPE_RAW": TypeRule(sized("RAW"), encode_raw),
    "DB_TYPE_LONG_RAW": TypeRule(fixed("LONG RAW"), encode_raw, is_lob=True),
    "DB_TYPE_BLOB": TypeRule(fixed("BLOB"), encode_base64, Fetch.INLINE, is_lob=True),
    "DB_TYPE_BOOLEAN": TypeRule(fixed("BOOLEAN"), _encode_boolean),
    "DB_TYPE_VECTOR": TypeRule(vector_type, encode_vector, is_lob=True),
    "DB_TYPE_JSON": TypeRule(fixed("JSON"), _unencodable, is_lob=True),
    "DB_TYPE_CURSOR": TypeRule(fixed("CURSOR"), _unencodable, Fetch.ROWS),
}
FETCH_BY_TYPE = {kind: rule.fetch for kind, rule in TYPE_TABLE.items()}


def columns_of(
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
            kind=kind,
        )
    encode = encoder_of(name, kind, options, is_inside=bool(options.within))
    length = max(info.display_size or 0, info.internal_size or 0)
    type_name = rule.describe(info)
    return Column(name, type_name, rule.fetch, encode, rule.is_lob, kind=kind, length=length)


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
    if rule.always_as_text or scale > FRACTION_DIGITS:
        return rule.as_text
    may_be_beyond = rule.as_text in (DATE_AS_TEXT, TIMESTAMP_AS_TEXT, INTERVAL_AS_TEXT)
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
