"""What the driver imports that this program never uses, or not before its first login.

The driver imports asyncio and its own thick mode at once, whoever uses it. Neither is ever called
here, and together they are a tenth of the binary and a quarter of its idle memory. It also imports
cryptography, whose compiled part is the largest of all, and which a login is the first to need.
So `import oracledb` finds stand-ins for them, which are taken away again behind it.
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

# Module by module, what the driver's thin mode takes from cryptography (impl/thin/crypto.pyx).
POSTPONED: Mapping[str, tuple[str, ...]] = {
    "cryptography": ("x509",),
    "cryptography.hazmat.primitives": ("hashes", "serialization"),
    "cryptography.hazmat.primitives.ciphers": ("algorithms", "modes", "Cipher"),
    "cryptography.hazmat.primitives.ciphers.aead": ("AESGCM",),
    "cryptography.hazmat.primitives.asymmetric": ("ec", "padding"),
    "cryptography.hazmat.primitives.kdf": ("pbkdf2",),
}


def import_driver() -> tuple[Any, Any]:
    """The `oracledb` module, and its thin mode's; the latter lacks cryptography still."""
    stand_ins = {name: _module(name, members) for name, members in UNUSED.items()}
    for name, members in POSTPONED.items():
        stand_ins[name] = _module(name, dict.fromkeys(members))
    with _standing_in(stand_ins):
        import oracledb
        from oracledb import thin_impl  # type: ignore[attr-defined]
    return oracledb, thin_impl


def import_cryptography(thin_impl: Any) -> None:
    """Give the driver's thin mode what it would have imported itself. ImportError."""
    for name, members in POSTPONED.items():
        module = __import__(name, fromlist=members)
        for member in members:
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
