from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from bunraku.errors import OutputError
from bunraku.training.metrics import Score
from bunraku.training.page import comparison, page, write_page
from bunraku.training.report import Refusal, Report, Scene, Table, Target

OUT = Path("out")
SCORE = Score(4, 0.0123, 0.9, 0.05, 20.125, 2.5, 0.0)


class Read(HTMLParser):
    """Addresses, cells and open elements of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.open: list[str] = []
        self.cells: list[tuple[str, str]] = []
        self._kind: str | None = None
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = dict(attrs)
        self.addresses += [a for name in ("src", "href") if (a := known.get(name))]
        if tag not in ("meta", "img"):
            self.open.append(tag)
        if tag == "td":
            self._kind = known.get("class") or ""

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag
        self._kind = None

    def handle_data(self, data: str) -> None:
        if self._kind is not None:
            self.cells.append((data, self._kind))


def report() -> Report:
    scores = {"old": SCORE, "a<b": replace(SCORE, akd=1.5)}
    sheet = OUT / "clip-a walk.jpg"
    scene = Scene("a walk & more", scores, sheet, OUT / "films" / "a walk.webm")
    return Report(
        {},
        tables=[Table("Real clips", "*own*: what is meant.", {})],
        targets=[Target("AKD", 2.5, 2.0)],
        sheets=[sheet, OUT / "photo-me.jpg"],
        scenes=[scene],
        overall=scores,
        refusals=[Refusal("b.mp4", None, "nobody <here>")],
    )


def test_page() -> None:
    text = page(report(), OUT)
    read = Read(text)
    assert read.open == ["html"] or read.open == []
    assert read.addresses == [
        "report.md", "report.json", "films/a%20walk.webm",
        "clip-a%20walk.jpg", "clip-a%20walk.jpg", "photo-me.jpg",
    ]  # fmt: skip
    assert "http" not in text  # nothing from elsewhere
    assert "<script" not in text
    assert "consent" in text
    assert "synthetic" in text
    assert "a&lt;b" in text
    assert "nobody &lt;here&gt;" in text
    assert "own: what is meant." in text
    assert ("no", "no") in read.cells


def test_the_best_is_marked() -> None:
    scores = {"old": SCORE, "new": replace(SCORE, akd=1.5)}
    cells = Read(comparison({"walk": scores}, ["old", "new"])).cells
    assert ("1.50", "best") in cells
    assert ("2.50", "first") in cells
    assert ("0.0123", "first best") not in cells
    assert sum("best" in kind for _, kind in cells) == 1


def test_a_refused_clip_has_no_best() -> None:
    cells = Read(comparison({"walk": {"old": SCORE}}, ["old", "new"])).cells
    assert [text for text, _ in cells].count("refused") == 6
    assert not any("best" in kind for _, kind in cells)


def test_an_empty_page() -> None:
    text = page(Report({}), OUT)
    assert "<table" not in text
    assert "<h1>Evaluation</h1>" in text


def test_without_films() -> None:
    made = report()
    made.scenes = [replace(scene, film=None) for scene in made.scenes]
    assert "<video" not in page(made, OUT)


def test_written(tmp_path: Path) -> None:
    write_page(Report({}), tmp_path)
    assert (tmp_path / "index.html").read_text(encoding="utf-8") == page(Report({}), tmp_path)
    with pytest.raises(OutputError, match=r"page cannot be written.*another folder"):
        write_page(Report({}), tmp_path / "no")
