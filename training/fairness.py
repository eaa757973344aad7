"""Whether some people are moved worse than others: scores by what synthetic people are."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from bunraku.runtime.cache import cache_folder
from bunraku.training.generator_data import LOST, misplaced
from bunraku.training.grid import Grid
from bunraku.training.metrics import FrameScore, Score
from bunraku.training.observe import DEPTH_OFFSET, DEPTH_SCALE, read_observation
from bunraku.training.people.records import read_header, read_record
from bunraku.training.people.traits import GROUPS, Traits
from bunraku.training.report import number

TITLE = "By skin tone, build, age and clothing: {row}"
EXPLANATION = (
    "The same people in groups, by how their seeds made them. *found*: share of frames in which "
    "the pose networks found the person, not something else; *landmarks*: how far off their "
    "visible points then are, in pixels of 256; these two hold for whatever drives. The rest is "
    "{row}, with its standard error over people: a difference of less than two of them says "
    "nothing."
)
HEADINGS = ("", "people", "found", "landmarks", "L1 person", "± over people", "AKD", "MKR")
SIDE_PX = 256


@dataclass(frozen=True)
class Fairness:
    """A group's scores."""

    people: int
    found: float
    """Share of frames."""
    landmarks_px: float | None
    """Mean distance; None where nobody was found."""
    person_l1: float | None
    person_l1_error: float | None
    """Standard error over people; None of one alone."""
    akd: float | None
    mkr: float | None


@dataclass(frozen=True)
class Sighting:
    """How the pose networks saw one person."""

    frames: int
    distances: tuple[float, ...]
    """Of the frames in which they saw the person, in window units."""


def traits_of(records: Sequence[Path], assets: Path) -> dict[Path, Traits]:
    """What the people of these files are; without those of clips, who have no seed.

    :param assets: what they were made of.
    :raises InputError: the folder lacks something.
    """
    from bunraku.training.people.anatomy import Anatomy
    from bunraku.training.people.body import load_body
    from bunraku.training.people.person import Tailor
    from bunraku.training.people.studio import traits_by
    from bunraku.training.people.wardrobe import Wardrobe

    tailor = Tailor(Wardrobe(Anatomy(load_body(cache_folder())), assets / "makehuman"))
    found = {}
    for path in records:
        seed, _ = read_header(path)
        if seed >= 0:
            found[path] = traits_by(tailor, seed, read_record(path).index)
    return found


def sighting(path: Path) -> Sighting:
    """How far the pose networks' landmarks are off in a record's frames.

    :raises InputError: it was not observed.
    """
    record, observed = read_record(path), read_observation(path)
    exact = torch.from_numpy(record.landmarks).clone()
    exact[..., 2] = exact[..., 2] * DEPTH_SCALE + DEPTH_OFFSET
    distance = misplaced(torch.from_numpy(observed.landmarks), exact).numpy()
    seen = observed.found & (distance < LOST)
    return Sighting(len(record), tuple(float(d) for d in distance[seen]))


def compare(
    traits: Mapping[Path, Traits],
    scores: Mapping[Path, Sequence[FrameScore]],
    sightings: Mapping[Path, Sighting],
) -> dict[str, dict[str, Fairness]]:
    """Scores of each group of each trait, and of all people; groups of nobody are left out."""
    known = [path for path in scores if path in traits]
    told = {"all": {"all": _fairness(known, scores, sightings)}} if known else {}
    for trait, kinds in GROUPS.items():
        groups = {
            str(kind): [path for path in known if getattr(traits[path], trait) == kind]
            for kind in kinds
        }
        told[trait] = {
            name: _fairness(paths, scores, sightings) for name, paths in groups.items() if paths
        }
    return told


def as_grid(told: Mapping[str, Mapping[str, Fairness]], row: str) -> Grid:
    """The groups as a table.

    :param row: whose scores these are.
    """
    lines = [
        [
            name if trait == name else f"{trait}: {name}",
            str(one.people),
            f"{one.found:.3f}",
            number(one.landmarks_px, 2),
            number(one.person_l1, 4),
            number(one.person_l1_error, 4),
            number(one.akd, 2),
            number(one.mkr, 4),
        ]
        for trait, groups in told.items()
        for name, one in groups.items()
    ]
    return Grid(TITLE.format(row=row), EXPLANATION.format(row=f"*{row}*"), HEADINGS, lines)


def as_json(told: Mapping[str, Mapping[str, Fairness]]) -> dict[str, Any]:
    """The same as plain values."""
    return {
        trait: {name: asdict(one) for name, one in groups.items()} for trait, groups in told.items()
    }


def _fairness(
    paths: Sequence[Path],
    scores: Mapping[Path, Sequence[FrameScore]],
    sightings: Mapping[Path, Sighting],
) -> Fairness:
    whole = Score.of([score for path in paths for score in scores[path]])
    each = [l1 for path in paths if (l1 := Score.of(scores[path]).person_l1) is not None]
    seen = [sightings[path] for path in paths]
    distances = [distance for one in seen for distance in one.distances]
    return Fairness(
        people=len(paths),
        found=len(distances) / max(sum(one.frames for one in seen), 1),
        landmarks_px=float(np.mean(distances)) * SIDE_PX if distances else None,
        person_l1=whole.person_l1,
        person_l1_error=_standard_error(each),
        akd=whole.akd,
        mkr=whole.mkr,
    )


def _standard_error(values: Sequence[float]) -> float | None:
    if len(values) < 2:
        return None
    return float(np.std(values, ddof=1)) / math.sqrt(len(values))
