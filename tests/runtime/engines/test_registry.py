from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest
from tests.runtime.fakes import FakeEngine

from bunraku.errors import EngineError, MissingExtraError
from bunraku.runtime.device import CpuDevice
from bunraku.runtime.engines import libraries, registry
from bunraku.runtime.engines.libraries import LIBRARIES, EngineKind, Library
from bunraku.runtime.engines.protocol import EngineRequest, Precision
from bunraku.runtime.engines.registry import Choice, EngineFactory, choose
from bunraku.spec.tensors import EngineName

ABACUS = Library("abacus_engine:load", (Precision.INT8,), lambda: None, "Buy one.")


@pytest.fixture
def abacus(monkeypatch: pytest.MonkeyPatch) -> list[EngineRequest]:
    """A library that every machine prefers; what it is asked for."""
    asked: list[EngineRequest] = []

    def load(request: EngineRequest) -> FakeEngine:
        asked.append(request)
        return FakeEngine(request.name, {}, {}, lambda known: {})

    module = ModuleType("abacus_engine")
    module.load = load  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "abacus_engine", module)
    monkeypatch.setattr(libraries, "LIBRARIES", {"abacus": ABACUS, **LIBRARIES})
    return asked


def _lacks(monkeypatch: pytest.MonkeyPatch, reason: str, *kinds: str) -> None:
    for kind in kinds:
        lacking = replace(libraries.LIBRARIES[kind], lacking=lambda: reason)
        monkeypatch.setitem(libraries.LIBRARIES, kind, lacking)


def test_every_kind_has_a_library() -> None:
    assert set(LIBRARIES) == set(EngineKind)
    for library in LIBRARIES.values():
        assert library.loader.count(":") == 1
        assert library.precisions


def test_unknown_names_are_answered_with_the_known() -> None:
    with pytest.raises(EngineError, match=r"no engine called 'abacus'\. Use one of: auto, "):
        EngineFactory("abacus")
    with pytest.raises(EngineError, match=r"compute in 'f8'\. Use one of: onnxruntime:f32"):
        choose("onnxruntime:f8")
    with pytest.raises(EngineError, match=r"auto chooses the precision as well.*onnxruntime:f32\."):
        choose("auto:f32")


def test_whatever_asks_for_an_engine_gets_one_of_the_chosen(abacus: list[EngineRequest]) -> None:
    device = CpuDevice()
    made = EngineFactory("abacus:int8", 3, device).make(b"model", "tiny", advice="Ask.")
    assert isinstance(made, FakeEngine)
    (told,) = abacus
    assert (told.model, told.name, told.advice) == (b"model", "tiny", "Ask.")
    assert (told.threads, told.precision) == (3, Precision.INT8)
    assert told.device is device


def test_engines_are_called_by_plain_names(abacus: list[EngineRequest]) -> None:
    made = EngineFactory("abacus:int8").make(b"model", EngineName.MOTION)
    assert f"{made.name!r}" == "'motion'"
    assert len(abacus) == 1


def test_the_precision_may_be_left_to_the_library(abacus: list[EngineRequest]) -> None:
    EngineFactory("abacus").make(Path("model.onnx"), "tiny")
    assert abacus[0].precision is None
    assert str(choose("abacus")) == "abacus"
    assert str(choose("abacus:int8")) == "abacus:int8"


def test_auto_takes_the_best_that_can_run(
    abacus: list[EngineRequest], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert choose("auto") == Choice("abacus")
    _lacks(monkeypatch, "no beads", "abacus")
    chosen = EngineFactory("auto").choice
    assert chosen.kind != "abacus"
    assert chosen.passed[0] == ("abacus", "no beads")
    assert str(chosen).startswith(f"{chosen.kind} (not abacus: no beads")
    assert "\n" not in str(chosen)


def test_auto_names_what_could_use_the_gpu(
    abacus: list[EngineRequest], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What has been measured is taken; who has a GPU is told what else there is."""
    for kind in LIBRARIES:
        there = replace(LIBRARIES[kind], lacking=lambda: None)
        monkeypatch.setitem(libraries.LIBRARIES, kind, there)
    _lacks(monkeypatch, "no wheels", EngineKind.TENSORRT)
    monkeypatch.setattr(registry, "missing_gpu", lambda: None)
    told = "abacus (on the GPU, not measured yet: --engine onnxruntime-cuda or torch or"
    assert str(choose("auto")).startswith(told)
    assert "tensorrt or" not in str(choose("auto"))
    _lacks(monkeypatch, "no beads", "abacus")
    assert str(choose("auto")) == "onnxruntime-cuda (not abacus: no beads)"
    monkeypatch.setattr(registry, "missing_gpu", lambda: "there is none")
    monkeypatch.setitem(libraries.LIBRARIES, "abacus", ABACUS)
    assert str(choose("auto")) == "abacus"


@pytest.mark.parametrize(("bits", "has"), [(8, True), (7, True), (None, False)])
def test_8_bits_are_taken_where_they_are_borne_and_said_in_the_line(
    abacus: list[EngineRequest], monkeypatch: pytest.MonkeyPatch, bits: int | None, has: bool
) -> None:
    monkeypatch.setattr(registry, "int8_weight_bits", lambda: bits)
    monkeypatch.setitem(libraries.LIBRARIES, "abacus", replace(ABACUS, eight_bits=True))
    for engine in ("auto", "abacus"):
        said = str(choose(engine, eight_bits=True))
        assert said == ("abacus, the body's landmarks in int8" if has else "abacus")
        assert str(choose(engine)) == "abacus"
    assert str(choose("abacus:int8", eight_bits=True)) == "abacus:int8"
    assert not choose("onnxruntime", eight_bits=True).eight_bits
    EngineFactory("auto", eight_bits=True).make(b"model", "tiny")
    EngineFactory("auto").make(b"model", "tiny")
    EngineFactory("auto", eight_bits=True).make(b"model", "tiny", coarse=True)
    assert {told.precision for told in abacus} == {None}
    assert [told.eight_bits for told in abacus] == [has, False, False]


def test_what_cannot_run_is_one_line_with_the_way_out(
    abacus: list[EngineRequest], monkeypatch: pytest.MonkeyPatch
) -> None:
    _lacks(monkeypatch, "no beads", "abacus")
    with pytest.raises(MissingExtraError) as caught:
        EngineFactory("abacus")
    assert str(caught.value) == "The engine abacus cannot run: no beads. Buy one."
    _lacks(monkeypatch, "no room", *LIBRARIES)
    with pytest.raises(MissingExtraError, match=r"No engine can run here \(abacus: no beads; "):
        choose("auto")
