"""Importing a module without OpenSSL, where its algorithms are not what it is wanted for."""

from __future__ import annotations

import importlib
import sys
import types

_OPENSSL = "_hashlib"


def import_light(name: str) -> types.ModuleType:
    """A module that would take its hashes from OpenSSL, made to take Python's own.

    hashlib, hmac and secrets do either, whichever they find. OpenSSL takes 3 ms and 3.4 MB, and
    is there all the same for whatever needs it (ssl, cryptography). Where it is loaded already, it
    is taken.
    """
    if _OPENSSL in sys.modules:
        return importlib.import_module(name)
    # None is what makes an import fail. Another thread that wants it meanwhile finds Python's own
    # hashes, too: nothing here asks for more.
    sys.modules[_OPENSSL] = None  # type: ignore[assignment]
    try:
        return importlib.import_module(name)
    finally:
        # Two threads may be here at once.
        if sys.modules.get(_OPENSSL) is None:
            sys.modules.pop(_OPENSSL, None)
