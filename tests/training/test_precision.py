from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

from bunraku.runtime.engines import present
from bunraku.training import precision


@pytest.mark.parametrize(
    ("told", "there"),
    [
        ("flags\t\t: fpu avx2 avx512f avx512_bf16\nflags\t\t: fpu", True),
        ("flags\t\t: fpu avx2 amx_bf16\n", True),
        ("Features\t: fp asimd bf16\n", True),
        ("flags\t\t: fpu avx2 avx512f avx512_vnni\n", False),
        ("", False),
        (None, False),
    ],
)
def test_a_processor_computes_in_bf16_where_it_says_so(
    told: str | None, there: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "cpuinfo"
    if told is not None:
        path.write_text(f"model name : some\n{told}")
    monkeypatch.setattr(present, "_CPU_INFO", path)
    assert present.computes_in_bf16.__wrapped__() is there


@pytest.mark.parametrize(("there", "dtype"), [(True, torch.bfloat16), (False, torch.float32)])
def test_convolutions_are_computed_in_what_the_processor_has(
    there: bool, dtype: torch.dtype, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(precision, "computes_in_bf16", lambda: there)
    with precision.bf16(torch.device("cpu")):
        assert nn.Conv2d(1, 1, 1)(torch.zeros(1, 1, 2, 2)).dtype == dtype


def test_a_gpu_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, bool]] = []

    def autocast(kind: str, _dtype: torch.dtype, *, enabled: bool) -> None:
        asked.append((kind, enabled))

    monkeypatch.setattr(torch, "autocast", autocast)
    monkeypatch.setattr(precision, "computes_in_bf16", lambda: False)
    precision.bf16(torch.device("cuda"))
    precision.bf16(torch.device("cpu"))
    assert asked == [("cuda", True), ("cpu", False)]
