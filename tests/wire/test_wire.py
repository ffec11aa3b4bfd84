"""Every recording of a genuine client, replayed against our server."""
import os
import pathlib

import pytest

import replay

RECORDINGS = sorted((pathlib.Path(__file__).parents[3] / "shared/data/wire").glob("*.jsonl"))
HYPERD = pathlib.Path(os.environ.get("OPENHYPER_BUILD_DIR", "build")).resolve() / "hyperd"
WAITING = {"copy-files": "COPY from and to Parquet and Arrow"}


@pytest.mark.skipif(not RECORDINGS, reason="no recordings in ../shared/data/wire")
@pytest.mark.parametrize("path", RECORDINGS, ids=lambda p: p.stem)
def test_same_answers(path):
    if path.stem in replay.SKIPPED:
        pytest.skip(replay.SKIPPED[path.stem])
    if path.stem in WAITING:
        pytest.skip("not there yet: " + WAITING[path.stem])
    assert replay.replay(str(HYPERD), path, 5) == 0
