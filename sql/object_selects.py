"""Objects and collections: which the driver holds, and how the others are asked for by their parts.

The driver unpacks an object into values of its own types, and makes doubles of numbers, drops time
zones and digits of a second past the sixth, and knows nothing of subtypes. Where that could lose
something the database is asked for the parts by themselves: `"_r"."ADDRESS"."ZIP"` for an
attribute, a list of texts for a collection of numbers or moments, and for one of objects a cursor:
`CURSOR(SELECT "_e1"."ZIP" FROM TABLE("_r"."ADDRESSES") "_e1")`. Whether an object is there at all
is asked beside its attributes, which are null otherwise, too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from common.errors import ApiError, refuse
from values.column import (
    Column,
    Encoder,
    Fetch,
    MalformedValueError,
    Selection,
    SelectItem,
    TextForm,
    ValueOptions,
)
from values.documents import collection_encoder, object_encoder
from values.moments import FRACTION_DIGITS, MONTHS_AS_TEXT
from values.numbers import DOUBLE_DIGITS, encode_number, encode_number_as_string, text_digits
from values.object_shapes import Collection, Object, ObjectShape, Scalar
from values.type_names import ColumnDescription, type_words
from values.type_table import any_text_form, encoder_of, text_form

_EXACT = frozenset(
    f"DB_TYPE_{kind}"
    for kind in (
        *("CHAR", "VARCHAR", "NCHAR", "NVARCHAR", "RAW", "BINARY_FLOAT", "BINARY_DOUBLE"),
        *("BOOLEAN", "CLOB", "NCLOB", "BLOB", "XMLTYPE"),
    )
)
_DOCUMENT = Scalar("DB_TYPE_XMLTYPE")
# A list of texts that every database has; each element is written out as one.
_TEXT_LIST = Collection("SYS", "ODCIVARCHAR2LIST", Scalar("DB_TYPE_VARCHAR"))
# TM9 gives every digit; without the last argument the session's language would choose the point.
_NUMBER_FORMAT = "TO_CHAR({}, 'TM9', 'NLS_NUMERIC_CHARACTERS=''.,''')"

_IS_THERE, _IS_OF_SUBTYPE = "1", "2"


def object_column(info: ColumnDescription, shape: ObjectShape, options: ValueOptions) -> Column:
    """A column of an object type. ApiError names a part that cannot be carried."""
    assert not isinstance(shape, Scalar)
    name = options.within + info.name
    whole = _select_driver_object(shape, "", name, options)
    inexact = _inexact_part(shape, name, options)

    def as_text(path: str) -> Selection:
        return select_parts(shape, path, name, options)

    return Column(
        name,
        f"{shape.owner}.{shape.name}",
        Fetch.PARTS,
        whole.encode,
        is_large=True,
        as_text=as_text if inexact else None,
        selection=whole,
        inexact_part=inexact,
        kind="DB_TYPE_OBJECT",
        shape=shape,
    )


def select_parts(
    shape: ObjectShape, path: str, label: str, options: ValueOptions, depth: int = 1
) -> Selection:
    """How the value at a path is asked for, so that nothing of it is lost."""
    if isinstance(shape, Scalar):
        return _select_scalar(shape, path, label, options)
    if isinstance(shape, Object):
        return _select_object(shape, path, path, label, options, depth)
    if not _inexact_part(shape, label, options):
        return _select_driver_object(shape, path, label, options)
    if isinstance(shape.element, Scalar):
        return _select_list(shape.element, path, label, options)
    return _select_elements(shape.element, path, label, options, depth)


def _select_driver_object(
    shape: ObjectShape, path: str, label: str, options: ValueOptions
) -> Selection:
    encode = _driver_object_encoder(shape, label, options)
    return Selection((SelectItem(path, label, driver_object=shape),), next, encode)


def _driver_object_encoder(shape: ObjectShape, label: str, options: ValueOptions) -> Encoder:
    if isinstance(shape, Scalar):
        return encoder_of(label, shape.kind, options, is_inside=True)
    if isinstance(shape, Collection):
        return collection_encoder(_driver_object_encoder(shape.element, f"{label}[]", options))
    return object_encoder(
        [name for name, _ in shape.attributes],
        [
            _driver_object_encoder(part, f"{label}.{name}", options)
            for name, part in shape.attributes
        ],
    )


def _select_scalar(scalar: Scalar, path: str, label: str, options: ValueOptions) -> Selection:
    encode = encoder_of(label, scalar.kind, options, is_inside=True)
    scale = FRACTION_DIGITS + 1 if scalar.scale is None else scalar.scale
    form = text_form(scalar.kind, scale, options)
    if form is None:
        return Selection((SelectItem(path, label),), next, encode)
    return Selection((SelectItem(form.expression.format(path), label),), next, form.encode)


def _select_object(
    shape: Object, path: str, whole: str, label: str, options: ValueOptions, depth: int
) -> Selection:
    """whole: what stands for the object itself, which may be another word than its attributes'."""
    parts = [
        select_parts(part, f'{path}."{name}"', f"{label}.{name}", options, depth)
        for name, part in shape.attributes
    ]

    def assemble(values: Iterator[Any]) -> Any:
        presence = next(values)
        attributes = tuple([part.assemble(values) for part in parts])
        _check_presence(presence, label)
        if presence == _IS_OF_SUBTYPE:
            raise refuse(
                "UNSUPPORTED_TYPE",
                f"column {label} holds an object of a subtype of {shape.owner}.{shape.name}, whose "
                "own attributes cannot be carried; select them with TREAT(... AS the subtype)",
            )
        return None if presence is None else attributes

    names = [name for name, _ in shape.attributes]
    return Selection(
        (
            SelectItem(_presence(shape, whole), label),
            *(item for part in parts for item in part.items),
        ),
        assemble,
        object_encoder(names, [part.encode for part in parts]),
    )


