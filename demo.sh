#!/bin/sh
# Starts the stand-in database and the sidecar, runs the sample queries, keeps serving until Ctrl-C.
#     ./demo.sh --once     runs the samples and exits
set -eu
cd "$(dirname "$0")"
. tests/environment.sh
make_environment
exec "$python" -m tests.tools.demo "$@"
