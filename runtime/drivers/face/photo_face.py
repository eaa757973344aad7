"""The photo's face with another's expression: its own pixels, moved."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from bunraku.kernels import redraw
from bunraku.runtime.canvas import Patch
from bunraku.runtime.drivers.face import mesh
from bunraku.runtime.drivers.face.expression import LEAST, MOST, Expression, belief, smiling
from bunraku.runtime.drivers.face.eyes import Eye
from bunraku.runtime.drivers.face.glasses import CALM, wears_glasses
from bunraku.runtime.drivers.face.landmarks import Face
from bunraku.runtime.drivers.face.measures import MEASURES, Measure, measure
from bunraku.runtime.drivers.face.mouth import Mouth, MouthShape
from bunraku.runtime.drivers.face.regions import PhotoFrame, Region, brightness, colour_at
from bunraku.runtime.drivers.face.shut_eye import SHUT, SMALLEST, ShutEye, lowered_of, opening_of
from bunraku.spec.arrays import Array, Exact, Picture
from bunraku.spec.few import clipped

_WIDEST, _NARROWEST = 0.8, 0.36
"""Of a mouth, in face units, whatever the photo's is."""
_LEAST_VALUE = 1e-3
"""Below this an expression is none: the photo's own pixels are kept."""
_TREMBLE = 0.005
"""By so much, in face units, two readings of one mouth differ."""
_LEAST_BELIEF = 0.3
_EYES = {"right": Measure.RIGHT_LID, "left": Measure.LEFT_LID}
_LIDS = list(_EYES.values())
_BROWS = [Measure.RIGHT_BROW, Measure.LEFT_BROW, Measure.KNIT]
_HIDDEN = 0.5
"""Of ``hiding.unhidden``: below it something is behind a hand."""
_GLASSES = 0.6
"""Skin under the eyes that is darker than this share of the cheeks is behind dark glasses."""


