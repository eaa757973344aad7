from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bunraku.errors import OutputError
from bunraku.spec.arrays import Picture
from bunraku.stream.clip.writer import SYNTHETIC_COMMENT
from bunraku.training.choices import SIDE_PX, TRUE, Kind, Played, ask, page, write_choices
from bunraku.training.sheets import HEADING_PX

GREYS = {"photo": 10, "walk": 50, "wave": 100, "old": 150, "new": 200}


def grey(name: str, count: int = 1) -> list[Picture]:
    return [np.full((20, 20, 3), GREYS[name], np.uint8)] * count


def played(driver: str, *who: str, true: bool = False) -> Played:
    results = {name: grey(name, 5) for name in who}
    return Played(f"me by {driver}", "me", grey("photo")[0], driver, grey(driver, 5), results, true)


def test_two_candidates_beside_each_other() -> None:
    ((question, sheet),) = ask([played("walk", "old", "new", true=True)])
    assert question.kind is Kind.WHICH
    assert {question.a, question.b} == {"old", "new"}
    assert question.right is None
    tiles = [int(sheet[HEADING_PX + 5, SIDE_PX * i + 5, 0]) for i in range(3)]
    assert tiles == [GREYS["photo"], GREYS[question.a], GREYS[question.b]]


def test_one_candidate_is_shown_beside_the_truth() -> None:
    ((question, _),) = ask([played("walk", "new", true=True)])
    assert {question.a, question.b} == {TRUE, "new"}
    assert ask([played("walk", "new")]) == []  # nothing is true, and there is no other action


def test_which_action() -> None:
    asked = ask([played("walk", "new"), played("wave", "new")])
    assert [question.kind for question, _ in asked] == [Kind.ACTION, Kind.ACTION]
    for (question, sheet), driver in zip(asked, ("walk", "wave"), strict=True):
        assert {question.a, question.b} == {"walk", "wave"}
        assert (question.a if question.right == "A" else question.b) == driver
        rows = [int(sheet[224 * i + 100, 100, 0]) for i in range(3)]
        assert rows == [GREYS["new"], GREYS[question.a], GREYS[question.b]]


def test_nobody_is_known_by_the_face() -> None:
    walker = replace(played("wave", "new"), person="walk")
    asked = ask([walker, played("walk", "new")])
    # The walker's own clip is no choice for the walker; for the other one it is what drove.
    assert [question.about for question, _ in asked] == ["me by walk, new"]


def test_what_drove_is_shown_where_the_truth_is_unknown() -> None:
    (question, sheet), *_ = ask([played("walk", "old", "new")])
    assert sheet.shape[1] == 4 * SIDE_PX
    assert int(sheet[HEADING_PX + 5, SIDE_PX + 5, 0]) == GREYS["walk"]
    assert question.about == "me by walk"


def test_the_same_questions_each_time() -> None:
    parts = [played(driver, "old", "new") for driver in ("walk", "wave")]
    assert [question for question, _ in ask(parts)] == [question for question, _ in ask(parts)]


def test_written(tmp_path: Path) -> None:
    parts = [played("walk", "new"), played("wave", "new")]
    assert write_choices(parts, tmp_path) == 2
    names = sorted(path.name for path in (tmp_path / "choices").iterdir())
    assert names == ["index.html", "question-001.png", "question-002.png"]
    with Image.open(tmp_path / "choices" / "question-001.png") as picture:
        assert picture.info["Comment"] == SYNTHETIC_COMMENT
    key = json.loads((tmp_path / "choices-key.json").read_text(encoding="utf-8"))
    assert [entry["number"] for entry in key] == [1, 2]
    assert {entry["right"] for entry in key} <= {"A", "B"}
    text = (tmp_path / "choices" / "index.html").read_text(encoding="utf-8")
    assert text.count('type="radio"') == 4
    assert "walk" not in text  # nothing of the key
    assert "new" not in text


def test_no_questions(tmp_path: Path) -> None:
    assert write_choices([], tmp_path) == 0
    assert list(tmp_path.iterdir()) == []
    assert "<form>" in page([])


def test_unwritable(tmp_path: Path) -> None:
    (tmp_path / "choices").touch()
    with pytest.raises(OutputError):
        write_choices([played("walk", "new", true=True)], tmp_path)
