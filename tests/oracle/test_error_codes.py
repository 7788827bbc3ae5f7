"""Who says an error, and what becomes of the session: through the driver, and from its words."""

from __future__ import annotations

import errno
import json
import os
import sys

import pytest

from common.errors import CATALOGUE
from oracle.error_codes import from_login, from_oracle
from tests.fake_oracle import Answer, FakeOracle, Fault, Step
from tests.harness import Answer as HttpAnswer
from tests.harness import Sidecar, connection

LINK = "ORA-02063: preceding line from PROD_LINK"
AT_LINE = 'ORA-06512: at "APP.CHECKS", line 12'

# code, the text behind it, what is told: words of others that stand in a statement's error.
PASSED_ON = [
    (1017, f"invalid username/password; logon denied\n{LINK}", "ORA-01017"),
    (28000, f"the account is locked\n{LINK}", "ORA-28000"),
    (1045, f"user APP lacks CREATE SESSION privilege; logon denied\n{LINK}", "ORA-01045"),
    (1031, f"insufficient privileges\n{LINK}", "ORA-01031"),
    (1555, f"snapshot too old\n{LINK}", "ORA-01555"),
    (8177, f"can't serialize access for this transaction\n{LINK}", "ORA-08177"),
    (604, f"error occurred at recursive SQL level 1\nORA-01017: denied\n{LINK}", "ORA-01017"),
    (2068, "following severe error from PROD_LINK\nORA-03113: end-of-file", "ORA-03113"),
    (2068, "following severe error from PROD_LINK\nORA-01033: initialization", "ORA-01033"),
    (12541, "TNS:no listener", "ORA-12541"),
    (12170, "TNS:Connect timeout occurred", "ORA-12170"),
    (12154, "TNS:could not resolve the connect identifier specified", "ORA-12154"),
    (20001, "lost:\nORA-03113: end-of-file on communication channel", "ORA-20001"),
    (20999, f"see below\n{AT_LINE}\nORA-01017: invalid username/password", "ORA-20999"),
    (1017, f"invalid username/password\n{AT_LINE}", "ORA-01017"),
    (28000, f"the account is locked\n{AT_LINE}", "ORA-28000"),
    (60, f"deadlock detected while waiting for resource\n{AT_LINE}", "ORA-00060"),
]


def ask(sidecar: Sidecar, conn: dict[str, object]) -> HttpAnswer:
    return sidecar.post("/query", {"connection": conn, "sql": "SELECT 1 AS one FROM dual"})


@pytest.mark.parametrize(("code", "text", "full_code"), PASSED_ON)
def test_an_error_that_was_only_passed_on_is_the_statement_s_and_its_session_lives_on(
    sidecar: Sidecar, database: FakeOracle, code: int, text: str, full_code: str
) -> None:
    conn = connection(database.dsn())
    assert ask(sidecar, conn).status == 200
    database.faults.add(Fault(Step.EXECUTE, Answer(code, text)))

    passed_on = ask(sidecar, conn)
    following = ask(sidecar, conn)

    assert (passed_on.status, passed_on.detail["full_code"]) == (400, full_code)
    assert passed_on.detail["retryable"] is False
    assert passed_on.detail["message"] == f"ORA-{code:05d}: {text}"
    assert following.status == 200
    assert database.counts().logins == 1


def test_a_session_that_a_link_s_error_ended_is_replaced_without_running_the_statement_again(
    sidecar: Sidecar, database: FakeOracle
) -> None:
    conn = connection(database.dsn())
    text = f"end-of-file on communication channel\n{LINK}"
    database.faults.add(Fault(Step.EXECUTE, Answer(3113, text)))

    passed_on = ask(sidecar, conn)
    following = ask(sidecar, conn)

    assert (passed_on.status, passed_on.detail["full_code"]) == (400, "ORA-03113")
    assert passed_on.detail["message"] == f"ORA-03113: {text}"
    assert following.status == 200
    assert database.counts().logins == 2


# Codes that end a session; the driver knows some of them, and of others only the socket tells.
ENDS = [2399, 41, 31, 45, 600, 602, 603, 1041, 2390, 12153, 12571, 56600]


@pytest.mark.parametrize("code", ENDS)
def test_a_read_whose_session_is_ended_with_an_error_runs_once_more_on_a_fresh_one(
    sidecar: Sidecar, database: FakeOracle, code: int
) -> None:
    database.faults.add(Fault(Step.EXECUTE, Answer(code, "scripted")))

    answer = ask(sidecar, connection(database.dsn()))

    assert (answer.status, answer.json["rows"]) == (200, [[1]])
    assert database.counts().logins == 2


@pytest.mark.parametrize("code", ENDS)
def test_an_error_that_ends_each_session_is_told_as_a_lost_one_after_two(
    sidecar: Sidecar, database: FakeOracle, code: int
) -> None:
    always = database.faults.add(Fault(Step.EXECUTE, Answer(code, "scripted"), times=None))

    answer = ask(sidecar, connection(database.dsn()))

    assert (answer.status, answer.detail["full_code"]) == (502, f"ORA-{code:05d}")
    assert answer.detail["hint"]
    assert answer.detail["retryable"] is True
    assert database.counts().logins == 2
    always.remove()
    assert ask(sidecar, connection(database.dsn())).status == 200