@dataclass(frozen=True, eq=False)
class PhotoFace:
    """A photo's face, prepared; for several threads at once."""

    photo: Picture
    eyes: dict[str, Eye | ShutEye]
    mouth: Mouth | None
    gap: float
    """Between the lips, in face units."""
    least: Exact
    """``[13]`` by ``Measure``: what this face can do more than in the photo."""
    most: Exact
    smile: Exact
    """``[13]``: of ``expression.smiling``, what it does in the photo already."""
    brows: float = 1.0
    """How much of what a driver's brows do they follow: less behind glasses."""

    @classmethod
    def of(cls, photo: Picture, face: Face, unhidden: Exact | None = None) -> PhotoFace | None:
        """The face of a photo; None where it is too small or turned too far to be moved.

        :param unhidden: ``[13]`` by ``Measure``, in [0, 1], of ``hiding.unhidden``: lids and lips
            behind a hand are not moved, for the hand would be; None if there is none.
        """
        if belief(face) < _LEAST_BELIEF:
            return None
        points = face.points.astype(np.float64)
        axes, unit = mesh.face_axes(points), mesh.face_unit(points)
        frame = PhotoFrame((points[33, :2] + points[263, :2]) / 2.0, axes[:2, :2].T * unit)
        places = frame.to_face(points[:, :2])
        # Dark glasses: lids drawn on them would bend their frame.
        under = brightness(photo, face.points, mesh.UNDER_EYES)
        seen = under >= _GLASSES * brightness(photo, face.points, mesh.CHEEKS)
        free = np.ones(MEASURES, np.bool_) if unhidden is None else unhidden >= _HIDDEN
        sides = [side for side, lid in _EYES.items() if seen and free[lid]]
        found = {side: Eye.of(side, places, frame, photo) for side in sides}
        measured = measure(points)
        eyes: dict[str, Eye | ShutEye] = {side: eye for side, eye in found.items() if eye}
        # Of lids behind a hand the network says anything.
        lids = measured[[lid for lid in _LIDS if free[lid]]]
        if len(lids) and lids.mean() < SHUT and unit >= SMALLEST:
            skin = colour_at(photo, face.points, mesh.CHEEKS)
            lowered = lowered_of(float(lids.mean()))
            eyes = {side: ShutEye(eye, skin, lowered) for side, eye in found.items() if eye}
        width, gap = float(measured[Measure.WIDTH]), max(float(measured[Measure.LOWER_LIP]), 0.0)
        least, most = LEAST.copy(), MOST.copy()
        least[Measure.WIDTH] = max(least[Measure.WIDTH], min(_NARROWEST - width, 0.0))
        most[Measure.WIDTH] = min(most[Measure.WIDTH], max(_WIDEST - width, 0.0))
        least[Measure.LOWER_LIP] = -gap
        return cls(
            np.ascontiguousarray(photo),
            eyes,
            Mouth.of(places, frame, face.points, photo) if free[Measure.LOWER_LIP] else None,
            gap,
            least,
            most,
            smiling(measured),
            CALM if wears_glasses(places, frame, photo) else 1.0,
        )

    def patch(self, expression: Expression, strength: float = 1.0) -> Patch | None:
        """The face's rectangle of the photo under an expression.

        :param strength: 0 for none to ``options.STRONGEST_FACE``.
        :return: None for the photo as it is.
        """
        values = self._more_than_here(expression, strength)
        believed = expression.belief[_LIDS] * min(strength, 1.0)
        opening = [opening_of(*one) for one in zip(expression.values[_LIDS], believed, strict=True)]
        shut = [eye for eye in self.eyes.values() if isinstance(eye, ShutEye)]
        if shut:
            values[_LIDS] = np.maximum(opening, -shut[0].lowered)
        if np.abs(values).max() < _LEAST_VALUE:
            return None
        parts: list[tuple[Region, Array]] = []
        gaze = float(values[Measure.GAZE_X]), float(values[Measure.GAZE_Y])
        wider = float(expression.values[Measure.WIDTH])
        for side, lid, brow in (
            ("right", Measure.RIGHT_LID, Measure.RIGHT_BROW),
            ("left", Measure.LEFT_LID, Measure.LEFT_BROW),
        ):
            eye = self.eyes.get(side)
            if eye is None:
                continue
            lids, brows = float(values[lid]), (float(values[brow]), float(values[Measure.KNIT]))
            if isinstance(eye, ShutEye):
                parts.append((eye.region, eye.opened(lids, brows, gaze)))
            else:
                parts.append((eye.region, eye.moved(lids, brows, gaze, wider)))
        if self.mouth is not None:
            shape = MouthShape(
                float(values[Measure.UPPER_LIP]),
                float(values[Measure.LOWER_LIP]),
                float(values[Measure.WIDTH]),
                float(values[Measure.RIGHT_CORNER]),
                float(values[Measure.LEFT_CORNER]),
                float(values[Measure.MOUTH_X]),
            )
            parts.append((self.mouth.region, self.mouth.moved(shape)))
        return self._joined(parts) if parts else None

    def _more_than_here(self, expression: Expression, strength: float) -> Exact:
        """What the face is to do more than in the photo, ``[13]``."""
        lip = Measure.LOWER_LIP
        # Who smiles in the photo is not to smile twice; but a driver who rests takes no smile away.
        alike = np.sign(expression.values) == np.sign(self.smile)
        again = np.minimum(np.abs(self.smile), np.abs(expression.values)) * alike
        values = expression.values - again * np.sign(self.smile)
        # Lips that meet meet in every face: a mouth that is open in the photo shuts with theirs.
        more = values[lip] * max(strength, 1.0) - self.gap
        values[lip] = more * -math.expm1(-((more / _TREMBLE) ** 2))
        share = np.full(MEASURES, strength)
        share[lip] = min(strength, 1.0)
        share[_BROWS] *= self.brows
        return np.asarray(clipped(values * expression.belief * share, self.least, self.most))

    def _joined(self, parts: list[tuple[Region, Array]]) -> Patch:
        boxes = np.array([region.box for region, _ in parts])
        left, top = boxes[:, :2].min(0).tolist()
        right, bottom = (boxes[:, :2] + boxes[:, 2:]).max(0).tolist()
        pixels = self.photo[top:bottom, left:right].copy()
        for region, field in parts:  # of a leaning face they overlap: only what moves is drawn
            redraw(self.photo, field, region.box, pixels, (left, top), threads=1)
        return Patch(left, top, pixels)
