from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bunraku.errors import OutputError
from bunraku.training.grid import Grid
from bunraku.training.metrics import Score
from bunraku.training.report import MEASURES, Refusal, Report, Table, Target, ratio

SCORE = Score(4, 0.0123, 0.9, 0.05, 20.125, 2.5, 0.0)


@pytest.mark.parametrize(
    ("value", "limit", "at_least", "passed"),
    [
        (0.4, 0.48, False, True),
        (0.48, 0.48, False, True),
        (0.5, 0.48, False, False),
        (19.0, 19.0, True, True),
        (18.9, 19.0, True, False),
        (None, 0.48, False, False),
        (None, 19.0, True, False),
    ],
)
def test_targets(value: float | None, limit: float, at_least: bool, passed: bool) -> None:
    target = Target("a number", value, limit, at_least)
    assert target.passed is passed
    assert ("| yes |" if passed else "| NO |") in target.line


def test_ratio() -> None:
    assert ratio(1.0, 4.0) == 0.25
    assert ratio(None, 4.0) is None
    assert ratio(1.0, None) is None
    assert ratio(1.0, 0.0) is None


def report() -> Report:
    nobody = Score(1, 0.5, 0.1, None, None, None, None)
    table = Table("People", "What they are.", {"ours": SCORE, "nobody": nobody})
    return Report(
        {"generator": {"steps": 3}},
        tables=[table],
        grids=[Grid("More", "text", ["", "b"], [["a", "1"]])],
        targets=[Target("PSNR", 20.125, 19.0, at_least=True), Target("AKD", 0.5, 0.4)],
        details={"seconds": 1.5},
        sheets=[Path("somewhere/sheet.jpg")],
    )


def test_markdown() -> None:
    text = report().markdown()
    assert "| ours | 0.0123 | 0.0500 | 20.12 | 0.900 | 2.50 | 0.0000 | 4 |" in text
    assert "| nobody | 0.5000 | – | – | 0.100 | – | – | 1 |" in text
    assert "| PSNR | 20.125 | ≥ 19 | yes |" in text
    assert "| AKD | 0.500 | ≤ 0.4 | NO |" in text
    assert text.index("What they are.") < text.index("## More") < text.index("## Targets")
    assert text.endswith("Contact sheets: sheet.jpg\n")


def test_measures_that_no_row_has_are_left_out() -> None:
    text = report().markdown()
    assert "| L1 | L1 person | PSNR person | SSIM | AKD | MKR | frames |" in text
    shaky = replace(SCORE, flicker=1.234, own_person_l1=0.0123)
    table = Table("People", "What they are.", {"ours": shaky, "plain": SCORE})
    assert "| MKR | flicker | own L1 person | frames |" in table.markdown()
    assert "| 0.0000 | 1.23 | 0.0123 | 4 |" in table.markdown()
    assert "| 0.0000 | – | – | 4 |" in table.markdown()


def test_refusals_are_told() -> None:
    made = report()
    made.refusals += [Refusal("a.mp4", None, "nobody"), Refusal("b.mp4", "new", "nobody")]
    text = made.markdown()
    assert "## Left out\n\n- a.mp4: nobody\n- b.mp4, new: nobody\n" in text
    assert made.as_json()["refused"][1] == {"what": "b.mp4", "who": "new", "why": "nobody"}


@pytest.mark.parametrize(
    ("name", "old", "new", "best"),
    [
        ("akd", 3.0, 2.0, "new"),
        ("akd", 2.001, 2.002, None),  # the same as rounded
        ("akd", None, 2.0, None),  # nothing to compare with
        ("ssim", 0.9, 0.8, "old"),
        ("flicker", 1.5, 1.2, "new"),
        ("flicker", 0.7, 0.9, None),  # both tremble no more than the true clip
        ("flicker", 0.5, 1.2, "old"),
    ],
)
def test_the_best(name: str, old: float | None, new: float, best: str | None) -> None:
    [measure] = [m for m in MEASURES if m.name == name]
    given: list[dict[str, Any]] = [{name: old}, {name: new}]
    scores = {who: replace(SCORE, **g) for who, g in zip(("old", "new"), given, strict=True)}
    assert measure.best(scores) == best


def test_written(tmp_path: Path) -> None:
    made = report()
    made.write(tmp_path / "deeper")
    assert (tmp_path / "deeper" / "report.md").read_text(encoding="utf-8") == made.markdown()
    data = json.loads((tmp_path / "deeper" / "report.json").read_text(encoding="utf-8"))
    assert data["grids"] == {"More": [["", "b"], ["a", "1"]]}
    assert data["tables"]["People"]["ours"]["person_psnr"] == 20.125
    assert data["targets"][1] == {
        "name": "AKD", "value": 0.5, "limit": 0.4, "at_least": False, "passed": False,
    }  # fmt: skip
    assert data["sheets"] == ["sheet.jpg"]
    assert not made.passed


def test_unwritable(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OutputError, match=r"cannot be written.*Choose another folder"):
        report().write(tmp_path / "file")
