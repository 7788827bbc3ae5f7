#!/bin/sh
# Installs what the tests need into .venv and runs them.
#     ./test.sh               style, types and every test that takes seconds
#     ./test.sh --all         the same, with a browser; then the page in it, the binary, and a soak
#     ./test.sh ARGUMENTS     pytest with these arguments: ./test.sh tests/oracle/test_pools.py -k password
set -eu
cd "$(dirname "$0")"
. tests/environment.sh
. tests/node_environment.sh

all=no
case "${1:-}" in
-h | --help)
    sed -n '2,5s/^# \{0,1\}//p' "$0"
    exit 0
    ;;
--all)
    all=yes
    shift
    ;;
esac
make_environment

if [ $# -gt 0 ]; then
    exec "$python" -m pytest "$@"
fi

stage() { printf '\n== %s\n' "$1"; }

stage "style: ruff, and zizmor for the workflow"
"$python" -m ruff check .
"$python" -m ruff format --check .
"$(dirname "$python")/zizmor" --quiet --offline --no-progress .github/workflows
stage "types: mypy --strict"
"$python" -m mypy
if [ "$all" = yes ] && ! command -v chromium >/dev/null && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    stage "browser: installing Chromium, for the tests that a page makes"
    apt-get update -qq && apt-get install -y -qq chromium >/dev/null || echo "It could not be installed; those tests are skipped."
fi
stage "page: types, and the tests of the client and of what the page is made of"
use_node
npm_install tauri
(cd tauri && npm run --silent build -w client && npm run --silent check && npm run --silent test)
# Most tests wait: for time limits, silent databases, callers that are slow on purpose. Two at a time
# they take 4 minutes rather than 7; those of one file stay together, with what they share.
all_tests() { "$python" -m pytest -n 2 --dist loadfile; }
stage "tests: pytest"
all_tests
[ "$all" = yes ] || exit 0

if command -v chromium >/dev/null; then
    stage "page: every flow in Chromium, on the sidecar and the stand-in"
    make_page || { echo "$no_page" && exit 1; }
    (cd tauri && npm run --silent e2e -w compare-config)
fi
stage "binary: build.sh in each layout, twice the same bytes, self-tests, killed processes"
build_twice() {
    rm -rf dist build/first
    ./build.sh "$@"
    mv dist build/first
    ./build.sh "$@" >build/second.log 2>&1 || { cat build/second.log && exit 1; }
    diff -r build/first dist && echo "A second build is the same, byte by byte."
}
build_twice --no-compress
build_twice
built=$(ls dist/oracle-sidecar-*.cdx.json)
built=$PWD/${built%.cdx.json}
ORACLE_SIDECAR_TEST_BINARY=$built "$python" -m pytest tests/process/test_binary.py
stage "binary: every test once more, against the program in its folder"
build_twice --onedir
export ORACLE_SIDECAR_TEST_PROGRAM="$built/oracle-sidecar"
all_tests
unset ORACLE_SIDECAR_TEST_PROGRAM
stage "soak: mixed traffic and trouble for ${SOAK_SECONDS:-120} seconds"
"$python" -m tests.tools.soak --seconds "${SOAK_SECONDS:-120}"
