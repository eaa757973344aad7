"""A run's losses as a picture."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path

from PIL import Image

from bunraku.errors import OutputError
from bunraku.runtime.bench.drawing import Plot

POINTS = 60
"""Of a line, at most: each is the mean of its share of the run."""
LINES = 5
"""The terms that the most of the run has."""

Line = list[tuple[float, float]]


def plot_losses(journal: Path, picture: Path) -> bool:
    """Draw ``losses.jsonl`` as PNG, each term as a share of what it was at first.

    :param journal: the file; lines that are torn are left out.
    :return: whether there was anything to draw.
    :raises OutputError: the picture cannot be written.
    """
    lines = read_losses(journal)
    if not lines:
        return False
    try:
        draw(lines).save(picture)
    except OSError as error:
        raise OutputError.of(picture, error) from error
    return True


def read_losses(journal: Path) -> dict[str, Line]:
    """Each term's points (step, share of its first value); the most often told terms first."""
    told: dict[str, Line] = defaultdict(list)
    for text in journal.read_text(encoding="utf-8").splitlines() if journal.is_file() else ():
        try:
            entry = json.loads(text)
        except ValueError:
            continue
        for name, value in entry["losses"].items():
            told[name].append((float(entry["step"]), float(value)))
    order = sorted(told, key=lambda name: -len(told[name]))[:LINES]
    return {name: [(x, y / (told[name][0][1] or 1.0)) for x, y in told[name]] for name in order}


def draw(lines: dict[str, Line]) -> Image.Image:
    """The lines as one plot."""
    thinned = {name: thin(line) for name, line in lines.items()}
    last = max(x for line in thinned.values() for x, _ in line)
    most = max(y for line in thinned.values() for _, y in line)
    label = "share of the first value"
    plot = Plot("Losses", "step", max(last, 1.0), label, max(most, 1.0) * 1.05)
    for number, (name, line) in enumerate(thinned.items()):
        plot.line(line, number, name)
    return plot.image


def thin(line: Line) -> Line:
    """At most ``POINTS`` points, each the mean of those in its place."""
    size = -(-len(line) // POINTS)
    parts = [line[i : i + size] for i in range(0, len(line), size)]
    return [(part[-1][0], sum(y for _, y in part) / len(part)) for part in parts]
