"""Types as CAST and column declarations name them."""

from __future__ import annotations

from dataclasses import dataclass

from sqlglot.errors import ParseError
from sqlglot.parsers.oracle import OracleParser
from sqlglot.tokenizer_core import TokenType

from ..kinds.expression_types import declared_type, fractional, interval_type, is_built_in
from ..kinds.model import ColumnType, Kind, OraError
from ..kinds.vector_types import vector_type
from .statements import Name

_INTERVAL_FIELDS = ("YEAR", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND")


class Misread(ParseError):  # noqa: N818
    """Where the parser stood when it gave up."""

    def __init__(self, message: str, index: int) -> None:
        super().__init__(message)
        self.message = message
        self.index = index


@dataclass(frozen=True)
class IntervalSpan:
    """DAY(2) TO SECOND(6), or MONTH, whose first and last field are the same."""

    first: str
    last: str
    type: ColumnType


class TypeGrammar(OracleParser):
    """The part of the grammar that reads types, where sqlglot has every database's own."""

    def take(self) -> str:
        """The next word or sign, in capitals."""
        if not self._curr:
            raise Misread("missing keyword", self._index)
        self._advance()
        return self._prev.text.upper()

    def type_name(self) -> ColumnType | Name:
        """A type as CAST and a column declaration name it; a Name where CREATE TYPE made it."""
        if not self._names_built_in():
            return self.object_name()
        word = self.take()
        if word == "TIMESTAMP":
            return self._timestamp_type()
        if word == "INTERVAL":
            return self._interval_span().type
        if word == "VECTOR":
            return self._vector_type()
        if word == "LONG" and self._match_text_seq("RAW"):
            word = "LONG RAW"
        if word == "DOUBLE" and self._match_text_seq("PRECISION"):
            word = "DOUBLE PRECISION"
        sizes, per_character = self._type_sizes()
        return declared_type(word, sizes, per_character=per_character)

    def _names_built_in(self) -> bool:
        if not self._curr or self._curr.token_type == TokenType.IDENTIFIER:
            return not self._curr
        word = self._curr.text.upper()
        return is_built_in(word) or word in ("TIMESTAMP", "INTERVAL", "DOUBLE", "VECTOR")

    def object_name(self) -> Name:
        """`name` or `schema.name`; ORA-00902 for what is no name."""
        offset = self._curr.start if self._curr else 0
        parts = [self._name_part()]
        if self._match(TokenType.DOT):
            parts.append(self._name_part())
        return Name(None if len(parts) == 1 else parts[0], parts[-1], offset)

    def _name_part(self) -> str:
        if not self._match_set((TokenType.VAR, TokenType.IDENTIFIER)):
            raise OraError(902, "invalid datatype", self._curr.start if self._curr else 0)
        quoted = self._prev.token_type == TokenType.IDENTIFIER
        return self._prev.text if quoted else self._prev.text.upper()

    def _timestamp_type(self) -> ColumnType:
        digits = self._digits()
        if self._match_text_seq("WITH", "LOCAL", "TIME", "ZONE"):
            return fractional(Kind.TIMESTAMP_LTZ, digits)
        if self._match_text_seq("WITH", "TIME", "ZONE"):
            return fractional(Kind.TIMESTAMP_TZ, digits)
        return fractional(Kind.TIMESTAMP, digits)

    def _interval_span(self) -> IntervalSpan:
        first, leading = self._interval_field()
        last, fraction = self._interval_field() if self._match_text_seq("TO") else (first, None)
        kind = Kind.INTERVAL_YM if first in ("YEAR", "MONTH") else Kind.INTERVAL_DS
        return IntervalSpan(first, last, interval_type(kind, leading, fraction))

    def _interval_field(self) -> tuple[str, int | None]:
        if not self._match_texts(_INTERVAL_FIELDS):
            raise Misread("missing interval field", self._index)
        return self._prev.text.upper(), self._digits()

    def _digits(self) -> int | None:
        sizes, _ = self._type_sizes()
        return sizes[0] if sizes else None

    def _type_sizes(self) -> tuple[list[int | None], bool]:
        """What stands in parentheses behind a type: sizes, None for `*`; and whether CHAR does."""
        if not self._match(TokenType.L_PAREN):
            return [], False
        sizes: list[int | None] = []
        per_character = False
        while not self._match(TokenType.R_PAREN):
            sizes.append(self._type_size())
            per_character = per_character or self._match_text_seq("CHAR")
            self._match_text_seq("BYTE")
            if not self._match(TokenType.COMMA) and self._curr.token_type != TokenType.R_PAREN:
                raise Misread("missing )", self._index)
        return sizes, per_character

    def _type_size(self) -> int | None:
        negative = self._match(TokenType.DASH)
        if self._match(TokenType.NUMBER):
            return -int(self._prev.text) if negative else int(self._prev.text)
        self.take()  # `*`
        return None

    def _vector_type(self) -> ColumnType:
        if not self._match(TokenType.L_PAREN):
            return vector_type([])
        listed = self.vector_words()
        if not self._match(TokenType.R_PAREN):
            raise Misread("missing )", self._index)
        return vector_type(listed)

    def vector_words(self) -> list[str]:
        """`3, FLOAT32, SPARSE`, each also `*`, and only the first of them needed."""
        listed = [self.take()]
        while self._match(TokenType.COMMA):
            listed.append(self.take())
        return listed
