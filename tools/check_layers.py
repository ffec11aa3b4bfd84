#!/usr/bin/env python3
"""A file includes only its own layer or lower ones; the doors stand on top and do not include each other."""
import pathlib
import re
import sys

LAYERS = "base types io storage catalog func sql plan exec session server client".split()
DOORS = "cli capi".split()
RANK = {name: i for i, name in enumerate(LAYERS)} | dict.fromkeys(DOORS, len(LAYERS))


def faults(path):
    own = path.parts[1]
    if own not in RANK:
        yield 0, f"{own} is no layer"
        return
    for number, line in enumerate(path.read_text().splitlines(), 1):
        match = re.match(r'\s*#\s*include\s+"([^"/]+)/', line)
        if not match or match[1] == own:
            continue
        if match[1] not in RANK:
            yield number, f"{match[1]} is no layer"
        elif RANK[match[1]] >= RANK[own]:
            yield number, f"{own} must not include {match[1]}"


def main():
    bad = 0
    for path in sorted(pathlib.Path("src").rglob("*.[ch]")):
        for number, fault in faults(path):
            print(f"{path}:{number}: {fault}")
            bad = 1
    return bad


if __name__ == "__main__":
    sys.exit(main())
