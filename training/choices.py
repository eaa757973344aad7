"""Forced choices for people: which of two pictures is better, and which action was it.

Numbers miss what people see at once. The folder of questions goes to them, a page with a picture
each, to be answered on paper; the key stays with whoever asks.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from html import escape
from pathlib import Path

import numpy as np

from bunraku.errors import OutputError
from bunraku.spec.arrays import Picture
from bunraku.training.sheets import contact_sheet, save_sheet

SIDE_PX = 384
"""Of a tile of a single picture."""
STRIP = 4
"""Frames of an action."""
STRIP_PX = 224
TRUE = "true frame"
"""What a result is shown beside, where there is only one candidate."""

_SEED = 20240229  # the same evaluation asks the same questions
_STYLE = """
body { font: 17px/1.5 system-ui, sans-serif; margin: 1.5rem auto; max-width: 76rem; color: #1b1b1b;
  background: #fff }
fieldset { border: 0; border-top: 1px solid #ccc; padding: 1rem 0; margin: 0; break-inside: avoid }
img { max-width: 100% }
label { margin-right: 2rem }
"""


class Kind(StrEnum):
    """What is asked."""

    WHICH = "which"
    ACTION = "action"

    @property
    def text(self) -> str:
        """For people."""
        if self is Kind.WHICH:
            return (
                "The person of the photo was to move, as in the frame beside it where there is "
                "one. Which of A and B looks more like a true picture of that?"
            )
        return "The upper row was made by a computer. Which row below did it imitate?"


@dataclass(frozen=True, eq=False)
class Played:
    """A photo moved by a clip."""

    name: str
    """For the key."""
    person: str
    """The photo's name, or that of the clip that the source is of."""
    source: Picture
    driver: str
    """Which clip; questions about actions need two."""
    frames: Sequence[Picture]
    """Of the clip, evenly spaced."""
    results: Mapping[str, Sequence[Picture]]
    """By candidate, of the same frames."""
    true: bool
    """Whether the clip's frames are what the results should be."""


@dataclass(frozen=True)
class Question:
    """One question, as its key tells it."""

    number: int
    kind: Kind
    about: str
    a: str
    """What A is: a candidate or the true frame, or a clip."""
    b: str
    right: str | None
    """A or B for actions; of two pictures none is right, and what was chosen is counted."""


def ask(played: Sequence[Played]) -> list[tuple[Question, Picture]]:
    """Questions and their pictures, in a mixed but fixed order of A and B.

    Of each photo moved by a clip two candidates are shown, or one beside the truth where that is
    known; and an action, where clips of others drove and two of them are at hand.
    """
    rng = np.random.default_rng(_SEED)
    asked: list[tuple[Question, Picture]] = []
    for one in played:
        middle = len(one.frames) // 2
        shown = {name: pictures[middle] for name, pictures in one.results.items()}
        if one.true and len(shown) == 1:
            shown[TRUE] = one.frames[middle]
        if len(shown) > 1:
            a, b = (str(name) for name in rng.permutation(list(shown))[:2])
            driving = None if one.true else one.frames[middle]
            row = [one.source, *([] if driving is None else [driving]), shown[a], shown[b]]
            heads = ["photo", *([] if driving is None else ["frame"]), "A", "B"]
            question = Question(len(asked) + 1, Kind.WHICH, one.name, a, b, None)
            asked.append((question, contact_sheet([row], heads, side=SIDE_PX)))
        # Who is seen in a row of the choice would be known by the face, not by the action.
        others = [other for other in played if other.driver not in (one.driver, one.person)]
        if one.true or not others:
            continue
        other = others[int(rng.integers(len(others)))]
        who = str(rng.choice(list(one.results)))
        rows = [one, other] if rng.random() < 0.5 else [other, one]
        strips = [_strip(one.results[who]), *(_strip(row.frames) for row in rows)]
        a, b = (row.driver for row in rows)
        right = "A" if rows[0] is one else "B"
        about = f"{one.name}, {who}"
        question = Question(len(asked) + 1, Kind.ACTION, about, a, b, right)
        sheet = contact_sheet(strips, names=["made", "A", "B"], side=STRIP_PX)
        asked.append((question, sheet))
    return asked


def write_choices(played: Sequence[Played], out: Path) -> int:
    """Write ``choices/`` with a page and a picture a question, and ``choices-key.json`` beside it.

    Returns:
        How many questions there are; for none nothing is written.

    Raises:
        OutputError: they cannot be written.
    """
    asked = ask(played)
    if not asked:
        return 0
    folder = out / "choices"
    for question, sheet in asked:
        save_sheet(folder / _file(question), sheet)
    questions = [question for question, _ in asked]
    key = [asdict(question) for question in questions]
    try:
        (folder / "index.html").write_text(page(questions), encoding="utf-8")
        text = json.dumps(key, indent=2, ensure_ascii=False)
        (out / "choices-key.json").write_text(text + "\n", encoding="utf-8")
    except OSError as exc:
        raise OutputError(
            f"The questions cannot be written to {out}: {exc.strerror}.", "Choose another folder."
        ) from exc
    return len(asked)


def page(questions: Sequence[Question]) -> str:
    """All questions on one page, to be marked or printed; it tells nothing of the key."""
    parts = [
        "<!doctype html>",
        '<html lang="en"><head><meta charset="utf-8"><title>Which of two</title>',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<style>{_STYLE}</style></head><body><h1>Which of two</h1>",
        "<p>Choose one each time, also where you are not sure. Write down the number and the "
        "letter. Do not look longer than you like.</p><form>",
    ]
    for question in questions:
        parts += [
            f"<fieldset><legend><b>{question.number}</b></legend>",
            f"<p>{escape(question.kind.text)}</p>",
            f'<p><img src="{_file(question)}" alt="question {question.number}" loading="lazy"></p>',
            *(
                f'<label><input type="radio" name="q{question.number}" value="{letter}"> {letter}'
                "</label>"
                for letter in "AB"
            ),
            "</fieldset>",
        ]
    return "\n".join([*parts, "</form></body></html>", ""])


def _strip(frames: Sequence[Picture]) -> list[Picture]:
    last = len(frames) - 1
    return [frames[round(i * last / (STRIP - 1))] for i in range(STRIP)]


def _file(question: Question) -> str:
    return f"question-{question.number:03}.png"
