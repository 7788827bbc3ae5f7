"""How a value of one Oracle type becomes one of another: implicit conversion, CAST, comparison."""

from __future__ import annotations

from dataclasses import replace

from ..kinds.expression_types import (
    BINARY_DOUBLE,
    BINARY_FLOAT,
    BINARY_NUMBER_KINDS,
    CHARACTER_KINDS,
    DATETIME_KINDS,
    INTERVAL_KINDS,
    LOB_TEXT_KINDS,
    NULL,
    NUMBER,
    NUMERIC_KINDS,
    PADDED_KINDS,
    TEXT_KINDS,
    TIMESTAMP_9,
    TIMESTAMP_KINDS,
    TIMESTAMP_TZ_9,
    Typed,
    display_width,
    text_type,
)
from ..kinds.model import ColumnType, Kind, OraError, VectorType
from ..kinds.sqlite_values import INSTANT_LENGTH, number_key

_TO_TEXT = {
    Kind.NUMBER: "ora_number_text",
    Kind.BINARY_FLOAT: "ora_float_text",
    Kind.BINARY_DOUBLE: "ora_double_text",
    Kind.DATE: "ora_date_text",
    Kind.RAW: "ora_raw_hex",
    Kind.BOOLEAN: "ora_boolean_text",
}

# Rows: from; columns: to. What is not here needs no call or is refused.
_CALLS = {
    (Kind.NUMBER, Kind.BINARY_DOUBLE): "ora_number_double",
    (Kind.DATE, Kind.TIMESTAMP_TZ): "ora_timestamp_zoned",
    (Kind.TIMESTAMP, Kind.TIMESTAMP_TZ): "ora_timestamp_zoned",
    (Kind.TIMESTAMP_LTZ, Kind.TIMESTAMP_TZ): "ora_timestamp_zoned",
    (Kind.TIMESTAMP_TZ, Kind.TIMESTAMP): "ora_zoned_timestamp",
    (Kind.TIMESTAMP_TZ, Kind.TIMESTAMP_LTZ): "ora_zoned_local",
    (Kind.BINARY_FLOAT, Kind.NUMBER): "ora_float_number",
    (Kind.BINARY_DOUBLE, Kind.NUMBER): "ora_double_number",
    (Kind.NUMBER, Kind.BOOLEAN): "ora_number_boolean",
    (Kind.BOOLEAN, Kind.NUMBER): "ora_boolean_number",
}
_FROM_TEXT = {
    Kind.NUMBER: "ora_text_number",
    Kind.BINARY_DOUBLE: "ora_text_double",
    Kind.DATE: "ora_text_date",
    Kind.TIMESTAMP: "ora_text_timestamp",
    Kind.TIMESTAMP_LTZ: "ora_text_timestamp",
    Kind.TIMESTAMP_TZ: "ora_text_zoned",
    Kind.INTERVAL_DS: "ora_text_days",
    Kind.INTERVAL_YM: "ora_text_months",
    Kind.RAW: "ora_hex_raw",
    Kind.BLOB: "ora_hex_raw",
    Kind.BOOLEAN: "ora_text_boolean",
    Kind.JSON: "ora_text_json",
    Kind.XMLTYPE: "ora_text_xml",
}


def mismatch(expected: Kind, got: Kind, offset: int = 0) -> OraError:
    text = f"inconsistent datatypes: expected {expected.value} got {got.value}"
    return OraError(932, text, offset)


def to_text(value: Typed) -> Typed:
    """Implicit TO_CHAR; text stays what it is."""
    if value.kind in TEXT_KINDS:
        return value
    width = text_type(display_width(value.type))
    if value.kind in TIMESTAMP_KINDS | INTERVAL_KINDS:
        return Typed(_with_its_digits(value), width)
    if value.kind not in _TO_TEXT:
        raise mismatch(Kind.CHAR, value.kind)
    return Typed(f"{_TO_TEXT[value.kind]}({value.sql})", width)


