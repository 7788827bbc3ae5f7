#!/bin/sh
# Builds the sidecar's binary, dist/oracle-sidecar-<target-triple>, and has it test itself (log in,
# query, TLS) before it leaves this script. Makes its own environment from pinned versions.
#
#     ./build.sh                     one file, compressed: the smallest
#     ./build.sh --no-compress       one file that starts in half the time
#     ./build.sh --onedir            a folder: starts fastest; the right one for macOS
#
#     --target-dir DIR               copies it there too: src-tauri/binaries of a Tauri app
#     --shared-openssl               builds cryptography from source, against the OpenSSL that Python
#                                    uses, so that it is inside once; needs Rust and OpenSSL's headers
#     --codesign-identity NAME       macOS: signs everything inside, then the whole (default: ad hoc)
#     --notarize PROFILE             macOS: has Apple notarize it; PROFILE is a keychain profile made
#                                    with `xcrun notarytool store-credentials`
#     --signtool "ARGUMENTS"         Windows: runs `signtool sign ARGUMENTS` on it
#
# Beside it lie a bill of materials (.cdx.json) and the licence texts of everything inside.
set -eu
cd "$(dirname "$0")"
. tests/environment.sh

fail() {
    echo "build.sh: $*" >&2
    exit 2
}

# cryptography as it is on PyPI brings an OpenSSL of its own, beside the one of Python's ssl. Built
# from source it takes that one, and a compiler that is told to can make the rest of it half as large.
make_shared_openssl_environment() {
    command -v cargo >/dev/null || fail "--shared-openssl needs Rust: https://rustup.rs"
    make_venv .venv-build-shared bundle/requirements.txt requirements.txt
    version=$(sed -n 's/^cryptography==//p' requirements.txt)
    if [ "$(cat .venv-build-shared/cryptography.txt 2>/dev/null)" != "$version" ]; then
        echo "Building cryptography $version from source ..."
        CARGO_PROFILE_RELEASE_OPT_LEVEL=s CARGO_PROFILE_RELEASE_LTO=fat \
            CARGO_PROFILE_RELEASE_CODEGEN_UNITS=1 CARGO_PROFILE_RELEASE_STRIP=symbols \
            "$python" -m pip install --quiet --disable-pip-version-check --no-cache-dir --no-deps \
            --force-reinstall --no-binary cryptography "cryptography==$version" ||
            fail "cryptography could not be built; OpenSSL's headers are in libssl-dev (Debian)," \
                "openssl-devel (Fedora), or 'brew install openssl@3' with OPENSSL_DIR set (macOS)"
        echo "$version" >.venv-build-shared/cryptography.txt
    fi
}

layout=compressed target_dir='' shared_openssl=no identity='' notarize='' signtool=''
while [ $# -gt 0 ]; do
    case "$1" in
    -h | --help)
        sed -n '2,/^set -eu/s/^# \{0,1\}//p' "$0"
        exit 0
        ;;
    --no-compress) layout=uncompressed ;;
    --onedir) layout=onedir ;;
    --shared-openssl) shared_openssl=yes ;;
    --target-dir | --codesign-identity | --notarize | --signtool)
        [ $# -gt 1 ] || fail "$1 needs a value; see --help"
        case "$1" in
        --target-dir) target_dir=$2 ;;
        --codesign-identity) identity=$2 ;;
        --notarize) notarize=$2 ;;
        --signtool) signtool=$2 ;;
        esac
        shift
        ;;
    *) fail "there is no option $1; see --help" ;;
    esac
    shift
done

machine=$(uname -m)
[ "$machine" = arm64 ] && machine=aarch64
suffix=''
case "$(uname -s)" in
Linux) platform=linux triple="$machine-unknown-linux-gnu" ;;
Darwin) platform=macos triple="$machine-apple-darwin" ;;
MINGW* | MSYS*) platform=windows triple="$machine-pc-windows-msvc" suffix=.exe ;;
*) fail "it builds on Linux and macOS, and on Windows in Git's bash" ;;
esac
[ -z "$identity$notarize" ] || [ $platform = macos ] || fail "signing with codesign takes a Mac"
[ -z "$signtool" ] || [ $platform = windows ] || fail "signtool takes Windows"
[ -z "$notarize" ] || [ -n "$identity" ] || fail "--notarize needs --codesign-identity"

make_environment # the tests' own, in which the databases of the self-test run
tests_python=$python
if [ $shared_openssl = yes ]; then
    make_shared_openssl_environment
else
    make_venv .venv-build bundle/requirements.txt requirements.txt
fi
name="oracle-sidecar-$triple"
made="build/dist/$name"
[ $layout = onedir ] || made="$made$suffix"

# A build can be repeated to the byte: one time stamp for all, and no order that a hash decides.
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct 2>/dev/null || echo 1767225600)
PYTHONHASHSEED=0
export SOURCE_DATE_EPOCH PYTHONHASHSEED

# How Python's modules are stored. To unpack them takes 6 ms of a start; in a folder they do not fit
# into its limit unless OpenSSL is inside once.
PYINSTALLER_ZLIB_COMPRESSION_LEVEL=9
case $layout-$shared_openssl in
uncompressed-* | onedir-yes) PYINSTALLER_ZLIB_COMPRESSION_LEVEL=0 ;;
esac
export PYINSTALLER_ZLIB_COMPRESSION_LEVEL

rm -rf "$made"
mkdir -p build/work/oracle-sidecar dist
"$python" -m PyInstaller --noconfirm --clean --log-level WARN --distpath build/dist \
    --workpath build/work bundle/oracle-sidecar.spec -- --name "$name" --layout $layout \
    --parts build/parts.json ${identity:+--codesign-identity "$identity"}

program=$made
[ $layout = onedir ] && program="$made/oracle-sidecar$suffix"
if [ $platform = macos ]; then
    codesign --verify --deep --strict --verbose=2 "$program"
elif [ -n "$signtool" ]; then
    eval "signtool sign $signtool \"\$program\""
fi

echo
echo "Self-test: the binary logs in to the stand-in, over TCP and TLS, and queries it"
"$tests_python" -m tests.tools.binary_check "$program"
"$python" -m bundle.report "$made" --layout $layout --parts build/parts.json
"$python" -m bundle.bill "$made" --parts build/parts.json

if [ -n "$notarize" ]; then
    # A bare program cannot carry the ticket: Gatekeeper asks Apple for it, or finds it on the app
    # that the program is part of, once that has been stapled.
    ditto -c -k --keepParent "$made" "build/$name.zip"
    xcrun notarytool submit "build/$name.zip" --keychain-profile "$notarize" --wait
    spctl --assess --type execute --verbose=2 "$program" ||
        echo "spctl takes bundles only; it will say yes to the app that this goes into."
fi

for folder in dist ${target_dir:+"$target_dir"}; do
    mkdir -p "$folder"
    rm -rf "${folder:?}/$(basename "$made")"
    cp -R "$made" "build/dist/$name.cdx.json" "build/dist/$name.licences.txt" "$folder/"
done
echo "Made dist/$(basename "$made")${target_dir:+, also in $target_dir}"
