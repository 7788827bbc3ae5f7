"""Every way a call can fail: status, hint, retryable, by code.

The catalogue is keyed on the innermost code that explains a failure, since the driver wraps network
and login failures in codes of its own that say little; `oracle.error_codes` reads that code out of
a driver error. `refuse` makes our own refusals. Both give the one error type of the product.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, TypedDict


class _Told(TypedDict):
    code: int
    message: str
    hint: str | None
    full_code: str
    retryable: bool


class Detail(_Told, total=False):
    """The one shape of an error that callers see. A comparison adds keys of its own."""

    side: str
    stopped: Mapping[str, bool]


SIDES = ("left", "right")
"""Of a comparison, in the order in which it names them."""


class ApiError(Exception):
    """A failure with everything a caller is told about it."""

    def __init__(
        self,
        status: int,
        full_code: str,
        message: str,
        hint: str | None = None,
        retryable: bool = False,
        session_dead: bool = False,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.full_code = full_code
        self.message = message
        self.hint = hint
        self.retryable = retryable
        self.session_dead = session_dead
        """Of a statement: its session has ended, as the driver, the socket or a ping told. Of a
        login: it got no further.
        """
        self.side: str | None = None
        """Of a comparison, which of SIDES failed; None where both are meant."""
        self.stopped: Mapping[str, bool] | None = None
        """Of a comparison, by side: its statement is known to have ended in the database."""
        self.headers: dict[str, str] = {}
        """What the answer's head says of it, such as Retry-After."""

    @property
    def is_for_reads(self) -> bool:
        """True when `retryable` is meant for what only reads: a write may have been done."""
        return self.session_dead or self.is_changed_underneath

    @property
    def is_changed_underneath(self) -> bool:
        """True when the same statement on the same session finds what is there now."""
        return self.retryable and CATALOGUE.get(self.full_code) is _CHANGED_UNDERNEATH

    @property
    def code(self) -> int:
        """The number in full_code; 0 where it is a word of our own."""
        number = self.full_code.partition("-")[2]
        return int(number) if number.isdigit() else 0

    def fresh(self) -> ApiError:
        """The same error, to be raised here: one that is raised keeps the frames it passed alive.

        For errors that are kept, or told to several callers: with those frames they would keep the
        driver's sockets open.
        """
        error = ApiError(
            self.status,
            self.full_code,
            self.message,
            self.hint,
            self.retryable,
            session_dead=self.session_dead,
        )
        error.headers = dict(self.headers)
        error.side, error.stopped = self.side, self.stopped
        return error

    def detail(self) -> Detail:
        detail: Detail = {
            "code": self.code,
            "message": self.message,
            "hint": self.hint,
            "full_code": self.full_code,
            "retryable": self.retryable,
        }
        if self.side is not None:
            detail["side"] = self.side
        if self.stopped is not None:
            detail["stopped"] = self.stopped
        return detail


class Entry(NamedTuple):
    """What one code means for a caller, where the login or the session's own database says it.

    session_dead: what a session that has ended says of itself. Whether it has is asked of others.
    """

    status: int
    hint: str | None = None
    retryable: bool = False
    session_dead: bool = False
    retry_after_seconds: int | None = None


