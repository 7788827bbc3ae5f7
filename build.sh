#!/bin/sh
# Builds the one-file binary dist/oracle-sidecar-<target-triple>, and lets it log in and query before
# it leaves this script. Makes its own environment in .venv-build from pinned versions.
#     ./build.sh
set -eu
cd "$(dirname "$0")"
. tests/environment.sh

case "${1:-}" in
-h | --help)
    sed -n '2,4s/^# \{0,1\}//p' "$0"
    exit 0
    ;;
esac

target_triple() {
    machine=$(uname -m)
    [ "$machine" = arm64 ] && machine=aarch64
    case "$(uname -s)" in
    Linux) echo "$machine-unknown-linux-gnu" ;;
    Darwin) echo "$machine-apple-darwin" ;;
    *) echo "This script builds on Linux and macOS; on Windows run it in an MSYS shell." >&2; exit 1 ;;
    esac
}

make_environment # the tests' own, for the smoke run
base=$(find_python)
[ -x .venv-build/bin/python ] || "$base" -m venv .venv-build
.venv-build/bin/python -m pip install --quiet --disable-pip-version-check -r requirements-build.txt

name="oracle-sidecar-$(target_triple)"
# Imports inside compiled modules are invisible to PyInstaller: without these the binary looks
# healthy and cannot log in (DPY-3016). The driver's compiled modules import the standard library's.
set -- \
    --collect-submodules cryptography --collect-submodules oracledb \
    --hidden-import asyncio --hidden-import base64 --hidden-import decimal --hidden-import getpass \
    --hidden-import inspect --hidden-import numbers --hidden-import secrets --hidden-import ssl \
    --hidden-import stringprep --hidden-import uuid --hidden-import _strptime \
    --hidden-import unicodedata --hidden-import http.client --hidden-import logging.handlers \
    --exclude-module cffi --exclude-module pycparser --exclude-module tkinter \
    --exclude-module unittest --exclude-module pydoc --exclude-module sqlite3 \
    --add-data "$PWD/build/oracle-sidecar.marker:." \
    --exclude-module multiprocessing --exclude-module setuptools --exclude-module pip
[ "$(uname -s)" = Linux ] && set -- "$@" --strip
mkdir -p build
echo "An unpacked oracle-sidecar; see one_file.py." >build/oracle-sidecar.marker
.venv-build/bin/python -m PyInstaller --onefile --noconfirm --clean --log-level WARN \
    --optimize 2 --name "$name" --distpath dist --workpath build/pyinstaller --specpath build \
    --paths "$PWD" "$@" sidecar.py

echo "Smoke run: the binary logs in to the stand-in database and queries it"
"$python" -m tests.smoke "dist/$name"
ls -l "dist/$name"
