"""Object types as the data dictionary has them.

The driver looks a type up by itself, once in a session, and tells neither the declared size of a
collection's elements nor whether there can be subtypes; and it goes on with what it knows when the
type is changed. So the dictionary is asked each time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from common.bounded_cache import BoundedCache
from values.object_shapes import Collection, Object, ObjectShape, Scalar

TypeName: TypeAlias = tuple[str, str]
"""Owner and name."""

# How many sets of types are remembered, and what a name takes there: an owner's and a type's have
# up to 128 bytes each.
MOST_RELATED = 500
MOST_RELATED_BYTES = 1_000_000
TYPE_NAME_BYTES = 400

# An attribute's or element's row: owner and name of the type, its kind, whether it is final, the
# attribute's name, then what it is of.
_SQL = """\
SELECT t.owner, t.type_name, t.typecode, t.final, a.attr_name, a.attr_type_mod, a.attr_type_owner,
       a.attr_type_name, a.precision, a.scale, a.attr_no
  FROM all_types t JOIN all_type_attrs a ON a.owner = t.owner AND a.type_name = t.type_name
 WHERE {types}
UNION ALL
SELECT c.owner, c.type_name, 'COLLECTION', 'YES', NULL, c.elem_type_mod, c.elem_type_owner,
       c.elem_type_name, c.precision, c.scale, 0
  FROM all_coll_types c
 WHERE {collections}
 ORDER BY 1, 2, 11"""

_KINDS = {
    **{
        name: f"DB_TYPE_{name}"
        for name in (
            *("CHAR", "NCHAR", "RAW", "DATE", "TIMESTAMP", "BINARY_FLOAT", "BINARY_DOUBLE"),
            *("CLOB", "NCLOB", "BLOB", "BFILE", "BOOLEAN", "JSON", "VECTOR"),
        )
    },
    **dict.fromkeys(("VARCHAR2", "VARCHAR"), "DB_TYPE_VARCHAR"),
    "NVARCHAR2": "DB_TYPE_NVARCHAR",
    **dict.fromkeys(("NUMBER", "DECIMAL", "NUMERIC"), "DB_TYPE_NUMBER"),
    **dict.fromkeys(("INTEGER", "INT", "SMALLINT"), "DB_TYPE_NUMBER"),
    **dict.fromkeys(("FLOAT", "REAL", "DOUBLE PRECISION"), "DB_TYPE_NUMBER"),
    **dict.fromkeys(("TIMESTAMP WITH TZ", "TIMESTAMP WITH TIME ZONE"), "DB_TYPE_TIMESTAMP_TZ"),
    **dict.fromkeys(
        ("TIMESTAMP WITH LOCAL TZ", "TIMESTAMP WITH LOCAL TIME ZONE"), "DB_TYPE_TIMESTAMP_LTZ"
    ),
    "INTERVAL DAY TO SECOND": "DB_TYPE_INTERVAL_DS",
    "INTERVAL YEAR TO MONTH": "DB_TYPE_INTERVAL_YM",
}
# Declared with binary digits.
_FLOATS = ("FLOAT", "REAL", "DOUBLE PRECISION")


class TypeDictionary:
    """Reads shapes from the data dictionary. One for each session, used by its thread."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        # All that a set of types led to the last time, so that they are read in one go.
        self._related: BoundedCache[frozenset[TypeName], frozenset[TypeName]] = BoundedCache(
            MOST_RELATED_BYTES, MOST_RELATED
        )

    def shapes(self, names: Iterable[TypeName]) -> Mapping[TypeName, ObjectShape | None]:
        """The shapes of types, and of those inside them; None for what is no object type."""
        asked = frozenset(names)
        wanted = set(self._related.get(asked) or asked)
        found: dict[TypeName, list[Sequence[Any]]] = {}
        while missing := wanted - found.keys():
            found.update(self._read(missing))
            wanted |= {name for rows in found.values() for name in map(_type_inside, rows) if name}
        size = (len(asked) + len(wanted)) * TYPE_NAME_BYTES
        self._related.put(asked, frozenset(wanted), size)
        return {name: _shape(name, found) for name in asked}

    def _read(self, names: set[TypeName]) -> dict[TypeName, list[Sequence[Any]]]:
        found: dict[TypeName, list[Sequence[Any]]] = {name: [] for name in names}
        binds: dict[str, str] = {}
        for number, (owner, name) in enumerate(sorted(names)):
            binds |= {f"o{number}": owner, f"n{number}": name}
        pairs = range(len(names))
        sql = _SQL.format(
            types=" OR ".join(f"(t.owner = :o{n} AND t.type_name = :n{n})" for n in pairs),
            collections=" OR ".join(f"(c.owner = :o{n} AND c.type_name = :n{n})" for n in pairs),
        )
        with self._connection.cursor() as cursor:
            cursor.prefetchrows = cursor.arraysize
            for row in cursor.execute(sql, binds):
                found[row[0], row[1]].append(row)
        return found


