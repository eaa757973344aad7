"""The most memory within each step."""

from __future__ import annotations

from mmap import mmap
from pathlib import Path

import numpy as np
import pytest
from tests.runtime.fakes import puppet, street, with_person

from bunraku.errors import InputError
from bunraku.runtime.bench import memory as module
from bunraku.runtime.bench.memory import Watch, peak_rss_mib, run_memory
from bunraku.runtime.bench.options import BenchOptions
from bunraku.runtime.bench.schema import check_report
from bunraku.spec.arrays import Picture

BLOCK_MIB = 200


def _take() -> float:
    """From the system itself, which has it back at once whatever malloc was told to keep."""
    with mmap(-1, BLOCK_MIB * 2**20) as block:
        array = np.frombuffer(block, np.float32)
        array[:] = 1.0
        total = float(array.sum())
        del array
    return total


def test_a_peak_is_of_its_own_step() -> None:
    watch = Watch()
    watch.step("before", lambda: None)
    watch.step("within", _take)
    watch.step("after", lambda: None)
    assert watch.steps["within"]["peak_mib"] > watch.steps["before"]["peak_mib"] + 0.9 * BLOCK_MIB
    if watch.each:
        assert watch.steps["after"]["peak_mib"] < watch.steps["within"]["peak_mib"] - 100


def test_the_larger_peak_stays() -> None:
    watch = Watch()
    watch.step("frame", _take)
    larger = watch.steps["frame"]["peak_mib"]
    watch.step("frame", lambda: None)
    assert watch.steps["frame"]["peak_mib"] == larger


def test_where_peaks_are_not_forgotten_the_whole_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(module, "_CLEAR", tmp_path / "no" / "clear_refs")
    monkeypatch.setattr(module, "_STATUS", tmp_path / "no" / "status")
    watch = Watch()
    watch.step("load", lambda: None)
    assert not watch.each
    assert watch.steps["load"]["peak_mib"] == pytest.approx(peak_rss_mib(), rel=0.2)


@pytest.fixture
def no_files(monkeypatch: pytest.MonkeyPatch) -> None:
    person = with_person(street(), 100, 60)
    monkeypatch.setattr(module, "read_photo", lambda _: person)
    monkeypatch.setattr(BenchOptions, "load", lambda _: puppet()._machinery.models)


def _clip(monkeypatch: pytest.MonkeyPatch, frame: Picture) -> None:
    monkeypatch.setattr(module, "read_clip", lambda _: [frame, frame])


def test_every_step_is_told(no_files: None, monkeypatch: pytest.MonkeyPatch) -> None:
    _clip(monkeypatch, with_person(street(), 120, 60))
    report = run_memory(BenchOptions(frames=2, warmup=0, engine="onnxruntime"))
    assert check_report(report) == "memory"
    assert list(report["steps"]) == ["start", "load", "photo", "densepose", "motion", "blend"]
    assert report["frames"] == 2


def test_a_clip_without_anybody(no_files: None, monkeypatch: pytest.MonkeyPatch) -> None:
    _clip(monkeypatch, street())
    with pytest.raises(InputError, match="Nobody is found in"):
        run_memory(BenchOptions(frames=2, warmup=0, engine="onnxruntime"))
