"""What the SQL layer and the wire layer of the stand-in say to each other.

Nothing here does I/O. The SQL layer (`sql`, `engine`) knows nothing of packets, the wire layer
(`messages`, `session`) knows nothing of sqlite3; both know these names.

Python values of the Oracle kinds, in rows and in binds alike; NULL is always None:

| kind                                                       | Python value                   |
| ---------------------------------------------------------- | ------------------------------ |
| NUMBER                                                     | int or decimal.Decimal         |
| BINARY_FLOAT, BINARY_DOUBLE                                | float                          |
| VARCHAR, CHAR, NVARCHAR, NCHAR, LONG, CLOB, NCLOB, XMLTYPE | str                            |
| ROWID, UROWID                                              | str                            |
| RAW, LONG_RAW, BLOB                                        | bytes                          |
| DATE, TIMESTAMP, TIMESTAMP_TZ, TIMESTAMP_LTZ               | Moment                         |
| INTERVAL_DS / INTERVAL_YM                                  | IntervalDS / IntervalYM        |
| BOOLEAN                                                    | bool                           |
| JSON                                                       | JSON value, numbers as Decimal |
| VECTOR                                                     | Vector                         |
| OBJECT                                                     | ObjectValue                    |
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Protocol, TypeAlias


class Kind(Enum):
    """An Oracle data type, by the name a declaration uses."""

    NUMBER = "NUMBER"
    BINARY_FLOAT = "BINARY_FLOAT"
    BINARY_DOUBLE = "BINARY_DOUBLE"
    VARCHAR = "VARCHAR2"
    CHAR = "CHAR"
    NVARCHAR = "NVARCHAR2"
    NCHAR = "NCHAR"
    LONG = "LONG"
    CLOB = "CLOB"
    NCLOB = "NCLOB"
    BLOB = "BLOB"
    BFILE = "BFILE"
    RAW = "RAW"
    LONG_RAW = "LONG RAW"
    ROWID = "ROWID"
    UROWID = "UROWID"
    DATE = "DATE"
    TIMESTAMP = "TIMESTAMP"
    TIMESTAMP_TZ = "TIMESTAMP WITH TIME ZONE"
    TIMESTAMP_LTZ = "TIMESTAMP WITH LOCAL TIME ZONE"
    INTERVAL_DS = "INTERVAL DAY TO SECOND"
    INTERVAL_YM = "INTERVAL YEAR TO MONTH"
    BOOLEAN = "BOOLEAN"
    JSON = "JSON"
    VECTOR = "VECTOR"
    XMLTYPE = "XMLTYPE"
    OBJECT = "OBJECT"
    CURSOR = "CURSOR"


@dataclass(frozen=True)
class ColumnType:
    """The declared type of a column or an expression.

    precision, scale: NUMBER without precision is (0, -127), as the wire says it; NUMBER(10) is
    (10, 0). For TIMESTAMP kinds and INTERVAL_DS scale is the fractional second digits, for
    intervals precision is the leading field's digits. A FLOAT(b) is (b, -127).
    size: most bytes of a value (characters times 4 for CHAR semantics of an AL32UTF8 database,
    times 2 for NCHAR kinds). chars: most characters, 0 where the kind has none.
    object: what an OBJECT is made of. vector: what a VECTOR has to be, None for any. json: the form
    of documents, TEXT or OSON, where a CHECK with IS JSON says that the column holds them.
    """

    kind: Kind
    precision: int = 0
    scale: int = 0
    size: int = 0
    chars: int = 0
    object: ObjectType | None = None
    vector: VectorType | None = None
    json: str = ""


@dataclass(frozen=True)
class VectorType:
    """What a VECTOR is declared to be: dimensions 0 and format "" stand for any."""

    dimensions: int = 0
    format: str = ""
    is_sparse: bool = False


@dataclass(frozen=True)
class ObjectType:
    """A type that CREATE TYPE made: an object's attributes, or what a collection's elements are.

    limit: the most elements of a VARRAY; 0 for a nested table. supertype: schema and name.
    subtypes: those there are now, whose values may stand wherever this type is declared.
    """

    schema: str
    name: str
    oid: bytes
    attributes: tuple[Attribute, ...] = ()
    element: ColumnType | None = None
    limit: int = 0
    is_final: bool = True
    supertype: tuple[str, str] | None = None
    subtypes: tuple[ObjectType, ...] = ()

    @property
    def key(self) -> tuple[str, str]:
        return self.schema, self.name

    @property
    def full_name(self) -> str:
        return f'"{self.schema}"."{self.name}"'


@dataclass(frozen=True)
class Attribute:
    """One attribute of an object type. is_inherited: it came with the supertype."""

    name: str
    type: ColumnType
    is_inherited: bool = False


def name_in_type(column_type: ColumnType) -> str:
    """What an attribute's type is called, where the zones of time are `TZ`."""
    if column_type.kind is Kind.NUMBER and column_type.precision and column_type.scale == -127:
        return "FLOAT"
    return column_type.kind.value.replace("TIME ZONE", "TZ")


