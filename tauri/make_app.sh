#!/bin/sh
# Builds Compare Config as an app, with the sidecar inside, into tauri/target/release/bundle: a .deb on
# Linux, .app and .dmg on macOS, an installer on Windows. Needs what build.sh needs, and Rust.
#
#     tauri/make_app.sh                  from a clean checkout
#     --debug                            quickly, with the dev profile: tauri/target/debug/bundle
#     --no-bundle                        the program alone: tauri/target/.../compare-config
#     --dev                              runs it instead, on the page's development server
#     --sidecar FOLDER                   takes this folder, which build.sh --onedir made, instead of
#                                        building one
#     --config FILE                      what this file says counts before tauri.conf.json: where
#                                        updates come from, say (docs/building.md)
#
# Signing: APPLE_SIGNING_IDENTITY and what else Tauri's bundler reads from the environment; the sidecar
# has to be signed before (build.sh --codesign-identity, then --sidecar).
set -eu
cd "$(dirname "$0")/.."
. tests/environment.sh
. tests/node_environment.sh

fail() {
    echo "make_app.sh: $*" >&2
    exit 2
}

profile=release bundle=yes run=no sidecar='' config=''
while [ $# -gt 0 ]; do
    case "$1" in
    -h | --help)
        sed -n '2,/^set -eu/s/^# \{0,1\}//p' "$0"
        exit 0
        ;;
    --debug) profile=debug ;;
    --no-bundle) bundle=no ;;
    --dev) run=yes ;;
    --sidecar | --config)
        [ $# -gt 1 ] || fail "$1 needs a value; see --help"
        case "$1" in
        --sidecar) sidecar=$2 ;;
        --config) config=$2 ;;
        esac
        shift
        ;;
    *) fail "there is no option $1; see --help" ;;
    esac
    shift
done

suffix='' bundles=deb
case "$(uname -s)" in
Linux) ;;
Darwin) bundles=app,dmg ;;
MINGW* | MSYS*) suffix=.exe bundles=nsis ;;
*) fail "it builds on Linux and macOS, and on Windows in Git's bash" ;;
esac
[ -z "$config" ] || [ -f "$config" ] || fail "there is no file $config"

command -v cargo >/dev/null || fail "it needs Rust: https://rustup.rs"
if [ "$(uname -s)" = Linux ] && ! pkg-config --exists webkit2gtk-4.1; then
    fail "it needs WebKitGTK's headers: libwebkit2gtk-4.1-dev, build-essential and pkg-config (Debian," \
        "Ubuntu), webkit2gtk4.1-devel (Fedora), or webkit2gtk-4.1 (Arch)"
fi
make_environment
use_node || fail "it needs Node 20.19 or newer, and none could be installed"
npm_install tauri

if [ -z "$sidecar" ]; then
    ./build.sh --onedir
    bill=$(ls dist/oracle-sidecar-*.cdx.json)
    sidecar=${bill%.cdx.json}
fi
[ -f "$sidecar/oracle-sidecar$suffix" ] || fail "there is no sidecar in $sidecar; build.sh --onedir makes one"

# Without the triple that the built folder is named for, so that one configuration names it.
binaries=tauri/src-tauri/binaries
rm -rf $binaries
mkdir -p $binaries
cp -R "$sidecar" $binaries/oracle-sidecar
for text in cdx.json licences.txt; do
    [ ! -f "$sidecar.$text" ] || cp "$sidecar.$text" $binaries/oracle-sidecar/oracle-sidecar.$text
done

[ -z "$config" ] || config=$(cd "$(dirname "$config")" && pwd)/$(basename "$config")
set -- ${config:+--config "$config"}
cd tauri
if [ $run = yes ]; then
    # On macOS the sidecar is where the bundler puts it, and nowhere without a bundle. Not tried.
    if [ "$(uname -s)" = Darwin ]; then
        program=$PWD/src-tauri/binaries/oracle-sidecar/oracle-sidecar
        export ORACLE_SIDECAR_PROGRAM="${ORACLE_SIDECAR_PROGRAM:-$program}"
    fi
    exec npm run --silent tauri -- dev "$@"
fi
if [ $bundle = yes ]; then
    rm -rf target/$profile/bundle
    set -- --bundles $bundles "$@"
else
    set -- --no-bundle "$@"
fi
[ $profile = release ] || set -- --debug "$@"
npm run --silent tauri -- build --ci "$@" -- --locked
if [ $bundle = no ] && [ "$(uname -s)" = Darwin ]; then
    # As above. Of a program that lies in cargo's folder, that is also the folder of its resources.
    rm -rf target/$profile/oracle-sidecar
    cp -R src-tauri/binaries/oracle-sidecar target/$profile/oracle-sidecar
fi