def _with_its_digits(value: Typed) -> str:
    """A text as wide as the type's precisions say."""
    leading, fraction = _key(value.type.precision), _key(value.type.scale)
    if value.kind is Kind.INTERVAL_DS:
        return f"ora_days_text({value.sql}, {leading}, {fraction})"
    if value.kind is Kind.INTERVAL_YM:
        return f"ora_months_text({value.sql}, {leading})"
    name = "ora_zoned_text" if value.kind is Kind.TIMESTAMP_TZ else "ora_timestamp_text"
    return f"{name}({value.sql}, {fraction})"


def convert(value: Typed, target: ColumnType) -> Typed:
    """The value as the target's kind, without regard to sizes; ORA-00932 where none can be had."""
    kind = target.kind
    if value.type == NULL:
        return replace(value, type=target)
    if Kind.OBJECT in (kind, value.kind):
        return _as_object(value, target)
    if kind is Kind.VECTOR:
        return _as_vector(value, target)
    if value.kind is kind:
        return replace(value, type=target)
    if kind in TEXT_KINDS or kind in LOB_TEXT_KINDS:
        text = to_text(value)
        same_kind = replace(target, size=text.type.size, chars=text.type.chars)
        return Typed(text.sql, target if kind in LOB_TEXT_KINDS else same_kind, value.literal)
    if kind is Kind.BINARY_FLOAT:
        return Typed(f"ora_as_float({convert(value, BINARY_DOUBLE).sql})", BINARY_FLOAT)
    if value.kind in TEXT_KINDS and kind in _FROM_TEXT:
        return Typed(f"{_FROM_TEXT[kind]}({value.sql})", target)
    if (value.kind, kind) in _CALLS:
        return Typed(f"{_CALLS[value.kind, kind]}({value.sql})", target)
    if kind is Kind.DATE and value.kind in DATETIME_KINDS:
        stamp = convert(value, TIMESTAMP_9)
        return Typed(f"substr({stamp.sql}, 1, 20)", target)
    if _same_storage(value.kind, kind):
        return Typed(value.sql, target)
    raise mismatch(kind, value.kind)


def _as_object(value: Typed, target: ColumnType) -> Typed:
    """A value of a subtype may stand where its supertype is declared; nothing else converts."""
    wanted, got = target.object, value.type.object
    if wanted is not None and got is not None:
        accepted = [wanted]
        for known in accepted:
            accepted += known.subtypes
        if got.key in [known.key for known in accepted]:
            return replace(value, type=target)
    names = ["-" if made is None else ".".join(made.key) for made in (wanted, got)]
    raise OraError(932, f"inconsistent datatypes: expected {names[0]} got {names[1]}")


def _as_vector(value: Typed, target: ColumnType) -> Typed:
    wanted = target.vector or VectorType()
    declared = f"{_key(wanted.dimensions)}, '{wanted.format}', {_key(int(wanted.is_sparse))}"
    if value.kind in TEXT_KINDS:
        return Typed(f"ora_text_vector({value.sql}, {declared})", target)
    if value.kind is not Kind.VECTOR:
        raise mismatch(Kind.VECTOR, value.kind)
    if value.type.vector == target.vector:
        return value
    return Typed(f"ora_fit_vector({value.sql}, {declared})", target)


def _same_storage(source: Kind, target: Kind) -> bool:
    """Kinds that lie in sqlite alike: the session's zone is UTC, so local time is too."""
    plain = {Kind.DATE, Kind.TIMESTAMP, Kind.TIMESTAMP_LTZ}
    raw = {Kind.RAW, Kind.BLOB, Kind.LONG_RAW}
    binary = {Kind.BINARY_FLOAT, Kind.BINARY_DOUBLE}
    return any({source, target} <= group for group in (plain, raw, binary))


