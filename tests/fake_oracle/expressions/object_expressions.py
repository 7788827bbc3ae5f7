"""Objects and collections in expressions: constructors, attributes, MULTISET, TABLE, IS OF."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from sqlglot import exp

from ..functions.conversions import assign
from ..functions.object_storage import header
from ..kinds.expression_types import Typed, object_type
from ..kinds.model import ColumnType, Kind, ObjectType, OraError
from ..parser.grammar import IsOfType
from ..parser.identifiers import identifier_name, offset_of
from .scopes import Block, Scope, Source

if TYPE_CHECKING:
    from .expressions import Expressions


def construct(made: ObjectType, arguments: Sequence[Typed], offset: int) -> Typed:
    """`addr_t('x', 1)`: one argument for each attribute, or any number of elements."""
    if made.element is not None:
        if made.limit and len(arguments) > made.limit:
            raise OraError(22909, "exceeded maximum VARRAY limit", offset)
        types = [made.element] * len(arguments)
        names = ["ELEMENT"] * len(arguments)
    else:
        if len(arguments) != len(made.attributes):
            raise OraError(2315, "incorrect number of arguments for default constructor", offset)
        types = [attribute.type for attribute in made.attributes]
        names = [attribute.name for attribute in made.attributes]
    parts = [assign(a, t, n) for a, t, n in zip(arguments, types, names, strict=True)]
    nested = [at for at, part in enumerate(types) if part.kind is Kind.OBJECT]
    sql = f"ora_object({', '.join([_text(header(made, nested)), *parts])})"
    return Typed(sql, object_type(made), nullable=False)


def attribute_path(value: Typed, names: Sequence[str], offset: int) -> Typed:
    """`.geo.lat` behind an object; ORA-00904 for an attribute it has not."""
    for name in names:
        attributes = [] if value.type.object is None else list(value.type.object.attributes)
        places = [at for at, attribute in enumerate(attributes) if attribute.name == name]
        if not places:
            raise OraError(904, f'"{name}": invalid identifier', offset)
        value = _attribute(value, places[0], attributes[places[0]].type)
    return value


def _attribute(value: Typed, place: int, column_type: ColumnType) -> Typed:
    return Typed(f"ora_attribute({value.sql}, {place})", column_type)


def multiset(block: Block, target: ColumnType, offset: int) -> Typed:
    """CAST(MULTISET(SELECT ...) AS target)."""
    made = target.object
    if made is None or made.element is None:
        raise OraError(22907, "invalid CAST to a type that is not a nested table or VARRAY", offset)
    cells = [typed for _, typed in block.typed("m")]
    element = made.element
    if element.object is not None and element.object.element is None and len(cells) > 1:
        cell = construct(element.object, cells, offset)
    elif len(cells) == 1:
        cell = Typed(assign(cells[0], element, "ELEMENT"), element)
    else:
        raise OraError(913, "too many values", offset)
    nested = int(element.kind is Kind.OBJECT)
    gathered = f"SELECT ora_collect({cell.sql}, {nested}) FROM ({block.sql}) m"
    # sqlite gives NULL for an aggregate that saw no row.
    cells_sql = f"coalesce(({gathered}), '[]')"
    return Typed(f"ora_collection({_text(header(made))}, {cells_sql})", target, nullable=False)


def row_object(node: exp.Anonymous, scope: Scope) -> Typed | None:
    """VALUE(e), e being the alias of TABLE(...); None where it is no such call."""
    argument = node.expressions[0] if len(node.expressions) == 1 else None
    if not isinstance(argument, exp.Column) or argument.table:
        return None
    return scope.row_object(identifier_name(argument.this))


def table_source(value: Typed, alias: str | None, name: str, offset: int) -> tuple[str, Source]:
    """TABLE(value) as sqlite knows it, under `name`, and the columns its elements make."""
    made = value.type.object
    if made is None or made.element is None:
        raise OraError(22905, "cannot access rows from a non-nested table item", offset)
    element = Typed(f"ora_element({name}.value, {name}.type)", made.element)
    whole = made.element.object
    if whole is None or whole.element is not None:
        columns = (("COLUMN_VALUE", element),)
        return _each(value, name), Source(None, alias, columns, is_alias=True)
    attributes = tuple(
        (attribute.name, _attribute(element, at, attribute.type))
        for at, attribute in enumerate(whole.attributes)
    )
    return _each(value, name), Source(None, alias, attributes, is_alias=True, row_object=element)


def _each(value: Typed, name: str) -> str:
    return f"json_each({value.sql}, '$.v') {name}"


def is_of_type(compiler: Expressions, node: IsOfType, scope: Scope) -> str:
    """`value IS OF (ONLY type)`, or any of its subtypes without ONLY."""
    value = compiler.value(node.this, scope)
    if value.type.object is None:
        raise OraError(932, "inconsistent datatypes: expected - got UDT", offset_of(node))
    keys = []
    for only, named in node.args["types"]:
        made = scope.compilation.type_of(named).object
        assert made is not None
        keys += [made.key] if only else [known.key for known in _family(made)]
    negate = "NOT " if node.args.get("negate") else ""
    return f"({negate}ora_is_of({value.sql}, {_text(json.dumps(keys))}))"


def _family(made: ObjectType) -> list[ObjectType]:
    return [made, *(known for sub in made.subtypes for known in _family(sub))]


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
