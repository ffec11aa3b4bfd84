"""Every recording of a genuine client, replayed against our server."""
import os
import pathlib

import pytest

import replay

RECORDINGS = sorted((pathlib.Path(__file__).parents[3] / "shared/data/wire").glob("*.jsonl"))
HYPERD = pathlib.Path(os.environ.get("OPENHYPER_BUILD_DIR", "build")).resolve() / "hyperd"


@pytest.mark.skipif(not RECORDINGS, reason="no recordings in ../shared/data/wire")
@pytest.mark.parametrize("path", RECORDINGS, ids=lambda p: p.stem)
def test_same_answers(path):
    assert replay.replay(str(HYPERD), path, 5) == 0