def _type_inside(row: Sequence[Any]) -> TypeName | None:
    """The type that an attribute or element is of, where that was made by CREATE TYPE."""
    modifier, owner, name = row[5:8]
    if owner is None or modifier is not None or _is_xml(owner, name):
        return None
    return owner, name


def _is_xml(owner: str | None, name: str) -> bool:
    return owner in ("SYS", "PUBLIC") and name == "XMLTYPE"


def _shape(name: TypeName, found: Mapping[TypeName, Sequence[Sequence[Any]]]) -> ObjectShape | None:
    rows = found.get(name) or ()
    if not rows:
        return None
    if rows[0][2] == "COLLECTION":
        return Collection(*name, _part(rows[0], found))
    attributes = tuple((row[4], _part(row, found)) for row in rows)
    return Object(*name, attributes, is_final=rows[0][3] == "YES")


def _part(row: Sequence[Any], found: Mapping[TypeName, Sequence[Sequence[Any]]]) -> ObjectShape:
    modifier, owner, name, precision, scale = row[5:10]
    inside = _type_inside(row)
    if inside is not None:
        # Without a shape it is a type like ANYDATA, which has no attributes of its own.
        return _shape(inside, found) or Scalar(f"{owner}.{name}")
    if modifier is not None:
        return Scalar(f"{modifier} {owner}.{name}")
    if _is_xml(owner, name):
        return Scalar("DB_TYPE_XMLTYPE")
    kind = _KINDS.get(name, name)
    if kind == "DB_TYPE_NUMBER":
        return Scalar(kind, digits=_digits(name, precision))
    # The dictionary has 0 where it does not know.
    return Scalar(kind, scale=None if scale is None else int(scale) or None)


def _digits(name: str, precision: str | None) -> int | None:
    """The most decimal digits; FLOAT(b) has b binary ones."""
    if precision is None or int(precision) == 0:
        return None
    return -(-int(precision) * 30103 // 100_000) if name in _FLOATS else int(precision)


def driver_knows(driver_type: Any, shape: ObjectShape) -> bool:
    """Whether the driver, too, takes a type to be of that shape. It may have looked it up before
    it was changed, or not at all yet.
    """
    if isinstance(shape, Scalar):
        return not hasattr(driver_type, "iscollection")
    try:
        attributes = driver_type.attributes
        element = driver_type.element_type if driver_type.iscollection else None
    except (TypeError, AttributeError):
        return False  # it has not been looked up, or not to its end
    if isinstance(shape, Collection):
        return element is not None and driver_knows(element, shape.element)
    if [attribute.name for attribute in attributes] != [name for name, _ in shape.attributes]:
        return False
    pairs = zip(attributes, shape.attributes, strict=True)
    return all(driver_knows(attribute.type, part) for attribute, (_, part) in pairs)