def test_code_that_was_running_when_its_session_was_killed_does_not_hide_that(
    sidecar: Sidecar, database: FakeOracle
) -> None:
    text = f"your session has been killed\n{AT_LINE}"
    database.faults.add(Fault(Step.EXECUTE, Answer(28, text)))

    assert ask(sidecar, connection(database.dsn())).status == 200

    assert database.counts().logins == 2


@pytest.mark.parametrize("code", [22999, 1426, 30926])
def test_an_unlisted_error_of_a_session_that_answers_is_the_statement_s(
    sidecar: Sidecar, database: FakeOracle, code: int
) -> None:
    conn = connection(database.dsn())
    database.faults.add(Fault(Step.EXECUTE, Answer(code, "scripted")))

    answer = ask(sidecar, conn)

    assert (answer.status, answer.detail["full_code"]) == (400, f"ORA-{code:05d}")
    assert ask(sidecar, conn).status == 200
    assert database.counts().logins == 1


@pytest.mark.parametrize("code", [1001, 1002, 1023, 3106])
def test_a_session_that_is_out_of_step_with_the_database_is_not_lent_again(
    sidecar: Sidecar, database: FakeOracle, code: int
) -> None:
    database.faults.add(Fault(Step.EXECUTE, Answer(code, "invalid cursor"), times=3))

    first, second = (ask(sidecar, connection(database.dsn())) for _ in range(2))

    assert (first.status, first.detail["full_code"]) == (400, f"ORA-{code:05d}")
    assert second.json["rows"] == [[1]]
    assert database.counts().logins == 4


# code, the text behind it, status, code that is told: what a login may be answered.
AT_LOGIN = [
    (604, f"error occurred at recursive SQL level 1\nORA-20001: not today\n{AT_LINE}", 403, 20001),
    (604, f"error occurred at recursive SQL level 1\nORA-01017: denied\n{LINK}", 403, 1017),
    (28046, "password change for SYS is prohibited", 403, 28046),
    (28007, "the password cannot be reused", 403, 28007),
    (1012, "not logged on", 502, 1012),
    (604, "error occurred at recursive SQL level 1\nORA-00942: does not exist", 502, 942),
    (30072, "invalid time zone value", 502, 30072),
]


@pytest.mark.parametrize(("code", "text", "status", "told"), AT_LOGIN)
def test_a_login_that_fails_for_a_reason_of_its_own_has_a_hint(
    sidecar: Sidecar, database: FakeOracle, code: int, text: str, status: int, told: int
) -> None:
    database.faults.add(Fault(Step.AUTH_TWO, Answer(code, text)))

    answer = sidecar.post("/test-connection", {"connection": connection(database.dsn())})

    assert (answer.status, answer.detail["full_code"]) == (status, f"ORA-{told:05d}")
    assert answer.detail["hint"]


LOCAL = [
    (OSError(errno.EMFILE, "Too many open files"), 503, "OUT_OF_RESOURCES"),
    (OSError(errno.ENOSPC, "No space left on device"), 503, "OUT_OF_RESOURCES"),
    (FileNotFoundError(errno.ENOENT, "No such file or directory"), 500, "FILE_UNREADABLE"),
    (PermissionError(errno.EACCES, "denied", "/w/tnsnames.ora"), 500, "FILE_UNREADABLE"),
    (ModuleNotFoundError("No module named 'encodings.idna'"), 500, "DPY-3016"),
    (LookupError("unknown encoding: idna"), 500, "DPY-3016"),
    (OSError(errno.EHOSTUNREACH, "No route to host"), 502, "ORA-12543"),
    (PermissionError(errno.EACCES, "Permission denied"), 502, "DPY-6005"),
]


@pytest.mark.parametrize(("trouble", "status", "full_code"), LOCAL)
def test_what_is_no_network_s_error_does_not_send_its_reader_to_the_vpn(
    trouble: Exception, status: int, full_code: str
) -> None:
    wrapped = RuntimeError(f"DPY-6005: cannot connect to database.\n{trouble}")
    wrapped.__cause__ = trouble

    for error in (from_oracle(trouble), from_login(wrapped)):
        assert (error.status, error.full_code) == (status, full_code)
        assert error.hint == CATALOGUE[full_code].hint


@pytest.mark.skipif(sys.platform != "linux", reason="needs prlimit(2)")
def test_a_process_without_descriptors_says_so(database: FakeOracle) -> None:
    import resource

    with Sidecar() as crowded:
        # What the first login imports needs descriptors, too.
        assert ask(crowded, connection(database.dsn())).status == 200
        caller = crowded.http()
        caller.request("GET", "/health")
        caller.getresponse().read()
        other = connection(database.dsn(), "app", "app_pw")
        body = json.dumps({"connection": other, "sql": "SELECT 1 FROM dual"})
        pid = crowded.process.pid
        most = max(map(int, os.listdir(f"/proc/{pid}/fd"))) + 1
        before = resource.prlimit(pid, resource.RLIMIT_NOFILE)
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (most, before[1]))

        caller.request("POST", "/query", body, {"Content-Type": "application/json"})
        response = caller.getresponse()
        detail = json.loads(response.read())["detail"]
        resource.prlimit(pid, resource.RLIMIT_NOFILE, before)

        assert (response.status, detail["full_code"]) == (503, "OUT_OF_RESOURCES")
        assert detail["hint"] == CATALOGUE["OUT_OF_RESOURCES"].hint
        assert ask(crowded, other).status == 200
        caller.close()
