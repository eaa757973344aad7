from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.runtime.onnx_models import iuv_model, live_models, write_bundle

from bunraku.errors import BundleError
from bunraku.runtime.engines.bundle import Bundle, find, shipped, weights_folder
from bunraku.spec.manifest import FILE_NAME
from bunraku.spec.tensors import Layout


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_bundle(tmp_path / "tiny", {"iuv": iuv_model(16)})


def test_a_whole_bundle_is_read(tmp_path: Path) -> None:
    bundle = Bundle.load(write_bundle(tmp_path / "tiny", live_models(64, 32), window=64, size=32))
    assert bundle.manifest.preset == "tiny"
    assert bundle.layout == Layout(64, 32, prior=True)
    assert list(bundle.manifest.engines) == ["source", "motion", "blend"]
    path, blend = bundle.path("blend"), bundle.manifest.engines["blend"]
    assert path == tmp_path / "tiny" / "blend.onnx"
    assert blend.outputs["image"] == (1, 3, 64, 64)
    assert blend.bytes == path.stat().st_size


def test_the_single_file_belongs_to_the_bundle(folder: Path) -> None:
    manifest = json.loads((folder / FILE_NAME).read_bytes())
    entry = dict(manifest["engines"]["iuv"], file="frame.onnx")
    (folder / FILE_NAME).write_text(json.dumps({**manifest, "single_file": entry}))
    with pytest.raises(BundleError, match=r"incomplete: frame.onnx is missing"):
        Bundle.load(folder)
    (folder / "frame.onnx").write_bytes((folder / "iuv.onnx").read_bytes())
    assert Bundle.load(folder).manifest.single_file is not None


def test_an_unknown_engine_is_named_with_the_known(folder: Path) -> None:
    with pytest.raises(BundleError, match=r"no engine 'motion', only: iuv\. Name a bundle"):
        Bundle.load(folder).path("motion")


def test_a_missing_bundle_names_the_ones_that_ship(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="There is no bundle 'dead'"):
        Bundle.load("dead")
    with pytest.raises(BundleError, match="holds no manifest"):
        Bundle.load(tmp_path)


def test_names_are_not_paths(folder: Path) -> None:
    assert find(folder) == folder
    with pytest.raises(BundleError):
        find("../weights")


def test_a_damaged_file_is_found(folder: Path) -> None:
    path = folder / "iuv.onnx"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(BundleError, match="SHA-256"):
        Bundle.load(folder)
    path.write_bytes(data[:-1])
    with pytest.raises(BundleError, match=f"has {len(data) - 1} bytes"):
        Bundle.load(folder)
    path.unlink()
    with pytest.raises(BundleError, match=r"iuv\.onnx is missing"):
        Bundle.load(folder)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda m: m.update(format=2), "format 2; this Bunraku reads format 1"),
        (lambda m: m.update(opset=99), "opset 99"),
        (lambda m: m.pop("window"), "KeyError: 'window'"),
        (lambda m: m.update(window="wide"), "ValueError"),
        (lambda m: m.update(engines=[1]), "AttributeError"),
        (lambda m: m["engines"]["iuv"].update(file="../iuv.onnx"), "outside of the folder"),
        (lambda m: m["engines"]["iuv"].update(inputs=3), "AttributeError"),
    ],
)
def test_a_manifest_for_something_else_is_refused(
    folder: Path, change: Callable[[dict[str, Any]], object], says: str
) -> None:
    path = folder / FILE_NAME
    manifest = json.loads(path.read_bytes())
    change(manifest)
    path.write_text(json.dumps(manifest))
    with pytest.raises(BundleError, match=says) as caught:
        Bundle.load(folder)
    assert "\n" not in str(caught.value)
    assert caught.value.hint is not None


@pytest.mark.parametrize("text", ["", "{", "[1]", "\x00"])
def test_a_manifest_that_is_none_is_refused(folder: Path, text: str) -> None:
    (folder / FILE_NAME).write_text(text)
    with pytest.raises(BundleError):
        Bundle.load(folder)


def test_every_bundle_that_ships_is_whole() -> None:
    for name in shipped():
        assert Bundle.load(name).folder == weights_folder() / name
