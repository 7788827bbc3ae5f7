"""Objects and collections in sqlite3: one JSON text each.

`{"t": ["APP", "ADDR_T"], "v": ["x", ">5011"]}`: the type a value was made as, and its attributes or
elements, stored as columns of their kinds are. Objects inside stand as themselves, bytes as
`{"x": hexadecimal}`, and doubles as `{"f": hexadecimal}`, since sqlite's reader may round them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from ..kinds.model import ColumnType, Kind, ObjectType, ObjectValue, OraError, Value
from ..kinds.sqlite_values import Stored, decoder
from .functions import Want, internal

Packed: TypeAlias = "dict[str, Any]"
Decoder: TypeAlias = Callable[..., Value]


def header(made: ObjectType, nested: Sequence[int] = ()) -> str:
    """What `ora_object` has to know: the type, its limit, and which parts are objects."""
    return json.dumps([*made.key, made.limit, list(nested)])


@internal("ora_object", Want.STORED, variadic=True)
def make_object(head: str, *parts: Stored) -> str:
    """An object of its attributes, or a collection of its elements."""
    schema, name, limit, nested = json.loads(head)
    return _packed(schema, name, limit, [_cell(p, i in nested) for i, p in enumerate(parts)])


@internal("ora_collection", Want.STORED, Want.STORED)
def make_collection(head: str, cells: str) -> str:
    """A collection of what `ora_collect` gathered."""
    schema, name, limit, _ = json.loads(head)
    return _packed(schema, name, limit, json.loads(cells))


def _packed(schema: str, name: str, limit: int, parts: list[Any]) -> str:
    if limit and len(parts) > limit:
        raise OraError(22909, "exceeded maximum VARRAY limit")
    return json.dumps({"t": [schema, name], "v": parts})


def _cell(part: Stored, is_object: bool) -> Any:
    if isinstance(part, bytes):
        return {"x": part.hex()}
    if isinstance(part, float):
        return {"f": part.hex()}
    return json.loads(part) if is_object and isinstance(part, str) else part


def _part(cell: Any) -> Stored:
    """A cell as a column of its kind is stored; an object as its JSON text."""
    if not isinstance(cell, dict):
        return cell  # type: ignore[no-any-return]
    if "x" in cell:
        return bytes.fromhex(cell["x"])
    return float.fromhex(cell["f"]) if "f" in cell else json.dumps(cell)


class Collect:
    """The cells of a MULTISET, in the order of its rows. step(value, whether it is an object)."""

    def __init__(self) -> None:
        self.cells: list[Any] = []

    def step(self, value: Stored, is_object: int) -> None:
        self.cells.append(_cell(value, bool(is_object)))

    def finalize(self) -> Stored:
        return json.dumps(self.cells)


@internal("ora_attribute", Want.STORED, Want.STORED)
def attribute(packed: str, position: int) -> Stored:
    """NULL where the value was made before its type had the attribute."""
    parts = json.loads(packed)["v"]
    return _part(parts[position]) if position < len(parts) else None


@internal("ora_element", Want.STORED, Want.STORED)
def element(cell: Stored, kind: str) -> Stored:
    """A row of json_each."""
    return _part(json.loads(str(cell))) if kind == "object" else cell


@internal("ora_is_of", Want.STORED, Want.STORED)
def is_of(packed: str, names: str) -> int:
    return int(json.loads(packed)["t"] in json.loads(names))


def column_decoder(column_type: ColumnType) -> Decoder | None:
    """What turns a stored value that is not NULL back; None where it is the value itself."""
    if column_type.kind is not Kind.OBJECT:
        return decoder(column_type.kind)
    assert column_type.object is not None
    decode = object_decoder(column_type.object)
    return lambda packed: decode(json.loads(packed))


def object_decoder(declared: ObjectType) -> Callable[[Packed], ObjectValue]:
    """For values of a type and of its subtypes."""
    known = {made.key: _part_decoders(made) for made in _with_subtypes(declared)}
    types = {made.key: made for made in _with_subtypes(declared)}

    def decode(packed: Packed) -> ObjectValue:
        key = (packed["t"][0], packed["t"][1])
        cells, decoders = packed["v"], known[key]
        if types[key].element is None:
            cells = [*cells, *[None] * (len(decoders) - len(cells))]
        else:
            decoders = decoders * len(cells)
        parts = (d(cell) for d, cell in zip(decoders, cells, strict=True))
        return ObjectValue(types[key], tuple(parts))

    return decode


def _with_subtypes(declared: ObjectType) -> list[ObjectType]:
    return [declared, *(t for sub in declared.subtypes for t in _with_subtypes(sub))]


def _part_decoders(made: ObjectType) -> list[Decoder]:
    if made.element is not None:
        return [_cell_decoder(made.element)]
    return [_cell_decoder(attribute.type) for attribute in made.attributes]


def _cell_decoder(column_type: ColumnType) -> Decoder:
    if column_type.object is not None:
        nested = object_decoder(column_type.object)
        return lambda cell: None if cell is None else nested(cell)
    decode = decoder(column_type.kind)

    def decode_cell(cell: Any) -> Value:
        part = _part(cell)
        return part if part is None or decode is None else decode(part)

    return decode_cell
