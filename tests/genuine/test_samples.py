"""Files of the genuine server read as the server read them, with nothing to be found wrong."""
import engines


def test_sample_reads_as_its_manifest(sample, sample_path, ours, assert_sound):
    before = sample_path.read_bytes()
    assert_sound(sample_path)
    with ours.open(sample_path) as file:
        for table in sample["tables"]:
            lines = engines.all_rows(file, table["schema"], table["table"])
            assert len(lines) == table["row_count"]
            assert engines.rows_sha256(lines) == table["rows_sha256"]
            if "rows" in table:
                assert lines == sorted("\x1f".join("\\N" if v is None else v for v in row) for row in table["rows"])
    assert sample_path.read_bytes() == before, "reading changed the file"
