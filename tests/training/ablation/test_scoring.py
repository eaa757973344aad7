from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import torch
from tests.tiny import tiny_options
from tests.training.conftest import FakeJudge

from bunraku.networks.ablated import make_generator
from bunraku.training.ablation.scoring import score_row
from bunraku.training.ablation.table import table_of


def test_a_row_is_measured_on_itself_and_across(
    make_people: Callable[..., Path], judge: FakeJudge
) -> None:
    torch.manual_seed(0)
    options = replace(tiny_options(prior=False), window=256, size=128, branch_25d=False)
    folder = make_people(count=3, frames=4)
    found = score_row(make_generator(options).eval(), folder, 2, 2, judge)
    assert found.itself.frames == 4
    assert found.frames == 4
    assert judge.looks == 2 * (4 + 4)
    assert 0.0 < found.itself.l1 < 1.0
    assert (found.look, found.itself.fed) == (None, None)
    told = {"2d": {"steps": 1200, "scores": found.as_json()}}
    table = table_of(told)
    ours, paper = table.rows
    assert ours[:3] == ["2D baseline", "1,200", f"{found.itself.l1:.4f}"]
    assert paper[:4] == ["*paper: 2D baseline*", "600,000", "0.0324", "37.57"]
    assert len(ours) == len(paper) == len(table.headings)


def test_one_person_drives_nobody_else(make_people: Callable[..., Path]) -> None:
    options = replace(tiny_options(prior=False), window=256, size=128, branch_2d=False)
    found = score_row(make_generator(options).eval(), make_people(count=1, frames=3))
    assert (found.itself.frames, found.frames, found.akd) == (2, 0, None)
