"""Oracle types as declarations spell them, and the types of expressions made from others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from .model import ColumnType, Kind, ObjectType, OraError

NUMBER = ColumnType(Kind.NUMBER, 0, -127, 22)
BINARY_FLOAT = ColumnType(Kind.BINARY_FLOAT, size=4)
BINARY_DOUBLE = ColumnType(Kind.BINARY_DOUBLE, size=8)
DATE = ColumnType(Kind.DATE, size=7)
TIMESTAMP = ColumnType(Kind.TIMESTAMP, scale=6, size=11)
TIMESTAMP_9 = ColumnType(Kind.TIMESTAMP, scale=9, size=11)
TIMESTAMP_TZ = ColumnType(Kind.TIMESTAMP_TZ, scale=6, size=13)
TIMESTAMP_TZ_9 = ColumnType(Kind.TIMESTAMP_TZ, scale=9, size=13)
TIMESTAMP_LTZ = ColumnType(Kind.TIMESTAMP_LTZ, scale=6, size=11)
INTERVAL_DS = ColumnType(Kind.INTERVAL_DS, 9, 9, 11)
INTERVAL_YM = ColumnType(Kind.INTERVAL_YM, 9, 0, 5)
BOOLEAN = ColumnType(Kind.BOOLEAN, size=1)
CLOB = ColumnType(Kind.CLOB, size=4000)
NCLOB = ColumnType(Kind.NCLOB, size=4000)
BLOB = ColumnType(Kind.BLOB, size=4000)
JSON = ColumnType(Kind.JSON, size=8200)
VECTOR = ColumnType(Kind.VECTOR, size=8200)
XMLTYPE = ColumnType(Kind.XMLTYPE, size=2000)
LONG = ColumnType(Kind.LONG)
LONG_RAW = ColumnType(Kind.LONG_RAW)
ROWID = ColumnType(Kind.ROWID, size=10)
UROWID = ColumnType(Kind.UROWID, size=4000)
# What Oracle says of a bare NULL: a VARCHAR2 that never has a byte.
NULL = ColumnType(Kind.VARCHAR)

_MOST_BYTES = 4000
_PLAIN_TYPES = {
    "BINARY_FLOAT": BINARY_FLOAT,
    "BINARY_DOUBLE": BINARY_DOUBLE,
    "DATE": DATE,
    "CLOB": CLOB,
    "NCLOB": NCLOB,
    "BLOB": BLOB,
    "BOOLEAN": BOOLEAN,
    "BOOL": BOOLEAN,
    "JSON": JSON,
    "XMLTYPE": XMLTYPE,
    "LONG": LONG,
    "LONG RAW": LONG_RAW,
    "ROWID": ROWID,
    "INTEGER": ColumnType(Kind.NUMBER, 38, 0, 22),
    "INT": ColumnType(Kind.NUMBER, 38, 0, 22),
    "SMALLINT": ColumnType(Kind.NUMBER, 38, 0, 22),
    "REAL": ColumnType(Kind.NUMBER, 63, -127, 22),
    "DOUBLE PRECISION": ColumnType(Kind.NUMBER, 126, -127, 22),
}

CHARACTER_KINDS = frozenset({Kind.VARCHAR, Kind.CHAR, Kind.NVARCHAR, Kind.NCHAR})
PADDED_KINDS = frozenset({Kind.CHAR, Kind.NCHAR})
NATIONAL_KINDS = frozenset({Kind.NVARCHAR, Kind.NCHAR, Kind.NCLOB})
LOB_TEXT_KINDS = frozenset({Kind.CLOB, Kind.NCLOB, Kind.LONG})
TEXT_KINDS = CHARACTER_KINDS | LOB_TEXT_KINDS | {Kind.ROWID, Kind.UROWID}
BINARY_NUMBER_KINDS = frozenset({Kind.BINARY_FLOAT, Kind.BINARY_DOUBLE})
NUMERIC_KINDS = BINARY_NUMBER_KINDS | {Kind.NUMBER}
TIMESTAMP_KINDS = frozenset({Kind.TIMESTAMP, Kind.TIMESTAMP_TZ, Kind.TIMESTAMP_LTZ})
DATETIME_KINDS = TIMESTAMP_KINDS | {Kind.DATE}
INTERVAL_KINDS = frozenset({Kind.INTERVAL_DS, Kind.INTERVAL_YM})
RAW_KINDS = frozenset({Kind.RAW, Kind.LONG_RAW, Kind.BLOB})


_TYPES_BY_KIND = {
    t.kind: t
    for t in (
        NUMBER, BINARY_FLOAT, BINARY_DOUBLE, DATE, TIMESTAMP_9, TIMESTAMP_TZ_9, TIMESTAMP_LTZ,
        INTERVAL_DS, INTERVAL_YM, BOOLEAN, CLOB, NCLOB, BLOB, JSON, VECTOR, XMLTYPE, LONG, LONG_RAW,
        ROWID, UROWID, ColumnType(Kind.RAW, size=2000),
    )
}  # fmt: skip


def type_of_kind(kind: Kind) -> ColumnType | None:
    """The type of a bind value, of which only the kind is known; None for objects and cursors."""
    if kind in CHARACTER_KINDS:
        return ColumnType(kind, size=4000, chars=4000 if kind is Kind.VARCHAR else 2000)
    return _TYPES_BY_KIND.get(kind)


@dataclass(frozen=True)
class Typed:
    """A fragment of sqlite SQL with the Oracle type of its value.

    literal: the value as the statement spells it, where it does; functions such as TO_CHAR and
    SUBSTR take the width of their result from it. name: what a select item of it is called, where
    the syntax does not tell.
    """

    sql: str
    type: ColumnType
    literal: str | None = None
    nullable: bool = True
    name: str | None = None

    @property
    def kind(self) -> Kind:
        return self.type.kind


def declared_type(name: str, sizes: Sequence[int | None], *, per_character: bool) -> ColumnType:
    """The type a declaration such as `NUMBER(*, 2)` (sizes [None, 2]) stands for."""
    if name in _PLAIN_TYPES:
        return _PLAIN_TYPES[name]
    first = sizes[0] if sizes else None
    if name in ("NUMBER", "DECIMAL", "DEC", "NUMERIC"):
        return _number_type(name, sizes)
    if name == "FLOAT":
        return ColumnType(Kind.NUMBER, first or 126, -127, 22)
    if name in ("VARCHAR2", "VARCHAR", "CHAR", "CHARACTER"):
        padded = name in ("CHAR", "CHARACTER")
        return _character_type(Kind.CHAR if padded else Kind.VARCHAR, first, 4 * per_character or 1)
    if name in ("NVARCHAR2", "NCHAR"):
        return _character_type(Kind.NCHAR if name == "NCHAR" else Kind.NVARCHAR, first, 2)
    if name == "RAW":
        return ColumnType(Kind.RAW, size=_required(first))
    if name == "UROWID":
        return replace(UROWID, size=first or 4000)
    raise OraError(902, "invalid datatype")


_SIZED_TYPES = (
    "NUMBER", "DECIMAL", "DEC", "NUMERIC", "FLOAT", "VARCHAR2", "VARCHAR", "CHAR", "CHARACTER",
    "NVARCHAR2", "NCHAR", "RAW", "UROWID",
)  # fmt: skip


def is_built_in(name: str) -> bool:
    """Whether declared_type knows the name."""
    return name in _PLAIN_TYPES or name in _SIZED_TYPES


def object_type(made: ObjectType) -> ColumnType:
    return ColumnType(Kind.OBJECT, size=2000, object=made)


def _required(size: int | None) -> int:
    if size is None:
        raise OraError(906, "missing left parenthesis")
    return size


def _number_type(name: str, sizes: Sequence[int | None]) -> ColumnType:
    if not sizes:
        return NUMBER if name == "NUMBER" else ColumnType(Kind.NUMBER, 38, 0, 22)
    precision = sizes[0] or 38
    scale = (sizes[1] or 0) if len(sizes) > 1 else 0
    if not 1 <= precision <= 38:
        raise OraError(1727, "numeric precision specifier is out of range (1 to 38)")
    if not -84 <= scale <= 127:
        raise OraError(1728, "numeric scale specifier is out of range (-84 to 127)")
    return ColumnType(Kind.NUMBER, precision, scale, 22)


def _character_type(kind: Kind, length: int | None, bytes_each: int) -> ColumnType:
    if length is None:
        length = 1 if kind in PADDED_KINDS else _required(length)
    if length == 0:
        raise OraError(1723, "zero-length columns are not allowed")
    most = 2000 if kind in PADDED_KINDS else 32767
    if length > most:
        raise OraError(910, "specified length too long for its datatype")
    return ColumnType(kind, size=min(length * bytes_each, most), chars=length)


def fractional(kind: Kind, digits: int | None) -> ColumnType:
    """A TIMESTAMP kind with so many fractional digits; 6 when none are given."""
    digits = 6 if digits is None else digits
    if not 0 <= digits <= 9:
        raise OraError(30088, "datetime/interval precision is out of range")
    return ColumnType(kind, scale=digits, size=13 if kind is Kind.TIMESTAMP_TZ else 11)


def interval_type(kind: Kind, leading: int | None, fraction: int | None) -> ColumnType:
    leading = 2 if leading is None else leading
    if kind is Kind.INTERVAL_YM:
        return ColumnType(kind, leading, 0, 5)
    return ColumnType(kind, leading, 6 if fraction is None else fraction, 11)


def text_type(chars: int, kind: Kind = Kind.VARCHAR, size: int = 0) -> ColumnType:
    """A character type of so many characters; size in bytes is four for each unless given."""
    chars = min(chars, _MOST_BYTES)
    each = 2 if kind in NATIONAL_KINDS else 4
    return ColumnType(kind, size=min(size or chars * each, _MOST_BYTES), chars=chars)


def literal_type(text: str, kind: Kind = Kind.CHAR) -> ColumnType:
    encoding = "utf-16-be" if kind in NATIONAL_KINDS else "utf-8"
    return ColumnType(kind, size=len(text.encode(encoding)), chars=len(text))


def display_width(column_type: ColumnType) -> int:
    """The most characters a value has when it is turned to text without a format."""
    if column_type.kind in CHARACTER_KINDS:
        return column_type.chars
    widths = {Kind.NUMBER: 40, Kind.DATE: 9, Kind.RAW: column_type.size * 2, Kind.ROWID: 18}
    return widths.get(column_type.kind, 75)


def concatenated(left: ColumnType, right: ColumnType) -> ColumnType:
    if {left.kind, right.kind} & {Kind.CLOB, Kind.NCLOB}:
        national = Kind.NCLOB in (left.kind, right.kind)
        return NCLOB if national else CLOB
    national = left.kind in NATIONAL_KINDS or right.kind in NATIONAL_KINDS
    chars = display_width(left) + display_width(right)
    size = sum(t.size if t.kind in CHARACTER_KINDS else display_width(t) for t in (left, right))
    return text_type(chars, Kind.NVARCHAR if national else Kind.VARCHAR, size)


def common_type(first: ColumnType, second: ColumnType) -> ColumnType | None:
    """The type UNION, CASE and NVL give their result; None where the two do not go together."""
    if first == second:
        return first
    if first == NULL:
        return second
    if second == NULL:
        return first
    if first.kind in CHARACTER_KINDS and second.kind in CHARACTER_KINDS:
        national = first.kind in NATIONAL_KINDS or second.kind in NATIONAL_KINDS
        kind = Kind.NVARCHAR if national else Kind.VARCHAR
        return ColumnType(kind, 0, 0, max(first.size, second.size), max(first.chars, second.chars))
    if first.kind in NUMERIC_KINDS and second.kind in NUMERIC_KINDS:
        return _common_number(first, second)
    if first.kind in DATETIME_KINDS and second.kind in DATETIME_KINDS:
        return _common_datetime(first, second)
    lobs = CHARACTER_KINDS | {Kind.CLOB, Kind.NCLOB}
    if first.kind in lobs and second.kind in lobs:
        return NCLOB if Kind.NCLOB in (first.kind, second.kind) else CLOB
    if first.kind is second.kind:
        return replace(
            first,
            precision=max(first.precision, second.precision),
            scale=max(first.scale, second.scale),
            size=max(first.size, second.size),
        )
    return None


def _common_number(first: ColumnType, second: ColumnType) -> ColumnType:
    kinds = (first.kind, second.kind)
    if Kind.BINARY_DOUBLE in kinds:
        return BINARY_DOUBLE
    return BINARY_FLOAT if Kind.BINARY_FLOAT in kinds else NUMBER


def _common_datetime(first: ColumnType, second: ColumnType) -> ColumnType:
    kinds = {first.kind, second.kind}
    scale = max(first.scale, second.scale)
    if Kind.TIMESTAMP_TZ in kinds:
        return fractional(Kind.TIMESTAMP_TZ, scale)
    if Kind.TIMESTAMP_LTZ in kinds:
        return fractional(Kind.TIMESTAMP_LTZ, scale)
    return fractional(Kind.TIMESTAMP, scale)


def without_precision(column_type: ColumnType) -> ColumnType:
    """A NUMBER that went through a function no longer carries its column's precision."""
    return NUMBER if column_type.kind is Kind.NUMBER else column_type
