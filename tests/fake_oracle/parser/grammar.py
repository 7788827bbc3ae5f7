"""Oracle's queries and expressions: sqlglot's parser, kept to what Oracle itself knows.

sqlglot is made to translate, so it forgives a lot and maps every database's functions onto its own.
Here each function stays the name that was written, every table of other databases' constructs is
emptied, and places where it would accept a missing word or item complain.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, TypeVar

from sqlglot import exp
from sqlglot.dialects.oracle import Oracle
from sqlglot.parsers.oracle import OracleParser
from sqlglot.tokenizer_core import Token, TokenType

from ..kinds.vector_types import vector_type
from .lexing import Lexed
from .statements import Name
from .syntax_errors import unknown
from .type_grammar import Misread, TypeGrammar

Item = TypeVar("Item")


class TypedLiteral(exp.Expression):
    """DATE '…', TIMESTAMP '…', INTERVAL '…' DAY TO SECOND: a text, a keyword, an IntervalSpan."""

    arg_types: ClassVar[dict[str, bool]] = {"this": True, "to": True, "span": False}


class CastTo(exp.Expression):
    """CAST(this AS to), `to` being a ColumnType, or the Name of a type."""

    arg_types: ClassVar[dict[str, bool]] = {"this": True, "to": True, "format": False}


class ExtractField(exp.Expression):
    """EXTRACT(field FROM this)."""

    arg_types: ClassVar[dict[str, bool]] = {"field": True, "this": True}


class TrimSides(exp.Expression):
    """TRIM([LEADING | TRAILING | BOTH] [characters FROM] this)."""

    arg_types: ClassVar[dict[str, bool]] = {"this": True, "characters": False, "side": False}


class AtZone(exp.Expression):
    """this AT TIME ZONE zone, or AT LOCAL where there is no zone."""

    arg_types: ClassVar[dict[str, bool]] = {"this": True, "zone": False}


class IsOfType(exp.Expression, exp.Predicate):
    """this IS [NOT] OF (types), each a pair of whether ONLY stands there, and a Name."""

    arg_types: ClassVar[dict[str, bool]] = {"this": True, "types": True, "negate": False}


class IsJson(exp.Expression, exp.Predicate):
    """this IS [NOT] JSON, in the form TEXT or OSON."""

    arg_types: ClassVar[dict[str, bool]] = {"this": True, "form": True, "negate": False}


_NAMES = {TokenType.VAR, TokenType.FIRST, TokenType.NEXT, TokenType.ROWS, TokenType.OFFSET}


class OracleGrammar(TypeGrammar):
    """One statement's parser. Its methods are sqlglot's; those overridden here say what differs."""

    FUNCTIONS: ClassVar = {}
    FUNCTION_PARSERS: ClassVar = {
        "CAST": lambda self: self.cast_call(),
        "EXTRACT": lambda self: self.extract_call(),
        "TRIM": lambda self: self.trim_call(),
        "TO_VECTOR": lambda self: self.vector_call(),
        "VECTOR": lambda self: self.vector_call(),
    }
    NO_PAREN_FUNCTIONS: ClassVar = {}
    NO_PAREN_FUNCTION_PARSERS: ClassVar = {
        "CASE": lambda self: self.case_expression(),
        "PRIOR": OracleParser.NO_PAREN_FUNCTION_PARSERS["PRIOR"],
    }
    SUBQUERY_PREDICATES: ClassVar = {TokenType.EXISTS: exp.Exists}
    FUNC_TOKENS: ClassVar = {TokenType.VAR, TokenType.IDENTIFIER, TokenType.EXISTS}
    ID_VAR_TOKENS: ClassVar = _NAMES
    ALIAS_TOKENS: ClassVar = _NAMES
    TABLE_ALIAS_TOKENS: ClassVar = _NAMES - {TokenType.OFFSET}
    WINDOW_ALIAS_TOKENS: ClassVar = set()
    AMBIGUOUS_ALIAS_TOKENS: ClassVar = (TokenType.OFFSET, TokenType.OFFSET)
    BRACKETS: ClassVar = frozenset()
    COLUMN_OPERATORS: ClassVar = {TokenType.DOT: None}
    CAST_COLUMN_OPERATORS: ClassVar = set()
    ASSIGNMENT: ClassVar = {}
    BITWISE: ClassVar = {}
    TERM: ClassVar = {TokenType.DASH: exp.Sub, TokenType.PLUS: exp.Add}
    FACTOR: ClassVar = {TokenType.SLASH: exp.Div, TokenType.STAR: exp.Mul}
    LAMBDAS: ClassVar = {}
    SET_OPERATIONS = OracleParser.SET_OPERATIONS
    PLACEHOLDER_PARSERS: ClassVar = {
        TokenType.PLACEHOLDER: lambda self: self.placeholder(),
    }
    RANGE_PARSERS: ClassVar = {
        TokenType.BETWEEN: lambda self, this: self.between(this),
        TokenType.IN: lambda self, this: self.in_list(this),
        TokenType.IS: lambda self, this: self.is_condition(this),
        TokenType.LIKE: OracleParser.RANGE_PARSERS[TokenType.LIKE],
    }
    QUERY_MODIFIER_PARSERS: ClassVar = {
        kind: OracleParser.QUERY_MODIFIER_PARSERS[kind]
        for kind in (
            TokenType.WHERE,
            TokenType.GROUP_BY,
            TokenType.HAVING,
            TokenType.ORDER_BY,
            TokenType.FETCH,
            TokenType.OFFSET,
            TokenType.FOR,
            TokenType.CONNECT_BY,
        )
    }
    QUERY_MODIFIER_TOKENS: ClassVar = set(QUERY_MODIFIER_PARSERS)

    def __init__(self, lexed: Lexed) -> None:
        super().__init__(dialect=Oracle)
        self.lexed = lexed

    def read(self, rule: Callable[[Any], Item]) -> Item:
        """Parse the whole statement by one of this class's methods; Misread for leftover tokens."""
        method: Any = rule
        results: list[Any] = self._parse(method, self.lexed.tokens, self.lexed.sql)
        item: Item = results[0]
        return item

    def raise_error(self, message: str, token: Token | None = None) -> None:
        raise Misread(message, self._index)

    # Queries

    def query(self) -> exp.Expr:
        if self._match(TokenType.L_PAREN, advance=False):
            query = self._parse_set_operations(
                self._parse_select(nested=True, parse_subquery_alias=False)
            )
            return self.require(self._parse_query_modifiers(query))
        return self.require(self._parse_select())

    def _parse_statement(self) -> exp.Expr | None:
        return self.query()  # sqlglot asks for a statement inside WITH, and behind it

    def _parse_select_query(self, *arguments: Any, **options: Any) -> exp.Expr | None:
        if self._match(TokenType.FROM, advance=False):  # DuckDB may begin with FROM
            raise Misread("missing expression", self._index)
        return super()._parse_select_query(*arguments, **options)

    def _parse_join(self, *arguments: Any, **options: Any) -> exp.Join | None:
        if self._match(TokenType.COMMA):
            return exp.Join(this=self.require(self._parse_table()), kind="COMMA")
        return super()._parse_join(*arguments, **options)

    def _parse_table_alias(self, *arguments: Any, **options: Any) -> exp.TableAlias | None:
        if self._match_text_seq("AS", "OF", advance=False):
            return None  # a flashback query, which sqlglot reads next
        if self._match(TokenType.ALIAS, advance=False):
            raise Misread("Oracle has no AS before a table alias", self._index)
        return super()._parse_table_alias(*arguments, **options)

    def _parse_limit(
        self, this: exp.Expr | None = None, top: bool = False, skip_limit_token: bool = False
    ) -> exp.Expr | None:
        if top or not self._match(TokenType.FETCH):
            return this
        if not self._match_set((TokenType.FIRST, TokenType.NEXT)):
            raise Misread("missing FIRST", self._index)
        counted = not self._match_texts(("ROW", "ROWS"), advance=False)
        count = self.require(self._parse_bitwise()) if counted else None
        return exp.Fetch(count=count, limit_options=self._parse_limit_options())

    def _parse_offset(self, this: exp.Expr | None = None) -> exp.Expr | None:
        if not self._match(TokenType.OFFSET):
            return this
        count = self.require(self._parse_bitwise())
        if not self._match_texts(("ROW", "ROWS")):
            raise Misread("missing ROWS", self._index)
        return exp.Offset(expression=count)

    def _parse_limit_options(self) -> exp.LimitOptions:
        percent = self._match_text_seq("PERCENT")
        if not self._match_texts(("ROW", "ROWS")):
            raise Misread("missing ROWS", self._index)
        with_ties = self._match_text_seq("WITH", "TIES")
        if not with_ties:
            self.expect("ONLY")
        return exp.LimitOptions(percent=percent, rows=True, with_ties=with_ties)

    # Expressions

    def _parse_csv(
        self, parse_method: Callable[[], Item | None], sep: TokenType = TokenType.COMMA
    ) -> list[Item]:
        items = [self.require(parse_method())]
        while self._match(sep):
            items.append(self.require(parse_method()))
        return items

    def require(self, item: Item | None) -> Item:
        if item is None:
            raise Misread("missing expression", self._index)
        return item

    def expect(self, *words: str) -> None:
        """Words sqlglot takes or leaves but Oracle insists on."""
        if not self._match_text_seq(*words):
            raise Misread(f"missing {words[0]}", self._index)

    def _parse_projections(self) -> tuple[list[exp.Expr], None]:
        return self._parse_csv(self._select_item), None

    def _select_item(self) -> exp.Expr | None:
        first = self._index
        item: exp.Expr = self.require(self._parse_disjunction())
        item.meta["text"] = self.lexed.text(first, self._index)
        return self._parse_alias(item)

    def _parse_function_args(self, alias: bool = False) -> list[exp.Expr]:
        if self._match(TokenType.R_PAREN, advance=False):
            return []
        return self._parse_csv(self._function_argument)

    def _function_argument(self) -> exp.Expr | None:
        if self._match(TokenType.DISTINCT) or self._match(TokenType.UNIQUE):
            return exp.Distinct(expressions=[self.require(self._parse_disjunction())])
        return self._parse_select_or_expression()

    def _parse_type(
        self, parse_interval: bool = True, fallback_to_identifier: bool = False
    ) -> exp.Expr | None:
        literal = self._typed_literal()
        value = literal or self._parse_atom() or self._parse_column()
        return self._zone_suffix(value) if value else value

    def _parse_at_time_zone(self, this: exp.Expr | None) -> exp.Expr | None:
        return this  # taken by _zone_suffix, which binds tighter than any operator

    def _zone_suffix(self, value: exp.Expr) -> exp.Expr:
        while True:
            if self._match_text_seq("AT", "LOCAL"):
                value = AtZone(this=value)
            elif self._match_text_seq("AT", "TIME", "ZONE"):
                value = AtZone(this=value, zone=self.require(self._parse_unary()))
            else:
                return value

    def _typed_literal(self) -> exp.Expr | None:
        word = self._curr.text.upper()
        if self._next.token_type != TokenType.STRING or self._curr.token_type != TokenType.VAR:
            return None
        if word not in ("DATE", "TIMESTAMP", "INTERVAL"):
            return None
        self._advance(2)
        text = self._prev.text
        span = self._interval_span() if word == "INTERVAL" else None
        return TypedLiteral(this=text, to=word, span=span)

    def case_expression(self) -> exp.Expr:
        subject = None
        if not self._match(TokenType.WHEN, advance=False):
            subject = self.require(self._parse_disjunction())
        branches = []
        while self._match(TokenType.WHEN):
            condition = self.require(self._parse_disjunction())
            self.expect("THEN")
            branches.append(exp.If(this=condition, true=self.require(self._parse_disjunction())))
        default = None
        if self._match(TokenType.ELSE):
            default = self.require(self._parse_disjunction())
        if not branches:
            raise Misread("missing WHEN", self._index)
        self.expect("END")
        return exp.Case(this=subject, ifs=branches, default=default)

    def between(self, this: exp.Expr) -> exp.Expr:
        low = self.require(self._parse_bitwise())
        self.expect("AND")
        return exp.Between(this=this, low=low, high=self.require(self._parse_bitwise()))

    def in_list(self, this: exp.Expr) -> exp.Expr:
        if not self._match(TokenType.L_PAREN, advance=False):
            raise Misread("Expecting (", self._index)
        listed: exp.Expr = self._parse_in(this)
        return listed

    def is_condition(self, this: exp.Expr) -> exp.Expr:
        start = self._index
        negate = self._match(TokenType.NOT)
        if self._match_text_seq("JSON"):
            return IsJson(this=this, form=self._json_form(), negate=bool(negate))
        if not self._match_text_seq("OF"):
            self._retreat(start)
            tested: exp.Expr = OracleParser.RANGE_PARSERS[TokenType.IS](self, this)
            return tested
        self._match_text_seq("TYPE")
        types = self._parse_wrapped_csv(self._tested_type)
        return IsOfType(this=this, types=types, negate=bool(negate))

    def _json_form(self) -> str:
        if self._match_text_seq("FORMAT", "OSON"):
            return "OSON"
        if not self._match_text_seq("STRICT") and self._match_texts(("LAX", "WITH", "VALIDATE")):
            raise unknown(f"IS JSON {self._prev.text.upper()}", self._prev.start)
        return "TEXT"

    def _tested_type(self) -> tuple[bool, Name]:
        return bool(self._match_text_seq("ONLY")), self.object_name()

    def placeholder(self) -> exp.Expr:
        return exp.Placeholder(this=self._prev.text)

    def cast_call(self) -> exp.Expr:
        value = self.require(self._parse_select_or_expression())
        self.expect("AS")
        return self._closed(CastTo(this=value, to=self.type_name(), format=self._cast_format()))

    def _cast_format(self) -> exp.Expr | None:
        return self.require(self._parse_disjunction()) if self._match(TokenType.COMMA) else None

    def vector_call(self) -> exp.Expr:
        value = self.require(self._parse_select_or_expression())
        listed = self.vector_words() if self._match(TokenType.COMMA) else []
        return self._closed(CastTo(this=value, to=vector_type(listed)))

    def _closed(self, call: exp.Expr) -> exp.Expr:
        """The caller takes the parenthesis if it is there, and does not mind if it is not."""
        if self._curr.token_type != TokenType.R_PAREN:
            raise Misread("Expecting )", self._index)
        return call

    def extract_call(self) -> exp.Expr:
        field = self.take()
        self.expect("FROM")
        return self._closed(ExtractField(field=field, this=self.require(self._parse_disjunction())))

    def trim_call(self) -> exp.Expr:
        side = "BOTH"
        if self._match_texts(("LEADING", "TRAILING", "BOTH")):
            side = self._prev.text.upper()
        first = None
        if not self._match(TokenType.FROM, advance=False):
            first = self.require(self._parse_disjunction())
        if self._match(TokenType.FROM):
            subject = self.require(self._parse_disjunction())
            return self._closed(TrimSides(this=subject, characters=first, side=side))
        return self._closed(TrimSides(this=first, side=side))
