"""An evaluation's report: tables of scores, targets with their state, as JSON and Markdown."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from bunraku.errors import OutputError
from bunraku.training.metrics import Score


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
class Table:
    """Scores in rows."""

    title: str
    explanation: str
    """What the rows are, in full sentences."""
    rows: Mapping[str, Score]

    def markdown(self) -> str:
        """The table with its explanation."""
        lines = [
            f"## {self.title}",
            "",
            self.explanation,
            "",
            "| | L1 | L1 person | PSNR person | SSIM | AKD | MKR | frames |",
            "|---|---|---|---|---|---|---|---|",
        ]
        for name, s in self.rows.items():
            cells = [
                f"{s.l1:.4f}",
                _number(s.person_l1, 4),
                _number(s.person_psnr, 2),
                f"{s.ssim:.3f}",
                _number(s.akd, 2),
                _number(s.mkr, 4),
                str(s.frames),
            ]
            lines.append(f"| {name} | " + " | ".join(cells) + " |")
        return "\n".join(lines)


@dataclass
class Report:
    """Everything that one evaluation found."""

    provenance: dict[str, Any]
    tables: list[Table] = field(default_factory=list)
    sections: list[str] = field(default_factory=list)
    """Further Markdown between the tables and the targets."""
    targets: list[Target] = field(default_factory=list)
    details: dict[str, Any] = field(default_factory=dict)
    """Whatever else is worth keeping, by name; JSON only."""
    sheets: list[Path] = field(default_factory=list)

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
            "details": self.details,
            "sheets": [path.name for path in self.sheets],
        }

    def markdown(self) -> str:
        """The report for people."""
        parts = ["# Evaluation", *(t.markdown() for t in self.tables), *self.sections]
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
            (out / "report.json").write_text(text + "\n", encoding="utf-8")
            (out / "report.md").write_text(self.markdown(), encoding="utf-8")
        except OSError as exc:
            raise OutputError(
                f"The report cannot be written to {out}: {exc.strerror}.", "Choose another folder."
            ) from exc


def ratio(value: float | None, base: float | None) -> float | None:
    """``value / base``; None where either is unknown or the base is nothing."""
    return None if value is None or not base else value / base


def _number(value: float | None, digits: int) -> str:
    return "–" if value is None else f"{value:.{digits}f}"
