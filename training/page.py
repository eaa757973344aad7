"""The page of an evaluation: measures beside each other, films and contact sheets.

One file of HTML beside what it shows, without scripts and without anything from elsewhere, so that
the folder can be copied and opened anywhere. The films hold all candidates in one picture: no
player can get them out of step.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from pathlib import Path
from urllib.parse import quote

from bunraku.errors import OutputError
from bunraku.training.folders import write_whole
from bunraku.training.metrics import Score
from bunraku.training.report import MEASURES, Measure, Report, Scene, Target, number

CONSENT = (
    "A person’s picture is moved only with that person’s consent. What stands beside the true "
    "frames is synthetic, and films and sheets say so in their metadata."
)
STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; margin: 1.5rem; color: #1b1b1b; background: #fff }
p { max-width: 50rem }
.consent { border-left: 4px solid #a33; padding-left: .7rem }
.wide { overflow-x: auto }
table { border-collapse: collapse; font-variant-numeric: tabular-nums }
th, td { padding: .15rem .4rem; border-bottom: 1px solid #ddd; text-align: right }
th:first-child { text-align: left }
thead th { background: #f2f2f2 }
.first { border-left: 2px solid #bbb }
.best { font-weight: bold; background: #e2f2e0 }
.no { color: #a33 }
@media (prefers-color-scheme: dark) {
  body { color: #e6e6e6; background: #161616 }
  thead th { background: #2a2a2a }
  th, td { border-color: #3a3a3a }
  .best { background: #234a23 }
  .no { color: #f08080 }
}
"""


def write_page(report: Report, out: Path) -> None:
    """Write index.html into ``out``; raises OutputError where that fails."""
    try:
        write_whole(out / "index.html", page(report, out))
    except OSError as exc:
        raise OutputError(
            f"The page cannot be written to {out}: {exc.strerror}.", "Choose another folder."
        ) from exc


def page(report: Report, out: Path) -> str:
    """The whole page; addresses are relative to ``out``."""
    in_scenes = {scene.sheet for scene in report.scenes}
    rows = {scene.name: scene.scores for scene in report.scenes if scene.scores}
    if report.overall:
        rows["all"] = report.overall
    names = list(dict.fromkeys(name for scores in rows.values() for name in scores))
    parts = [
        "<!doctype html>",
        '<html lang="en"><head><meta charset="utf-8"><title>Evaluation</title>',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<style>{STYLE}</style></head><body>",
        "<h1>Evaluation</h1>",
        f'<p class="consent">{CONSENT}</p>',
        f"<p>All tables and what they mean: {_link('report.md')}, {_link('report.json')}.</p>",
    ]
    if rows:
        parts += ["<h2>Clips</h2>", *_explained(report), comparison(rows, names)]
    if report.targets:
        parts += ["<h2>Targets</h2>", targets(report.targets)]
    parts += [grid.html() for grid in report.grids]
    if report.refusals:
        lines = [f"<li>{escape(refusal.line)}</li>" for refusal in report.refusals]
        parts += ["<h2>Left out</h2>", "<ul>", *lines, "</ul>"]
    parts += [part for scene in report.scenes for part in _scene(scene, out)]
    others = [sheet for sheet in report.sheets if sheet not in in_scenes]
    if others:
        parts += ["<h2>Contact sheets</h2>", *(_picture(sheet, out) for sheet in others)]
    return "\n".join([*parts, "</body></html>", ""])


def comparison(rows: Mapping[str, Mapping[str, Score]], names: Sequence[str]) -> str:
    """A table: a row a clip, and for each measure a column a candidate, the best one marked.

    Args:
        rows: scores by clip and candidate.
        names: the candidates, in order.
    """
    every = [score for scores in rows.values() for score in scores.values()]
    measures = [m for m in MEASURES if any(m.of(score) is not None for score in every)]
    spans = "".join(
        f'<th scope="colgroup" class="first" colspan="{len(names)}">{escape(m.label)}</th>'
        for m in measures
    )
    heads = "".join(
        f'<th scope="col"{_class(["first"] if i == 0 else [])}>{escape(name)}</th>'
        for _ in measures
        for i, name in enumerate(names)
    )
    lines = [
        f'<tr><th scope="row">{escape(clip)}</th>'
        + "".join(_cells(measure, scores, names) for measure in measures)
        + "</tr>"
        for clip, scores in rows.items()
    ]
    return "\n".join(
        [
            '<div class="wide"><table><thead>',
            f"<tr><th></th>{spans}</tr>",
            f"<tr><th></th>{heads}</tr></thead><tbody>",
            *lines,
            "</tbody></table></div>",
        ]
    )


def targets(asked: Iterable[Target]) -> str:
    """A table of what was asked and what was reached."""
    lines = []
    for target in asked:
        sign = "≥" if target.at_least else "≤"
        met = "<td>yes</td>" if target.passed else '<td class="no">no</td>'
        lines.append(
            f'<tr><th scope="row">{escape(target.name)}</th><td>{number(target.value, 3)}</td>'
            f"<td>{sign} {target.limit:g}</td>{met}</tr>"
        )
    head = "".join(f'<th scope="col">{h}</th>' for h in ("target", "measured", "asked", "met"))
    return "\n".join(
        ["<table><thead>", f"<tr>{head}</tr></thead><tbody>", *lines, "</tbody></table>"]
    )


def _cells(measure: Measure, scores: Mapping[str, Score], names: Sequence[str]) -> str:
    """A measure's cells of one row; nothing is marked where a candidate is missing."""
    best = measure.best(scores) if len(scores) == len(names) else None
    cells = []
    for i, name in enumerate(names):
        kinds = [kind for kind, holds in (("first", i == 0), ("best", name == best)) if holds]
        value = measure.cell(scores[name]) if name in scores else "refused"
        cells.append(f"<td{_class(kinds)}>{value}</td>")
    return "".join(cells)


def _explained(report: Report) -> list[str]:
    """What the tables say of themselves, without Markdown's stars."""
    return [f"<p>{escape(table.explanation.replace('*', ''))}</p>" for table in report.tables[-1:]]


def _scene(scene: Scene, out: Path) -> list[str]:
    parts = [f"<h2>{escape(scene.name)}</h2>"]
    if scene.film is not None:
        film = quote(scene.film.relative_to(out).as_posix())
        parts.append(
            f'<div class="wide"><video src="{film}" controls loop muted playsinline '
            f'preload="metadata" aria-label="{escape(scene.name)}"></video></div>'
        )
    if scene.sheet is not None:
        sheet = quote(scene.sheet.relative_to(out).as_posix())
        parts.append(
            f'<details><summary><a href="{sheet}">{escape(scene.sheet.name)}</a></summary>'
            f"{_picture(scene.sheet, out)}</details>"
        )
    return parts


def _picture(path: Path, out: Path) -> str:
    address, name = quote(path.relative_to(out).as_posix()), escape(path.name)
    return f'<div class="wide"><img src="{address}" alt="{name}" loading="lazy"></div>'


def _link(name: str) -> str:
    return f'<a href="{name}">{name}</a>'


def _class(kinds: Sequence[str]) -> str:
    return f' class="{" ".join(kinds)}"' if kinds else ""
