"""Who may call: Host, Origin and its preflight, token; one page of rules, no sockets.

The server listens on loopback, which every page in every browser on the machine can reach. Host
keeps out pages that point their own DNS name at 127.0.0.1, Origin keeps out all pages but the
app's, and the token, where one is set, keeps out all who were not given it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TypeAlias

from common.errors import CATALOGUE, ApiError, from_entry, refuse
from common.lean_imports import import_lean
from common.logs import Secret
from common.settings import check_origin

CorsHeaders: TypeAlias = "dict[str, str]"

OPEN_PATHS = frozenset({"/health"})
ALLOWED_METHODS = "GET, HEAD, POST, OPTIONS"
ALLOWED_HEADERS = "Accept, Authorization, Content-Type"
PREFLIGHT_SECONDS = "600"

_NAME = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_NAMES = re.compile(rf"{_NAME}([ \t]*,[ \t]*{_NAME})*")


class Guard:
    """The rules for one server. Immutable, safe to call from any thread."""

    def __init__(
        self, host: str, port: int, origins: tuple[str, ...], token: Secret | None
    ) -> None:
        names = {"127.0.0.1", "localhost", "[::1]", f"[{host}]" if ":" in host else host}
        self._hosts = frozenset(f"{name}:{port}" for name in names)
        if port == 80:
            self._hosts |= names
        self._origins = frozenset(origins)
        self._token: bytes | None = None
        if token is not None:
            self._token = token.reveal().encode()
            self._is_same: Callable[[bytes, bytes], bool] = import_lean("hmac").compare_digest

    def cors(self, headers: Mapping[str, str]) -> CorsHeaders:
        """The headers that let an allowed page read the answer; for every answer, errors too."""
        origin = headers.get("origin")
        if origin is None or origin not in self._origins:
            return {"Vary": "Origin"}
        return {
            "Vary": "Origin",
            "Access-Control-Allow-Origin": origin,
            "Access-Control-Expose-Headers": "Retry-After",
        }

    def check(self, method: str, path: str, headers: Mapping[str, str]) -> None:
        """ApiError 421, 403 or 401 where the caller may not pass.

        headers: by lower-case name, none repeated. A preflight needs no token: it cannot carry one.
        """
        host = headers.get("host", "")
        if host.lower() not in self._hosts:
            raise refuse("WRONG_HOST", "the Host header does not name this server on loopback")
        origin = headers.get("origin")
        if origin is not None and origin not in self._origins:
            raise _not_allowed(origin)
        if not (path in OPEN_PATHS or is_preflight(method, headers)):
            self._check_token(headers.get("authorization", ""))

    def _check_token(self, authorization: str) -> None:
        if self._token is None:
            return
        scheme, _, given = authorization.partition(" ")
        is_right = self._is_same(given.strip().encode(), self._token)
        if scheme.lower() != "bearer" or not is_right:
            raise refuse("TOKEN_NEEDED", "the bearer token is missing or wrong")

    def preflight(self, headers: Mapping[str, str]) -> CorsHeaders:
        """The headers of a preflight's answer, behind those of `cors`."""
        answer = {
            "Vary": "Origin, Access-Control-Request-Method, Access-Control-Request-Headers",
            "Access-Control-Allow-Methods": ALLOWED_METHODS,
            "Access-Control-Allow-Headers": _asked_for(headers),
            "Access-Control-Max-Age": PREFLIGHT_SECONDS,
        }
        if headers.get("access-control-request-private-network") == "true":
            answer["Access-Control-Allow-Private-Network"] = "true"
        return answer


def _asked_for(headers: Mapping[str, str]) -> str:
    """The headers that a page wants to send: tracing tools add their own to those of an app.

    The origin is what is checked; no header gives a page more than the others do.
    """
    names = headers.get("access-control-request-headers", "")
    return names if _NAMES.fullmatch(names) else ALLOWED_HEADERS


def _not_allowed(origin: str) -> ApiError:
    entry = "ORIGIN_NOT_ALLOWED"
    try:
        check_origin(origin)
    except ValueError:
        entry = "ORIGIN_NOT_ALLOWED none of its own"
    return from_entry("ORIGIN_NOT_ALLOWED", CATALOGUE[entry], "this origin is not allowed to call")


def is_preflight(method: str, headers: Mapping[str, str]) -> bool:
    return (
        method == "OPTIONS" and "origin" in headers and "access-control-request-method" in headers
    )
