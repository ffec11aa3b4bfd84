#!/usr/bin/env bash
# All checks that need no test run.
set -uo pipefail
cd "$(dirname "$0")/.."
bad=0
check() {
  local label=$1
  shift
  if "$@"; then
    echo "ok      $label"
  else
    echo "FAILED  $label"
    bad=1
  fi
}
check "format" tools/format.sh --check
check "layers" python3 tools/check_layers.py
check "headers compile alone" tools/check_headers.sh
check "fuzz targets compile" tools/check_fuzz_targets.sh
check "length and complexity" tools/check_length.sh
check "spelling" codespell --quiet-level 35 --ignore-words tools/codespell-ignore.txt \
  src include tests/unit tools docs README.md ARCHITECTURE.md CONTRIBUTING.md
exit $bad
