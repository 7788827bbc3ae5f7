"""What goes into the binary beside what PyInstaller finds by itself, and what stays out.

Each list says why. What is wrongly left out shows in the self-test, which every binary has to pass
before it leaves build.sh.
"""

from __future__ import annotations

import encodings
import pkgutil
import sys

from driver_imports import CLASSES_ON_USE, HIDDEN, MODULES_ON_USE, ON_USE, UNUSED

INCLUDED = [
    *HIDDEN,
    *ON_USE,
    *MODULES_ON_USE,
    *(module for module, _ in CLASSES_ON_USE),
    "_cffi_backend",  # cryptography's compiled part asks for it
    "logging.handlers",  # log files that rotate
]

# Modules that others name, but that no path of this program reaches.
_UNREACHED = [
    # by shutil, of which folders are removed here: archives
    *("bz2", "gzip", "lzma", "tarfile", "zipfile", "_compression"),
    # by logging.handlers and cryptography: mail, HTTP
    *("http.client", "smtplib", "email.message", "email.parser", "email.generator"),
    *("email.header", "email.headerregistry", "email.policy", "email.contentmanager"),
    # by inspect, pickle, random and the like: sources, packages, self-tests
    *("importlib.metadata", "importlib.resources", "importlib.readers", "csv", "tracemalloc"),
    *("pprint", "py_compile", "getopt", "_strptime", "_pydecimal", "_py_abc", "_compat_pickle"),
    *("statistics", "fractions", "doctest"),
    # by uuid: a library of the system's
    "_uuid",
    # by the environment that builds
    *("setuptools", "pip", "pkg_resources", "cffi", "pycparser", "tkinter", "unittest", "pydoc"),
    *("sqlite3", "multiprocessing", "concurrent", "xml", "curses", "readline"),
]

# How text comes in and goes out: UTF-8, UTF-16 (national types), what host names take, what a
# Windows console or an old locale may ask for.
_ENCODINGS_KEPT = {
    *("aliases", "ascii", "latin_1", "utf_8", "utf_8_sig", "utf_16", "utf_16_be", "utf_16_le"),
    *("idna", "punycode", "cp437", "cp1252", "mbcs", "oem"),
}
_ENCODINGS = [
    f"encodings.{module.name}"
    for module in pkgutil.iter_modules(encodings.__path__)
    if module.name not in _ENCODINGS_KEPT
]

EXCLUDED = [*UNUSED, *_UNREACHED, *_ENCODINGS]
if sys.platform != "win32":
    EXCLUDED.append("ctypes")  # parent_watch asks Windows through it
