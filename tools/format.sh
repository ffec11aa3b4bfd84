#!/usr/bin/env bash
# Formats all C files, or with --check names those that are not and exits 1.
set -euo pipefail
cd "$(dirname "$0")/.."
mapfile -t files < <(git ls-files --cached --others --exclude-standard '*.[ch]' | sort)
if [ "${1:-}" != --check ]; then
  clang-format-14 -i "${files[@]}"
  exit
fi
bad=$(clang-format-14 --dry-run "${files[@]}" 2>&1 |
  sed -nE 's/^([^:]+):[0-9]+:[0-9]+: warning: code should be clang-formatted.*/\1/p' | sort -u)
[ -z "$bad" ] && exit
printf '%s: not formatted (make fmt)\n' $bad
exit 1
