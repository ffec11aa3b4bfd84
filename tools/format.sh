#!/usr/bin/env bash
# Formats all C files, or with --check says which are not and exits 1.
set -euo pipefail
cd "$(dirname "$0")/.."
mapfile -t files < <(find include src tests python bench -name '*.[ch]' | sort)
if [ "${1:-}" = --check ]; then
  exec clang-format-14 --dry-run --Werror "${files[@]}"
fi
clang-format-14 -i "${files[@]}"
