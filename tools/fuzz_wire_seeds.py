#!/usr/bin/env python3
"""Makes seeds for fuzz_server_protocol from recordings of clients: what each connection sent, cut into pieces.

    fuzz_wire_seeds.py INTO FOLDER_OF_RECORDINGS
"""
import collections
import json
import pathlib
import sys

MAX_BYTES = 16000


def main():
    into, recordings = map(pathlib.Path, sys.argv[1:3])
    into.mkdir(parents=True, exist_ok=True)
    for path in sorted(recordings.glob("*.jsonl")):
        sent = collections.defaultdict(bytes)
        for line in map(json.loads, path.open()):
            if line.get("dir") == "C" and isinstance(line.get("conn"), int) and line.get("hex"):
                sent[line["conn"]] += bytes.fromhex(line["hex"])
        for connection, data in sent.items():
            (into / f"{path.stem}-{connection}").write_bytes(b"\0" + data[:MAX_BYTES])


if __name__ == "__main__":
    main()
