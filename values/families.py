"""Which types have values that can be the same."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from enum import Enum

from values.column import Column
from values.object_shapes import Collection, Object, ObjectShape, Scalar


class Family(Enum):
    """Values of one family are compared by value; those of two are never the same."""

    NUMBERS = "numbers"
    FLOATS = "floats"
    TEXTS = "texts"
    MOMENTS = "moments"
    ZONED = "moments with a zone"
    DAYS = "intervals of days"
    MONTHS = "intervals of months"
    BYTES = "bytes"
    BOOLEANS = "booleans"
    JSON = "JSON"
    VECTORS = "vectors"
    ROWS = "rows of a cursor"


_TEXT = ("CHAR", "VARCHAR", "NCHAR", "NVARCHAR", "LONG", "CLOB", "NCLOB", "XMLTYPE", "ROWID")
FAMILIES: Mapping[str, Family] = {
    "DB_TYPE_NUMBER": Family.NUMBERS,
    **dict.fromkeys(("DB_TYPE_BINARY_FLOAT", "DB_TYPE_BINARY_DOUBLE"), Family.FLOATS),
    **{f"DB_TYPE_{name}": Family.TEXTS for name in (*_TEXT, "UROWID")},
    **dict.fromkeys(("DB_TYPE_DATE", "DB_TYPE_TIMESTAMP"), Family.MOMENTS),
    **dict.fromkeys(("DB_TYPE_TIMESTAMP_TZ", "DB_TYPE_TIMESTAMP_LTZ"), Family.ZONED),
    "DB_TYPE_INTERVAL_DS": Family.DAYS,
    "DB_TYPE_INTERVAL_YM": Family.MONTHS,
    **dict.fromkeys(("DB_TYPE_RAW", "DB_TYPE_LONG_RAW", "DB_TYPE_BLOB"), Family.BYTES),
    "DB_TYPE_BOOLEAN": Family.BOOLEANS,
    "DB_TYPE_JSON": Family.JSON,
    "DB_TYPE_VECTOR": Family.VECTORS,
    "DB_TYPE_CURSOR": Family.ROWS,
}


def family(column: Column) -> Hashable:
    """The family of a column. Structures have the one of all structures whose parts have the same
    names and families.
    """
    if column.shape is not None:
        return _of_shape(column.shape)
    return FAMILIES[column.kind]


def _of_shape(shape: ObjectShape) -> Hashable:
    """Parts are written as JSON where they are compared, so RAW and BLOB, hexadecimal and base64,
    are told apart here.
    """
    if isinstance(shape, Scalar):
        found = FAMILIES.get(shape.kind)
        return shape.kind if found in (None, Family.BYTES, Family.JSON) else found
    if isinstance(shape, Collection):
        return ("collection", _of_shape(shape.element))
    assert isinstance(shape, Object)
    return ("object", tuple([(name, _of_shape(part)) for name, part in shape.attributes]))
