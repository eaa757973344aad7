from __future__ import annotations

import json
from pathlib import Path

import pytest

from bunraku.errors import OutputError
from bunraku.training.metrics import Score
from bunraku.training.report import Report, Table, Target, ratio

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
        sections=["## More\n\ntext"],
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


def test_written(tmp_path: Path) -> None:
    made = report()
    made.write(tmp_path / "deeper")
    assert (tmp_path / "deeper" / "report.md").read_text(encoding="utf-8") == made.markdown()
    data = json.loads((tmp_path / "deeper" / "report.json").read_text(encoding="utf-8"))
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