def _presence(shape: ObjectShape, whole: str) -> str:
    """1 where there is a value, 2 where it is one of a subtype, NULL where it is null itself."""
    if isinstance(shape, Object) and not shape.is_final:
        only = f'{whole} IS OF (ONLY "{shape.owner}"."{shape.name}")'
        return f"CASE WHEN {whole} IS NULL THEN NULL WHEN {only} THEN 1 ELSE 2 END"
    return f"CASE WHEN {whole} IS NULL THEN NULL ELSE 1 END"


def _check_presence(presence: str | None, label: str) -> None:
    if presence not in (None, _IS_THERE, _IS_OF_SUBTYPE):
        raise refuse(
            "MALFORMED_VALUE",
            f"column {label} holds what is neither told to be there nor to be null",
        )


def _select_list(element: Scalar, path: str, label: str, options: ValueOptions) -> Selection:
    """A collection of scalars as a list of texts: in one row, in order, nulls among them."""
    form = _element_text_form(element, f"{label}[]", options)
    texts = f"SELECT {form.expression.format('COLUMN_VALUE')} FROM TABLE({path})"  # noqa: S608
    listed = f"CAST(MULTISET({texts}) AS {_TEXT_LIST.owner}.{_TEXT_LIST.name})"
    return _collection(
        path,
        SelectItem(listed, label, driver_object=_TEXT_LIST),
        label,
        collection_encoder(form.encode),
    )


def _select_elements(
    element: ObjectShape, path: str, label: str, options: ValueOptions, depth: int
) -> Selection:
    """A collection of objects, or of collections, as a cursor over its elements."""
    row, inner = f'"_e{depth}"', f"{label}[]"
    if isinstance(element, Object):
        inside = _select_object(element, row, f"VALUE({row})", inner, options, depth + 1)
    else:
        inside = select_parts(element, f"{row}.COLUMN_VALUE", inner, options, depth + 1)
    items = ", ".join(item.sql for item in inside.items)
    cursor = f"CURSOR(SELECT {items} FROM TABLE({path}) {row})"  # noqa: S608
    return _collection(
        path,
        SelectItem(cursor, label, element_cursor=inside),
        label,
        collection_encoder(inside.encode),
    )


