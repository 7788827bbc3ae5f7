#!/bin/sh
# Installs what the tests need into .venv and runs them.
#     ./test.sh               style, types and every test that takes seconds
#     ./test.sh --all         the same, with a browser; then the page in it, the binary, the app, and a soak
#     ./test.sh ARGUMENTS     pytest with these arguments: ./test.sh tests/oracle/test_pools.py -k password
set -eu
export CARGO_NET_RETRY=10
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

# install_packages PACKAGES: what Debian has of them, where root can install it.
install_packages() {
    if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
        echo "Only root on Debian installs it here; tests that need it are skipped where it is not there yet."
        return
    fi
    apt_options="-o Acquire::Retries=5 -o DPkg::Lock::Timeout=500"
    # The lock of its lists is not waited for, and a list that is lacking is no error by itself.
    for _ in 1 2 3; do
        # shellcheck disable=SC2086
        apt-get update -qq $apt_options && apt-get install -y -qq $apt_options "$@" >/dev/null && return
        sleep 10
    done
    return 1
}

stage "style: ruff, zizmor for the workflow, and rustfmt where there is Rust"
"$python" -m ruff check .
"$python" -m ruff format --check .
"$(dirname "$python")/zizmor" --quiet --offline --no-progress .github/workflows
if cargo fmt --version >/dev/null 2>&1; then
    cargo fmt --manifest-path tauri/Cargo.toml --all --check
fi
stage "types: mypy --strict"
"$python" -m mypy
if [ "$all" = yes ] && ! command -v chromium >/dev/null; then
    stage "browser: installing Chromium, for the tests that a page makes"
    install_packages chromium || echo "It could not be installed; those tests are skipped."
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
stage "app: installing what it is built with, and what drives it"
install_packages --no-install-recommends build-essential pkg-config libwebkit2gtk-4.1-dev webkit2gtk-driver xvfb xauth \
    gnome-keyring dbus dbus-x11 libsecret-tools debootstrap || echo "It could not be installed."
if ! command -v cargo >/dev/null; then
    echo "There is no Rust here: the plugin and the app are not tested."
elif ! pkg-config --exists webkit2gtk-4.1; then
    echo "WebKitGTK's headers are missing: the plugin and the app are not tested."
else
    stage "app: clippy, and the tests of the plugin and of the app's own side"
    (
        cd tauri
        cargo clippy --quiet --workspace --all-targets --locked -- -D warnings
        ORACLE_SIDECAR_PROGRAM="$built/oracle-sidecar" cargo test --quiet --workspace --locked
    )
    stage "app: the licences and sources of what it is made of"
    if ! cargo deny --version >/dev/null 2>&1; then
        PATH=$PWD/build/cargo/bin:$PATH
        cargo install --quiet --locked --debug --root build/cargo cargo-deny@0.20.2
    fi
    cargo deny --manifest-path tauri/Cargo.toml check bans licenses sources
    stage "app: its package, from the dev profile"
    tauri/make_app.sh --debug --sidecar "$built"
    stage "app: installed into a root without Python, and driven there"
    COMPARE_CONFIG_DEB=$(ls "$PWD"/tauri/target/debug/bundle/deb/*.deb) COMPARE_CONFIG_PICTURES=$PWD/build/app \
        "$python" -m pytest tests/app
fi
stage "soak: mixed traffic and trouble for ${SOAK_SECONDS:-120} seconds"
"$python" -m tests.tools.soak --seconds "${SOAK_SECONDS:-120}"
