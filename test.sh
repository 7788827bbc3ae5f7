#!/bin/sh
# Installs what the tests need into .venv and runs them all. Arguments go to pytest:
#     ./test.sh tests/test_http_framing.py -k chunk
set -eu
cd "$(dirname "$0")"
. tests/environment.sh
make_environment

if [ $# -gt 0 ]; then
    exec "$python" -m pytest "$@"
fi

stage() { printf '\n== %s\n' "$1"; }

stage "style: ruff"
"$python" -m ruff check .
"$python" -m ruff format --check .
stage "types: mypy --strict"
"$python" -m mypy
stage "tests: pytest"
"$python" -m pytest
