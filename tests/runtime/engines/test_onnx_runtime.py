"""What ONNX Runtime alone does; what all do alike is in test_host_engines.py."""

from __future__ import annotations

from pathlib import Path

import pytest

from bunraku.errors import EngineError
from bunraku.runtime.engines.bundle import EXPORT_AGAIN
from bunraku.runtime.engines.registry import EngineFactory
from bunraku.spec.cores import cores


def test_there_is_at_least_one_core() -> None:
    assert cores() >= 1


def test_a_bundles_engine_is_exported_anew(tmp_path: Path) -> None:
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(b"not a model")
    with pytest.raises(EngineError) as bundled:
        EngineFactory().make(broken, "motion")
    assert bundled.value.hint == f"{EXPORT_AGAIN} Or update onnxruntime."
