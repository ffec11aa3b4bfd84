#!/usr/bin/env bash
# Compiles each fuzz target, without linking it: libFuzzer needs clang, which not every build has, and a target that
# nobody builds rots.
set -uo pipefail
cd "$(dirname "$0")/.."
cc=${CC:-gcc}
bad=0
for target in tests/fuzz/fuzz_*.c; do
  $cc -std=c17 -D_GNU_SOURCE -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
    -Werror -fsyntax-only -Isrc -Iinclude "$target" || {
    echo "$target: does not compile" >&2
    bad=1
  }
done
exit $bad
