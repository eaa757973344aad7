"""The numbers of docs/results.md, and those of the files that it names."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from tests.docs.pages import ROOT

FOLDER = ROOT / "benchmarks" / "results"
PAGE = (ROOT / "docs" / "results.md").read_text(encoding="utf-8")


def file(name: str) -> Any:
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))


def cells(row: str, after: str = "") -> list[str]:
    """The cells of the first row of this name behind a text of the page."""
    part = PAGE[PAGE.index(after) :]
    found = re.search(rf"^\| (?:\*\*)?{re.escape(row)}(?:\*\*)? \|(.*)\|$", part, re.MULTILINE)
    assert found is not None, row
    return [cell.strip() for cell in found[1].split("|")]


def number(cell: str) -> float:
    return float(re.sub("[,+]", "", cell).replace("−", "-").split()[0])


def same(cell: str, value: float) -> None:
    """The cell is the value, rounded to the digits that the cell has."""
    digits = len(cell.split()[0].partition(".")[2])
    assert number(cell) == pytest.approx(round(value, digits), abs=1.01 * 10**-9), (cell, value)
