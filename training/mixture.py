"""Several folders of people as one data set, each with its share of what is seen.

Synthetic people are exact and real ones are real: both are stored alike (``people.records``), and
how often each is seen is a choice, not a matter of how many files there happen to be.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from bunraku.errors import InputError
from bunraku.training.observe import check_observation
from bunraku.training.people.records import (
    IUV_SIZE,
    check_record,
    is_in_order,
    list_records,
)

NEIGHBOURS = 0.5
"""Share of people whose frames follow each other, where that is asked for, besides those that come
by chance."""


@dataclass(frozen=True)
class DataShare:
    """One folder of a mixture."""

    folder: Path
    """Of records, as `bunraku synth` or `bunraku prepare` makes them."""
    weight: float = 1.0
    """How often its people are seen, beside the other folders' weights."""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read "data/people", or "data/people:0.3".

        Raises:
            InputError: the weight is not a number above 0.
        """
        folder, colon, told = text.rpartition(":")
        if not colon or not folder or Path(text).is_dir():
            return cls(Path(text))
        try:
            weight = float(told)
        except ValueError:
            return cls(Path(text))  # a colon of the folder's own name
        if not (math.isfinite(weight) and weight > 0.0):
            raise InputError(
                f"{text} has the weight {told}, and weights are numbers above 0.",
                "Leave the folder out, or write DIR:WEIGHT as in data/clips:0.3.",
            )
        return cls(Path(folder), weight)


class Mixture:
    """The records of one or several folders.

    Args:
        data: a folder, or several, where wanted with their weights; of one that is named twice,
            weights add up.
        observed: whether every record must have its observation (``training.observe``).
        shard: this process among how many; each has records of its own, of every folder.
        surface: side of the surfaces that are wanted; larger ones can be taken down to it.

    Raises:
        InputError: there are no folders, one holds no people, or people with surfaces of two sizes
            or of too few pixels, or a file in one is damaged, cut short, of another size or, where
            asked for, not observed.
    """

    def __init__(
        self,
        data: Path | Sequence[Path | DataShare],
        *,
        observed: bool = False,
        shard: tuple[int, int] = (0, 1),
        surface: int = IUV_SIZE,
    ) -> None:
        named = [data] if isinstance(data, Path) else data
        shares = [DataShare(one) if isinstance(one, Path) else one for one in named]
        index, count = shard
        if not shares:
            raise InputError("There is nothing to learn from.", "Name a folder of people.")
        self.records: list[Path] = []
        likely: list[NDArray[np.float64]] = []
        for share in shares:
            found = list_records(share.folder)[index::count]
            check_surfaces(share.folder, {check_record(path) for path in found}, surface)
            if observed:
                for path in found:
                    check_observation(path)
            self.records += found
            likely.append(np.full(len(found), share.weight / max(len(found), 1)))
        if not self.records:
            raise InputError(
                f"There are fewer people than the {count} processes that are to learn from them.",
                "Make more with `bunraku synth` or `bunraku prepare`, or start fewer processes.",
            )
        together = np.concatenate(likely)
        self.likely: NDArray[np.float64] = together / together.sum()
        """How likely each record is the next one, ``[N]``; sums up to 1."""

    @cached_property
    def _neighbours(self) -> NDArray[np.float64]:
        """``likely`` where neighbours are wanted: what is looked for in every record, when a phase
        first asks."""
        ordered: NDArray[np.float64] = self.likely * [is_in_order(path) for path in self.records]
        if not ordered.any():
            return self.likely
        mixed: NDArray[np.float64] = (1.0 - NEIGHBOURS) * self.likely + NEIGHBOURS * (
            ordered / ordered.sum()
        )
        return mixed

    def draw(
        self, rng: np.random.Generator, count: int, *, neighbours: bool = False
    ) -> NDArray[np.int64]:
        """Numbers of records, drawn one by one: of few people, some come twice.

        Args:
            rng: draws.
            count: how many.
            neighbours: whether every second shall be one whose frames follow each other, where
                there are any.
        """
        likely = self._neighbours if neighbours else self.likely
        return rng.choice(len(self.records), count, p=likely)


def check_surfaces(folder: Path, sides: set[int], surface: int) -> None:
    """See that a folder's people have surfaces of one size, which can give those that are wanted.

    Args:
        folder: of records.
        sides: those of its surfaces, in pixels.
        surface: the side that is wanted.

    Raises:
        InputError: they do not.
    """
    if len(sides) > 1:
        raise InputError(
            f"{folder} holds people with surfaces of {' and of '.join(map(str, sorted(sides)))} "
            "pixels.",
            "Give each size a folder of its own.",
        )
    for side in sides:
        if side % surface:
            raise InputError(
                f"{folder} holds people with surfaces of {side} pixels, and {surface} are needed.",
                f"Make people by `bunraku synth` or `bunraku prepare` with --surface {surface}, or "
                "take another preset.",
            )
