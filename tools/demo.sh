#!/usr/bin/env bash
# The job that must always work: a used-cars CSV becomes an extract, through Python.
#     make demo [AUTOS_CSV=path]
set -euo pipefail
cd "$(dirname "$0")/.."
[ -n "${AUTOS_CSV:-}" ] || unset AUTOS_CSV
tools/bootstrap.sh
tools/build.sh build
tools/venv.sh tools/requirements-demo.txt
exec .venv/bin/python examples/demo.py "$@"