_LOST = Entry(
    502, "The connection was lost; check the VPN and try again.", retryable=True, session_dead=True
)
_IDLE_KILLED = Entry(
    502,
    "The database closed an idle session; it is being reopened.",
    retryable=True,
    session_dead=True,
)
SESSION_ENDED = Entry(
    502, "The database ended the session; try again.", retryable=True, session_dead=True
)
# What was only passed on is the statement's error, whatever its code means elsewhere.
OVER_A_LINK = Entry(400, "This came over a database link, or is about one; ask the DBA.")
RAISED_BY_CODE = Entry(400, "Code in the database raised this; its own words say why.")
BY_LOGON_TRIGGER = Entry(403, "Code that runs at each login refused it; ask the DBA.")
LOGIN_REFUSED = Entry(403, "The database refused the login; its own words say why. Ask the DBA.")
LOGIN_FAILED = Entry(502, "The database could not take the login; its own words say why.")
_FULL = Entry(
    503,
    "The database accepts no more connections now; try again shortly.",
    retryable=True,
    retry_after_seconds=5,
)
_TOO_MANY_SESSIONS = Entry(
    503,
    "Too many sessions are open; close some and try again.",
    retryable=True,
    retry_after_seconds=5,
)
_STARTING = Entry(
    503,
    "The database is starting or stopping; try again shortly.",
    retryable=True,
    retry_after_seconds=5,
)
_STOPPED_ON_US = Entry(
    _STARTING.status, _STARTING.hint, retryable=True, session_dead=True, retry_after_seconds=5
)
_ALIAS = Entry(400, "Use host:port/service, or set the folder of tnsnames.ora.")
_CONNECT_STRING = Entry(400, "Correct the connect string: host:port/service.")
CERTIFICATE = Entry(502, "Check the wallet folder and the server's certificate name.")
_PROXY = Entry(502, "Use TCPS for a proxy, or the VPN.")
_CHANGED_UNDERNEATH = Entry(503, "Try again.", retryable=True, retry_after_seconds=1)
_NATIVE_ENCRYPTION = Entry(
    501, "This database demands Oracle native encryption; ask the DBA for a TCPS port."
)
_PRIVILEGE = Entry(403, "Your account lacks a privilege for this; ask the DBA.")
_NO_LOGIN = Entry(403, "The account may not log in; ask the DBA.")
_BINDS = Entry(400, "Give one value for each placeholder in the statement, by position or by name.")


def _statement(hint: str | None = None) -> Entry:
    return Entry(400, hint)


def _short_of(hint: str, retry_after_seconds: int | None = 5) -> Entry:
    return Entry(
        503,
        hint,
        retryable=retry_after_seconds is not None,
        retry_after_seconds=retry_after_seconds,
    )


