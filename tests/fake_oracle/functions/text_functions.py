"""Oracle's functions over text and RAW."""

from __future__ import annotations

import re
from functools import lru_cache

from ..kinds.expression_types import Typed, text_type
from ..kinds.model import ColumnType, Kind, OraError
from .functions import Want, define, internal, like_first, width_from

TEXT, INTEGER, RAW = Want.TEXT, Want.INTEGER, Want.RAW
_MOST_BYTES = 4000


@define("UPPER", TEXT, gives=Kind.VARCHAR, type_rule=like_first)
def upper(text: str) -> str:
    return text.upper()


@define("LOWER", TEXT, gives=Kind.VARCHAR, type_rule=like_first)
def lower(text: str) -> str:
    return text.lower()


@define("INITCAP", TEXT, gives=Kind.VARCHAR, type_rule=like_first)
def initcap(text: str) -> str:
    return re.sub(r"[^\W_]+", lambda word: word[0].capitalize(), text)


@define("LENGTH", TEXT, gives=Kind.NUMBER)
@define("LENGTHC", TEXT, gives=Kind.NUMBER)
def length(text: str) -> int:
    return len(text)


@define("LENGTHB", TEXT, gives=Kind.NUMBER)
def lengthb(text: str) -> int:
    return len(text.encode())


@define("SUBSTR", TEXT, INTEGER, optional=(INTEGER,), gives=Kind.VARCHAR, type_rule=width_from(2))
def substr(text: str, start: int, count: int | None = None) -> str:
    if start < 0 and -start > len(text):
        return ""
    first = start - 1 if start > 0 else len(text) + start if start < 0 else 0
    if count is None:
        return text[first:]
    return text[first : first + count] if count > 0 else ""


@define("INSTR", TEXT, TEXT, optional=(INTEGER, INTEGER), gives=Kind.NUMBER)
def instr(text: str, sought: str, start: int = 1, occurrence: int = 1) -> int:
    if occurrence < 1:
        raise OraError(1428, f"argument '{occurrence}' is out of range")
    if start == 0:
        return 0
    if start < 0:
        return _instr_backwards(text, sought, len(text) + start, occurrence)
    found = start - 2
    for _ in range(occurrence):
        found = text.find(sought, found + 1)
        if found < 0:
            return 0
    return found + 1


def _instr_backwards(text: str, sought: str, start: int, occurrence: int) -> int:
    found = start + 1
    for _ in range(occurrence):
        if found <= 0:
            return 0
        found = text.rfind(sought, 0, found - 1 + len(sought))
        if found < 0:
            return 0
    return found + 1


@define("REPLACE", TEXT, TEXT, optional=(TEXT,), gives=Kind.VARCHAR, strict=False)
def replace(text: str | None, sought: str | None, by: str | None = None) -> str | None:
    if text is None or sought is None:
        return text
    return text.replace(sought, by or "")


@define("TRANSLATE", TEXT, TEXT, TEXT, gives=Kind.VARCHAR, type_rule=like_first)
def translate(text: str, characters: str, by: str) -> str:
    table: dict[int, str | None] = {}
    for position, character in enumerate(characters):
        table.setdefault(ord(character), by[position] if position < len(by) else None)
    return text.translate(table)


@define("LTRIM", TEXT, optional=(TEXT,), gives=Kind.VARCHAR, type_rule=like_first)
def ltrim(text: str, characters: str = " ") -> str:
    return text.lstrip(characters)


@define("RTRIM", TEXT, optional=(TEXT,), gives=Kind.VARCHAR, type_rule=like_first)
def rtrim(text: str, characters: str = " ") -> str:
    return text.rstrip(characters)


@internal("ora_trim", TEXT, TEXT, TEXT, gives=Kind.VARCHAR)
def trim(text: str, character: str, side: str) -> str:
    if len(character) != 1:
        raise OraError(30001, "trim set should have only one character")
    if side != "TRAILING":
        text = text.lstrip(character)
    return text if side == "LEADING" else text.rstrip(character)


@define("LPAD", TEXT, INTEGER, optional=(TEXT,), gives=Kind.VARCHAR, type_rule=width_from(1))
def lpad(text: str, width: int, by: str = " ") -> str:
    return _padding(text, width, by) + text[: max(width, 0)]


@define("RPAD", TEXT, INTEGER, optional=(TEXT,), gives=Kind.VARCHAR, type_rule=width_from(1))
def rpad(text: str, width: int, by: str = " ") -> str:
    return text[: max(width, 0)] + _padding(text, width, by)


