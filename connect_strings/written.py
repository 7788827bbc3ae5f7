"""A connect string as it is written: what of it may be shown, and whether it holds credentials.

Nothing here asks the driver, which may still be loading when a request is read. What counts is what
the driver would take a part for: parts that it knows are shown, whatever it only passes on to the
database, or does not know at all, may be a secret under any name and is masked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

JDBC_PREFIX = "jdbc:oracle:thin:@"
MASK = "***"
MOST_REMEMBERED_CHARACTERS = 2000

# impl/base/parsers.pyx, where each list of names is, and Address.set_from_args. In a descriptor:
DESCRIPTOR_NAMES = frozenset(
    {
        *("address", "address_list", "connect_data", "description", "description_list"),
        *("security", "expire_time", "failover", "load_balance", "source_route", "retry_count"),
        *("retry_delay", "sdu", "tcp_connect_timeout", "transport_connect_timeout", "use_sni"),
        *("cclass", "pool_connection_class", "connection_id_prefix", "instance_name"),
        *("pool_boundary", "pool_name", "purity", "pool_purity", "server_type", "server"),
        *("service_name", "sid", "use_tcp_fast_open", "ssl_server_cert_dn", "ssl_server_dn_match"),
        *("ssl_version", "wallet_location", "my_wallet_directory"),
        *("host", "port", "protocol", "https_proxy", "https_proxy_port"),
    }
)
# Behind the `?` of an EZConnect string:
EASY_NAMES = frozenset(
    {
        *("expire_time", "failover", "https_proxy", "https_proxy_port", "load_balance"),
        *("pool_boundary", "pool_name", "pool_connection_class", "pool_purity", "retry_count"),
        *("retry_delay", "sdu", "source_route", "ssl_server_cert_dn", "ssl_server_dn_match"),
        *("transport_connect_timeout", "use_sni", "wallet_location"),
        *("enable", "recv_buf_size", "send_buf_size"),
    }
)
# What is passed on, and known to be no secret: Oracle Net Services Reference, chapter 6.
_PASSED_ON = frozenset(
    {
        *("enable", "recv_buf_size", "send_buf_size", "type_of_service", "failover_mode", "type"),
        *("method", "retries", "delay", "backup", "global_name", "hs", "colocation_tag"),
    }
)
# What a value that is masked may be called.
_MASKED = frozenset({"user", "password", "pwd", "token", "cid", "program"})
# A folder and a certificate's subject may have an @ in them; anywhere else it ends credentials.
_MAY_HOLD_AN_AT = frozenset({"wallet_location", "my_wallet_directory", "ssl_server_cert_dn"})

_PIECE = re.compile(
    r"""
      (?P<open>  \(\s*(?P<name>[\w.]+)\s*=\s* )
    | (?P<shape> [\s)]+ )
    | (?P<value> "[^"]*"\s* | [^()"\s][^()"]* | . )
    """,
    re.VERBOSE | re.DOTALL,
)


class _Part(NamedTuple):
    """A piece of a connect string. name: whose value it is; None for what holds no value."""

    text: str
    name: str | None = None
    is_known: bool = True


def without_jdbc_prefix(connect_string: str) -> str:
    text = connect_string.strip()
    is_jdbc = text[: len(JDBC_PREFIX)].lower() == JDBC_PREFIX
    return text[len(JDBC_PREFIX) :] if is_jdbc else connect_string


def shown(connect_string: str) -> str:
    """The connect string as logs, /pools and messages may have it."""
    if len(connect_string) <= MOST_REMEMBERED_CHARACTERS:
        return _shown_cached(connect_string)
    return _shown(connect_string)


def _shown(connect_string: str) -> str:
    return "".join(
        part.text if part.is_known or not part.text.strip() else MASK
        for part in _parts(connect_string)
    )


_shown_cached = lru_cache(maxsize=100)(_shown)


def holds_credentials(connect_string: str) -> bool:
    """`user/password@host`, whatever the password is made of; a PASSWORD; `user:password@proxy`."""
    return any(
        "password" in (part.name or "") or ("@" in part.text and part.name not in _MAY_HOLD_AN_AT)
        for part in _parts(connect_string)
    )


def _is_shown_name(name: str) -> bool:
    """A name that is not known may be what stands behind an `&` or a `(` in a password."""
    return name in DESCRIPTOR_NAMES or name in EASY_NAMES or name in _PASSED_ON or name in _MASKED


def _parts(connect_string: str) -> Iterator[_Part]:
    if connect_string.lstrip().startswith("("):
        return _parts_of_descriptor(connect_string)
    return _parts_of_easy_connect(connect_string)


def _parts_of_descriptor(text: str) -> Iterator[_Part]:
    name: str | None = None
    for piece in _PIECE.finditer(text):
        if piece.lastgroup == "value":
            known = name in DESCRIPTOR_NAMES or name in _PASSED_ON
            yield _Part(piece[0], name or "", known)
            name = ""
        elif piece.lastgroup == "shape":
            yield _Part(piece[0])
        else:
            name = piece["name"].lower()
            before, after = piece[0].split(piece["name"], 1)
            yield _Part(before)
            yield _Part(piece["name"], is_known=_is_shown_name(name))
            yield _Part(after)


def _parts_of_easy_connect(text: str) -> Iterator[_Part]:
    address, question_mark, parameters = text.partition("?")
    yield _Part(address)
    separator = question_mark
    for parameter in parameters.split("&") if question_mark else ():
        name, equals, value = parameter.partition("=")
        known = name.strip().lower()
        yield _Part(separator)
        if equals:
            yield _Part(name, is_known=_is_shown_name(known))
            yield _Part(equals)
            yield _Part(value, known, known in EASY_NAMES)
        else:
            yield _Part(parameter, "", is_known=False)
        separator = "&"
