from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from tests.runtime.fakes import FakeEngine, engines

from bunraku.errors import BundleError
from bunraku.networks.checkpoint import Progress, save_checkpoint
from bunraku.networks.generator import Generator
from bunraku.networks.iuv import IuvNet
from bunraku.runtime.device import CpuDevice
from bunraku.spec.tensors import Layout
from bunraku.training import evaluated
from bunraku.training.evaluated import BundleModel, EngineIuv, TorchModel
from bunraku.training.people.records import Record
from bunraku.training.people_cases import Case

MakePeople = Callable[..., Path]
NO_HEAD = np.zeros((2, 7), np.float32)


@pytest.fixture
def case(person: Record) -> Case:
    return Case(person, Path("person_000000.npz"), 0, [1, 2])


def source_of(case: Case) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    return np.ascontiguousarray(case.picture(0).transpose(2, 0, 1), np.float32) / np.float32(255)


def test_checkpoints(case: Case, tmp_path: Path) -> None:
    save_checkpoint(tmp_path / "g.pt", Generator(), Progress(5, 50, 90.0))
    save_checkpoint(tmp_path / "i.pt", IuvNet(), Progress(7))
    model = TorchModel(tmp_path / "g.pt", tmp_path / "i.pt")
    assert model.provenance == {
        "generator": {"checkpoint": "g.pt", "steps": 5, "minutes": 1.5},
        "iuv": {"checkpoint": "i.pt", "steps": 7, "minutes": 0.0},
    }
    exact = case.exact()
    frames = model.animate(source_of(case), case.alpha(0), exact[0], exact[1:], NO_HEAD)
    assert frames.image.shape == (2, 3, 256, 256)
    assert frames.mask.shape == (2, 1, 256, 256)
    assert 0.0 <= frames.image.min() <= frames.image.max() <= 1.0
    surface = case_surface(model)
    assert surface.shape == (2, 73, 128, 128)
    assert model.size == 128


def case_surface(model: TorchModel) -> torch.Tensor:
    with torch.inference_mode():
        out = model.iuv(torch.rand(2, 33, 4), torch.zeros(2, 1, 128, 128))
    surface: torch.Tensor = out.densepose()
    return surface


def test_bundles(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fake engines that warp the photo along the exact correspondence, frame by frame."""
    made = engines(256, 128)
    made["iuv"] = FakeEngine("iuv", {}, {"densepose": (1, 73, 128, 128)}, lambda known: {})
    bundle = SimpleNamespace(
        folder=Path("a/live"),
        layout=Layout(256, 128, prior=True),
        manifest=SimpleNamespace(provenance={"steps": 5}),
        path=Path,
    )
    factory = SimpleNamespace(make=lambda _path, name, coarse: made[name], device=CpuDevice())
    monkeypatch.setattr(evaluated, "Bundle", SimpleNamespace(load=lambda _name: bundle))
    monkeypatch.setattr(evaluated, "EngineFactory", lambda _kind, _threads: factory)
    model = BundleModel("live", "iuv", 1)
    assert model.provenance["generator"] == {"bundle": "live", "steps": 5}
    assert model.size == 128
    exact = case.exact()
    frames = model.animate(source_of(case), case.alpha(0), exact[0], exact[1:], NO_HEAD)
    assert frames.image.shape == (2, 3, 256, 256)
    assert frames.mask.shape == (2, 1, 256, 256)
    assert (made["source"].runs, made["motion"].runs, made["blend"].runs) == (1, 2, 2)


def test_sizes_that_do_not_fit_are_told_when_loading(monkeypatch: pytest.MonkeyPatch) -> None:
    made = engines(256, 128)
    made["iuv"] = FakeEngine("iuv", {}, {"densepose": (1, 73, 96, 96)}, lambda known: {})
    bundle = SimpleNamespace(folder=Path("a/live"), layout=Layout(256, 128, prior=True), path=Path)
    factory = SimpleNamespace(make=lambda _path, name, coarse: made[name], device=CpuDevice())
    monkeypatch.setattr(evaluated, "Bundle", SimpleNamespace(load=lambda _name: bundle))
    monkeypatch.setattr(evaluated, "EngineFactory", lambda _kind, _threads: factory)
    with pytest.raises(BundleError, match=r"gives surfaces of 96 pixels, and.* 128 are needed"):
        BundleModel("live", "iuv", 1)


def test_the_iuv_engine_answers_as_the_net_does() -> None:
    densepose = torch.rand(3, 73, 4, 4)
    part = densepose[:, :25].argmax(1)
    densepose[:, :25] = torch.nn.functional.one_hot(part, 25).permute(0, 3, 1, 2)
    given = iter(torch.split(densepose, 1))
    engine = FakeEngine(
        "iuv",
        {"landmarks": (1, 33, 4), "mask": (1, 1, 4, 4)},
        {"densepose": (1, 73, 4, 4)},
        lambda known: {"densepose": next(given).numpy()},
    )
    out = EngineIuv(engine)(torch.rand(3, 33, 4), torch.zeros(3, 1, 4, 4))
    assert torch.equal(out.parts.argmax(1), part)
    torch.testing.assert_close(out.densepose(), densepose, atol=1e-6, rtol=1e-5)
