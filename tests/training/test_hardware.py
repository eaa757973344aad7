from __future__ import annotations

import sys
from types import SimpleNamespace

import pytest

from bunraku.training import hardware
from bunraku.training.hardware import keep_memory


@pytest.mark.skipif(sys.platform != "linux", reason="glibc is Linux's")
def test_freed_memory_is_kept_where_the_c_library_can(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[int, int]] = []
    glibc = SimpleNamespace(mallopt=lambda option, value: told.append((option, value)))
    monkeypatch.setattr(hardware, "ctypes", SimpleNamespace(CDLL=lambda _: glibc))
    keep_memory()
    assert dict(told) == {-3: 1 << 30, -1: (1 << 31) - 1}
    monkeypatch.setattr(hardware, "ctypes", SimpleNamespace(CDLL=lambda _: SimpleNamespace()))
    keep_memory()  # musl has nothing to be told
    assert len(told) == 2
