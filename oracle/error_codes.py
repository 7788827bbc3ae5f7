"""Which code explains a driver error.

The driver wraps network and login failures in codes of its own that say little, and the database
puts lines about where something happened around what happened. So a stack of lines is read for the
innermost code that explains it, and for who speaks: a code means what the catalogue says only where
the login, or the session's own database, says it. One that came over a database link, or was raised
by code in the database, is the statement's error, and says nothing of this session.
"""

from __future__ import annotations

import errno
import re
import socket
from collections.abc import Sequence
from enum import Enum
from typing import NamedTuple

from common.errors import (
    BY_LOGON_TRIGGER,
    CATALOGUE,
    CERTIFICATE,
    LOGIN_FAILED,
    LOGIN_REFUSED,
    OVER_A_LINK,
    RAISED_BY_CODE,
    SESSION_ENDED,
    ApiError,
    Entry,
    from_entry,
    refuse,
)
from oracle.session import Session

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
        *("ORA-00604", "ORA-02063", "ORA-02068", "ORA-04088", "ORA-06512", "ORA-12801"),
        *("ORA-29913", "ORA-65096", "ORA-04065", "ORA-06508", "ORA-22924"),
    }
)
# `preceding line from LINK` and `following severe error from LINK`.
_LINK_CODES = frozenset({"ORA-02063", "ORA-02068"})
# What the database says whatever code is running just then; ORA-06512 only tells where that was.
_THROUGH_CODE = frozenset({"ORA-01013", "ORA-04061", "ORA-04068", "ORA-08177"})
# The driver and the database do not agree on which cursors are open, and would not the next time.
_OUT_OF_STEP = frozenset({"ORA-01001", "ORA-01002", "ORA-01023", "ORA-03106"})
# The thousands in which the codes about accounts and their passwords lie.
_ACCOUNT_CODES = (1, 28)

# What the innermost reason of a lost connection may be.
_NETWORK_CODES = frozenset({"ORA-12170", "ORA-12541", "ORA-12543", "ORA-12545", "DPY-6005"})
_LOST_LINE = re.compile(r"\ADPY-4011: [^\n]*\n")

# Of an OSError: what the machine, or this process, has no more of; and what only files are.
_RESOURCES = frozenset(
    {errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOBUFS, errno.ENOSPC, errno.EDQUOT}
)
_FILES = frozenset({errno.ENOENT, errno.EISDIR, errno.ENOTDIR, errno.EIO, errno.EROFS, errno.ELOOP})

# What a login is told of a time zone that the database does not know. Its own is always known.
_TIME_ZONE_CODES = frozenset({"ORA-01874", "ORA-01875", "ORA-01881", "ORA-01882", "ORA-02248"})

# `ORA-03301: (ORA-00942 details) ...`, since Oracle 23, explains the code that it names.
_CODE_AT_LINE_START = re.compile(
    r"^((?:ORA|DPY|DPI)-\d{4,5})\b(?!: \(ORA-\d+ details\))", re.MULTILINE
)
_ADVICE_TO_PROGRAMMERS = re.compile(r"\nTo use an LDAP URL in python-oracledb.*", re.DOTALL)
_SIMILAR_TO = re.compile(r"\(Similar to ORA-(\d{1,5})\)")
_HELP_LINE = re.compile(r"\n?^Help: https://\S+$", re.MULTILINE)
_CONNECTION_ID = re.compile(r" ?\(CONNECTION_ID=[^()]*\)")
_NUMBER = re.compile(r"\b\d{1,9}\b")

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
    return _as_it_says(_read(error))


def from_login(error: Exception) -> ApiError:
    """The same for a login: what is an error of a statement elsewhere is a refusal here."""
    report = _read(error)
    if report.speaker is not Speaker.DATABASE:
        return from_entry(report.code, BY_LOGON_TRIGGER, report.message)
    if report.code in _TIME_ZONE_CODES:
        return from_entry(report.code, CATALOGUE["ORA-01882 login"], report.message)
    if report.is_of_oracle and report.entry.status == 400 and not report.is_of_network:
        is_refusal = report.number // 1000 in _ACCOUNT_CODES
        return from_entry(
            report.code, LOGIN_REFUSED if is_refusal else LOGIN_FAILED, report.message
        )
    return from_oracle(error)


def from_statement(error: Exception, session: Session) -> ApiError:
    """The same for a statement. `session_dead` tells whether its session has ended.

    That is asked of the driver and the socket, and where those know nothing and the code is not one
    that statements have, of the database: many codes end a session, some end it now and then, and
    all of them can come over a database link.
    """
    report = _read(error)
    if _is_lost_network(report):
        return refuse("DPY-4011", f"the connection was lost: {report.message}")
    has_ended = _has_ended(report, session)
    meaning = _with_the_session_ended(report) if has_ended else _as_it_says(report)
    if not has_ended and report.is_of_oracle and report.is_of_network:
        # The session's own network works: this is about a link's.
        meaning = from_entry(report.code, OVER_A_LINK, report.message)
    is_lost = has_ended or report.code in _OUT_OF_STEP
    meaning.session_dead = is_lost and report.speaker is not Speaker.LINK
    return meaning


def _has_ended(report: _Report, session: Session) -> bool:
    if session.is_lost():
        return True
    if not report.is_of_oracle:
        return report.entry.session_dead
    is_doubtful = report.speaker is Speaker.DATABASE and (
        report.code not in CATALOGUE or report.entry.status >= 500
    )
    return is_doubtful and not session.answers_ping()