def _collection(path: str, elements: SelectItem, label: str, encode: Encoder) -> Selection:
    """A null collection has no elements, and so has an empty one."""

    def assemble(values: Iterator[Any]) -> Any:
        presence, listed = next(values), next(values)
        _check_presence(presence, label)
        return None if presence is None else listed

    presence = f"CASE WHEN {path} IS NULL THEN NULL ELSE 1 END"
    return Selection((SelectItem(presence, label), elements), assemble, encode)


def _element_text_form(element: Scalar, label: str, options: ValueOptions) -> TextForm:
    if element.kind == "DB_TYPE_NUMBER":
        return TextForm(_NUMBER_FORMAT, _number_text_encoder(label, options))
    if element.kind == "DB_TYPE_INTERVAL_YM":
        return MONTHS_AS_TEXT
    form = any_text_form(element.kind)
    if form is None:
        raise refuse(
            "UNSUPPORTED_TYPE",
            f"column {label} is of type {type_words(element.kind)}, which cannot be carried there",
        )
    return form


def _number_text_encoder(label: str, options: ValueOptions) -> Encoder:
    encode = encode_number_as_string if options.numbers_as_strings else encode_number

    def digits(text: str | None) -> str | None:
        if text is None:
            return None
        try:
            return text_digits(text)
        except MalformedValueError:
            raise
        except ValueError as error:
            raise inexact_value(label, f"a number that the database writes as {text}") from error

    def encode_written(values: Sequence[str | None]) -> list[str]:
        return encode([digits(text) for text in values])

    return encode_written


def inexact_value(label: str, what: str) -> ApiError:
    """What is said of a part that has lost something, or may have."""
    return refuse("INEXACT_VALUE", f"column {label} holds {what}, which is not carried exactly")


# What the driver holds. Each of these names the first part it does not; empty: there is none.


def _inexact_part(shape: ObjectShape, label: str, options: ValueOptions) -> str:
    if isinstance(shape, Scalar):
        return "" if _is_exact(shape, options) else f"{label} ({type_words(shape.kind)})"
    if isinstance(shape, Collection):
        if options.objects_by_parts and not isinstance(shape.element, Scalar):
            return f"elements in {label}"
        if shape.element == _DOCUMENT:
            return f"{label}[] (XMLTYPE)"  # held in attributes only
        return _inexact_part(shape.element, f"{label}[]", options)
    if options.objects_by_parts or not shape.is_final or _is_ambiguous(shape):
        return f"attributes in {label}"
    return _first(
        _inexact_part(part, f"{label}.{name}", options) for name, part in shape.attributes
    )


def _first(found: Iterator[str]) -> str:
    return next(filter(None, found), "")


def _is_ambiguous(shape: Object) -> bool:
    """Inside an image, a null object in first place looks like a null in place of the whole."""
    inside = [part for _, part in shape.attributes if isinstance(part, Object)]
    return any(isinstance(part.attributes[0][1], Object) for part in inside)


def _is_exact(scalar: Scalar, options: ValueOptions) -> bool:
    if scalar.kind == "DB_TYPE_NUMBER":
        # Whole numbers are held, and so are fractions of few digits: the values tell.
        return is_short(scalar) or not options.objects_by_parts
    if scalar.kind == "DB_TYPE_DATE":
        return not options.moments_as_text
    if scalar.kind == "DB_TYPE_TIMESTAMP":
        fits = scalar.scale is not None and scalar.scale <= FRACTION_DIGITS
        return fits and not options.moments_as_text
    return scalar.kind in _EXACT


def is_short(scalar: Scalar) -> bool:
    """A NUMBER whose double still tells every digit."""
    return scalar.digits is not None and scalar.digits <= DOUBLE_DIGITS
