"""The photo's face with another's expression: its own pixels, moved."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bunraku.runtime.canvas import Patch
from bunraku.runtime.drivers.face import mesh
from bunraku.runtime.drivers.face.expression import LEAST, MOST, Expression, belief
from bunraku.runtime.drivers.face.eyes import Eye
from bunraku.runtime.drivers.face.landmarks import Face
from bunraku.runtime.drivers.face.measures import Float64Array, Measure, measure
from bunraku.runtime.drivers.face.mouth import Mouth, MouthShape
from bunraku.runtime.drivers.face.regions import PhotoFrame, Region, brightness
from bunraku.spec.arrays import Array, Picture

STRONGEST = 1.5
"""An expression may be exaggerated so much."""
_WIDEST, _NARROWEST = 0.7, 0.36
"""Of a mouth, in face units, whatever the photo's is."""
_LEAST_VALUE = 1e-3
"""Below this an expression is none: the photo's own pixels are kept."""
_LEAST_BELIEF = 0.3
_GLASSES = 0.6
"""Skin under the eyes that is darker than this share of the cheeks is behind dark glasses."""


@dataclass(frozen=True, eq=False)
class PhotoFace:
    """A photo's face, prepared; for several threads at once."""

    photo: Picture
    eyes: dict[str, Eye]
    mouth: Mouth | None
    least: Float64Array
    """``[11]`` by ``Measure``: what this face can do."""
    most: Float64Array

    @classmethod
    def of(cls, photo: Picture, face: Face) -> PhotoFace | None:
        """The face of a photo; None where it is too small or turned too far to be moved."""
        if belief(face) < _LEAST_BELIEF:
            return None
        points = face.points.astype(np.float64)
        axes, unit = mesh.face_axes(points), mesh.face_unit(points)
        frame = PhotoFrame((points[33, :2] + points[263, :2]) / 2.0, axes[:2, :2].T * unit)
        places = frame.to_face(points[:, :2])
        # Dark glasses: lids drawn on them would bend their frame.
        under = brightness(photo, face.points, mesh.UNDER_EYES)
        seen = under >= _GLASSES * brightness(photo, face.points, mesh.CHEEKS)
        sides = ("right", "left") if seen else ()
        eyes = {side: Eye.of(side, places, frame, unit, photo) for side in sides}
        width = measure(points)[Measure.WIDTH]
        least, most = LEAST.copy(), MOST.copy()
        least[Measure.WIDTH] = max(least[Measure.WIDTH], min(_NARROWEST - width, 0.0))
        most[Measure.WIDTH] = min(most[Measure.WIDTH], max(_WIDEST - width, 0.0))
        least[[Measure.RIGHT_LID, Measure.LEFT_LID]] = 0.0  # there is no eye behind open lids
        return cls(
            photo,
            {side: eye for side, eye in eyes.items() if eye is not None},
            Mouth.of(places, frame, face.points, photo),
            least,
            most,
        )

    def patch(self, expression: Expression, strength: float = 1.0) -> Patch | None:
        """The face's rectangle of the photo under an expression.

        :param strength: 0 for none to ``STRONGEST``.
        :return: None for the photo as it is.
        """
        values = np.clip(expression.values * strength, self.least, self.most)
        if np.abs(values).max() < _LEAST_VALUE:
            return None
        parts: list[tuple[Region, Array]] = []
        gaze = float(values[Measure.GAZE_X]), float(values[Measure.GAZE_Y])
        for side, lid, brow in (
            ("right", Measure.RIGHT_LID, Measure.RIGHT_BROW),
            ("left", Measure.LEFT_LID, Measure.LEFT_BROW),
        ):
            eye = self.eyes.get(side)
            if eye is not None:
                moved = eye.moved(self.photo, float(values[lid]), float(values[brow]), gaze)
                parts.append((eye.region, moved))
        if self.mouth is not None:
            shape = MouthShape(
                float(values[Measure.UPPER_LIP]),
                float(values[Measure.LOWER_LIP]),
                float(values[Measure.WIDTH]),
                float(values[Measure.RIGHT_CORNER]),
                float(values[Measure.LEFT_CORNER]),
            )
            parts.append((self.mouth.region, self.mouth.moved(self.photo, shape)))
        return self._joined(parts) if parts else None

    def _joined(self, parts: list[tuple[Region, Array]]) -> Patch:
        boxes = [(r.left, r.top, r.left + r.x.shape[1], r.top + r.x.shape[0]) for r, _ in parts]
        left, top = (min(box[k] for box in boxes) for k in (0, 1))
        right, bottom = (max(box[k] for box in boxes) for k in (2, 3))
        pixels = self.photo[top:bottom, left:right].copy()
        for (x0, y0, x1, y1), (_, moved) in zip(boxes, parts, strict=True):
            here = pixels[y0 - top : y1 - top, x0 - left : x1 - left]
            before = self.photo[y0:y1, x0:x1]
            # Rectangles of a leaning face overlap: only what moved is written.
            after = np.clip(moved + 0.5, 0.0, 255.0).astype(np.uint8)
            np.copyto(here, after, where=after != before)
        return Patch(left, top, pixels)
