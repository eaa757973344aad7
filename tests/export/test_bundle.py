from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from bunraku.errors import OutputError
from bunraku.export.bundle import PARITY, check_place, write_bundle
from bunraku.export.exporter import ExportReport
from bunraku.export.onnx_engines import OPSET
from bunraku.networks.generator import Generator
from bunraku.runtime.engines.bundle import Bundle
from bunraku.spec.manifest import FILE_NAME, OPSETS

FILES = {FILE_NAME: b"{}", "motion.onnx": b"engine"}


def test_the_manifest_describes_the_files(exported: tuple[Generator, ExportReport]) -> None:
    _, report = exported
    manifest = json.loads((report.folder / FILE_NAME).read_bytes())
    assert manifest == report.manifest
    entries = [*manifest["engines"].values(), manifest["single_file"]]
    for entry in entries:
        content = (report.folder / entry["file"]).read_bytes()
        assert entry["sha256"] == hashlib.sha256(content).hexdigest()
        assert entry["bytes"] == len(content)
    named = {FILE_NAME, PARITY, *(entry["file"] for entry in entries)}
    assert {path.name for path in report.folder.iterdir()} == named
    assert report.bytes == sum(path.stat().st_size for path in report.folder.iterdir())


def test_the_manifest_tells_what_the_network_is(exported: tuple[Generator, ExportReport]) -> None:
    generator, report = exported
    manifest = report.manifest
    assert manifest["preset"] == "custom"
    assert (manifest["window"], manifest["size"]) == (64, 32)
    assert manifest["prior"] is generator.options.prior
    assert manifest["licence"] == "CC0-1.0"
    assert manifest["provenance"] == {"steps": 12, "data": "none"}
    assert manifest["parameters"] == sum(p.numel() for p in generator.parameters())
    motion = manifest["engines"]["motion"]
    assert motion["inputs"]["densepose"] == [1, 73, 32, 32]
    assert motion["outputs"]["flow_8"] == [1, 2, 8, 8]


def test_the_runtime_reads_it(exported: tuple[Generator, ExportReport]) -> None:
    _, report = exported
    loaded = Bundle.load(report.folder)
    assert list(loaded.manifest.engines) == ["source", "motion", "blend"]
    assert loaded.manifest.provenance == {"steps": 12, "data": "none"}


def test_the_parity_report_is_beside_it(exported: tuple[Generator, ExportReport]) -> None:
    _, report = exported
    told: dict[str, Any] = json.loads((report.folder / PARITY).read_bytes())
    assert told["float16"]["tolerance"] == {
        "engine": 0.05,
        "chain": 0.005,
        "decided": 0.002,
    }
    found = told["float32"]["engines"]["motion"]["atlas"]
    assert set(found) == {"maximum", "mean", "scale"}


def test_a_bundle_is_replaced_whole(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "bundle"
    write_bundle({**FILES, "old.onnx": b"old"}, folder)
    write_bundle(FILES, folder)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == FILES
    assert [path.name for path in folder.parent.iterdir()] == ["bundle"]


def test_an_empty_folder_is_taken(tmp_path: Path) -> None:
    write_bundle(FILES, tmp_path)
    assert (tmp_path / FILE_NAME).is_file()


def test_a_folder_of_other_things_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("dear")
    with pytest.raises(OutputError, match="exists and is not a bundle"):
        write_bundle(FILES, tmp_path)
    with pytest.raises(OutputError, match="exists and is not a bundle"):
        write_bundle(FILES, tmp_path / "letter.txt")
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


def test_a_place_is_tried_before_the_work(tmp_path: Path) -> None:
    check_place(tmp_path / "new" / "bundle")
    assert not list(tmp_path.iterdir())
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OutputError, match="bundle cannot be written: Not a directory"):
        check_place(tmp_path / "file" / "bundle")
    with pytest.raises(OutputError, match="cannot be written: File name too long"):
        check_place(tmp_path / ("x" * 300))


def test_a_full_disk_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "bundle"
    write_bundle(FILES, folder)
    written = Path.write_bytes

    def full(path: Path, content: bytes) -> int:
        if path.name == "motion.onnx":
            raise OSError(28, "No space left on device")
        return written(path, content)

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OutputError, match="cannot be written: No space left on device"):
        write_bundle({**FILES, "new.onnx": b"new"}, folder)
    assert [path.name for path in tmp_path.iterdir()] == ["bundle"]
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == FILES


def test_a_failed_swap_puts_the_old_bundle_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "bundle"
    write_bundle(FILES, folder)
    rename = Path.rename

    def failing(path: Path, target: Path) -> Path:
        if target == folder and path.name != "bundle":
            raise PermissionError(13, "Permission denied")
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", failing)
    with pytest.raises(OutputError, match="Permission denied"):
        write_bundle({FILE_NAME: b"new"}, folder)
    assert [path.name for path in tmp_path.iterdir()] == ["bundle"]
    assert (folder / FILE_NAME).read_bytes() == b"{}"


def test_others_may_read_a_bundle(tmp_path: Path) -> None:
    other = tmp_path / "plain"
    other.mkdir()
    write_bundle(FILES, tmp_path / "bundle")
    assert (tmp_path / "bundle").stat().st_mode == other.stat().st_mode


def test_the_runtime_takes_the_opset() -> None:
    assert OPSET in OPSETS
