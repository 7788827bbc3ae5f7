"""Which code explains a driver error.

The driver wraps network and login failures in codes of its own that say little, and the database
puts lines about where something happened around what happened. `from_oracle` reads the innermost
code that explains a failure, and makes the error of it that the catalogue knows.
"""

from __future__ import annotations

import re

from common.errors import CATALOGUE, CERTIFICATE, ApiError, Entry, from_entry

# The driver's own words for what the database would have said with a code of its own.
_DRIVER_ALIASES = {
    "DPY-6001": "ORA-12514",
    "DPY-6003": "ORA-12505",
    "DPY-4008": "ORA-01036",
    "DPY-4010": "ORA-01008",
    "DPY-2041": "ORA-01756",
    "DPY-2042": "ORA-01740",
}

# Lines of an error stack that say where, or through what, something happened; never what it was.
_CONTEXT_CODES = frozenset(
    {
        *("ORA-00604", "ORA-02063", "ORA-04088", "ORA-06512", "ORA-12801", "ORA-29913"),
        *("ORA-65096", "ORA-04065", "ORA-06508", "ORA-22924"),
    }
)

# What a login is told of a time zone that the database does not know. Its own is always known.
_TIME_ZONE_CODES = frozenset({"ORA-01874", "ORA-01875", "ORA-01881", "ORA-01882", "ORA-02248"})

# `ORA-03301: (ORA-00942 details) ...`, since Oracle 23, explains the code that it names.
_CODE_AT_LINE_START = re.compile(
    r"^((?:ORA|DPY|DPI)-\d{4,5})\b(?!: \(ORA-\d+ details\))", re.MULTILINE
)
_ADVICE_TO_PROGRAMMERS = re.compile(r"\nTo use an LDAP URL in python-oracledb.*", re.DOTALL)
_SIMILAR_TO = re.compile(r"\(Similar to ORA-(\d+)\)")
_HELP_LINE = re.compile(r"\n?^Help: https://\S+$", re.MULTILINE)
_CONNECTION_ID = re.compile(r" ?\(CONNECTION_ID=[^)]*\)")

# What a socket says inside DPY-6005, on Linux, macOS and Windows, and the code Oracle gives it.
_SOCKET_REASONS = (
    (re.compile(r"timed out|WinError 10060|Errno 60\b", re.IGNORECASE), "ORA-12170"),
    (re.compile(r"refused|WinError 10061", re.IGNORECASE), "ORA-12541"),
    (
        re.compile(
            r"name or service not known|name resolution|nodename nor servname|getaddrinfo failed"
            r"|no address associated|WinError 1100[1-4]|idna|label empty",
            re.IGNORECASE,
        ),
        "ORA-12545",
    ),
    (
        re.compile(r"no route to host|unreachable|WinError 1006[5]|WinError 10051", re.IGNORECASE),
        "ORA-12543",
    ),
    (re.compile(r"reset by peer|broken pipe|WinError 1005[34]", re.IGNORECASE), "DPY-4011"),
    (re.compile(r"is not a port number"), "DPY-4017"),
)
_SSL_TEXT = re.compile(r"\bSSL|certificate|\bTLS", re.IGNORECASE)
# The other side hung up on the client's hello, or answered it with something else.
_NO_TLS_TEXT = re.compile(r"EOF occurred in violation|WRONG_VERSION_NUMBER|RECORD_LAYER_FAILURE")


def from_oracle(error: Exception) -> ApiError:
    """What a driver error means for a caller. Codes that are not listed keep their own words.

    Takes anything the driver lets through: its own errors, and the bare OSError (a failed name
    look-up among them) that some of its paths raise.
    """
    inner = error.args[0] if error.args else None
    text = getattr(inner, "message", None) or str(error)
    message = _CONNECTION_ID.sub("", _HELP_LINE.sub("", text))
    message = _ADVICE_TO_PROGRAMMERS.sub("", message).strip()
    code = innermost_code(message, error)
    return from_entry(code, _entry(code, message, error), message)


def from_login(error: Exception) -> ApiError:
    """The same for a login. What the database says there that is not listed is a refusal of the
    account: a trigger's own words, for one.
    """
    meaning = from_oracle(error)
    if meaning.full_code in _TIME_ZONE_CODES:
        return from_entry(meaning.full_code, CATALOGUE["ORA-01882 login"], meaning.message)
    if meaning.full_code.startswith("ORA-") and meaning.full_code not in CATALOGUE:
        meaning.status = 403 if meaning.status == 400 else meaning.status
    return meaning


def innermost_code(message: str, error: BaseException) -> str:
    """The code that explains a failure best: `ORA-12514` rather than the `DPY-6001` around it."""
    codes = [_DRIVER_ALIASES.get(c, _five_digits(c)) for c in _CODE_AT_LINE_START.findall(message)]
    if not codes:
        return _socket_code(str(error)) or "DPY-6005"
    if codes[0] == "DPY-4009":
        return _positional_binds_code(message)
    if similar := _SIMILAR_TO.search(message):
        return f"ORA-{int(similar.group(1)):05d}"
    telling = [code for code in codes if code not in _CONTEXT_CODES]
    code = telling[-1] if telling else codes[0]
    if code in ("DPY-6005", "DPY-4011"):
        return _socket_code(message) or code
    return code


def _five_digits(code: str) -> str:
    facility, _, number = code.partition("-")
    return f"ORA-{int(number):05d}" if facility == "ORA" else code


def _positional_binds_code(message: str) -> str:
    numbers = [int(n) for n in re.findall(r"\b\d+\b", message.partition(":")[2])]
    too_few = len(numbers) == 2 and numbers[1] < numbers[0]
    return "ORA-01008" if too_few else "ORA-01036"


def _socket_code(text: str) -> str | None:
    for pattern, code in _SOCKET_REASONS:
        if pattern.search(text):
            return code
    return None


def _entry(code: str, message: str, error: Exception) -> Entry:
    if code == "DPY-3001" and "Native Network Encryption" in message:
        return CATALOGUE["DPY-3001 native"]
    if code == "DPY-3001" and "bequeath" in message:
        return CATALOGUE["DPY-3001 bequeath"]
    if code == "DPY-2056" and 'protocol "ldap' in message:
        return CATALOGUE["DPY-2056 ldap"]
    if code == "DPY-3015":
        for verifier in ("0x939", "0x1e81"):
            if verifier in message:
                return CATALOGUE[f"DPY-3015 {verifier}"]
    # TLS that breaks behind the login is a lost connection like any other.
    if code.startswith("DPY-6") or message.startswith("DPY-6"):
        if _NO_TLS_TEXT.search(message):
            return CATALOGUE["DPY-6005 no TLS"]
        if _SSL_TEXT.search(message):
            return CERTIFICATE
    return CATALOGUE.get(code) or _unlisted(code, error)


def _unlisted(code: str, error: Exception) -> Entry:
    """By the kind of code: a network code of Oracle's, or else what the driver calls the error."""
    number = int(code.partition("-")[2])
    if code.startswith("ORA-") and 12150 <= number <= 12699:
        return Entry(502)
    if code.startswith("ORA-"):
        return Entry(400)
    kinds = {"NotSupportedError": 501, "OperationalError": 502, "InternalError": 502}
    return Entry(kinds.get(type(error).__name__, 400))
