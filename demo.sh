#!/bin/sh
# Starts the stand-in database and the sidecar, runs the sample queries, serves the page that compares
# tables on http://localhost:1420, and keeps serving until Ctrl-C.
#     ./demo.sh --once       runs the samples and exits
#     ./demo.sh --no-page    needs no Node
set -eu
cd "$(dirname "$0")"
. tests/environment.sh
. tests/node_environment.sh
make_environment
page=yes
for option; do
    case $option in
    --once | --no-page | -h | --help) page=no ;;
    esac
done
if [ $page = yes ] && ! make_page; then
    echo "$no_page"
    set -- "$@" --no-page "$no_page"
fi
exec "$python" -m tests.tools.demo "$@"
