"""What goes into the binary beside what PyInstaller finds by itself, and what stays out.

Each list says why. What is wrongly left out shows in the self-test, which every binary has to pass
before it leaves build.sh.
"""

from __future__ import annotations

import encodings
import pkgutil
import re
import sys

from oracle.driver_imports import CLASSES_ON_USE, HIDDEN, MODULES_ON_USE, ON_USE, UNUSED

INCLUDED = [
    *HIDDEN,
    *ON_USE,
    *MODULES_ON_USE,
    *(module for module, _ in CLASSES_ON_USE),
    "_cffi_backend",  # cryptography's compiled part asks for it
]

# Modules that others name, but that no path of this program reaches.
_UNREACHED = [
    # by shutil and subprocess, of which folders are removed here: archives, names of groups
    *("bz2", "gzip", "lzma", "tarfile", "zipfile", "_compression", "grp"),
    # by getpass, which asks nobody here: terminals
    "termios",
    # by http.server's request handlers and cryptography: mail, HTTP
    *("http.client", "html", "mimetypes", "smtplib", "email", "calendar", "quopri"),
    # by inspect, random and the like: sources, packages, self-tests
    *("importlib.metadata", "importlib.resources", "importlib.readers", "csv", "tracemalloc"),
    *("pprint", "py_compile", "getopt", "_strptime", "_pydecimal", "_py_abc"),
    *("statistics", "fractions", "doctest"),
    # by logging, where a logger is pickled
    *("pickle", "_pickle", "_compat_pickle"),
    # by importlib: a second copy of what stands frozen in the interpreter, which it takes instead
    *("importlib._bootstrap", "importlib._bootstrap_external"),
    # by uuid: a library of the system's
    "_uuid",
    # by the environment that builds
    *("setuptools", "pip", "pkg_resources", "cffi", "pycparser", "tkinter", "unittest", "pydoc"),
    *("sqlite3", "multiprocessing", "concurrent", "xml", "curses", "readline"),
]

# Tables of characters of the time before Unicode, but for what a tnsnames.ora may be written in and
# what a Windows console may ask for; and what is no text at all.
_TABLES = re.compile(
    (r"cp(?!437$|1252$)" if sys.platform == "win32" else r"cp(?!1252$)")
    + r"|iso|koi8|kz1048|mac_|big5|euc_|gb|hz|johab|shift_jis|hp_|ptcp|tis_|palm"
    r"|(bz2|zlib|uu|quopri|base64|hex)_codec"
)
_ENCODINGS = [
    f"encodings.{name}"
    for _, name, _ in pkgutil.iter_modules(encodings.__path__)
    if _TABLES.match(name)
]

EXCLUDED = [*UNUSED, *_UNREACHED, *_ENCODINGS]
if sys.platform != "win32":
    EXCLUDED.append("ctypes")  # parent_watch asks Windows through it
