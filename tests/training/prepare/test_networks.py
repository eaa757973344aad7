from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from tests.runtime.fakes import FakeEngine

from bunraku.errors import BundleError
from bunraku.runtime.engines.registry import EngineFactory
from bunraku.runtime.pose import PoseNetworks, PoseTracker
from bunraku.runtime.pose.networks import PoseModel
from bunraku.spec import tensors
from bunraku.training.prepare.networks import Networks


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[PoseModel]:
    """Pose networks that are files of one word; which landmark network was asked for."""
    found: list[PoseModel] = []
    paths = [tmp_path / name for name in ("detector.onnx", "landmarks.onnx", "segments.onnx")]
    for path in paths:
        path.write_text(path.stem)

    def find(folder: Path | None = None, model: PoseModel = PoseModel.FULL) -> PoseNetworks:
        assert folder is None
        found.append(model)
        return PoseNetworks(*paths)

    def make(
        factory: EngineFactory, path: Path, name: str, *, advice: str = "", **_: object
    ) -> FakeEngine:
        assert factory.threads == 1
        assert path.exists()
        shapes = tensors.iuv_inputs(128), tensors.iuv_outputs(128)
        return FakeEngine(name, *shapes, lambda known: dict(known), advice=advice)

    monkeypatch.setattr(PoseNetworks, "find", find)
    monkeypatch.setattr(EngineFactory, "make", make)
    return found


def test_networks_and_their_versions(asked: list[PoseModel]) -> None:
    networks = Networks.load(PoseModel.HEAVY, "iuv", 256)
    assert asked == [PoseModel.HEAVY]
    assert isinstance(networks.tracker, PoseTracker)
    assert networks.surfaces.size == 256
    assert networks.segmenter is not None
    assert list(networks.versions) == [
        "detector.onnx", "landmarks.onnx", "segments.onnx", "iuv.onnx",
    ]  # fmt: skip
    assert networks.versions["detector.onnx"] == hashlib.sha256(b"detector").hexdigest()


@pytest.mark.usefixtures("asked")
def test_no_such_bundle() -> None:
    with pytest.raises(BundleError, match="There is no bundle 'mine'"):
        Networks.load(PoseModel.FULL, "mine", 128)
