#!/usr/bin/env bash
# Makes .venv with our Python package and what the given requirement files ask for.
#     tools/venv.sh [REQUIREMENTS.txt ...]
# The package is installed again only when its sources or the engine changed.
set -euo pipefail
cd "$(dirname "$0")/.."
[ -x .venv/bin/python ] || python3 -m venv .venv
pip=(.venv/bin/python -m pip install --quiet --disable-pip-version-check)

for file in "$@"; do
  stamp=.venv/$(basename "$file").stamp
  if ! cmp -s "$file" "$stamp"; then
    "${pip[@]}" -r "$file"
    cp "$file" "$stamp"
  fi
done

if [ -e python/pyproject.toml ]; then
  stamp=.venv/package.stamp
  if [ ! -e "$stamp" ] || [ -n "$(find python include build/libopenhyper.so -type f \
    -not -path '*/__pycache__/*' -newer "$stamp" -print -quit)" ]; then
    OPENHYPER_BUILD_DIR=$PWD/build "${pip[@]}" --force-reinstall --no-deps ./python
    touch "$stamp"
  fi
fi
