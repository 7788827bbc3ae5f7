"""Importing a module without what it needs for nothing, or not yet.

What is imported before the port listens decides how long a start takes, and what is imported at all
how much memory an idle process holds. So a module can be given stand-ins for what it imports, which
import the real modules when they are used.
"""

from __future__ import annotations

import importlib
import sys
import types
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

_OPENSSL = "_hashlib"


def import_lean(name: str) -> types.ModuleType:
    """A module that would take its hashes from OpenSSL, made to take Python's own.

    hashlib, hmac and secrets do either, whichever they find. OpenSSL takes 3 ms and 3.4 MB, and
    is there all the same for what needs it (ssl, cryptography). Where it is loaded already, it is
    taken. Of email.utils, which cryptography.x509 imports, one function is used, and only to make
    certificates with mail addresses.
    """
    with standing_in({"email.utils": _mail_addresses()}), _without_openssl():
        return importlib.import_module(name)


@contextmanager
def _without_openssl() -> Iterator[None]:
    if _OPENSSL in sys.modules:
        yield
        return
    # None is what makes an import fail. Another thread that wants it meanwhile finds Python's own
    # hashes, too: nothing here asks for more.
    sys.modules[_OPENSSL] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        # Two threads may be here at once.
        if sys.modules.get(_OPENSSL) is None:
            sys.modules.pop(_OPENSSL, None)


def _mail_addresses() -> types.ModuleType:
    module = types.ModuleType("email.utils")
    vars(module)["parseaddr"] = made_on_use("email.utils", "parseaddr")
    return module


class ModuleOnUse(types.ModuleType):
    """Stands for a module until something is asked of it; what was asked for once, it keeps."""

    def __getattr__(self, name: str) -> Any:
        # In its own place it would be found instead of what it stands for.
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        value = getattr(import_lean(self.__name__), name)
        setattr(self, name, value)
        return value


def made_on_use(module: str, name: str) -> Callable[..., Any]:
    """Makes objects of a class that is imported then."""
    return lambda *values, **options: getattr(importlib.import_module(module), name)(
        *values, **options
    )


@contextmanager
def standing_in(stand_ins: Mapping[str, types.ModuleType]) -> Iterator[None]:
    """Put modules in the place of those that are not imported yet, for a while."""
    placed = {name: module for name, module in stand_ins.items() if name not in sys.modules}
    sys.modules.update(placed)
    try:
        yield
    finally:
        for name, stand_in in placed.items():
            # Another thread may have had it replaced by the real one.
            if sys.modules.get(name) is stand_in:
                del sys.modules[name]


def import_http_server() -> types.ModuleType:
    """`http.server` without the 43 modules that only its request handlers need.

    The plain import takes 10 to 25 ms of a start and 3.3 MiB. What is imported here works all the
    same where those handlers are used, since the stand-ins import what they stand for.
    """
    import http

    stand_ins = {
        name: ModuleOnUse(name)
        for name in ("email", "email.utils", "html", "http.client", "mimetypes", "shutil")
        if name not in sys.modules
    }
    # Submodules are looked up as attributes of their packages, where an import would put them.
    for name, stand_in in stand_ins.items():
        package, _, attribute = name.rpartition(".")
        if package:
            setattr(stand_ins.get(package) or sys.modules[package], attribute, stand_in)
    if "http.client" in stand_ins:
        # Asked for while the handlers' class is made.
        message_class = staticmethod(made_on_use("http.client", "HTTPMessage"))
        vars(stand_ins["http.client"])["HTTPMessage"] = message_class
    with standing_in(stand_ins):
        import http.server
    return http.server
