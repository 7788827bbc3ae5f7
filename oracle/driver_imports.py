"""What the driver imports that this program never uses, or not before its first login.

The driver imports asyncio and its own thick mode at once, used or not. Neither is ever called
here, and together they are a tenth of the binary and a quarter of its idle memory. It also imports
cryptography, whose compiled part is the largest of all, and the standard library's doors to
OpenSSL: some of that is needed by a login, some by TLS, some never. So `import oracledb` finds
stand-ins for them, which import the real modules when they are used.
"""

from __future__ import annotations

import codecs
import types
from collections.abc import Mapping
from typing import Any

from common.lean_imports import (
    ModuleOnUse,
    import_lean,
    made_on_use,
    standing_in,
)

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

# What is imported at its first use. These modules the driver takes whole ...
ON_USE = ("hashlib", "hmac", "secrets", "ssl", "subprocess", "uuid")
# ... and of these, in impl/thin/crypto.pyx, modules and classes.
MODULES_ON_USE = (
    "cryptography.x509",
    "cryptography.hazmat.primitives.hashes",
    "cryptography.hazmat.primitives.serialization",
    "cryptography.hazmat.primitives.ciphers.algorithms",
    "cryptography.hazmat.primitives.ciphers.modes",
    "cryptography.hazmat.primitives.asymmetric.ec",
    "cryptography.hazmat.primitives.asymmetric.padding",
    "cryptography.hazmat.primitives.kdf.pbkdf2",
)
CLASSES_ON_USE = (
    ("cryptography.hazmat.primitives.ciphers", "Cipher"),
    ("cryptography.hazmat.primitives.ciphers.aead", "AESGCM"),
)
# What a login uses first of these.
FOR_LOGIN = (
    *("hashlib", "secrets"),
    "cryptography.hazmat.primitives.ciphers.algorithms",
    "cryptography.hazmat.primitives.ciphers.modes",
    "cryptography.hazmat.primitives.ciphers",
    "cryptography.hazmat.primitives.hashes",
    "cryptography.hazmat.primitives.kdf.pbkdf2",
)
# Stands in annotations, which are evaluated at the import: asked of the real module it would bring
# OpenSSL in.
_IN_ANNOTATIONS = {"ssl": "TLSVersion"}

# What the driver's compiled modules import, where no tool that reads Python code can see it. From
# sys.modules of a running process; the self-test loads each.
HIDDEN = (
    *("array", "atexit", "base64", "copy", "datetime", "decimal", "getpass", "hashlib", "hmac"),
    *("inspect", "ipaddress", "json", "numbers", "random", "re", "secrets", "select"),
    *("socket", "ssl", "string", "struct", "subprocess", "threading", "unicodedata", "uuid"),
    *("encodings.idna", "stringprep"),
    *("oracledb.arrow_impl", "oracledb.base_impl"),
)


# Each is a module, imported when text is first read or written in it: names of hosts, a database's
# texts, other scripts in the log, tnsnames.ora.
CODECS = (
    *("ascii", "idna", "punycode", "latin-1", "unicode-escape", "utf-16", "utf-16-be", "utf-8-sig"),
    "cp1252",
)


def import_driver() -> tuple[Any, Any, Any]:
    """The `oracledb` module, its thin mode's, and the one that both modes share."""
    stand_ins = _stand_ins()
    for name, member in _IN_ANNOTATIONS.items():
        setattr(stand_ins[name], member, object)
    with standing_in(stand_ins):
        import oracledb
        from oracledb import base_impl, thin_impl  # type: ignore[attr-defined]
    for name, member in _IN_ANNOTATIONS.items():
        delattr(stand_ins[name], member)
    return oracledb, thin_impl, base_impl


def import_for_login() -> None:
    """What the next login imports otherwise, while it might wait for the network. ImportError."""
    for name in FOR_LOGIN:
        import_lean(name)


def import_all() -> None:
    """Everything that is imported at its first use. ImportError names what is missing."""
    for name in (*ON_USE, *MODULES_ON_USE, *HIDDEN):
        import_lean(name)
    for name in CODECS:
        codecs.lookup(name)
    for module, name in CLASSES_ON_USE:
        getattr(import_lean(module), name)


def _stand_ins() -> dict[str, types.ModuleType]:
    stand_ins: dict[str, types.ModuleType] = {name: ModuleOnUse(name) for name in ON_USE}
    for name, members in UNUSED.items():
        vars(stand_ins.setdefault(name, types.ModuleType(name))).update(members)
    for full_name in MODULES_ON_USE:
        package, _, name = full_name.rpartition(".")
        members = vars(stand_ins.setdefault(package, types.ModuleType(package)))
        members[name] = ModuleOnUse(full_name)
    for module, name in CLASSES_ON_USE:
        vars(stand_ins.setdefault(module, types.ModuleType(module)))[name] = made_on_use(
            module, name
        )
    return stand_ins