def _padding(text: str, width: int, by: str) -> str:
    missing = min(width, _MOST_BYTES) - len(text)
    return (by * (missing // len(by) + 1))[:missing] if missing > 0 else ""


@define("ASCII", TEXT, gives=Kind.NUMBER)
def ascii_(text: str) -> int:
    return int.from_bytes(text[0].encode(), "big")


@define("CHR", INTEGER, gives=Kind.VARCHAR, type_rule=text_type(1))
def chr_(code: int) -> str:
    width = max(1, (code.bit_length() + 7) // 8)
    try:
        return code.to_bytes(width, "big").decode()
    except UnicodeDecodeError as error:
        raise OraError(1482, "unsupported character set") from error


def _as_national(arguments: list[Typed]) -> ColumnType:
    return text_type(arguments[0].type.chars or 2000, Kind.NVARCHAR)


@define("UNISTR", TEXT, gives=Kind.NVARCHAR, type_rule=_as_national)  # type: ignore[arg-type]
def unistr(text: str) -> str:
    r"""`\0041` is a UTF-16 code unit and `\\` a backslash."""
    units = re.sub(
        r"\\(\\|[0-9A-Fa-f]{4})",
        lambda m: "\\" if m[1] == "\\" else chr(int(m[1], 16)),
        text,
    )
    return units.encode("utf-16-be", "surrogatepass").decode("utf-16-be")


@define("RAWTOHEX", RAW, gives=Kind.VARCHAR, type_rule=text_type(4000))
def rawtohex(raw: bytes) -> str:
    return raw.hex().upper()


def _half_as_wide(arguments: list[Typed]) -> ColumnType:
    return ColumnType(Kind.RAW, size=(arguments[0].type.chars or 4000) // 2 or 1)


@define("HEXTORAW", TEXT, gives=Kind.RAW, type_rule=_half_as_wide)  # type: ignore[arg-type]
@internal("ora_hex_raw", TEXT, gives=Kind.RAW)
def hextoraw(text: str) -> bytes:
    try:
        return bytes.fromhex(text if len(text) % 2 == 0 else "0" + text)
    except ValueError as error:
        raise OraError(1465, "invalid hex number") from error


@internal("ora_raw_hex", RAW, gives=Kind.VARCHAR)
def raw_hex(raw: bytes) -> str:
    return raw.hex().upper()


@internal("ora_like", TEXT, TEXT)
def like(text: str, pattern: str) -> int:
    return _like_pattern(pattern, None).fullmatch(text) is not None


@internal("ora_like_escape", TEXT, TEXT, TEXT)
def like_escape(text: str, pattern: str, escape: str) -> int:
    return _like_pattern(pattern, escape).fullmatch(text) is not None


@lru_cache(maxsize=512)
def _like_pattern(pattern: str, escape: str | None) -> re.Pattern[str]:
    if escape is not None and len(escape) != 1:
        raise OraError(1425, "escape character must be character string of length 1")
    parts: list[str] = []
    characters = iter(pattern)
    for character in characters:
        if character == escape:
            escaped = next(characters, None)
            if escaped not in ("%", "_", escape):
                raise OraError(1424, "missing or illegal character following the escape character")
            parts.append(re.escape(escaped or ""))
        else:
            parts.append({"%": ".*", "_": "."}.get(character) or re.escape(character))
    return re.compile("".join(parts), re.DOTALL)


@internal("ora_fit_text", TEXT, INTEGER, INTEGER, INTEGER, TEXT)
def fit_text(text: str, size: int, chars: int, padded: int, column: str) -> str:
    by_characters = size > chars
    actual, most = (len(text), chars) if by_characters else (len(text.encode()), size)
    if actual > most:
        raise _too_large(column, actual, most)
    return _blank_padded(text, chars, size, by_characters=by_characters) if padded else text


def _too_large(column: str, actual: int, most: int) -> OraError:
    text = f"value too large for column {column} (actual: {actual}, maximum: {most})"
    return OraError(12899, text)


def _blank_padded(text: str, chars: int, size: int, *, by_characters: bool) -> str:
    missing = chars - len(text) if by_characters else size - len(text.encode())
    return text + " " * missing


@internal("ora_cast_text", TEXT, INTEGER, INTEGER, INTEGER, gives=Kind.VARCHAR)
def cast_text(text: str, size: int, chars: int, padded: int) -> str:
    """CAST cuts what does not fit."""
    by_characters = size > chars
    cut = text[:chars] if by_characters else text.encode()[:size].decode(errors="ignore")
    return _blank_padded(cut, chars, size, by_characters=by_characters) if padded else cut


@internal("ora_limit_text", TEXT)
def limit_text(text: str) -> str:
    if len(text.encode()) > _MOST_BYTES:
        raise OraError(1489, "result of string concatenation is too long")
    return text


@internal("ora_fit_raw", RAW, INTEGER, TEXT)
def fit_raw(raw: bytes, size: int, column: str) -> bytes:
    if len(raw) > size:
        raise _too_large(column, len(raw), size)
    return raw
