"""Every library on the same frames: what is compared, and what is told of those not here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.runtime.fakes import street, with_person

from bunraku.errors import EngineError, FetchError
from bunraku.runtime.bench import engines as module
from bunraku.runtime.bench import scene
from bunraku.runtime.bench.engines import OWN, candidates, run_engines
from bunraku.runtime.bench.options import BenchOptions
from bunraku.runtime.bench.scene import made_scene
from bunraku.runtime.bench.schema import check_report
from bunraku.runtime.bench.timing import timed
from bunraku.runtime.engines.bundle import Bundle
from bunraku.runtime.engines.libraries import LIBRARIES
from bunraku.runtime.engines.registry import REFERENCE
from bunraku.spec.surface import PARTS, SCORES

OPTIONS = BenchOptions(frames=2, warmup=0, threads=1)


@pytest.fixture
def no_networks(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_: Any) -> Any:
        raise FetchError("The pose networks have not been fetched.")

    monkeypatch.setattr(module, "found_scene", missing)
    monkeypatch.setattr(module, "read_photo", lambda _: with_person(street(), 100, 60))
    monkeypatch.setattr(scene, "SURFACES", 2)


def test_the_reference_comes_first_and_every_library_once() -> None:
    every = candidates()
    assert ":".join(every[0]) == REFERENCE
    assert len(set(every)) == len(every)
    assert {kind for kind, _ in every} == set(LIBRARIES)
    assert ("openvino", OWN) in every
    assert candidates(("openvino:bf16", "onnxruntime")) == [
        ("onnxruntime", "f32"),
        ("openvino", "bf16"),
        ("onnxruntime", OWN),
        ("onnxruntime", "int8"),
    ]


def test_generators_are_compared_without_the_pose_networks(
    no_networks: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    times_ms: list[float] = []

    def noted(work: Callable[[], object]) -> float:
        times_ms.append(timed(work))
        return times_ms[-1]

    monkeypatch.setattr(module, "timed", noted)
    report = run_engines(OPTIONS, ("onnxruntime:f32", "torch:bf16"), told.append)
    assert check_report(report) == "engines"
    assert report["surfaces"].startswith("made")
    reference, rounded = report["engines"]
    assert told == ["onnxruntime:f32", "torch:bf16"]
    assert reference["parity"] == {"levels_mean": 0.0, "levels_max": 0.0}
    assert 0.0 < rounded["parity"]["levels_mean"] < 0.3
    assert (rounded["within"], rounded["device"]) == (True, "cpu")
    assert rounded["chain_ms"] == {"missing": "the pose networks have not been fetched"}
    assert 0 < rounded["networks_ms"]["min"] < rounded["generator_ms"]["min"]
    # Loading three times, once for the pictures that are compared with, which nobody times.
    assert len(times_ms) == 3 + 2 * OPTIONS.frames


def test_what_cannot_run_has_its_reason_once(
    no_networks: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> Any:
        raise EngineError("It is broken.", "Mend it.")

    monkeypatch.setattr(module, "_row", fail)
    rows = run_engines(OPTIONS)["engines"]
    compiled = [row for row in rows if row["engine"] == "torch-compiled"]
    assert [row["missing"] for row in compiled] == ["left out: --engine torch-compiled measures it"]
    assert rows[0] == {"engine": "onnxruntime", "precision": "f32", "missing": "It is broken."}
    assert {row["engine"] for row in rows} == set(LIBRARIES)
    for kind, library in LIBRARIES.items():
        if (reason := library.lacking()) is not None:
            assert [row["missing"] for row in rows if row["engine"] == kind] == [reason]


def test_a_made_figure_is_a_surface() -> None:
    layout = Bundle.load("live").layout
    made = made_scene(layout)
    for surface in (made.surface, *made.driving):
        assert surface.shape == (1, 73, layout.size, layout.size)
        assert (surface[0, :SCORES].sum(0).round(4) == 1.0).all()
        assert all(surface[0, 1 + part].max() > 0.5 for part in range(PARTS))
        assert 0.0 <= surface.min() <= surface.max() <= 1.0
    assert not (made.driving[0] == made.driving[1]).all()
    assert made.image.shape == (1, 3, layout.window, layout.window)
    assert 0.2 < made.mask.mean() < 0.6