def _as_it_says(report: _Report) -> ApiError:
    if report.speaker is Speaker.DATABASE:
        return from_entry(report.code, report.entry, report.message)
    # The hints on statements hold for those that run elsewhere, too; those on networks do not.
    is_hinted = report.entry.status == 400 and not report.is_of_network
    passed_on = OVER_A_LINK if report.speaker is Speaker.LINK else RAISED_BY_CODE
    # Without the driver's own line on top, which takes it for the end of this session.
    message = _LOST_LINE.sub("", report.message)
    return from_entry(report.code, report.entry if is_hinted else passed_on, message)


def _with_the_session_ended(report: _Report) -> ApiError:
    if report.speaker is Speaker.LINK or _is_user_defined(report.code):
        return _as_it_says(report)
    is_listed = report.code in CATALOGUE or not report.is_of_oracle
    return from_entry(report.code, report.entry if is_listed else SESSION_ENDED, report.message)


class Speaker(Enum):
    """DATABASE: the login, or the session's own database. Others' words are only passed on by it:
    LINK, what is behind a database link; CODE, what runs in the database.
    """

    DATABASE = "database"
    LINK = "link"
    CODE = "code"


class _Report(NamedTuple):
    """What was read in a driver error. entry: what the code means where the database says it."""

    code: str
    speaker: Speaker
    message: str
    entry: Entry

    @property
    def is_of_oracle(self) -> bool:
        """Whether the code is Oracle's rather than the driver's or our own."""
        return self.code.startswith("ORA-")

    @property
    def number(self) -> int:
        return int(self.code.partition("-")[2])

    @property
    def is_of_network(self) -> bool:
        """Whether it is one of Oracle Net's (TNS)."""
        return self.is_of_oracle and 12150 <= self.number <= 12699


def _read(error: Exception) -> _Report:
    inner = error.args[0] if error.args else None
    text = getattr(inner, "message", None) or str(error)
    message = _CONNECTION_ID.sub("", _HELP_LINE.sub("", text))
    message = _ADVICE_TO_PROGRAMMERS.sub("", message).strip()
    code, speaker = _explained_by(message, error)
    return _Report(code, speaker, message, _entry(code, message, error))


def _local_trouble(error: BaseException | None) -> str | None:
    """What this machine lacks: not all that keeps the driver from connecting is the network."""
    while error is not None:
        if isinstance(error, ImportError) or str(error).startswith("unknown encoding"):
            return "DPY-3016"
        if isinstance(error, OSError) and not _has_other_numbers(error):
            if error.errno in _RESOURCES:
                return "OUT_OF_RESOURCES"
            if error.filename is not None or error.errno in _FILES:
                return "FILE_UNREADABLE"
        error = error.__cause__
    return None


def _has_other_numbers(error: OSError) -> bool:
    # OpenSSL, which takes 3 ms and 3.4 MB, may not have been imported yet.
    return isinstance(error, socket.gaierror | socket.herror) or type(error).__module__ == "ssl"


def _is_lost_network(report: _Report) -> bool:
    """What says of a login why the network failed only says of a session that it is lost; except
    in the database's own words. That a call took too long is the driver's word for a socket that
    timed out: its calls have no limit here.
    """
    if report.code == "DPY-4024":
        return True
    return report.code in _NETWORK_CODES and report.code not in report.message


def _explained_by(message: str, error: BaseException) -> tuple[str, Speaker]:
    """The code that explains a failure best: `ORA-12514` rather than the `DPY-6001` around it."""
    codes = [_DRIVER_ALIASES.get(c, _five_digits(c)) for c in _CODE_AT_LINE_START.findall(message)]
    if not codes:
        return _reason(message, error) or "DPY-6005", Speaker.DATABASE
    if codes[0] == "DPY-4009":
        return _positional_binds_code(message), Speaker.DATABASE
    if similar := _SIMILAR_TO.search(message):
        return f"ORA-{int(similar.group(1)):05d}", Speaker.DATABASE
    raised = next(filter(_is_user_defined, codes), None)
    if raised is not None:
        return raised, Speaker.CODE  # what stands below it is why, in its own opinion
    telling = [code for code in codes if code not in _CONTEXT_CODES]
    code = telling[-1] if telling else codes[0]
    if code in ("DPY-6005", "DPY-4011"):
        code = _reason(message, error) or code
    return code, _speaker(code, codes)


def _speaker(code: str, codes: Sequence[str]) -> Speaker:
    if not _LINK_CODES.isdisjoint(codes):
        return Speaker.LINK
    if "ORA-06512" in codes and code not in _THROUGH_CODE:
        return Speaker.CODE
    return Speaker.DATABASE


def _is_user_defined(code: str) -> bool:
    """One of RAISE_APPLICATION_ERROR's."""
    return code.startswith("ORA-20") and len(code) == len("ORA-20000")


def _five_digits(code: str) -> str:
    facility, _, number = code.partition("-")
    return f"ORA-{int(number):05d}" if facility == "ORA" else code


def _positional_binds_code(message: str) -> str:
    numbers = [int(n) for n in _NUMBER.findall(message.partition(":")[2])]
    too_few = len(numbers) == 2 and numbers[1] < numbers[0]
    return "ORA-01008" if too_few else "ORA-01036"


def _reason(message: str, error: BaseException) -> str | None:
    """What kept the driver from the database, where its own code does not tell."""
    return _local_trouble(error) or _socket_code(message)


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
    if type(error).__name__ == "InternalError":
        return CATALOGUE["ORA-12592"]  # what came is no answer that the driver can make sense of
    kinds = {"NotSupportedError": 501, "OperationalError": 502}
    return Entry(kinds.get(type(error).__name__, 400))
