"""An evaluation's report: tables of scores, targets with their state, as JSON and Markdown."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from bunraku.errors import OutputError
from bunraku.training.folders import write_whole
from bunraku.training.grid import Grid
from bunraku.training.metrics import Score

Log = Callable[[str], None]
"""Takes a line for the user, as an evaluation goes on."""


@dataclass(frozen=True)
class Target:
    """A number that was asked for, and what was measured."""

    name: str
    value: float | None
    """None where it could not be measured."""
    limit: float
    at_least: bool = False
    """Whether ``limit`` is the least or the most that passes."""

    @property
    def passed(self) -> bool:
        if self.value is None:
            return False
        return self.value >= self.limit if self.at_least else self.value <= self.limit

    @property
    def line(self) -> str:
        """The target as a row of a Markdown table."""
        value = "–" if self.value is None else f"{self.value:.3f}"
        sign = "≥" if self.at_least else "≤"
        return (
            f"| {self.name} | {value} | {sign} {self.limit:g} | {'yes' if self.passed else 'NO'} |"
        )


@dataclass(frozen=True)
class Measure:
    """A number of a score, as people read it."""

    name: str
    """The field of :class:`Score`."""
    label: str
    digits: int
    higher: bool = False
    """Whether more is better."""
    enough: float | None = None
    """The value at which better is no better."""

    def of(self, score: Score) -> float | None:
        """The score's value."""
        value: float | None = getattr(score, self.name)
        return value

    def cell(self, score: Score) -> str:
        """The score's value, rounded; a dash where it has none."""
        return number(self.of(score), self.digits)

    def best(self, scores: Mapping[str, Score]) -> str | None:
        """Whose is the best, as rounded; None where it is shared or nobody else has any."""
        known = {
            name: round(v, self.digits)
            for name, s in scores.items()
            if (v := self.of(s)) is not None
        }
        if len(known) < 2:
            return None
        if self.enough is not None:
            known = {name: max(value, self.enough) for name, value in known.items()}
        top = max(known.values()) if self.higher else min(known.values())
        winners = [name for name, value in known.items() if value == top]
        return winners[0] if len(winners) == 1 else None


MEASURES = (
    Measure("l1", "L1", 4),
    Measure("person_l1", "L1 person", 4),
    Measure("psnr", "PSNR", 2, higher=True),
    Measure("person_psnr", "PSNR person", 2, higher=True),
    Measure("ssim", "SSIM", 3, higher=True),
    Measure("perceptual", "perceptual", 3),
    Measure("fed", "FED", 1),
    Measure("fid", "FID", 2),
    Measure("look", "look", 3),
    Measure("aed", "AED", 4),
    Measure("akd", "AKD", 2),
    Measure("mkr", "MKR", 4),
    Measure("flicker", "flicker", 2, enough=1.0),
    Measure("swimming", "swimming", 2, enough=1.0),
    Measure("mouth", "mouth", 2, higher=True),
    Measure("eyes", "eyes", 2, higher=True),
    Measure("face", "face", 3),
    Measure("face_true", "true faces", 3, enough=math.inf),
    Measure("own_l1", "own L1", 4),
    Measure("own_person_l1", "own L1 person", 4),
)


@dataclass(frozen=True)
class Table:
    """Scores in rows."""

    title: str
    explanation: str
    """What the rows are, in full sentences."""
    rows: Mapping[str, Score]

    def markdown(self) -> str:
        """The table with its explanation; measures that no row has are left out."""
        shown = [m for m in MEASURES if any(m.of(s) is not None for s in self.rows.values())]
        cells = [[m.label for m in shown] + ["frames"], ["---"] * (len(shown) + 1)]
        cells += [[*(m.cell(s) for m in shown), str(s.frames)] for s in self.rows.values()]
        names = ["", "---", *self.rows]
        lines = [f"| {name} | {' | '.join(row)} |" for name, row in zip(names, cells, strict=True)]
        return "\n".join([f"## {self.title}", "", self.explanation, "", *lines])


@dataclass(frozen=True)
class Scene:
    """One clip that drives its own first frame, or a photo, and what the candidates made of it."""

    name: str
    scores: Mapping[str, Score]
    """By candidate; of photos there are none."""
    sheet: Path | None
    film: Path | None
    """All candidates side by side."""


@dataclass(frozen=True)
class Refusal:
    """A clip or a photo that could not be evaluated."""

    what: str
    """Its file's name."""
    who: str | None
    """The candidate that refused it; None for all of them."""
    why: str

    @property
    def line(self) -> str:
        """For people."""
        return f"{self.what}{f', {self.who}' if self.who else ''}: {self.why}"


@dataclass
class Report:
    """Everything that one evaluation found."""

    provenance: dict[str, Any]
    tables: list[Table] = field(default_factory=list)
    grids: list[Grid] = field(default_factory=list)
    """Further tables."""
    targets: list[Target] = field(default_factory=list)
    details: dict[str, Any] = field(default_factory=dict)
    """Whatever else is worth keeping, by name; JSON only."""
    sheets: list[Path] = field(default_factory=list)
    scenes: list[Scene] = field(default_factory=list)
    """For the page."""
    overall: dict[str, Score] = field(default_factory=dict)
    """Each candidate's score of all scenes that every candidate took."""
    refusals: list[Refusal] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        """Whether every target is met."""
        return all(target.passed for target in self.targets)

    def as_json(self) -> dict[str, Any]:
        """Plain values for :func:`json.dumps`."""
        return {
            "provenance": self.provenance,
            "tables": {
                table.title: {name: asdict(score) for name, score in table.rows.items()}
                for table in self.tables
            },
            "targets": [{**asdict(t), "passed": t.passed} for t in self.targets],
            "grids": {grid.title: [grid.headings, *grid.rows] for grid in self.grids},
            "details": self.details,
            "sheets": [path.name for path in self.sheets],
            "refused": [asdict(refusal) for refusal in self.refusals],
        }

    def markdown(self) -> str:
        """The report for people."""
        tables: list[Table | Grid] = [*self.tables, *self.grids]
        parts = ["# Evaluation", *(table.markdown() for table in tables)]
        if self.refusals:
            lines = [f"- {refusal.line}" for refusal in self.refusals]
            parts.append("\n".join(["## Left out", "", *lines]))
        if self.targets:
            heading = "## Targets\n\n| target | measured | asked | met |\n|---|---|---|---|\n"
            parts.append(heading + "\n".join(target.line for target in self.targets))
        if self.sheets:
            parts.append("Contact sheets: " + ", ".join(path.name for path in self.sheets))
        return "\n\n".join(parts) + "\n"

    def write(self, out: Path) -> None:
        """Write report.json and report.md into ``out``; raises OutputError where that fails."""
        try:
            out.mkdir(parents=True, exist_ok=True)
            text = json.dumps(self.as_json(), indent=2, ensure_ascii=False)
            write_whole(out / "report.json", text + "\n")
            write_whole(out / "report.md", self.markdown())
        except OSError as exc:
            raise OutputError(
                f"The report cannot be written to {out}: {exc.strerror}.", "Choose another folder."
            ) from exc


def ratio(value: float | None, base: float | None) -> float | None:
    """``value / base``; None where either is unknown or the base is nothing."""
    return None if value is None or not base else value / base


def number(value: float | None, digits: int) -> str:
    """A value, rounded; a dash for none."""
    return "–" if value is None else f"{value:.{digits}f}"
