"""The nine rows as one table, each beside the paper's numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bunraku.training.ablation.rows import HEADINGS, ROWS
from bunraku.training.grid import Grid
from bunraku.training.report import number

TITLE = "Table III"
EXPLANATION = (
    "Each row's generator, trained by the paper's recipe without what it lacks, every row as many "
    "steps, and measured with exact IUV maps on people never seen in training. *self*: a person's "
    "first frame moved by the own further frames; *cross*: by those of the next person. Below each "
    "row stand the paper's numbers, on TED-Talks, by other judges, after {paper} steps: what can "
    "be compared is which row is better than which, not the numbers. FED and *look* are by "
    "EfficientNet-Lite0 and stand in for FID and AED where no network for them was given; dashes: "
    "not measured."
)
PAPER_STEPS = 600_000
OURS = (
    *(("self", "l1", 4), ("self", "fid", 2), ("self", "fed", 1), ("self", "aed", 4)),
    *(("self", "look", 3), ("self", "mkr", 4), ("self", "akd", 2)),
    *(("animation", "aed", 4), ("animation", "look", 3)),
    *(("animation", "mkr", 4), ("animation", "akd", 2)),
)
"""Where a measure stands in a row's scores, its name and its digits."""
LABELS = (
    *("", "steps", "self L1", "FID", "FED", "AED", "look", "MKR", "AKD"),
    *("cross AED", "look", "MKR", "AKD"),
)


def table_of(rows: Mapping[str, Mapping[str, Any]]) -> Grid:
    """The table of the rows that are done.

    :param rows: by key, as ``run`` stores them.
    """
    lines: list[list[str]] = []
    for row in ROWS:
        told = rows.get(row.key)
        if told is None:
            continue
        cells = [number(told["scores"][where][name], digits) for where, name, digits in OURS]
        lines.append([row.name, f"{told['steps']:,}", *cells])
        lines.append([f"*paper: {row.name}*", f"{PAPER_STEPS:,}", *_paper(row.paper)])
    return Grid(TITLE, EXPLANATION.format(paper=f"{PAPER_STEPS:,}"), LABELS, lines)


def paper_json() -> dict[str, Any]:
    """The paper's numbers, by key, with their headings."""
    return {"headings": list(HEADINGS), **{row.key: list(row.paper) for row in ROWS}}


def _paper(values: tuple[float, ...]) -> list[str]:
    l1, fid, aed, mkr, akd, cross_aed, cross_mkr, cross_akd = values
    own = [f"{l1:.4f}", f"{fid:.2f}", "–", f"{aed:.4f}", "–", f"{mkr:.4f}", f"{akd:.2f}"]
    return [*own, f"{cross_aed:.4f}", "–", f"{cross_mkr:.4f}", f"{cross_akd:.2f}"]