@dataclass(frozen=True)
class Column:
    """One select item: its name as Oracle would give it, and its type."""

    name: str
    type: ColumnType
    nullable: bool = True


class OraError(Exception):
    """An error the database reports: code, text without its `ORA-nnnnn: `, offset in the SQL."""

    def __init__(self, code: int, text: str, offset: int = 0) -> None:
        super().__init__(f"ORA-{code:05d}: {text}")
        self.code = code
        self.text = text
        self.offset = offset


@dataclass(frozen=True)
class Moment:
    """A DATE or TIMESTAMP of any kind; years -4712 to 9999, without year 0.

    Fields are the local wall clock. offset_minutes is set for TIMESTAMP_TZ (and 0 for
    TIMESTAMP_LTZ); region is a zone name such as `Asia/Jakarta`, where one was given.
    """

    year: int
    month: int
    day: int
    hour: int = 0
    minute: int = 0
    second: int = 0
    nanosecond: int = 0
    offset_minutes: int | None = None
    region: str | None = None


@dataclass(frozen=True)
class IntervalDS:
    """INTERVAL DAY TO SECOND; all fields carry the same sign."""

    days: int
    hours: int = 0
    minutes: int = 0
    seconds: int = 0
    nanoseconds: int = 0


@dataclass(frozen=True)
class IntervalYM:
    """INTERVAL YEAR TO MONTH; both fields carry the same sign."""

    years: int
    months: int = 0


class Single(float):
    """A BINARY_FLOAT where nothing else tells it from a BINARY_DOUBLE: inside JSON."""


@dataclass(frozen=True)
class Vector:
    """A VECTOR: element format (`float32`, `float64`, `int8`, `binary`); indices when sparse."""

    format: str
    values: tuple[float, ...]
    dimensions: int
    indices: tuple[int, ...] | None = None


@dataclass(frozen=True)
class ObjectValue:
    """An object or a collection: its attributes in order, or its elements."""

    type: ObjectType
    parts: tuple[Value, ...]


Value: TypeAlias = object
Row: TypeAlias = Sequence[Value]


class StatementKind(Enum):
    """What a parsed statement is, as the wire layer needs to know it."""

    QUERY = "query"
    DML = "dml"
    DDL = "ddl"
    BLOCK = "block"
    CONTROL = "control"


@dataclass(frozen=True)
class Bind:
    """One bind value, in the order of Parsed.bind_names."""

    kind: Kind
    value: Value


class Parsed(Protocol):
    """A parsed statement: reusable, and safe to share between sessions of one engine."""

    @property
    def kind(self) -> StatementKind: ...

    @property
    def columns(self) -> Sequence[Column]:
        """The select items, in order; empty unless kind is QUERY."""
        ...

    @property
    def bind_names(self) -> Sequence[str]:
        """One name for each placeholder, in the order of occurrence (SQL repeats a name)."""
        ...


@dataclass
class Outcome:
    """What executing gave. rows is None unless it was a query; the wire layer pulls it lazily."""

    rows: Iterator[Row] | None
    row_count: int = 0


class SqlSession(Protocol):
    """One session's view of an engine; used by one thread, except interrupt()."""

    def parse(self, sql: str, bind_kinds: Sequence[Kind] = ()) -> Parsed:
        """OraError when the statement is wrong, or when the stand-in does not know a construct.

        bind_kinds: the kinds of the binds that come with the statement, in order. The type of a
        select item may follow them (`SELECT :1 FROM DUAL`); where they are left out it is guessed.
        """
        ...

    def execute(self, parsed: Parsed, binds: Sequence[Bind]) -> Outcome:
        """Run once. A DML statement opens a transaction; DDL commits by itself."""
        ...

    def find_type(self, schema: str | None, name: str) -> ObjectType | None:
        """A type by its name, in the schema of the session's user where none is given."""
        ...

    def commit(self) -> None: ...

    def rollback(self) -> None: ...

    @property
    def in_transaction(self) -> bool: ...

    def interrupt(self) -> None:
        """From another thread: the running execute, or pull of a row, raises OraError(1013)."""
        ...

    def close(self) -> None:
        """Roll back and let go of the sqlite3 connection."""
        ...


class Engine(Protocol):
    """One service's database. Safe to call from any thread."""

    def connect(self, user: str) -> SqlSession: ...

    def close(self) -> None: ...


@dataclass
class NestedCursor:
    """The value of a CURSOR column: a query inside a row, fetched on its own."""

    columns: Sequence[Column]
    rows: Iterator[Row]
