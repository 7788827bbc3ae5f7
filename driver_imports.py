"""What the driver imports that this program never uses, or not before its first login.

The driver imports asyncio and its own thick mode at once, whoever uses it. Neither is ever called
here, and together they are a tenth of the binary and a quarter of its idle memory. It also imports
what only a login needs: cryptography, whose compiled part is the largest of all, and the standard
library's doors to OpenSSL. So `import oracledb` finds stand-ins for them, which are taken away
again behind it.
"""

from __future__ import annotations

import sys
import types
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

# What `import oracledb` takes from modules that are never used: classes to derive from or to
# compare with, a function that it calls, a name in annotations (of a module that takes 4 MB). A
# driver that takes more fails in AttributeError at its import, which the tests see first.
UNUSED: Mapping[str, Mapping[str, Any]] = {
    "typing_extensions": {"Self": Any},
    "asyncio": {"Protocol": type("Protocol", (), {})},
    "oracledb.thick_impl": {
        "init_thick_impl": lambda package: None,
        "ThickConnImpl": type("ThickConnImpl", (), {}),
        "ThickPoolImpl": type("ThickPoolImpl", (), {}),
    },
}

# What a login is the first to need. Of these the driver's compiled modules take names, all of them
# in impl/thin/crypto.pyx ...
POSTPONED_NAMES: Mapping[str, tuple[str, ...]] = {
    "cryptography": ("x509",),
    "cryptography.hazmat.primitives": ("hashes", "serialization"),
    "cryptography.hazmat.primitives.ciphers": ("algorithms", "modes", "Cipher"),
    "cryptography.hazmat.primitives.ciphers.aead": ("AESGCM",),
    "cryptography.hazmat.primitives.asymmetric": ("ec", "padding"),
    "cryptography.hazmat.primitives.kdf": ("pbkdf2",),
}
# ... and these they take whole. TLSVersion stands in annotations.
POSTPONED_MODULES: Mapping[str, Mapping[str, Any]] = {
    "hashlib": {},
    "hmac": {},
    "secrets": {},
    "ssl": {"TLSVersion": object},
}

# What the driver's compiled modules import, where no tool that reads Python code can see it. From
# sys.modules of a running process; the self-test loads each.
HIDDEN = (
    *("array", "atexit", "base64", "copy", "datetime", "decimal", "getpass", "hashlib", "hmac"),
    *("inspect", "ipaddress", "json", "numbers", "platform", "random", "re", "secrets", "select"),
    *("socket", "ssl", "string", "struct", "subprocess", "threading", "unicodedata", "uuid"),
    *("encodings.idna", "stringprep"),
    *("oracledb.arrow_impl", "oracledb.base_impl"),
)


def import_driver() -> tuple[Any, Any]:
    """The `oracledb` module and its thin mode's, which cannot log in still."""
    stand_ins = {**UNUSED, **POSTPONED_MODULES}
    stand_ins.update((name, dict.fromkeys(taken)) for name, taken in POSTPONED_NAMES.items())
    with _standing_in({name: _module(name, members) for name, members in stand_ins.items()}):
        import oracledb
        from oracledb import thin_impl  # type: ignore[attr-defined]
    return oracledb, thin_impl


def import_for_login() -> None:
    """Give the driver what it would have imported itself; behind import_driver. ImportError."""
    from oracledb import base_impl, thin_impl  # type: ignore[attr-defined]

    for name in POSTPONED_MODULES:
        for place in (base_impl, thin_impl):
            if hasattr(place, name):
                setattr(place, name, __import__(name))
    for name, taken in POSTPONED_NAMES.items():
        module = __import__(name, fromlist=taken)
        for member in taken:
            setattr(thin_impl, member, getattr(module, member))


def _module(name: str, members: Mapping[str, Any]) -> types.ModuleType:
    module = types.ModuleType(name)
    vars(module).update(members)
    return module


@contextmanager
def _standing_in(stand_ins: Mapping[str, types.ModuleType]) -> Iterator[None]:
    """Put modules in the place of those that are not imported yet, for a while."""
    placed = {name: m for name, m in stand_ins.items() if name not in sys.modules}
    sys.modules.update(placed)
    try:
        yield
    finally:
        for name in placed:
            del sys.modules[name]
