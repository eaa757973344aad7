"""Kernels compiled ahead of the first picture."""

from __future__ import annotations

from pathlib import Path

import pytest

from bunraku import kernels
from bunraku.kernels import compiling


def test_every_module_that_compiles_is_known() -> None:
    root = Path(kernels.__path__[0])
    of_kernels = {
        ".".join((kernels.__name__, *path.relative_to(root).with_suffix("").parts))
        for path in root.rglob("*.py")
        if "\n@kernel(" in path.read_text(encoding="utf-8") and not path.stem.endswith("_training")
    }
    assert set(compiling.kernel_modules()) == of_kernels


def test_what_is_compiled_lies_in_the_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(compiling, "kernel_modules", lambda: ["bunraku.kernels.head.numba_cpu"])
    said: list[tuple[int, int]] = []
    assert compiling.compile_kernels(lambda done, total: said.append((done, total)))
    assert said == [(0, 1), (1, 1)]
    assert list(tmp_path.rglob("numba_cpu._rows-*.nbi"))


def test_a_process_that_dies_is_told_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "dying.py").write_text("import os; os._exit(9)")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(compiling, "kernel_modules", lambda: ["dying"])
    assert not compiling.compile_kernels(lambda _done, _total: None)
