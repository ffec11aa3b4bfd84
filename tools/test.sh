#!/usr/bin/env bash
# Builds and tests everything, and ends with one line: "N passed, N failed".
#     tools/test.sh [BUILD_DIR]
# Parts: C units (meson), SQL files (slt_runner) against a baseline, Python (pytest), clients of
# the server (pytest). Exit code 1 when anything failed. With OH_TEST_PARTS="unit sql" only those parts run.
set -uo pipefail
cd "$(dirname "$0")/.."
build=${1:-build}
parts=${OH_TEST_PARTS:-unit sql python clients}
n_passed=0
n_failed=0

# add PASSED FAILED LABEL
add() {
  n_passed=$((n_passed + $1))
  n_failed=$((n_failed + $2))
  printf '%-8s %6d passed, %d failed\n' "$3" "$1" "$2"
}

# count PATTERN FILE: the first number that the pattern's group captures in the last matching line, or 0
count() {
  local n
  n=$(sed -nE "s/$1/\1/p" "$2" | tail -n 1)
  echo "${n:-0}"
}

unit_tests() {
  local log=$build/meson-logs/test-summary.txt
  if [ "$(meson introspect --tests "$build")" = "[]" ]; then
    return
  fi
  local code=0
  meson test -C "$build" --no-rebuild --print-errorlogs --num-processes 2 \
    --timeout-multiplier "${OH_TIMEOUT_FACTOR:-1}" >"$log" 2>&1 || code=$?
  local ok failed timeout
  ok=$(count '^Ok: +([0-9]+).*' "$log")
  failed=$(count '^Fail: +([0-9]+).*' "$log")
  timeout=$(count '^Timeout: +([0-9]+).*' "$log")
  failed=$((failed + timeout))
  if [ $code -ne 0 ]; then
    cat "$log"
    [ $failed -eq 0 ] && failed=1
  fi
  add "$ok" "$failed" unit
}

# Records that the baseline names as failing do not count as failures: the baseline may only shrink. The
# runner's last line is "N passed, N failed"; its exit code is 1 when a record fails that should not.
sql_tests() {
  [ -x "$build/slt_runner" ] || return
  local log=$build/slt-summary.txt folders=() code=0
  for folder in tests/sql ../shared/tests/sql; do
    [ -n "$(find "$folder" \( -name '*.slt' -o -name '*.test' \) -print -quit 2>/dev/null)" ] &&
      folders+=("$folder")
  done
  [ ${#folders[@]} -gt 0 ] || return
  timeout "${OH_SQL_TIMEOUT:-900}" "$build/slt_runner" --baseline tests/sql/baseline.txt \
    "${folders[@]}" >"$log" 2>&1 || code=$?
  local ok failed
  ok=$(count '^.*\b([0-9]+) passed.*' "$log")
  failed=$(count '^.*\b([0-9]+) failed.*' "$log")
  if [ $code -ne 0 ]; then
    tail -n 200 "$log"
    [ "$failed" -eq 0 ] && failed=1
  fi
  add "$ok" "$failed" sql
}

# NAME "REQUIREMENTS.." FOLDER..: pytest over folders, counted as that name.
pytest_part() {
  local name=$1 requirements=$2 log=$build/$1-summary.txt code=0
  shift 2
  # shellcheck disable=SC2086 # several files
  if ! tools/venv.sh $requirements; then
    add 0 1 "$name"
    return
  fi
  OPENHYPER_BUILD_DIR=$PWD/$build .venv/bin/python -m pytest -q --color=no -rs "$@" \
    >"$log" 2>&1 || code=$?
  local ok failed errors
  ok=$(count '^.*\b([0-9]+) passed.*' "$log")
  failed=$(count '^.*\b([0-9]+) failed.*' "$log")
  errors=$(count '^.*\b([0-9]+) errors?.*' "$log")
  failed=$((failed + errors))
  if [ $code -ne 0 ]; then
    cat "$log"
    [ $failed -eq 0 ] && failed=1
  else
    grep -E '^SKIPPED' "$log" | sort | uniq -c | sort -rn | head -n 20
  fi
  add "$ok" "$failed" "$name"
}

python_tests() {
  [ -n "$(find tests/python -name 'test_*.py' -print -quit 2>/dev/null)" ] || return
  pytest_part python tools/requirements-test.txt tests/python tests/genuine
}

# hyperd with the clients of others: recordings, psql, drivers of several languages.
clients_tests() {
  pytest_part clients "tools/requirements-test.txt tools/requirements-clients.txt" \
    tests/wire tests/clients tests/stress
}

layer_check() {
  if python3 tools/check_layers.py; then add 1 0 layers; else add 0 1 layers; fi
}

if ! tools/build.sh "$build"; then
  echo "0 passed, 1 failed (build)"
  exit 1
fi
layer_check
for part in $parts; do
  "${part}_tests"
done
echo "$n_passed passed, $n_failed failed"
[ $n_failed -eq 0 ] && [ $n_passed -gt 0 ]
