from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from bunraku.errors import InputError, OutputError
from bunraku.training.prepare.manifest import FILE_NAME, Manifest, Outcome

OUTCOME = Outcome(
    clip="clips/a.mp4",
    iuv=None,
    number=3,
    bytes=1000,
    modified_ns=5,
    when="2026-01-01T00:00:00+00:00",
    read=50,
    kept=40,
    scenes=2,
    records=4,
    dropped={"blurred": 7, "at a cut": 3},
    notes=("2 unreadable",),
)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    assert Manifest.read(tmp_path) is None
    manifest = Manifest("1.0", {"rate_fps": 10.0}, {"a.onnx": "12ab"})
    key = str(tmp_path / "clips" / "a.mp4")
    manifest = manifest.added(key, replace(OUTCOME, clip=key))
    manifest.write(tmp_path)
    assert Manifest.read(tmp_path) == manifest
    assert [path.name for path in tmp_path.iterdir()] == [FILE_NAME]
    told = json.loads((tmp_path / FILE_NAME).read_bytes())
    assert told["networks"] == {"a.onnx": "12ab"}
    assert told["clips"][0]["dropped"] == {"blurred": 7, "at a cut": 3}
    assert manifest.without({key}).clips == {}


def test_lines() -> None:
    assert OUTCOME.line == (
        "clips/a.mp4: 40 of 50 frames kept in 4 records of 2 scenes; "
        "dropped: 7 blurred, 3 at a cut; 2 unreadable"
    )
    refused = replace(OUTCOME, refused="a.mp4 is empty.")
    assert refused.line == "left out: a.mp4 is empty. (2 unreadable)"
    assert replace(refused, notes=()).line == "left out: a.mp4 is empty."


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ("{", "cannot be read"),
        ("[]", "is of another version of Bunraku, or of something else"),
        ('{"format": 2}', "is of another version of Bunraku"),
        ('{"format": 1, "clips": [{}]}', "is damaged"),
        ('{"format": 1, "clips": []}', "is damaged"),
    ],
)
def test_what_is_none(tmp_path: Path, content: str, fault: str) -> None:
    (tmp_path / FILE_NAME).write_text(content)
    with pytest.raises(InputError, match=f"manifest.json {fault}.*Choose an empty folder."):
        Manifest.read(tmp_path)


def test_where_nothing_can_be_written(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"manifest\.json cannot be written"):
        Manifest("1.0", {}, {}).write(tmp_path / "missing")