def cast(value: Typed, target: ColumnType) -> Typed:
    """CAST: text is cut to size, numbers and fractions are rounded to theirs."""
    converted = convert(value, target)
    if target.kind in CHARACTER_KINDS:
        return Typed(f"ora_cast_text({converted.sql}, {_text_sizes(target)})", target)
    return Typed(_fitted(converted.sql, target), target)


def assign(value: Typed, target: ColumnType, column: str) -> str:
    """On the way into a column: as CAST, but ORA-12899 names it where text or RAW is too long."""
    converted = convert(value, target).sql
    place = "'" + column.replace("'", "''") + "'"
    if target.kind in CHARACTER_KINDS:
        return f"ora_fit_text({converted}, {_text_sizes(target)}, {place})"
    if target.kind is Kind.RAW:
        return f"ora_fit_raw({converted}, {_key(target.size)}, {place})"
    return _fitted(converted, target)


def _text_sizes(target: ColumnType) -> str:
    padded = int(target.kind in PADDED_KINDS)
    return f"{_key(target.size)}, {_key(target.chars)}, {_key(padded)}"


def _key(value: int) -> str:
    return f"'{number_key(value)}'"


def _fitted(sql: str, target: ColumnType) -> str:
    if target.kind is Kind.NUMBER and target.precision:
        return f"ora_fit_number({sql}, {_key(target.precision)}, {_key(target.scale)})"
    if target.kind in DATETIME_KINDS - {Kind.DATE} and target.scale < 9:
        return f"ora_fit_fraction({sql}, {_key(target.scale)})"
    if target.kind is Kind.INTERVAL_DS:
        return f"ora_fit_days({sql}, {_key(target.precision)}, {_key(target.scale)})"
    if target.kind is Kind.INTERVAL_YM:
        return f"ora_fit_months({sql}, {_key(target.precision)})"
    return sql


def comparable(left: Typed, right: Typed) -> tuple[str, str]:
    """Both sides as sqlite fragments that compare as Oracle compares the values."""
    target = _comparison_type(left, right)
    if target is None:
        return _texts(left, right)
    left, right = convert(left, target), convert(right, target)
    if target.kind is Kind.TIMESTAMP_TZ:
        return _instant(left.sql), _instant(right.sql)
    return left.sql, right.sql


def _instant(sql: str) -> str:
    return f"substr({sql}, 1, {INSTANT_LENGTH})"


def _texts(left: Typed, right: Typed) -> tuple[str, str]:
    """Blank-padded comparison, where both sides are CHAR or literals."""
    if left.kind in PADDED_KINDS and right.kind in PADDED_KINDS:
        return f"rtrim({left.sql}, ' ')", f"rtrim({right.sql}, ' ')"
    return left.sql, right.sql


def _comparison_type(left: Typed, right: Typed) -> ColumnType | None:
    """What Oracle converts both sides to; None where they are text already."""
    kinds = {left.kind, right.kind}
    if Kind.OBJECT in kinds and NULL not in (left.type, right.type):
        raise OraError(22950, "cannot ORDER objects without MAP or ORDER method")
    for kind in (Kind.CLOB, Kind.NCLOB, Kind.BLOB, Kind.LONG, Kind.LONG_RAW, Kind.XMLTYPE):
        if kind in kinds and NULL not in (left.type, right.type):
            raise OraError(932, f"inconsistent datatypes: expected - got {kind.value}")
    if kinds <= TEXT_KINDS:
        return None
    if kinds & NUMERIC_KINDS:
        return BINARY_DOUBLE if kinds & BINARY_NUMBER_KINDS else NUMBER
    if kinds & DATETIME_KINDS:
        zoned = kinds & {Kind.TIMESTAMP_TZ, Kind.TIMESTAMP_LTZ}
        if zoned and kinds != {Kind.TIMESTAMP_LTZ}:
            return TIMESTAMP_TZ_9
        dates = kinds <= {Kind.DATE} | TEXT_KINDS
        return next(v.type for v in (left, right) if v.kind is Kind.DATE) if dates else TIMESTAMP_9
    return (right if left.kind in TEXT_KINDS else left).type
