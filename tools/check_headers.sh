#!/usr/bin/env bash
# Compiles each header alone, twice included: it must bring all it needs and have an include guard. Headers that
# are templates or tables (*_template.h, *_table.h) are included with parameters and left out.
set -uo pipefail
cd "$(dirname "$0")/.."
cc=${CC:-gcc}
bad=0
for header in $(find include src -name '*.h' -not -name '*_template.h' -not -name '*_table.h' | sort); do
  if ! printf '#include "%s"\n#include "%s"\ntypedef int Used;\n' "$header" "$header" |
    $cc -std=c17 -D_GNU_SOURCE -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wstrict-prototypes \
      -Werror -fsyntax-only -I. -Isrc -Iinclude -x c -; then
    echo "$header: does not compile alone" >&2
    bad=1
  fi
  grep -qE '^#ifndef (HY|OPENHYPER)_' "$header" || {
    echo "$header: no include guard HY_<LAYER>_<THING>_H" >&2
    bad=1
  }
done
exit $bad
