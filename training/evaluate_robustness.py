"""Robustness: clips that drive themselves again, with faults forced into what drives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from bunraku.training.contender import Candidate
from bunraku.training.evaluate_clips import row_name
from bunraku.training.evaluate_frames import short_names
from bunraku.training.faults import ASTRAY, LIMB_S, SHARE, TREMBLE, Fault
from bunraku.training.grid import Grid
from bunraku.training.metrics import Score
from bunraku.training.reconstruct import ClipResult, find_source, reconstruct, total
from bunraku.training.report import Log, Report, Target, number, ratio
from bunraku.training.watchers import Watchers

EXPLANATION = (
    "Each clip drives its own first frame again, with faults forced into what drives from the "
    f"second frame on, anew in each. *holes*: {SHARE:.0%} of the surface is missing, or, where the "
    f"body drives, {SHARE:.0%} of the landmarks, which are put {ASTRAY:.0%} of the person's length "
    f"astray. *limbs*: for {LIMB_S:g} s each, one arm or leg is not there. *jitter*: all landmarks "
    f"tremble by {TREMBLE:.0%} of the person's length. Growth is AKD's, against the same frames "
    "without faults."
)
MOST_GROWTH = 1.2
"""Of AKD, with holes, that is asked for."""


def evaluate_robustness(
    candidates: Sequence[Candidate],
    watchers: Watchers,
    clips: Sequence[Path],
    results: Sequence[ClipResult],
    report: Report,
    log: Log,
    limit: int | None = None,
    threads: int | None = None,
) -> None:
    """Drive the clips that were evaluated once more with each fault, and tell what it costs.

    Args:
        candidates: who.
        watchers: look at frames.
        clips: all of them.
        results: of those that could be evaluated, without faults.
        report: is added to.
        log: told of each clip.
        limit: at most so many frames of each clip, as for ``results``.
        threads: of each engine.

    Raises:
        EngineError: a network failed.
    """
    paths = dict(zip(short_names(clips), clips, strict=True))
    broken: dict[Fault, list[ClipResult]] = {}
    for fault in Fault:
        contenders = [candidate.load(threads, fault) for candidate in candidates]
        for result in results:
            start = find_source(contenders, paths[result.name], limit)
            if start is None:
                continue
            made = reconstruct(start, watchers, paths[result.name], result.name, limit)
            broken.setdefault(fault, []).append(made)
            log(f"{result.name}: driven with {fault}")
    add_robustness(report, results, broken, [candidate.name for candidate in candidates])


def add_robustness(
    report: Report,
    results: Sequence[ClipResult],
    broken: Mapping[Fault, Sequence[ClipResult]],
    names: Sequence[str],
) -> None:
    """The table, its targets and details."""
    rows, details = [], {}
    for who in names:
        plain = _score(results, who)
        if plain is None:
            continue
        rows.append([row_name("no fault", who, names), *_cells(plain), "–", "0"])
        for fault, made in broken.items():
            score = _score(made, who)
            if score is None:
                continue
            name = row_name(fault, who, names)
            growth = ratio(score.akd, plain.akd)
            percent = None if growth is None else 100.0 * (growth - 1.0)
            lost = sum(result.made[who].lost for result in made if who in result.made)
            rows.append([name, *_cells(score), number(percent, 0), str(lost)])
            details[name] = {"growth": growth, "lost_frames": lost, **asdict(score)}
            if fault is Fault.HOLES:
                target = row_name("real clips, AKD with holes / without", who, names)
                report.targets.append(Target(target, growth, MOST_GROWTH))
    if rows:
        headings = ["", "AKD", "MKR", "L1 person", "growth, %", "frames lost"]
        report.grids.append(Grid("Robustness", EXPLANATION, headings, rows))
        report.details["robustness"] = details


def _score(results: Sequence[ClipResult], who: str) -> Score | None:
    made = [result.made[who] for result in results if who in result.made]
    return total(made) if made else None


def _cells(score: Score) -> list[str]:
    return [number(score.akd, 2), number(score.mkr, 4), number(score.person_l1, 4)]
