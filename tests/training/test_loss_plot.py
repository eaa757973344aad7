from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

from bunraku.errors import OutputError
from bunraku.training.loss_plot import plot_losses, read_losses, thin


def journal(folder: Path, steps: int) -> Path:
    path = folder / "losses.jsonl"
    lines = [
        json.dumps({"step": 20 * (i + 1), "losses": {"image": 4.0 / (i + 1), "mask": 0.5}})
        for i in range(steps)
    ]
    path.write_text("\n".join([*lines, '{"step": 9']))
    return path


def test_terms_are_shares_of_what_they_were_at_first(tmp_path: Path) -> None:
    lines = read_losses(journal(tmp_path, 4))
    assert lines["image"] == [(20, 1.0), (40, 0.5), (60, pytest.approx(1 / 3)), (80, 0.25)]
    assert [y for _, y in lines["mask"]] == [1.0] * 4


def test_long_lines_are_thinned() -> None:
    made = thin([(float(i), float(i)) for i in range(600)])
    assert len(made) == 60
    assert made[0] == (9.0, 4.5)


def test_the_plot_is_a_png(tmp_path: Path) -> None:
    assert plot_losses(journal(tmp_path, 3), tmp_path / "losses.png")
    with Image.open(tmp_path / "losses.png") as plot:
        assert (plot.format, plot.size) == ("PNG", (1100, 560))


def test_of_nothing_there_is_no_plot(tmp_path: Path) -> None:
    assert not plot_losses(tmp_path / "losses.jsonl", tmp_path / "losses.png")
    assert not (tmp_path / "losses.png").exists()


def test_a_plot_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"losses\.png cannot be written"):
        plot_losses(journal(tmp_path, 3), tmp_path / "no" / "losses.png")
