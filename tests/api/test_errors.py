"""Every row of the error catalogue, as a caller sees it through the real driver."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any

import pytest

from common import errors
from oracle.error_codes import from_oracle
from tests.fake_oracle import Answer, Close, FakeOracle, Fault, Silence, Step
from tests.harness import Sidecar, connection


@pytest.fixture(scope="module")
def standin() -> Iterator[FakeOracle]:
    """One for the whole table: each row takes its faults back."""
    with FakeOracle() as running:
        yield running


@pytest.fixture(autouse=True)
def no_fault_stays(standin: FakeOracle) -> Iterator[None]:
    yield
    standin.faults.clear()


@pytest.fixture(scope="module")
def patient() -> Iterator[Sidecar]:
    """One with short time limits for what never answers, so that this table does not take long."""
    with Sidecar("--connect-timeout", "1") as running:
        running.wait_for_driver()
        yield running


def ask(sidecar: Sidecar, conn: dict[str, object], sql: str = "SELECT 1 FROM dual") -> Any:
    return sidecar.post("/query", {"connection": conn, "sql": sql})


# code, status, retryable: what the database answers to the statement itself.
STATEMENT_CODES = [
    *[
        (code, 400, False)
        for code in (900, 903, 904, 906, 907, 911, 917, 918, 923, 933, 936, 942, 979, 1722)
    ],
    *[(code, 400, False) for code in (1747, 1756, 1789, 1830, 1843, 1861, 3048)],
    *[(code, 403, False) for code in (1031, 41900)],
    *[(code, 503, True) for code in (1555, 4031, 60, 30006, 8177, 4068, 4061)],
    (1652, 503, False),
    (1013, 409, False),
    *[(code, 503, True) for code in (1033, 1034, 1089, 1090, 2391, 18, 20)],
    *[(code, 502, True) for code in (28, 1012, 2396, 3113, 3114, 3135, 12537, 12547)],
    (20001, 400, False),
]


@pytest.mark.parametrize(("code", "status", "retryable"), STATEMENT_CODES)
def test_a_code_of_the_database_has_its_status_and_hint(
    sidecar: Sidecar, standin: FakeOracle, code: int, status: int, retryable: bool
) -> None:
    standin.faults.add(Fault(Step.EXECUTE, Answer(code, "scripted"), times=None))

    answer = ask(sidecar, connection(standin.dsn()))

    assert answer.status == status
    detail = answer.detail
    assert detail["full_code"] == f"ORA-{code:05d}"
    assert detail["code"] == code
    assert detail["retryable"] is retryable
    assert f"ORA-{code:05d}: scripted" in detail["message"]
    assert "Help:" not in detail["message"]
    entry = errors.CATALOGUE.get(f"ORA-{code:05d}")
    assert detail["hint"] == (entry.hint if entry else None)
    assert ("retry-after" in answer.headers) == (status == 503 and retryable)


LOGIN_CODES = [
    *[(code, 403, False) for code in (1017, 28000, 28001, 1045)],
    *[(code, 403, False) for code in (28009, 1035, 28030, 28150, 28183, 65162)],
    (20001, 403, False),  # a logon trigger's own words
    (28365, 503, False),
    *[(code, 503, True) for code in (1033, 1034, 1090, 2391, 18, 19, 20)],
    *[(code, 503, True) for code in (1109, 1154, 1155, 1219, 1507, 10997, 16456)],
    (257, 503, False),
    (28040, 501, False),
]


@pytest.mark.parametrize(("code", "status", "retryable"), LOGIN_CODES)
@pytest.mark.parametrize("path", ["/query", "/test-connection"])
def test_a_refused_login_has_its_status_and_leaves_no_pool(
    sidecar: Sidecar, standin: FakeOracle, path: str, code: int, status: int, retryable: bool
) -> None:
    standin.faults.add(Fault(Step.AUTH_TWO, Answer(code, "scripted")))
    # A connection of its own for each code: refusals are remembered.
    conn = connection(standin.dsn(), "app", "app_pw", wallet_password=f"{code}")

    answer = sidecar.post(path, {"connection": conn, "sql": "SELECT 1 FROM dual"})

    assert (answer.status, answer.detail["full_code"]) == (status, f"ORA-{code:05d}")
    assert answer.detail["retryable"] is retryable
    keys = [pool["key"] for pool in sidecar.get("/pools").json["pools"]]
    assert f"app@{standin.dsn()}" not in keys


# user, password: accounts that cannot log in, and why.
ACCOUNTS = [
    ("compare", "wrong", 403, "ORA-01017"),
    ("nobody", "wrong", 403, "ORA-01017"),
    ("locked", "locked_pw", 403, "ORA-28000"),
    ("expired", "expired_pw", 403, "ORA-28001"),
    ("nologin", "nologin_pw", 403, "ORA-01045"),
    ("oldpw", "oldpw_pw", 501, "DPY-3015"),
    ("directory", "directory_pw", 501, "DPY-3015"),
    ("limited", "limited_pw", 503, "ORA-02391"),
]


@pytest.mark.parametrize(("user", "password", "status", "full_code"), ACCOUNTS)
def test_an_account_that_cannot_log_in_says_why(
    sidecar: Sidecar, standin: FakeOracle, user: str, password: str, status: int, full_code: str
) -> None:
    answer = ask(sidecar, connection(standin.dsn(), user, password))

    assert (answer.status, answer.detail["full_code"]) == (status, full_code)
    assert answer.detail["hint"]


def test_the_two_unsupported_verifiers_have_hints_of_their_own(
    sidecar: Sidecar, standin: FakeOracle
) -> None:
    old = ask(sidecar, connection(standin.dsn(), "oldpw", "oldpw_pw")).detail
    directory = ask(sidecar, connection(standin.dsn(), "directory", "directory_pw")).detail

    assert old["hint"] == "Ask the DBA to reset your password so that it gets a 12C verifier."
    assert directory["hint"] == ("Use a database account; directory accounts need the full client.")


# service: what its listener does.
SERVICES = [
    ("NOSUCH", 502, "ORA-12514", "Check the service name; the database may still be starting."),
    ("OLD11G", 501, "DPY-3010", "This database is older than 12.1"),
    ("NNE", 501, "DPY-3001", "This database demands Oracle native encryption"),
    ("NNE2", 501, "ORA-12660", "This database demands Oracle native encryption"),
    ("FULL", 503, "ORA-12516", "The database accepts no more connections now"),
    ("STARTING", 503, "ORA-01033", "The database is starting or stopping"),
]


@pytest.mark.parametrize(("service", "status", "full_code", "hint"), SERVICES)
def test_a_listener_that_refuses_is_explained_by_the_innermost_code(
    sidecar: Sidecar, standin: FakeOracle, service: str, status: int, full_code: str, hint: str
) -> None:
    answer = ask(sidecar, connection(standin.dsn(service)))

    assert (answer.status, answer.detail["full_code"]) == (status, full_code)
    assert answer.detail["hint"].startswith(hint)


@pytest.mark.parametrize("code", [12516, 12518, 12519, 12520, 12526, 12527])
def test_a_full_server_is_worth_another_try(
    sidecar: Sidecar, standin: FakeOracle, code: int
) -> None:
    standin.faults.add(Fault(Step.CONNECT, Answer(code)))

    answer = sidecar.post("/test-connection", {"connection": connection(standin.dsn())})

    assert (answer.status, answer.detail["full_code"]) == (503, f"ORA-{code}")
    assert answer.detail["retryable"] is True
    assert int(answer.headers["retry-after"]) > 0


def test_an_unknown_sid_is_named_as_such(sidecar: Sidecar, standin: FakeOracle) -> None:
    descriptor = (
        f"(DESCRIPTION=(ADDRESS=(PROTOCOL=tcp)(HOST={standin.host})(PORT={standin.port}))"
        "(CONNECT_DATA=(SID=NOSUCH)))"
    )

    answer = ask(sidecar, connection(descriptor))

    assert (answer.status, answer.detail["full_code"]) == (502, "ORA-12505")


# connect string: what is wrong with it.
CONNECT_STRINGS = [
    ("x", 400, ("DPY-4000", "DPY-4026", "DPY-4027")),
    ("host", 400, ("DPY-4000", "DPY-4026", "DPY-4027")),
    ("127.0.0.1:1521:ORCL", 400, ("DPY-4000", "DPY-4026", "DPY-4027", "DPY-4018", "DPY-4017")),
    ("(DESCRIPTION=(ADDRESS=(PROTOCOL=tcp)(HOST=h)(PORT=1)", 400, ("DPY-4017", "DPY-4018")),
    ("no-such-host.invalid:1521/DEV", 502, ("ORA-12545",)),
    ("a..b:1521/DEV", 502, ("ORA-12545",)),
    ("127.0.0.1:99999/DEV", 400, ("DPY-4017",)),
    ("(DESCRIPTION=(CONNECT_DATA=(SERVICE_NAME=x)))", 400, ("DPY-2049",)),
    ("http://127.0.0.1/DEV", 400, ("DPY-4021",)),
    ("127.0.0.1/DEV:banana", 400, ("DPY-4028",)),
    ("ldap://127.0.0.1:1/cn=x", 501, ("DPY-2056",)),
    ("config-file:///nowhere/config.json", 400, ("DPY-2056",)),
]


@pytest.mark.parametrize(
    ("connect_string", "status", "codes"), CONNECT_STRINGS, ids=[c[0] for c in CONNECT_STRINGS]
)
def test_a_wrong_connect_string_is_answered_and_leaves_no_pool(
    sidecar: Sidecar, connect_string: str, status: int, codes: tuple[str, ...]
) -> None:
    answer = ask(sidecar, connection(connect_string))

    assert answer.status == status
    assert answer.detail["full_code"] in codes
    assert answer.detail["hint"]
    keys = [pool["key"] for pool in sidecar.get("/pools").json["pools"]]
    assert f"compare@{connect_string}" not in keys


def test_a_closed_port_says_that_nothing_listens_there(sidecar: Sidecar) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

    answer = ask(sidecar, connection(f"127.0.0.1:{port}/DEV"))

    assert (answer.status, answer.detail["full_code"]) == (502, "ORA-12541")
    assert answer.detail["hint"] == "Nothing listens at that host and port; check both."


def test_a_port_that_accepts_and_says_nothing_ends_at_the_connect_time_limit(
    patient: Sidecar,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]

        answer = ask(patient, connection(f"127.0.0.1:{port}/DEV"))

    assert (answer.status, answer.detail["full_code"]) == (504, "ORA-12170")
    assert answer.detail["retryable"] is True


@pytest.mark.parametrize("step", [Step.ACCEPT, Step.CONNECT, Step.AUTH_ONE, Step.AUTH_TWO])
def test_a_login_that_is_never_answered_ends_at_the_connect_time_limit(
    patient: Sidecar, standin: FakeOracle, step: Step
) -> None:
    standin.faults.add(Fault(step, Silence()))

    answer = patient.post("/test-connection", {"connection": connection(standin.dsn())})

    assert (answer.status, answer.detail["full_code"]) == (504, "ORA-12170")
    standin.faults.clear()
    assert patient.post("/test-connection", {"connection": connection(standin.dsn())}).status == 200


@pytest.mark.parametrize("step", [Step.ACCEPT, Step.CONNECT, Step.AUTH_ONE, Step.AUTH_TWO])
def test_a_connection_dropped_at_any_step_of_the_login_is_a_lost_one(
    sidecar: Sidecar, standin: FakeOracle, step: Step
) -> None:
    standin.faults.add(Fault(step, Close()))

    answer = sidecar.post("/test-connection", {"connection": connection(standin.dsn())})

    assert (answer.status, answer.detail["full_code"]) == (502, "DPY-4011")


# What the driver says where no stand-in can make it say so: its own words, from its catalogue.
WORDS = [
    ("DPY-6000: cannot connect to database.\nORA-12660: encryption settings", 501, "ORA-12660"),
    ("DPY-3001: bequeath is only supported in thick mode", 400, "DPY-3001"),
    ("DPY-4033: the database closed the connection", 502, "DPY-4033"),
    ("DPY-4011: the database or network closed the connection", 502, "DPY-4011"),
    ("DPY-6005: cannot connect to database.\n[Errno 113] No route to host", 502, "ORA-12543"),
    ("DPY-6005: cannot connect to database.\n[WinError 10061] No connection", 502, "ORA-12541"),
    ("DPY-6005: cannot connect to database.\n[Errno 60] Operation timed out", 504, "ORA-12170"),
    ("DPY-6005: cannot connect to database.\n[Errno 8] nodename nor servname", 502, "ORA-12545"),
    ("DPY-6000: refused.\nORA-12528: TNS:listener: all blocking", 503, "ORA-12528"),
    ("DPY-6005: cannot connect.\nDPY-4011: lost\nORA-12592: TNS:bad packet", 502, "ORA-12592"),
    ("DPY-2018: wallet file /w/ewallet.pem was not found", 502, "DPY-2018"),
    ("DPY-6002: The distinguished name (DN) on the server certificate", 502, "DPY-6002"),
    ("DPY-6006: The name on the server certificate does not match", 502, "DPY-6006"),
    ("DPY-6005: cannot connect to database.\n[SSL: CERTIFICATE_VERIFY_FAILED]", 502, "DPY-6005"),
    ("DPY-2029: https_proxy requires use of the tcps protocol", 502, "DPY-2029"),
    ("DPY-6004: the proxy server responded with error", 502, "DPY-6004"),
    ("DPY-4001: no credentials specified", 422, "DPY-4001"),
    ("DPY-3029: unexpected token in connect string", 400, "DPY-3029"),
    ("DPY-4024: call timeout of 100 ms exceeded", 504, "DPY-4024"),
    ("DPY-4005: timed out waiting for the connection pool", 503, "DPY-4005"),
    ("DPY-3016: python-oracledb thin mode cannot be used", 500, "DPY-3016"),
    ("DPY-3022: named time zones are not supported", 501, "DPY-3022"),
    ("ORA-00604: error at recursive SQL level 1\nORA-01555: too old", 503, "ORA-01555"),
    ("ORA-20001: see ORA-01017 for more\nORA-06512: at line 1", 400, "ORA-20001"),
    ("ORA-00942: table or view does not exist\nORA-02063: from LINK", 400, "ORA-00942"),
    ("ORA-12154: TNS:could not resolve the identifier", 400, "ORA-12154"),
    ("ORA-01005: null password given", 422, "ORA-01005"),
    ("DPY-4022: invalid value for enumeration pool_boundary", 400, "DPY-4022"),
    ("DPY-4030: file 'a' includes file 'b', which forms a cycle", 400, "DPY-4030"),
    (
        'ORA-00942: table or view "U"."T" does not exist\n'
        "ORA-03301: (ORA-00942 details) Object, object in 'U' schema, was not found",
        400,
        "ORA-00942",
    ),
    (
        "ORA-04068: existing state of packages has been discarded\nORA-04065: not executed\n"
        'ORA-06508: PL/SQL: could not find program unit being called: "U.P"\nORA-06512: at line 1',
        503,
        "ORA-04068",
    ),
    ("ORA-06508: PL/SQL: could not find program unit being called", 400, "ORA-06508"),
    ("ORA-01555: snapshot too old\nORA-22924: snapshot too old", 503, "ORA-01555"),
    ("DPY-3001: Native Network Encryption is only supported in thick mode", 501, "DPY-3001"),
]


@pytest.mark.parametrize(("words", "status", "full_code"), WORDS, ids=[w[0][:40] for w in WORDS])
def test_the_driver_s_words_lead_to_the_code_that_explains_them(
    words: str, status: int, full_code: str
) -> None:
    error = from_oracle(RuntimeError(words))

    assert (error.status, error.full_code) == (status, full_code)
    assert error.message == words


def test_the_driver_s_advice_to_programmers_is_left_out(sidecar: Sidecar) -> None:
    conn = connection("ldap://127.0.0.1:1/cn=x")

    answer = sidecar.post("/test-connection", {"connection": conn})

    assert "register" in answer.detail["message"]
    assert "http" not in answer.detail["message"]


def test_a_bare_name_look_up_error_is_an_unknown_host() -> None:
    error = from_oracle(socket.gaierror(-2, "Name or service not known"))

    assert (error.status, error.full_code) == (502, "ORA-12545")


def test_every_entry_of_the_catalogue_is_covered_by_some_row() -> None:
    rows = {f"ORA-{row[0]:05d}" for row in (*STATEMENT_CODES, *LOGIN_CODES)}
    rows |= {row[3] for row in ACCOUNTS} | {row[2] for row in SERVICES} | {row[2] for row in WORDS}
    rows |= {code for _, _, codes in CONNECT_STRINGS for code in codes}
    rows |= {"ORA-12505", "ORA-12170", "ORA-12541", "ORA-12518", "ORA-12519", "ORA-12520"}
    rows |= {"ORA-12526", "ORA-12527"}
    documented = {code.partition(" ")[0] for code in errors.CATALOGUE if "-" in code}
    # Statements that are wrong differ in nothing but the hint: their shape is tested above.
    plain = {c for c, e in errors.CATALOGUE.items() if e.status == 400 and c.startswith("ORA-")}

    assert documented - plain - rows == {"DPY-1001", "DPY-6000", "ORA-01092", "ORA-00054"}
