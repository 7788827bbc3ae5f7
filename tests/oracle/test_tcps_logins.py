"""Logins over TCPS: wallets, certificates, proxies, and handshakes that go wrong."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from common.errors import CATALOGUE, Entry
from tests.fake_oracle import (
    Action,
    Authority,
    Close,
    FakeOracle,
    Fault,
    Garbage,
    Identity,
    Reset,
    Silence,
    Step,
    Tls,
)
from tests.fake_oracle.link.certificates import WALLET_FILE
from tests.harness import Answer, Sidecar, connection
from tests.http_server.test_callers import Footprint
from tests.impostors import Impostor, Proxy
from tests.witness import (
    CONNECT_SECONDS,
    ENDS,
    Timed,
    ask,
    assert_all_is_well,
    assert_nothing_is_left,
    assert_says,
    named,
    pools_to,
)

CERTIFICATE = CATALOGUE["DPY-2018"]
NO_TLS = CATALOGUE["DPY-6005 no TLS"]
LOST = CATALOGUE["DPY-4011"]
WALLET_PASSWORD = "MARK-wallet-6b1e"
WRONG_PASSWORD = "MARK-wallet-wrong-0d"


def assert_refused(answer: Answer, full_code: str, entry: Entry, words: str) -> None:
    assert (answer.status, answer.detail["full_code"]) == (502, full_code), answer.body
    assert answer.detail["hint"] == entry.hint
    assert answer.detail["retryable"] == entry.retryable
    assert words in answer.detail["message"]


def log_in(
    sidecar: Sidecar, dsn: str, wallet: str | Path | None, password: str | None = None
) -> Answer:
    location = None if wallet is None else str(wallet)
    conn = connection(dsn, wallet_location=location, wallet_password=password)
    return sidecar.post("/test-connection", {"connection": conn})


@pytest.mark.parametrize("table", ["all_values_basic", "all_values_more"])
def test_values_of_every_type_are_those_that_come_without_tls(
    sidecar: Sidecar, tls_database: FakeOracle, wallet: str, table: str
) -> None:
    sql = f"SELECT * FROM {table}"
    plain = ask(sidecar, connection(tls_database.dsn()), sql=sql).answer

    secure = ask(sidecar, connection(tls_database.tcps_dsn(), wallet_location=wallet), sql=sql)

    assert secure.answer.status == 200
    for key in ("columns", "column_types", "rows"):
        assert secure.answer.json[key] == plain.json[key]
    assert secure.answer.json["row_count"] > 10


@pytest.mark.parametrize("options", [{}, {"use_sni": "on"}], ids=["handed over", "SNI"])
def test_a_query_over_tls_leaves_nothing_but_its_pool(
    impatient: Sidecar, tls_database: FakeOracle, wallet: str, options: dict[str, str]
) -> None:
    conn = connection(tls_database.tcps_dsn(**options), wallet_location=wallet)

    assert_all_is_well(impatient, tls_database, conn)
    assert_all_is_well(impatient, tls_database, conn)

    counts = tls_database.counts()
    assert (counts.logins, counts.tls_handshakes) == (1, 1 if options else 2)


def test_a_listener_that_sends_one_elsewhere_is_followed_there_over_tls(
    impatient: Sidecar, tls_database: FakeOracle, wallet: str
) -> None:
    conn = connection(tls_database.tcps_dsn("REDIRECTED"), wallet_location=wallet)

    assert_all_is_well(impatient, tls_database, conn)


# Whom the client trusts, and whom it takes for whom.


def test_a_server_is_trusted_by_its_wallet_only(
    impatient: Sidecar, tls_database: FakeOracle, tmp_path: Path
) -> None:
    other = Authority("Somebody Else").wallet(tmp_path)
    for untrusting in (None, "SYSTEM", other):
        refused = log_in(impatient, tls_database.tcps_dsn(), untrusting)

        assert_refused(refused, "DPY-6005", CERTIFICATE, "certificate verify failed")
    assert tls_database.counts().logins == 0
    assert_nothing_is_left(impatient, tls_database)


def test_what_the_system_trusts_is_trusted_without_a_wallet_and_beside_one(
    tls_database: FakeOracle, wallet: str, tmp_path: Path
) -> None:
    other = Authority("Somebody Else").wallet(tmp_path)
    with Sidecar(env={"SSL_CERT_FILE": f"{wallet}/{WALLET_FILE}"}) as sidecar:
        for location in (None, other):
            assert log_in(sidecar, tls_database.tcps_dsn(), location).status == 200


# The name that the caller gives, what it asks to be checked, and what comes of it.
NAMES: list[tuple[str, str, str]] = [
    ("localhost", "", ""),
    ("127.0.0.1", "", "DPY-6006"),
    ("127.0.0.1", "?ssl_server_dn_match=off", ""),
    ("127.0.0.1", "?ssl_server_dn_match=false", ""),
    ("localhost", "?ssl_server_cert_dn=CN=localhost,O=Stand-in", ""),
    ("127.0.0.1", "?ssl_server_cert_dn=CN=localhost,O=Stand-in", ""),
    ("localhost", "?ssl_server_cert_dn=CN=other,O=Stand-in", "DPY-6002"),
]


@pytest.mark.parametrize(("host", "options", "full_code"), NAMES)
def test_the_server_must_have_the_name_that_was_asked_for(
    impatient: Sidecar,
    tls_database: FakeOracle,
    wallet: str,
    host: str,
    options: str,
    full_code: str,
) -> None:
    answer = log_in(impatient, f"tcps://{host}:{tls_database.tls_port}/DEV{options}", wallet)

    if full_code:
        assert_refused(answer, full_code, CERTIFICATE, "does not match")
    else:
        assert answer.status == 200, answer.body
    assert tls_database.counts().logins == (0 if full_code else 1)
    assert_nothing_is_left(impatient, tls_database)


def foreign_name(authority: Authority) -> Identity:
    return authority.issue("db.example", ["db.example", "*.example"])


def expired(authority: Authority) -> Identity:
    return authority.issue(days=(-3, -1))


def not_yet_valid(authority: Authority) -> Identity:
    return authority.issue(days=(1, 3))


@pytest.mark.parametrize(
    ("make", "full_code", "words"),
    [
        (foreign_name, "DPY-6006", 'does not match the expected value: "localhost"'),
        (expired, "DPY-6005", "certificate has expired"),
        (not_yet_valid, "DPY-6005", "certificate is not yet valid"),
    ],
)
def test_a_certificate_that_is_not_good_is_refused(
    impatient: Sidecar,
    authority: Authority,
    wallet: str,
    make: Callable[[Authority], Identity],
    full_code: str,
    words: str,
) -> None:
    with FakeOracle(tls=Tls(make(authority))) as database:
        refused = log_in(impatient, database.tcps_dsn(), wallet)

        assert_refused(refused, full_code, CERTIFICATE, words)
        assert_nothing_is_left(impatient, database)


def test_a_common_name_will_do(impatient: Sidecar, authority: Authority, wallet: str) -> None:
    with FakeOracle(tls=Tls(authority.issue("localhost", ()))) as database:
        assert log_in(impatient, database.tcps_dsn(), wallet).status == 200


def test_a_folder_that_is_no_wallet_is_told_as_such(
    impatient: Sidecar, tls_database: FakeOracle, tmp_path: Path
) -> None:
    missing = log_in(impatient, tls_database.tcps_dsn(), tmp_path)
    assert_refused(missing, "DPY-2018", CERTIFICATE, WALLET_FILE)

    (tmp_path / WALLET_FILE).write_text("no certificate")
    malformed = log_in(impatient, tls_database.tcps_dsn(), tmp_path)
    assert_refused(malformed, "DPY-6005", CERTIFICATE, "no certificate")


# Whom the server lets in.


@pytest.fixture(name="mutual")
def _mutual(authority: Authority) -> Iterator[FakeOracle]:
    """It wants to see a certificate of its clients."""
    with FakeOracle(tls=Tls(authority.issue(), clients=authority)) as running:
        yield running


@pytest.fixture(name="locked")
def _locked(authority: Authority, tmp_path: Path) -> Path:
    """A wallet whose key has a password."""
    return authority.wallet(tmp_path / "locked", authority.issue("app", ()), WALLET_PASSWORD)


def test_a_client_s_certificate_lets_it_in(
    impatient: Sidecar, mutual: FakeOracle, authority: Authority, locked: Path, tmp_path: Path
) -> None:
    open_one = authority.wallet(tmp_path / "open", authority.issue("app", ()))

    assert log_in(impatient, mutual.tcps_dsn(), open_one).status == 200
    answer = log_in(impatient, mutual.tcps_dsn(), locked, WALLET_PASSWORD)
    assert answer.status == 200


@pytest.mark.parametrize("password", [WRONG_PASSWORD, "", None], ids=["wrong", "empty", "none"])
def test_a_wallet_that_stays_locked_has_no_certificate_to_show(
    impatient: Sidecar,
    mutual: FakeOracle,
    tls_database: FakeOracle,
    locked: Path,
    password: str | None,
) -> None:
    refused = log_in(impatient, mutual.tcps_dsn(), locked, password)
    not_asked = log_in(impatient, tls_database.tcps_dsn(), locked, password)

    assert_refused(refused, "DPY-4011", CERTIFICATE, "certificate required")
    assert not_asked.status == 200
    assert mutual.counts().logins == 0
    assert_nothing_is_left(impatient, mutual)


def test_a_certificate_of_somebody_else_is_none(
    impatient: Sidecar, mutual: FakeOracle, authority: Authority, wallet: str, tmp_path: Path
) -> None:
    nothing = log_in(impatient, mutual.tcps_dsn(), wallet)
    assert_refused(nothing, "DPY-4011", CERTIFICATE, "certificate required")

    other = Authority("Somebody Else")
    folder = other.wallet(tmp_path, other.issue("app", ()))
    (folder / WALLET_FILE).write_bytes((folder / WALLET_FILE).read_bytes() + authority.pem)
    foreign = log_in(impatient, mutual.tcps_dsn(), folder)
    assert_refused(foreign, "DPY-4011", CERTIFICATE, "unknown ca")


def test_a_password_that_is_missing_is_not_asked_for_on_standard_input(
    mutual: FakeOracle, locked: Path
) -> None:
    with Sidecar(stdin=subprocess.PIPE) as sidecar:
        assert sidecar.process.stdin is not None
        sidecar.process.stdin.write(WALLET_PASSWORD.encode() + b"\n")
        sidecar.process.stdin.flush()

        refused = log_in(sidecar, mutual.tcps_dsn(), locked)

        assert_refused(refused, "DPY-4011", CERTIFICATE, "certificate required")
        sidecar.process.stdin.close()


def test_a_wallet_s_password_reaches_no_log_and_no_answer(
    mutual: FakeOracle, locked: Path, tmp_path: Path
) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    with Sidecar("--log-level", "debug", "--log-sql") as sidecar:
        answers = [
            log_in(sidecar, mutual.tcps_dsn(**options), folder, password)
            for options in ({}, {"ssl_server_cert_dn": "CN=x"})
            for folder in (locked, empty)
            for password in (WALLET_PASSWORD, WRONG_PASSWORD)
        ]
        told = [answer.body.decode() for answer in answers] + [sidecar.log_text()]

    assert [answer.status for answer in answers].count(200) == 1
    for mark in (WALLET_PASSWORD, WRONG_PASSWORD):
        assert not [text for text in told if mark in text]


# Handshakes that go wrong: the first one, and the one that the client is handed over to.


def ask_for_rows(sidecar: Sidecar, database: FakeOracle, wallet: str) -> Timed:
    return ask(sidecar, connection(database.tcps_dsn(), wallet_location=wallet))


def assert_all_is_well_again(sidecar: Sidecar, database: FakeOracle, wallet: str) -> None:
    conn = connection(database.tcps_dsn(), wallet_location=wallet)
    assert_all_is_well(sidecar, database, conn)


@pytest.mark.parametrize("skip", [0, 1], ids=["first", "anew"])
def test_a_handshake_that_never_ends_ends_at_the_connect_time_limit(
    impatient: Sidecar, tls_database: FakeOracle, wallet: str, skip: int
) -> None:
    assert_all_is_well_again(impatient, tls_database, wallet)
    tls_database.drop_sessions()
    footprint = Footprint(impatient)
    tls_database.faults.add(Fault(Step.HELLO, Silence(), skip=skip))

    timed = ask_for_rows(impatient, tls_database, wallet)

    assert_says(timed.answer, 504, "ORA-12170")
    assert timed.was_after(CONNECT_SECONDS)
    assert pools_to(impatient, tls_database) == []
    tls_database.faults.clear()
    assert_all_is_well_again(impatient, tls_database, wallet)
    footprint.assert_back_to_normal()


@pytest.mark.parametrize("skip", [0, 1], ids=["first", "anew"])
@pytest.mark.parametrize(
    ("action", "full_code", "entry"),
    [
        (Close(), "DPY-6005", NO_TLS),
        (Reset(), "DPY-4011", LOST),
        (Garbage(), "DPY-6005", NO_TLS),
    ],
    ids=named,
)
def test_a_handshake_that_is_broken_off_is_told_at_once(
    impatient: Sidecar,
    tls_database: FakeOracle,
    wallet: str,
    action: Action,
    full_code: str,
    entry: Entry,
    skip: int,
) -> None:
    tls_database.faults.add(Fault(Step.HELLO, action, skip=skip))

    timed = ask_for_rows(impatient, tls_database, wallet)

    assert_refused(timed.answer, full_code, entry, "")
    assert timed.was_at_once()
    assert pools_to(impatient, tls_database) == []
    assert_all_is_well_again(impatient, tls_database, wallet)


@pytest.mark.parametrize("step", [Step.CONNECT, Step.PROTOCOL, Step.AUTH_TWO], ids=named)
@pytest.mark.parametrize(("action", "full_code"), ENDS, ids=named)
def test_a_login_that_is_broken_off_behind_the_handshake_is_told_as_without_tls(
    impatient: Sidecar,
    tls_database: FakeOracle,
    wallet: str,
    action: Action,
    full_code: str,
    step: Step,
) -> None:
    tls_database.faults.add(Fault(step, action, skip=int(step is Step.CONNECT)))

    timed = ask_for_rows(impatient, tls_database, wallet)

    assert_says(timed.answer, 502, full_code)
    assert timed.was_at_once()
    assert_all_is_well_again(impatient, tls_database, wallet)


def test_a_port_without_tls_is_told_as_such(
    impatient: Sidecar, tls_database: FakeOracle, wallet: str
) -> None:
    closes = ask(
        impatient, connection(f"tcps://localhost:{tls_database.port}/DEV", wallet_location=wallet)
    )
    with Impostor(b"\0\x20\0\0\x04\0\0\0\x22\0\0\x14(ERR=12514)") as listener:
        refuses = ask(
            impatient, connection(f"tcps://localhost:{listener.port}/DEV", wallet_location=wallet)
        )

    for timed in (closes, refuses):
        assert_refused(timed.answer, "DPY-6005", NO_TLS, "SSL")
        assert timed.was_at_once()
    assert_nothing_is_left(impatient, tls_database)


def test_a_port_with_tls_drops_who_speaks_none(
    impatient: Sidecar, tls_database: FakeOracle
) -> None:
    timed = ask(impatient, connection(f"localhost:{tls_database.tls_port}/DEV"))

    assert_says(timed.answer, 502, "DPY-4011")
    assert timed.was_at_once()
    assert_nothing_is_left(impatient, tls_database)


# Through an HTTPS proxy.


def through(database: FakeOracle, proxy_port: int, scheme: str = "tcps") -> str:
    port = database.tls_port if scheme == "tcps" else database.port
    proxy = f"https_proxy=127.0.0.1&https_proxy_port={proxy_port}"
    return f"{scheme}://localhost:{port}/DEV?{proxy}"


def test_a_proxy_is_asked_for_the_database_and_tls_goes_through_it(
    impatient: Sidecar, tls_database: FakeOracle, wallet: str
) -> None:
    with Proxy() as proxy:
        conn = connection(through(tls_database, proxy.port), wallet_location=wallet)

        assert_all_is_well(impatient, tls_database, conn)

        assert proxy.asked == [f"CONNECT localhost:{tls_database.tls_port} HTTP/1.1"]


def test_a_proxy_that_refuses_is_told_as_such(
    impatient: Sidecar, tls_database: FakeOracle, wallet: str
) -> None:
    with Proxy(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n") as proxy:
        refused = log_in(impatient, through(tls_database, proxy.port), wallet)

    assert_refused(refused, "DPY-6004", CATALOGUE["DPY-6004"], "407 Proxy Authentication Required")
    assert_nothing_is_left(impatient, tls_database)


def test_a_proxy_needs_tls_behind_it(impatient: Sidecar, tls_database: FakeOracle) -> None:
    with Proxy() as proxy:
        refused = log_in(impatient, through(tls_database, proxy.port, "tcp"), None)

        assert_refused(refused, "DPY-2029", CATALOGUE["DPY-2029"], "requires use of the tcps")
        assert proxy.asked == []


def test_a_proxy_that_leads_nowhere_ends_at_the_connect_time_limit(
    impatient: Sidecar, tls_database: FakeOracle, wallet: str
) -> None:
    with Impostor(b"HTTP/1.1 200 OK\r\n\r\n") as proxy:
        timed = ask(
            impatient, connection(through(tls_database, proxy.port), wallet_location=wallet)
        )

    assert_says(timed.answer, 504, "ORA-12170")
    assert timed.was_after(CONNECT_SECONDS)
    assert_nothing_is_left(impatient, tls_database)
