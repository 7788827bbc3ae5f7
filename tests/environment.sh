# Sourced by demo.sh, test.sh and build.sh: makes .venv with the pinned requirements and sets $python.
# Plain POSIX shell: macOS ships an old bash.

find_python() {
    for candidate in "${PYTHON:-}" python3 python3.14 python3.13 python3.12 python3.11 python3.10 python; do
        if [ -n "$candidate" ] && "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null; then
            echo "$candidate"
            return
        fi
    done
    echo "Python 3.10 or newer is needed, and none was found on the PATH." >&2
    echo "Install it from https://www.python.org, with 'brew install python', or 'apt install python3'." >&2
    return 1
}

# make_venv FOLDER REQUIREMENTS...: what the files ask for, the first of which names the others. Sets
# $python.
make_venv() {
    folder=$1
    shift
    base=$(find_python) || exit 1
    if [ ! -d "$folder" ] && ! "$base" -m venv "$folder"; then
        rm -rf "$folder"
        echo >&2
        echo "'$base -m venv' does not work here. On Debian and Ubuntu it is a package of its own:" >&2
        echo "    sudo apt install python3-venv      (or python3.12-venv, for that version of Python)" >&2
        echo "On Fedora it is in python3-libs, on Alpine in py3-virtualenv." >&2
        exit 1
    fi
    python=$folder/bin/python
    [ -d "$folder/bin" ] || python=$folder/Scripts/python.exe
    wanted=$(cat "$@")
    if [ "$wanted" != "$(cat "$folder/installed.txt" 2>/dev/null)" ]; then
        echo "Installing into $folder ..."
        "$python" -m pip install --quiet --disable-pip-version-check -r "$1" || exit 1
        echo "$wanted" >"$folder/installed.txt"
    fi
}

make_environment() {
    make_venv .venv tests/requirements.txt requirements.txt
}
