from __future__ import annotations

from pathlib import Path

import pytest

from bunraku.runtime.cache import cache_folder


def test_the_variable_moves_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BUNRAKU_CACHE", str(tmp_path))
    assert cache_folder() == tmp_path
    monkeypatch.setenv("BUNRAKU_CACHE", "~/somewhere")
    assert cache_folder() == Path.home() / "somewhere"
    monkeypatch.delenv("BUNRAKU_CACHE")
    assert cache_folder().name == "bunraku"
