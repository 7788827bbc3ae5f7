"""What of a connect string may be shown, and what in it is taken for credentials."""

from __future__ import annotations

import sys

import oracledb
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from connect_strings.written import (
    DESCRIPTOR_NAMES,
    EASY_NAMES,
    holds_credentials,
    shown,
    without_jdbc_prefix,
)
from tests.growth import assert_linear

SHOWN_AS_IT_IS = [
    "host:1521/service",
    "tcps://[::1]:2484/svc.example.com:pooled/inst?expire_time=2&retry_count=3",
    'tcps://h/s?ssl_server_cert_dn="CN=a b,O=c@d"&wallet_location=/home/a@b',
    "DEV",
    " (DESCRIPTION = (ADDRESS_LIST=(FAILOVER=ON)(ADDRESS=(PROTOCOL=tcp)(HOST=h)(PORT=1)))\n"
    '  (CONNECT_DATA=(SERVICE_NAME="a b")(SERVER=dedicated)(FAILOVER_MODE=(TYPE=select))))',
]


@pytest.mark.parametrize("connect_string", SHOWN_AS_IT_IS)
def test_what_the_driver_knows_is_shown_as_it_is_written(connect_string: str) -> None:
    assert shown(connect_string) == connect_string
    assert not holds_credentials(connect_string)


@pytest.mark.parametrize(
    ("connect_string", "masked"),
    [
        ("h/s?pw=SECRET&sdu=8192", "h/s?***=***&sdu=8192"),
        ("h/s?SECRET", "h/s?***"),
        ("h/s?pw=a&SECRET=b", "h/s?***=***&***=***"),
        (
            "(DESCRIPTION=(ADDRESS=(HOST=h))(PWD=SECRET))",
            "(DESCRIPTION=(ADDRESS=(HOST=h))(PWD=***))",
        ),
        (
            '(SECURITY=(token = "SE)CRET" )(SSL_VERSION=TLSv1.2))',
            "(SECURITY=(token = ***)(SSL_VERSION=TLSv1.2))",
        ),
        ("(CONNECT_DATA=(USER=SECRET)(SID=x))", "(CONNECT_DATA=(USER=***)(SID=x))"),
        ("(DESCRIPTION:SECRET)", "******)"),
        ("(DESCRIPTION=(HOST=h) SECRET)", "(DESCRIPTION=(HOST=h) ***)"),
    ],
)
def test_what_the_driver_would_pass_on_or_skip_is_masked(connect_string: str, masked: str) -> None:
    assert shown(connect_string) == masked


_STARTS = [
    *("(A=", "(PWD=", "(PWD=a(", '(PWD="a(', "(DESCRIPTION=(SID=x)(Y=("),
    *("h/s?", "h/s?x=", "h/s?x=a&"),
]


@given(st.sampled_from(_STARTS), st.text("=()&?\" x@/'#\n") | st.text())
@example("(DESCRIPTION=(SID=x)(Y=(", "=")
@example("h/s?", "=")
def test_no_secret_is_shown_whatever_stands_around_it(start: str, end: str) -> None:
    assert "SECRET" not in shown(f"{start}SECRET{end}")


@pytest.mark.parametrize(
    "start", ["jdbc:oracle:thin:@", "JDBC:Oracle:Thin:@", "  jdbc:oracle:thin:@"]
)
def test_the_prefix_of_a_jdbc_url_is_skipped(start: str) -> None:
    assert without_jdbc_prefix(f"{start}//h:1521/svc") == "//h:1521/svc"
    assert without_jdbc_prefix(f"{start}(DESCRIPTION=(ADDRESS=(HOST=h)))").startswith("(DESC")


def test_the_names_that_are_shown_are_those_that_the_driver_knows() -> None:
    parsers = sys.modules[type(oracledb.ConnectParams()._impl).__module__]
    known = {
        *parsers.CONTAINER_PARAM_NAMES,
        *parsers.DESCRIPTION_PARAM_NAMES,
        *parsers.CONNECT_DATA_PARAM_NAMES,
        *parsers.SECURITY_PARAM_NAMES,
    }
    others = {other for other, name in parsers.ALTERNATIVE_PARAM_NAMES.items() if name in known}
    address = {"host", "port", "protocol", "https_proxy", "https_proxy_port"}

    assert known | others | address == DESCRIPTOR_NAMES
    assert parsers.COMMON_PARAM_NAMES | parsers.EXTRA_DESCRIPTION_PARAM_NAMES == EASY_NAMES


@pytest.mark.parametrize("start", ["", "(", "h/s?", "(A=", "u/p?"])
@pytest.mark.parametrize(
    "piece", ["?", "@", "&", "a=", "(", ")", '"', "(a=", " ", '(a="', "=", "a"]
)
def test_the_time_to_look_at_a_connect_string_grows_as_its_length_does(
    start: str, piece: str
) -> None:
    def look(text: str) -> None:
        shown(start + text + "@")
        holds_credentials(start + text + "@")

    assert_linear(look, piece)