CATALOGUE: dict[str, Entry] = {
    # what the thin driver cannot do
    "DPY-3010": Entry(
        501, "This database is older than 12.1, which the thin driver does not support."
    ),
    "ORA-12660": _NATIVE_ENCRYPTION,
    "DPY-3001": Entry(501, "The thin driver does not support this; ask the DBA."),
    "DPY-3001 native": _NATIVE_ENCRYPTION,
    "DPY-3001 bequeath": Entry(400, "Enter host:port/service."),
    "DPY-3015": Entry(501, "The account's kind of password is not supported; ask the DBA."),
    "DPY-3015 0x939": Entry(
        501, "Ask the DBA to reset your password so that it gets a 12C verifier."
    ),
    "DPY-3015 0x1e81": Entry(
        501, "Use a database account; directory accounts need the full client."
    ),
    "ORA-28040": Entry(501, "The database and the driver share no password protocol; ask the DBA."),
    "DPY-3022": Entry(501, "A time zone region cannot be read by the thin driver; use TO_CHAR."),
    "DPY-3016": Entry(500, "The installation is damaged; reinstall the app."),
    # what this machine lacks
    "FILE_UNREADABLE": Entry(
        500,
        "The driver cannot read a file that it needs: check the folders of tnsnames.ora and of the "
        "wallet, or reinstall the app.",
    ),
    "OUT_OF_RESOURCES": Entry(
        503,
        "This computer is out of memory, disk space or open files; close something and try again.",
        retryable=True,
        retry_after_seconds=5,
    ),
    # lost connections
    "DPY-4011": _LOST,
    "DPY-1001": _LOST,
    "ORA-03113": _LOST,
    "ORA-03114": _LOST,
    "ORA-03135": _LOST,
    "ORA-01012": _LOST,
    "ORA-00028": _LOST,
    "ORA-12537": _LOST,
    "ORA-12547": _LOST,
    "DPY-4033": _IDLE_KILLED,
    "ORA-02396": _IDLE_KILLED,
    # no way to the database
    "ORA-12170": Entry(
        504, "The database did not answer; check the VPN and firewall.", retryable=True
    ),
    "ORA-12541": Entry(502, "Nothing listens at that host and port; check both."),
    "ORA-12545": Entry(502, "The host name is unknown; check the spelling and the VPN."),
    "ORA-12543": Entry(
        502,
        "Allow the app under Privacy & Security, Local Network, and check the VPN.",
    ),
    "ORA-12592": Entry(
        502,
        "What answers there does not speak Oracle's protocol; check host and port.",
        session_dead=True,
    ),
    "DPY-6005": Entry(502, "The database cannot be reached; check host, port and the VPN."),
    "DPY-6005 no TLS": Entry(
        502,
        "What answers there does not speak TLS: check the port; then the wallet folder and the "
        "server's certificate name.",
    ),
    "DPY-6000": Entry(502, "The listener refused the connection; ask the DBA."),
    "ORA-12514": Entry(
        502, "Check the service name; the database may still be starting.", retryable=True
    ),
    "ORA-12505": Entry(502, "Check the SID, or use host:port/service."),
    "ORA-12516": _FULL,
    "ORA-12518": _FULL,
    "ORA-12519": _FULL,
    "ORA-12520": _FULL,
    "DPY-2018": CERTIFICATE,
    "DPY-6002": CERTIFICATE,
    "DPY-6006": CERTIFICATE,
    "DPY-2029": _PROXY,
    "DPY-6004": _PROXY,
    # connect strings and credentials
    "DPY-4000": _ALIAS,
    "DPY-4026": _ALIAS,
    "DPY-4027": _ALIAS,
    "ORA-12154": _ALIAS,
    "DPY-4017": _CONNECT_STRING,
    "DPY-4018": _CONNECT_STRING,
    "DPY-2049": _CONNECT_STRING,
    "DPY-4021": Entry(400, "The protocol is tcp or tcps: tcps://host:port/service."),
    "DPY-4022": Entry(400, "Correct that part of the connect string, or leave it out."),
    "DPY-4028": Entry(400, "Behind the service stands :dedicated, :shared, :pooled, or nothing."),
    "DPY-4030": Entry(400, "Correct the IFILE lines of tnsnames.ora."),
    "DPY-2056": Entry(400, "Enter host:port/service."),
    "DPY-2056 ldap": Entry(
        501, "Names in a directory cannot be looked up here; enter host:port/service."
    ),
    "DPY-3029": _CONNECT_STRING,
    "DPY-4001": Entry(422, "Enter a user name and password."),
    "ORA-01005": Entry(422, "Enter a user name and password."),
    "ORA-01017": Entry(403, "Check the user name and password."),
    "ORA-28000": Entry(403, "Ask the DBA to unlock the account."),
    "ORA-28001": Entry(403, "Change the password, then try again."),
    "ORA-01045": _NO_LOGIN,
    "ORA-28030": _NO_LOGIN,
    "ORA-28150": _NO_LOGIN,
    "ORA-28183": _NO_LOGIN,
    "ORA-28009": Entry(403, 'SYS logs in with "mode": "SYSDBA" or "SYSOPER" only.'),
    "ORA-01035": Entry(403, "The database is open for its DBAs only at the moment; ask them."),
    "ORA-28365": Entry(503, "The database's keystore is closed; ask the DBA."),
    "ORA-65162": Entry(403, "Change the password, then try again."),
    "ORA-01882 login": Entry(
        400,
        "The database does not know the time zone in the environment variable ORA_SDTZ: correct or "
        "unset it, and start the sidecar again.",
    ),
    # the database is full, starting or stopping
    "ORA-02391": _TOO_MANY_SESSIONS,
    "ORA-00018": _TOO_MANY_SESSIONS,
    "ORA-00019": _TOO_MANY_SESSIONS,
    "ORA-00020": _TOO_MANY_SESSIONS,
    "ORA-00257": Entry(
        503,
        "The database's archive area is full, and only its DBAs may log in; ask them.",
    ),
    "ORA-01033": _STARTING,
    "ORA-01034": _STARTING,
    "ORA-01089": _STOPPED_ON_US,
    "ORA-01090": _STARTING,
    "ORA-01092": _STOPPED_ON_US,
    "ORA-01109": _STARTING,
    "ORA-01154": _STARTING,
    "ORA-01155": _STARTING,
    "ORA-01219": _STARTING,
    "ORA-01507": _STARTING,
    "ORA-10997": _STARTING,
    "ORA-12526": _STARTING,
    "ORA-12527": _STARTING,
    "ORA-12528": _STARTING,
    "ORA-16456": _STARTING,
    "DPY-4005": Entry(
        503,
        "All sessions to this database are busy; try again.",
        retryable=True,
        retry_after_seconds=1,
    ),
    # ended before it was done
    "ORA-01013": Entry(409, "The query was cancelled."),
    "DPY-4024": Entry(504, "The query took longer than its limit; narrow it or raise timeout_ms."),
    # the statement
    "ORA-00900": _statement("This is not a statement the database knows; check its first word."),
    "ORA-00901": _statement("The word after CREATE is not known."),
    "ORA-00902": _statement("The data type is not known."),
    "ORA-00903": _statement("The table name is not valid; check it, or put it in double quotes."),
    "ORA-00904": _statement("The column does not exist; check its name and the table's alias."),
    "ORA-00905": _statement("A keyword is missing."),
    "ORA-00906": _statement("A left parenthesis is missing."),
    "ORA-00907": _statement("A right parenthesis is missing, or something stands where it should."),
    "ORA-00909": _statement("A function has the wrong number of arguments."),
    "ORA-00911": _statement("The statement holds a character that is not allowed there."),
    "ORA-00913": _statement("There are more values than columns."),
    "ORA-00917": _statement("A comma is missing."),
    "ORA-00918": _statement("A column name exists in several tables; put the table in front."),
    "ORA-00920": _statement("A condition lacks its comparison."),
    "ORA-00923": _statement("FROM is missing or misplaced; check the commas before it."),
    "ORA-00932": _statement("Two values of different types meet; convert one of them."),
    "ORA-00933": _statement("The statement ends oddly; look at its last words."),
    "ORA-03049": _statement("The statement ends oddly; look at its last words."),
    "ORA-00936": _statement("An expression is missing; look for a comma or operator too many."),
    "ORA-00937": _statement("A column next to an aggregate must be in GROUP BY."),
    "ORA-00942": _statement("Check the schema, the name and your grants."),
    "ORA-00947": _statement("There are fewer values than columns."),
    "ORA-00957": _statement("A column name is given twice."),
    "ORA-00979": _statement("Each selected column must be in GROUP BY or inside an aggregate."),
    "ORA-01000": _statement("Ask for fewer rows with cursors inside, or have OPEN_CURSORS raised."),
    "ORA-01006": _BINDS,
    "ORA-01008": _BINDS,
    "ORA-01036": _BINDS,
    "ORA-01427": _statement("A subquery gave more than one row where one was expected."),
    "ORA-01476": _statement("A value was divided by zero."),
    "ORA-01722": _statement("A text that is not a number was used as one."),
    "ORA-01740": _statement("A double quote is not closed."),
    "ORA-01747": _statement("A column name is not valid; a reserved word needs double quotes."),
    "ORA-01756": _statement("A single quote is not closed."),
    "ORA-01775": _statement("The synonyms lead in a circle; name the table itself."),
    "ORA-01789": _statement("The parts of a UNION must have the same number of columns."),
    "ORA-01790": _statement("The parts of a UNION must have the same types."),
    "ORA-01830": _statement("The date text is longer than its format."),
    "ORA-01840": _statement("The date text is shorter than its format."),
    "ORA-01841": _statement("The year must lie between -4713 and 9999 and not be 0."),
    "ORA-01843": _statement("The month in a date text is not valid for its format."),
    "ORA-01847": _statement("The day of the month in a date text is not valid."),
    "ORA-01858": _statement("A date text has a letter where its format wants a digit."),
    "ORA-01861": _statement("A date text does not match its format; use TO_DATE with one."),
    "ORA-01882": _statement("The time zone region is not one that the database knows."),
    "ORA-03048": _statement("A reserved word stands where it is not allowed."),
    "ORA-24344": _statement("It was created but does not compile; see USER_ERRORS."),
    "ORA-00001": _statement("A row with this key exists already."),
    "ORA-01400": _statement("A column that must have a value got NULL."),
    "ORA-01438": _statement("A number is larger than its column allows."),
    "ORA-12899": _statement("A text is longer than its column allows."),
    "ORA-02290": _statement("A check constraint refuses the value."),
    "ORA-02291": _statement("The parent row does not exist."),
    "ORA-02292": _statement("Child rows exist."),
    "ORA-06550": _statement("The PL/SQL block does not compile; see the lines in the message."),
    "ORA-01031": _PRIVILEGE,
    "ORA-41900": _PRIVILEGE,
    # the database ran short of something, or something changed underneath
    "ORA-01555": _short_of(
        "The rows changed while the query ran; narrow it or run it when less is written."
    ),
    "ORA-01652": _short_of(
        "The database has no temporary space left for this query; narrow it or ask the DBA.", None
    ),
    "ORA-04031": _short_of("The database is short of shared memory; try again, or ask the DBA."),
    "ORA-00060": _short_of("Two transactions waited for each other; try again.", 1),
    "ORA-30006": _short_of("Another session holds the rows; try again.", 1),
    "ORA-00054": _short_of("Another session holds the rows; try again.", 1),
    "ORA-08177": _CHANGED_UNDERNEATH,
    "ORA-04068": _CHANGED_UNDERNEATH,
    "ORA-04061": _CHANGED_UNDERNEATH,
    # our own refusals
    "BAD_REQUEST": Entry(400, "Send a well-formed HTTP/1.1 request."),
    "BAD_JSON": Entry(400, "Send one JSON object in UTF-8."),
    "NO_STATEMENT": Entry(400, "Enter a SELECT statement."),
    "MULTIPLE_STATEMENTS": Entry(400, "Send one statement at a time."),
    "ODD_CHARACTER": Entry(400, "Put an ordinary blank or line break in its place."),
    "UNSUPPORTED_TYPE": Entry(400, "Leave the column out, or convert it with TO_CHAR."),
    "VALUE_OUT_OF_RANGE": Entry(
        400, "Run it again: from now on the database writes such values out itself."
    ),
    "INEXACT_VALUE": Entry(
        400,
        "Select the part by itself: t.column.attribute, or the elements with TABLE(t.column); of "
        "JSON, JSON_SERIALIZE(column RETURNING CLOB).",
    ),
    "MALFORMED_VALUE": Entry(
        400,
        "What arrived is no value of that type: look for a redaction policy on the column, or for "
        "what changes data on the network.",
    ),
    "BAD_CHARACTERS": Entry(400, "The database holds text that is not in its character set."),
    "LOB_TOO_LARGE": Entry(400, "Leave the column out, read a part of it, or raise the limit."),
    # comparing
    "NOT_ORDERED": Entry(
        400,
        "In sql, select ASCIISTR(column) under a name of its own and use that in key, since its "
        "order is one in every character set; with order given, sort by the key, ascending, "
        "NULLS LAST.",
    ),
    "DUPLICATE_KEY": Entry(
        400,
        "Name more columns in key until it tells the rows apart, filter or group the rows in sql, "
        'or set key to "row" to count equal rows.',
    ),
    "NO_KEY": Entry(
        400,
        "Name in key the columns that tell the rows apart on both sides, or set it to "
        '"row" to compare whole rows.',
    ),
    "NO_SUCH_COLUMN": Entry(
        400,
        "Check the spelling (a column created in double quotes keeps its case), or give the column "
        "this name in sql, with AS.",
    ),
    "REPEATED_COLUMN": Entry(400, "In sql, give each column a name of its own with AS."),
    "NOTHING_TO_COMPARE": Entry(
        400, "In sql, bring columns to one name with AS, and to one type with CAST, on both sides."
    ),
    "KEY_TYPE": Entry(
        400,
        "In sql, bring the column to one plain type on both sides (RTRIM for CHAR, SYS_EXTRACT_UTC "
        "for a time zone, CAST for others), or leave it out of the key.",
    ),
    "POOL_TOO_SMALL": Entry(
        400, "Each side needs a session of its own: start the sidecar with --pool-max 2 or more."
    ),
    "TOKEN_NEEDED": Entry(401, "Send the header Authorization: Bearer <token>."),
    "ORIGIN_NOT_ALLOWED": Entry(403, "Start the sidecar with --allow-origin for this page."),
    "ORIGIN_NOT_ALLOWED none of its own": Entry(
        403,
        "A page from a file or in a sandboxed frame cannot be allowed; serve it from "
        "http://localhost, and start the sidecar with --allow-origin for that.",
    ),
    "READ_ONLY": Entry(403, "Only SELECT and WITH run here; nothing was changed."),
    "NOT_FOUND": Entry(404, "See GET /openapi.json for the paths there are."),
    "METHOD_NOT_ALLOWED": Entry(405, "Use a method that the Allow header names."),
    "TOO_SLOW": Entry(408, "Send the whole request sooner."),
    "LENGTH_NEEDED": Entry(411, "Send Content-Length, or a chunked body."),
    "BODY_TOO_LARGE": Entry(413, "Send a smaller body."),
    "NOT_JSON": Entry(415, "Send the header Content-Type: application/json."),
    "NOT_UTF8": Entry(415, "Send the body in UTF-8, and say no other charset."),
    "CODED_BODY": Entry(415, "Send the body without Content-Encoding, as it is."),
    "WRONG_HOST": Entry(421, "Call it as 127.0.0.1 or localhost, with its port."),
    "BAD_FIELD": Entry(422, "Correct the field that the message names."),
    "HEADERS_TOO_LARGE": Entry(431, "Send fewer or shorter headers."),
    "INTERNAL": Entry(500, "This is a defect of the sidecar; its log says more."),
    "TOO_MANY_REQUESTS": Entry(
        503, "Too many requests run at once; try again.", retryable=True, retry_after_seconds=1
    ),
    "TOO_MANY_POOLS": Entry(
        503,
        "Too many databases are in use at once; try again.",
        retryable=True,
        retry_after_seconds=1,
    ),
    "SHUTTING_DOWN": Entry(
        503, "The sidecar is stopping; start it again.", retryable=True, retry_after_seconds=1
    ),
}


def refuse(kind: str, message: str) -> ApiError:
    """One of our own refusals, or a code of the catalogue that we notice ourselves."""
    return from_entry(kind, CATALOGUE[kind], message)


def from_entry(code: str, entry: Entry, message: str) -> ApiError:
    """The error that an entry of the catalogue makes of a message."""
    error = ApiError(entry.status, code, message, entry.hint, entry.retryable, entry.session_dead)
    if entry.retry_after_seconds is not None:
        error.headers["Retry-After"] = str(entry.retry_after_seconds)
    if entry.status == 401:
        error.headers["WWW-Authenticate"] = "Bearer"
    return error
