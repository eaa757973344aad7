from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

import pytest
from tests.runtime.fakes import FakeEngine

from bunraku.errors import EngineError
from bunraku.runtime.engines import registry
from bunraku.runtime.engines.registry import LIBRARIES, EngineFactory, EngineKind


def test_every_kind_has_a_library() -> None:
    assert set(LIBRARIES) == set(EngineKind)


def test_an_unknown_library_is_answered_with_the_known() -> None:
    with pytest.raises(EngineError, match=r"no engine called 'abacus'\. Use one of: onnxruntime"):
        EngineFactory("abacus")


def test_the_kind_chooses_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever asks for an engine gets one of the chosen library, with its threads."""
    asked: list[tuple[Path | bytes, str, int | None, str]] = []

    def load(model: Path | bytes, name: str, threads: int | None, advice: str) -> FakeEngine:
        asked.append((model, name, threads, advice))
        return FakeEngine(name, {}, {}, lambda known: {})

    module = ModuleType("abacus_engine")
    module.load = load  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "abacus_engine", module)
    monkeypatch.setitem(registry.LIBRARIES, "abacus", "abacus_engine:load")
    made = EngineFactory("abacus", 3).make(b"model", "tiny", advice="Ask.")
    assert isinstance(made, FakeEngine)
    assert asked == [(b"model", "tiny", 3, "Ask.")]
