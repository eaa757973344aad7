"""Markdown and plots of reports."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tests.runtime.bench.reports import (
    ALL,
    engines_report,
    kernels_report,
    latency_report,
    memory_report,
)

from bunraku.errors import OutputError
from bunraku.runtime.bench.drawing import COLOURS, Plot, nice_step
from bunraku.runtime.bench.plots import plots_of
from bunraku.runtime.bench.report import markdown, table, write_report


def test_everything_is_written(tmp_path: Path) -> None:
    reports = [(f"{make().get('kind')}.json", make()) for make in ALL]
    names = [path.name for path in write_report(reports, tmp_path / "new" / "out")]
    assert names == [
        "report.md",
        *(f"latency-{what}.png" for what in ("stages", "sessions", "age")),
        *(f"{kind}-{kind}.png" for kind in ("kernels", "engines", "memory")),
    ]
    text = (tmp_path / "new" / "out" / "report.md").read_text(encoding="utf-8")
    for name in names[1:]:
        assert f"![]({name})" in text
        with Image.open(tmp_path / "new" / "out" / name) as picture:
            assert picture.size[0] > 1000


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="cannot be written to"):
        write_report([("a.json", memory_report())], tmp_path / "file")


def test_tables_hold_the_numbers() -> None:
    lines = list(markdown(latency_report()))
    assert "| chain | 36 | 54 | 28.8 |" in lines
    assert "| densepose.pose | 20 | 30 | 16 |" in lines
    assert "| 2 | 30/s | 40 | 20 | 75 | 112 | 3 | 0 |" in lines
    assert "| 1 | as taken | 31 | 31 | 60 | 90 | 3 | 0 |" in lines
    assert any(line.count("cores of") for line in lines)
    assert "| the first chain | 54 | 81 | 43.2 |" in lines
    assert "| its densepose.iuv | 22 | 33 | 17.6 |" in lines
    assert "1.50 times faster than the first chain, 1.60 in processor time.\n" in lines
    kernels = list(markdown(kernels_report()))
    assert "| texture paper | f32 | numba | 2 | 3 | 4 | 0.25 | 1e-06 |" in kernels
    assert "| texture paper | f32 | torch-compiled | (left out) | – | – | – | – |" in kernels
    engines = "\n".join(markdown(engines_report()))
    assert "| onnxruntime | f32 | cpu | – | – | 20 | 30 | 18 | 0 | yes |" in engines
    assert "(there is no NVIDIA driver)" in engines


def test_cells_stay_apart() -> None:
    assert table(("a",), [["x|y"], [None], [1234.5]])[2:] == ["| x/y |", "| – |", "| 1234 |", ""]


def _columns(picture: Image.Image, colour: int) -> np.ndarray:
    """Which columns have a pixel of a plot's colour."""
    pixels = np.asarray(picture)
    return np.flatnonzero((pixels == COLOURS[colour]).all(-1).any(0))


def test_stages_begin_where_the_one_before_ends() -> None:
    picture = dict(plots_of(latency_report()))["stages"]
    densepose, motion, blend = (_columns(picture, stage) for stage in range(3))
    assert abs(motion.min() - densepose.max()) <= 2
    assert abs(blend.min() - motion.max()) <= 2
    widths = len(densepose) / len(blend)
    assert widths == pytest.approx(28.0 / 6.0, rel=0.05)


def test_what_nobody_measured_is_not_drawn() -> None:
    report = latency_report()
    report["load"] = [run for run in report["load"] if run["rate"] is None]
    assert [name for name, _ in plots_of(report)] == ["stages"]
    nothing = engines_report()
    nothing["engines"] = nothing["engines"][1:]
    assert list(plots_of(nothing)) == []


def test_values_are_where_they_belong() -> None:
    plot = Plot("title", "ms", 10.0, "frames/s", 40.0)
    assert (plot.x(0.0), plot.x(10.0)) == (90.0, 1070.0)
    assert (plot.y(0.0), plot.y(40.0)) == (490.0, 76.0)


@pytest.mark.parametrize(("most", "step"), [(1.0, 0.2), (6.0, 1.0), (64.0, 20.0), (3300.0, 1000.0)])
def test_axes_have_round_steps(most: float, step: float) -> None:
    assert nice_step(most) == pytest.approx(step)
    with pytest.raises(ValueError, match="length"):
        nice_step(0.0)
