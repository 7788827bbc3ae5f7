"""CREATE TYPE, ALTER TYPE ... ADD ATTRIBUTE and DROP TYPE: changes of the catalogue alone."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace

from ..expressions.scopes import Compilation
from ..kinds.catalogue import Catalogue
from ..kinds.model import Attribute, ColumnType, ObjectType, OraError
from ..parser.statements import AlterType, AttributeSpec, CreateType, DropType, Name
from ..parser.syntax_errors import unknown
from ..queries.plans import SchemaPlan


def create_type(statement: CreateType, compilation: Compilation) -> SchemaPlan:
    catalogue, name = compilation.catalogue, statement.name
    schema = name.schema or compilation.user
    before = catalogue.types.get((schema, name.name))
    if (before is not None and not statement.replaces) or (
        before is None and catalogue.is_taken(schema, name.name)
    ):
        raise OraError(955, "name is already used by an existing object", name.offset)
    if before is not None:
        _refuse_dependents(before, catalogue, name)
    element = None if statement.element is None else compilation.type_of(statement.element)
    inherited = _inherited(statement, compilation)
    made = ObjectType(
        schema,
        name.name,
        _new_oid(schema, name.name, catalogue),
        (*inherited, *_attributes(statement.attributes, compilation)),
        element,
        statement.limit,
        statement.is_final,
        None if statement.supertype is None else _find(statement.supertype, compilation).key,
    )
    _refuse_repeated(made, name)
    return SchemaPlan([], catalogue.with_type(made))


def _inherited(statement: CreateType, compilation: Compilation) -> list[Attribute]:
    if statement.supertype is None:
        return []
    supertype = _find(statement.supertype, compilation)
    if supertype.is_final:
        # As Oracle does not say which.
        raise OraError(22324, "altered type has compilation errors: the supertype is FINAL")
    return [replace(attribute, is_inherited=True) for attribute in supertype.attributes]


def _attributes(specs: Sequence[AttributeSpec], compilation: Compilation) -> list[Attribute]:
    return [Attribute(spec.name, compilation.type_of(spec.type)) for spec in specs]


def _refuse_repeated(made: ObjectType, name: Name) -> None:
    names = [attribute.name for attribute in made.attributes]
    if len(set(names)) < len(names):
        raise OraError(22324, "altered type has compilation errors: an attribute twice")
    if made.element is None and not names:
        raise OraError(24344, "success with compilation error: no attributes", name.offset)


def _new_oid(schema: str, name: str, catalogue: Catalogue) -> bytes:
    """A type that is dropped and made again is another one."""
    return hashlib.sha256(f"{schema}.{name}.{catalogue.version}".encode()).digest()[:16]


def alter_type(statement: AlterType, compilation: Compilation) -> SchemaPlan:
    """Adds attributes; the type keeps its identifier, and values made before have NULL in them."""
    before = _find(statement.name, compilation)
    if before.element is not None or before.subtypes or before.supertype is not None:
        raise unknown("ALTER TYPE of a collection, or of a type with relatives")
    added = _attributes(statement.attributes, compilation)
    made = replace(before, attributes=(*before.attributes, *added))
    _refuse_repeated(made, statement.name)
    return SchemaPlan([], compilation.catalogue.with_type(made))


def drop_type(statement: DropType, compilation: Compilation) -> SchemaPlan:
    gone = _find(statement.name, compilation)
    _refuse_dependents(gone, compilation.catalogue, statement.name)
    return SchemaPlan([], compilation.catalogue.without_type(gone))


def _find(name: Name, compilation: Compilation) -> ObjectType:
    made = compilation.catalogue.find_type(name.schema, name.name, compilation.user)
    if made is None:
        raise OraError(4043, f"object {name.name} does not exist", name.offset)
    return made


def _refuse_dependents(made: ObjectType, catalogue: Catalogue, name: Name) -> None:
    used = [c.type for table in catalogue.tables.values() for c in table.columns]
    for other in catalogue.types.values():
        used += [attribute.type for attribute in other.attributes]
        used += [] if other.element is None else [other.element]
    if made.subtypes or any(_is(declared, made) for declared in used):
        text = "cannot drop or replace a type with type or table dependents"
        raise OraError(2303, text, name.offset)


def _is(declared: ColumnType, made: ObjectType) -> bool:
    return declared.object is not None and declared.object.key == made.key
