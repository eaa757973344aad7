from __future__ import annotations

import json
from dataclasses import replace

import pytest

from bunraku.spec.manifest import EngineEntry, Manifest, describe_file, is_described

ENTRY = describe_file("motion.onnx", b"engine", {"a": (1, 2)}, {"b": (3,)}, gflop=0.5, parameters=7)
MANIFEST = Manifest(
    preset="tiny",
    window=64,
    size=32,
    prior=True,
    opset=18,
    licence="CC0-1.0",
    provenance={"steps": 3, "machines": ["a laptop"]},
    parameters=9,
    engines={"motion": ENTRY},
)


@pytest.mark.parametrize("single", [None, replace(ENTRY, file="frame.onnx")])
def test_what_is_written_is_what_is_read(single: EngineEntry | None) -> None:
    manifest = replace(MANIFEST, single_file=single)
    told = json.loads(json.dumps(manifest.to_json()))
    assert told["format"] == 1
    assert ("single_file" in told) is (single is not None)
    assert Manifest.from_json(told) == manifest


def test_an_iuv_net_has_neither_window_nor_prior() -> None:
    manifest = replace(MANIFEST, preset="iuv", window=None, prior=None)
    told = json.loads(json.dumps(manifest.to_json()))
    assert not {"window", "prior"} & set(told)
    assert Manifest.from_json(told) == manifest
    assert Manifest.from_json({**told, "window": 256, "prior": False}) == manifest  # as it was


def test_a_file_is_known_by_its_content() -> None:
    assert ENTRY.bytes == 6
    assert is_described(b"engine", ENTRY)
    assert not is_described(b"engino", ENTRY)


def test_engines_lie_in_the_folder() -> None:
    told = MANIFEST.to_json()
    told["engines"]["motion"]["file"] = "../motion.onnx"
    with pytest.raises(ValueError, match="outside of the folder"):
        Manifest.from_json(told)
