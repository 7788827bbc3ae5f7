"""Number format models: TO_CHAR(n, fmt) and TO_NUMBER(text, fmt).

Known elements: 9 0 . , D G S MI PR $ L FM X EEEE V B TM TM9; see Oracle SQL Language Reference,
"Number Format Models". The others are refused with ORA-01481.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

from ..kinds.model import OraError
from ..kinds.nls import AMERICAN, Nls
from ..kinds.oracle_numbers import EXACT, round_places, shortest_text

_MODEL = re.compile(
    r"(?P<fm>FM)?(?P<head>[S$LB]*)(?P<whole>[09,G]*)(?:(?P<point>[.D])(?P<fraction>[09]*))?"
    r"(?P<exponent>EEEE)?(?P<tail>S|MI|PR|\$|L)?",
    re.IGNORECASE,
)
_HEXADECIMAL = re.compile(r"(FM)?(0*)(X+)", re.IGNORECASE)


@dataclass(frozen=True)
class _Model:
    fill_mode: bool
    whole: str
    fraction: str
    point: str  # ".", "D" for the session's own, or nothing
    scientific: bool
    sign: str  # where it goes: "", "S" in front, "S behind", "MI" or "PR"
    currency: bool


@lru_cache(maxsize=256)
def _parse(model: str) -> _Model:
    found = _MODEL.fullmatch(model)
    if not found or not (found["whole"] or found["fraction"]):
        raise OraError(1481, "invalid number format model")
    head, tail = found["head"].upper(), (found["tail"] or "").upper()
    sign = (
        "S" if "S" in head else "S behind" if tail == "S" else tail if tail in ("MI", "PR") else ""
    )
    return _Model(
        bool(found["fm"]),
        found["whole"].upper(),
        found["fraction"] or "",
        (found["point"] or "").upper(),
        bool(found["exponent"]),
        sign,
        (bool(set(head + tail) & {"$", "L"}) and tail not in ("MI", "PR", "S")) or "$" in head,
    )


def format_number(value: Decimal, model: str, nls: Nls = AMERICAN) -> str:
    """All `#` where the digits do not fit."""
    hexadecimal = _HEXADECIMAL.fullmatch(model)
    if hexadecimal:
        return _hexadecimal(value, hexadecimal)
    if model.upper() in ("TM", "TM9"):
        return nls.with_mark(shortest_text(value))
    parsed = _parse(model)
    point = nls.decimal_mark if parsed.point == "D" else parsed.point
    if parsed.scientific:
        return _scientific(value, parsed).replace(".", point)
    rounded = round_places(value, len(parsed.fraction))
    digits = f"{rounded.copy_abs():f}".partition(".")
    whole = "" if digits[0] == "0" else digits[0]
    places = len(re.findall(r"[09]", parsed.whole))
    if len(whole) > places:
        return "#" * (len(parsed.whole) + len(parsed.fraction) + len(parsed.point) + 1)
    body = _grouped(whole, parsed, nls.group_mark, has_fraction=bool(parsed.fraction))
    if parsed.point:
        body += point + _fraction(digits[2], parsed)
    return _signed(body, negative=rounded < 0, model=parsed)


def _grouped(whole: str, model: _Model, group_mark: str, *, has_fraction: bool) -> str:
    """The whole digits laid into the model from the right; blanks where there are none."""
    marks = model.whole
    first_zero = marks.find("0")
    padded = iter(reversed(whole.rjust(len(re.findall(r"[09]", marks)))))
    shown: list[str] = []
    for position in range(len(marks) - 1, -1, -1):
        mark = marks[position]
        forced = first_zero >= 0 and position >= first_zero
        if mark in ",G":
            shown.append("," if mark == "," else group_mark)
            continue
        digit = next(padded)
        if digit == " ":
            digit = "0" if forced or (position == len(marks) - 1 and not has_fraction) else " "
        shown.append(digit)
    text = "".join(reversed(shown))
    lead = len(text) - len(text.lstrip(f" ,{group_mark}"))
    return " " * lead + text[lead:]


def _fraction(digits: str, model: _Model) -> str:
    shown = digits.ljust(len(model.fraction), "0")[: len(model.fraction)]
    if not model.fill_mode:
        return shown
    kept = model.fraction.rfind("0") + 1
    return shown[:kept] + shown[kept:].rstrip("0")


def _signed(body: str, *, negative: bool, model: _Model) -> str:
    blanks = len(body) - len(body.lstrip(" "))
    number = body.lstrip(" ")
    if model.currency:
        number = "$" + number
    if model.sign == "S behind":
        text = " " * blanks + number + ("-" if negative else "+")
    elif model.sign == "MI":
        text = " " * blanks + number + ("-" if negative else " ")
    elif model.sign == "PR":
        text = " " * blanks + (f"<{number}>" if negative else f" {number} ")
    else:
        plus = "+" if model.sign == "S" else " "
        text = " " * blanks + ("-" if negative else plus) + number
    return text.strip(" ") if model.fill_mode else text


def _scientific(value: Decimal, model: _Model) -> str:
    exponent = value.adjusted() if value else 0
    places = len(model.fraction)
    mantissa = value.scaleb(-exponent, EXACT).quantize(
        Decimal((0, (1,), -places)), ROUND_HALF_UP, EXACT
    )
    if mantissa.copy_abs() >= 10:
        mantissa, exponent = mantissa.scaleb(-1, EXACT), exponent + 1
    sign = "-" if exponent < 0 else "+"
    text = f"{mantissa:.{places}f}E{sign}{abs(exponent):02d}"
    return text if value < 0 or model.fill_mode else " " + text


def _hexadecimal(value: Decimal, found: re.Match[str]) -> str:
    width = len(found[2]) + len(found[3])
    digits = f"{int(value.to_integral_value(ROUND_HALF_UP)):X}"
    if found[3][0].islower():
        digits = digits.lower()
    if value < 0 or len(digits) > width:
        return "#" * (width + 1)
    digits = digits.rjust(width, "0") if found[2] else digits
    return digits if found[1] else digits.rjust(width + 1)


def read_number(text: str, model: str, nls: Nls = AMERICAN) -> Decimal:
    """ORA-01722 when the text does not follow the model."""
    hexadecimal = _HEXADECIMAL.fullmatch(model)
    try:
        if hexadecimal:
            return Decimal(int(text.strip(), 16))
        parsed = _parse(model)
        return _read_decimal(_with_plain_marks(text.strip(), parsed, nls), parsed)
    except (ValueError, ArithmeticError) as error:
        raise OraError(1722, "invalid number") from error


def _with_plain_marks(text: str, model: _Model, nls: Nls) -> str:
    """D and G stand for the session's marks, `.` and `,` for themselves."""
    if "G" in model.whole:
        text = text.replace(nls.group_mark, "")
    return nls.with_point(text) if model.point == "D" else text


def _read_decimal(text: str, model: _Model) -> Decimal:
    negative = text.startswith(("-", "<")) or text.endswith("-")
    plain = text.strip("<>+-$ ").replace(",", "")
    whole, _, fraction = plain.partition(".")
    places = len(re.findall(r"[09]", model.whole))
    if not re.fullmatch(r"\d*(\.\d*)?(E[+-]?\d+)?", plain) or not plain.strip("."):
        raise ValueError(plain)
    if len(whole) > places or (fraction and not model.point):
        raise ValueError(plain)
    value = Decimal(plain)
    return value.copy_negate() if negative else value
