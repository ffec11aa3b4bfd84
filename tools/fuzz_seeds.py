#!/usr/bin/env python3
"""Writes each statement of the SQL tests into a file of its own, as seeds for the fuzz targets that take SQL.

    tools/fuzz_seeds.py OUTPUT_FOLDER FOLDER_OR_FILE ...
"""
import hashlib
import pathlib
import re
import sys


def statements(path):
    for record in re.split(r"\n\s*\n", path.read_text(encoding="utf-8", errors="replace")):
        lines = record.split("\n")
        while lines and lines[0].startswith("#"):
            lines.pop(0)
        if lines and re.match(r"statement|query", lines[0]):
            sql = "\n".join(lines[1:lines.index("----") if "----" in lines else None]).strip()
            if sql:
                yield sql


def main(output, *sources):
    output = pathlib.Path(output)
    output.mkdir(parents=True, exist_ok=True)
    for source in map(pathlib.Path, sources):
        files = [source] if source.is_file() else sorted([*source.rglob("*.slt"), *source.rglob("*.test")])
        for path in files:
            for sql in statements(path):
                data = sql.encode()
                (output / hashlib.sha1(data).hexdigest()).write_bytes(data)


main(*sys.argv[1:])
