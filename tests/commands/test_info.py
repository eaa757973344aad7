from __future__ import annotations

import hashlib
import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from bunraku.commands.app import app
from bunraku.errors import PIP


def _info(*arguments: object) -> Any:
    return CliRunner().invoke(app, ["info", *map(str, arguments)])


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    (tmp_path / "iuv.onnx").write_bytes(b"engine")
    engine = {
        "file": "iuv.onnx",
        "sha256": hashlib.sha256(b"engine").hexdigest(),
        "bytes": 6,
        "inputs": {"landmarks": [1, 33, 4]},
        "outputs": {"densepose": [1, 73, 128, 128]},
        "gflop": 0.75,
        "parameters": 1_200_000,
    }
    manifest = {
        "format": 1,
        "preset": "iuv",
        "window": 256,
        "size": 128,
        "prior": False,
        "opset": 20,
        "licence": "Apache-2.0",
        "provenance": {"minutes": 12},
        "parameters": 1_200_000,
        "engines": {"iuv": engine},
    }
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    return tmp_path


def test_bundle_as_json(bundle: Path) -> None:
    told = json.loads(_info(bundle, "--json").stdout)
    assert told["parameters"] == 1_200_000
    assert told["provenance"] == {"minutes": 12}
    assert told["engines"] == [
        {
            "name": "iuv",
            "gflop": 0.75,
            "parameters": 1_200_000,
            "bytes": 6,
            "inputs": {"landmarks": [1, 33, 4]},
            "outputs": {"densepose": [1, 73, 128, 128]},
        }
    ]


def test_bundle_for_people(bundle: Path) -> None:
    told = _info(bundle).stdout
    assert "parameters  1.20 M" in told
    assert "minutes     12" in told
    assert "surface     128 px" in told
    assert "window" not in told
    assert "prior" not in told
    assert "engine iuv: 0.75 GFLOP a run" in told
    assert "output densepose [1, 73, 128, 128]" in told


def test_damaged_bundle(bundle: Path) -> None:
    (bundle / "iuv.onnx").write_bytes(b"Engine")
    result = _info(bundle)
    assert result.exit_code == 2
    assert "its SHA-256 is not the manifest's" in result.stderr


def test_folder_that_is_no_bundle(tmp_path: Path) -> None:
    assert "is not a bundle: it holds no manifest.json" in _info(tmp_path).stderr


def test_preset_is_counted_from_its_networks() -> None:
    told = json.loads(_info("paper", "--json").stdout)
    assert told["parameters"] == pytest.approx(34.84e6, rel=0.02)
    assert [engine["name"] for engine in told["engines"]] == ["source", "motion", "blend"]
    assert all(engine["gflop"] > 1 for engine in told["engines"])
    assert told["engines"][0]["inputs"]["densepose"] == [1, 73, 128, 128]


def test_unknown_preset() -> None:
    result = _info("papr")
    assert result.exit_code == 2
    assert result.stderr == (
        "bunraku: There is neither a preset nor a bundle 'papr'. Presets are paper, paper256, "
        "live; a bundle is a folder with a manifest.json.\n"
    )


def test_without_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    assert "There is neither a preset nor a bundle 'nothere'" in _info("nothere").stderr
    result = _info("paper")
    assert result.exit_code == 2
    assert result.stderr == (
        f"bunraku: This command needs torch. Run: {PIP} install 'bunraku[train]'\n"
    )
