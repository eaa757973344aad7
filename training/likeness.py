"""Whether a result looks like the truth and like the person: distances of what networks see.

The stand-ins for a network that tells people apart are EfficientNet-Lite0's features, which nobody
trained for that: they rank results of one person, and a person's true frames give their scale. They
are never called AED or FID.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypedDict

import numpy as np
import numpy.typing as npt

from bunraku.runtime.drivers.face.mesh import face_unit
from bunraku.spec.arrays import Array, Exact, Picture
from bunraku.training.distances import (
    celled,
    embedding_distance,
    frechet_distance,
    perceptual_distance,
    striped,
)
from bunraku.training.embedding import Embedder
from bunraku.training.face_match import SMALLEST_PX
from bunraku.training.features import FeatureNet, Features
from bunraku.training.metrics import average
from bunraku.training.portrait import portrait

PERSON_MAP, FACE_MAP = 3, 3
"""Which of the features' maps stands in for a network of people, and of faces: 1/16 of the side."""


@dataclass(frozen=True, eq=False)
class Look:
    """What the networks see in one picture of a person."""

    features: Features
    person: Array
    """The stand-in's row for the person, at unit length."""
    identity: Array | None = None
    """A re-identification network's; None where none was given."""
    inception: Array | None = None
    """The row that FID is taken of, likewise."""


class LikenessJudge(Protocol):
    """Looks at pictures and faces."""

    def look(self, picture: Picture, alpha: Array | None) -> Look:
        """A picture HWC uint8; ``alpha``: the person's share, ``[H, W]``; None where unseen."""

    def face(self, picture: Picture, points: npt.NDArray[np.float32]) -> Array | None:
        """A face's row at unit length, its points ``[478, 3]`` in the picture's pixels; None for a
        face that is too small."""


class NetworkLikeness:
    """EfficientNet-Lite0, and what other networks were given.

    Args:
        identity: tells people apart (AED).
        faces: tells aligned faces apart, in place of the stand-in.
        inception: whose rows FID is taken of.

    Raises:
        MissingExtraError: the packages of EfficientNet-Lite0 are not installed.
    """

    def __init__(
        self,
        identity: Embedder | None = None,
        faces: Embedder | None = None,
        inception: Embedder | None = None,
    ) -> None:
        self._net = FeatureNet()
        self._identity, self._faces, self._inception = identity, faces, inception

    @property
    def names(self) -> dict[str, str]:
        """Which network made which measure, for the report."""
        own = "EfficientNet-Lite0"
        named = {"perceptual": own, "FED": own, "look": f"{own}, in stripes"}
        named["face"] = f"{own}, in cells" if self._faces is None else self._faces.name
        given = {"AED": self._identity, "FID": self._inception}
        return named | {name: network.name for name, network in given.items() if network}

    def look(self, picture: Picture, alpha: Array | None) -> Look:
        features = self._net.look(picture)
        return Look(
            features,
            striped(features.maps[PERSON_MAP], alpha),
            None if self._identity is None else self._identity.embed(cut_out(picture, alpha)),
            None if self._inception is None else self._inception.embed(picture),
        )

    def face(self, picture: Picture, points: npt.NDArray[np.float32]) -> Array | None:
        if face_unit(points) < SMALLEST_PX:
            return None
        cut = portrait(picture, points)
        if self._faces is not None:
            return self._faces.embed(cut)
        return celled(self._net.look(cut).maps[FACE_MAP])


def cut_out(picture: Picture, alpha: Array | None) -> Picture:
    """The part of a picture that holds the person, as re-identification networks want it."""
    if alpha is None or not (alpha > 0.5).any():
        return picture
    rows, columns = (np.flatnonzero((alpha > 0.5).any(axis)) for axis in (1, 0))
    return picture[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


class Means(TypedDict):
    """What is told of many frames, by the names of ``Score``."""

    perceptual: float | None
    fed: float | None
    look: float | None
    aed: float | None
    fid: float | None
    face: float | None
    face_true: float | None


@dataclass
class LikenessMatch:
    """Results beside what they should look like, frame by frame."""

    perceptual: list[float] = field(default_factory=list)
    look: list[float] = field(default_factory=list)
    aed: list[float] = field(default_factory=list)
    pooled: list[tuple[Array, Array]] = field(default_factory=list)
    """Features of the result and of the true frame, for a Fréchet distance."""
    inception: list[tuple[Array, Array]] = field(default_factory=list)
    face: list[float] = field(default_factory=list)
    """From the source's face to the result's."""
    face_true: list[float] = field(default_factory=list)
    """Between faces of two true frames of one person, of the same frames."""

    def add(self, result: Look, true: Look) -> None:
        """A result and the true frame."""
        maps = result.features.maps, true.features.maps
        self.perceptual.append(perceptual_distance(*maps))
        self.pooled.append((result.features.pooled, true.features.pooled))
        if result.inception is not None and true.inception is not None:
            self.inception.append((result.inception, true.inception))
        self.add_person(result, true)

    def add_person(self, result: Look, person: Look) -> None:
        """A result and another picture of its person."""
        self.look.append(embedding_distance(result.person, person.person))
        if result.identity is not None and person.identity is not None:
            self.aed.append(embedding_distance(result.identity, person.identity))

    def add_faces(
        self, source: Array | None, result: Array | None, pair: tuple[Array | None, Array | None]
    ) -> None:
        """Faces of the source and a result, and of two true frames; None for one not seen.

        A frame counts where all are seen, so that both means are of the same frames.
        """
        one, other = pair
        if source is None or result is None or one is None or other is None:
            return
        self.face.append(embedding_distance(source, result))
        self.face_true.append(embedding_distance(one, other))

    def means(self) -> Means:
        """All measures; None for what was not measured."""
        return Means(
            perceptual=average(self.perceptual),
            fed=_frechet(self.pooled),
            look=average(self.look),
            aed=average(self.aed),
            fid=_frechet(self.inception),
            face=average(self.face),
            face_true=average(self.face_true),
        )

    @classmethod
    def total(cls, parts: Sequence[LikenessMatch]) -> LikenessMatch:
        """All frames together."""
        whole = cls()
        for part in parts:
            for name, values in vars(part).items():
                getattr(whole, name).extend(values)
        return whole


def _frechet(pairs: Sequence[tuple[Array, Array]]) -> float | None:
    if not pairs:
        return None
    results, trues = (np.asarray(rows, np.float64) for rows in zip(*pairs, strict=True))
    made: Exact = results
    return frechet_distance(made, trues)
