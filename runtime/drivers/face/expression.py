"""The driver's expression: what the face does more than when it rests.

How a face rests is learned as it is watched: of each measure a quantile over the last seconds,
since faces open their mouths and close their eyes for moments only. What is left is bounded by what
faces can do, smoothed without a lag for the mouth, and believed less the farther the head is
turned, the smaller the face is, and while it is hidden.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from bunraku.runtime.drivers.face import mesh
from bunraku.runtime.drivers.face.landmarks import Face
from bunraku.runtime.drivers.face.measures import (
    MEASURES,
    Float64Array,
    Measure,
    measure,
)
from bunraku.runtime.pose.one_euro import OneEuro, OneEuroOptions

# In the order of ``Measure``.
REST_QUANTILE = np.array([0.5, 0.15, 0.5, 0.5, 0.5, 0.75, 0.75, 0.4, 0.4, 0.5, 0.5])
LEAST = np.array([-0.05, 0.0, -0.16, -0.08, -0.08, -0.15, -0.15, -0.05, -0.05, -0.06, -0.03])
MOST = np.array([0.03, 0.34, 0.14, 0.06, 0.06, 1.0, 1.0, 0.08, 0.08, 0.06, 0.03])
"""Bounds of an expression: lengths in face units, lids from wide (negative) to shut (1)."""
_DEAD = np.array([0.012, 0.0, 0.02, 0.012, 0.012, 0.0, 0.0, 0.01, 0.01, 0.003, 0.004])
_LIDS = [Measure.RIGHT_LID, Measure.LEFT_LID]

RESTING_LIDS = (0.15, 0.4)
"""As open as eyes can be at rest, as ``Measure.RIGHT_LID`` has it."""
SHUT, OPEN = 0.4, 0.97
"""Of the opening at rest: the network never says 0 for a shut eye."""
_WINK = (0.35, 0.65)  # difference of the lids that is not, or wholly, on purpose
_WINK_S = 0.25  # in which it is believed

_REMEMBER = 200  # samples of how the face rests
_SAMPLE_S = 0.1  # between them
_SETTLE_S = 1.0  # in which the rest that is used follows the one that was found
_FADE_S = 0.15  # of belief
_SMOOTH = OneEuroOptions(cutoff_hz=4.0, beta=4.0)

_YAW_DEG = (25.0, 45.0)
_PITCH_DEG = (22.0, 40.0)
_LEVEL_DEG = 8.0  # of pitch, as the network sees faces that look straight ahead
_UNIT_PX = (28.0, 18.0)
_PRESENCE = (0.9, 0.5)


@dataclass(frozen=True, eq=False)
class Expression:
    """What a face does at one moment."""

    values: npt.NDArray[np.float64]
    """``[11]`` by ``Measure``: how much more than at rest, between ``LEAST`` and ``MOST``; of the
    lips how far they are apart, of the lids how far they are shut"""
    belief: npt.NDArray[np.float64] = field(default_factory=lambda: np.ones(MEASURES))
    """``[11]``, likewise, in [0, 1]: by so much the driver's face is to be followed"""


class ExpressionTracker:
    """Follows one driver's expression; one call at a time."""

    def __init__(self) -> None:
        self._smooth = OneEuro(_SMOOTH)
        self.reset()

    def reset(self) -> None:
        """Forget the driver: the next face is at rest until more are seen."""
        self._seen: deque[Float64Array] = deque(maxlen=_REMEMBER)
        self._rest: Float64Array | None = None
        self._found: Float64Array | None = None
        self._sampled_s = self._time_s = -math.inf
        self._belief, self._wink = np.zeros(MEASURES), 0.0
        self._values = np.zeros(MEASURES)
        self._smooth.reset()

    def follow(
        self, face: Face | None, time_s: float, seen: Float64Array | None = None
    ) -> Expression:
        """The expression in the next frame.

        :param face: None while none is seen; what it did last fades.
        :param seen: ``[11]`` by ``Measure``, in [0, 1]: how much of what tells it is not hidden;
            None for all.
        """
        step_s = time_s - self._time_s
        if step_s < 0:
            self.reset()
            step_s = math.inf
        self._time_s = time_s
        believed = np.zeros(MEASURES)
        if face is not None:
            believed += belief(face)
            if seen is not None:
                believed *= seen
            measured = measure(face.points)
            rest = self._learn(measured, time_s, step_s, float(believed.min()))
            extent = MOST - LEAST
            raw = bounded(measured, rest)
            raw[_LIDS] = self._lids(raw[_LIDS], face.turn.yaw_deg, step_s)
            # What is hidden stays as it was while belief in it fades.
            raw = np.where(believed > 0, raw, self._values) / extent
            self._values = self._smooth(raw, time_s) * extent
        share = 1.0 if math.isinf(step_s) else 1.0 - math.exp(-step_s / _FADE_S)
        self._belief += share * (believed - self._belief)
        return Expression(np.clip(self._values, LEAST, MOST), self._belief.copy())

    def _lids(self, shut: Float64Array, yaw_deg: float, step_s: float) -> Float64Array:
        """Both lids alike, unless they have differed for long enough to be meant.

        The network sees the lids of a blink a frame or two after one another. Of a head that turns
        the nearer eye is believed.
        """
        differ = _ramp(abs(float(shut[0] - shut[1])), *_WINK) * _ramp(abs(yaw_deg), 25.0, 12.0)
        if not math.isinf(step_s):
            self._wink += (1.0 - math.exp(-step_s / _WINK_S)) * (differ - self._wink)
        nearer = 1.0 / (1.0 + math.exp(yaw_deg / 6.0))  # the right eye's share
        together = nearer * shut[0] + (1.0 - nearer) * shut[1]
        return np.asarray(together + _ramp(self._wink, 0.4, 0.7) * (shut - together))

    def _learn(
        self, measured: Float64Array, time_s: float, step_s: float, believed: float
    ) -> Float64Array:
        if self._found is None or (believed > 0.5 and time_s - self._sampled_s >= _SAMPLE_S):
            self._seen.append(measured)
            self._sampled_s = time_s
            seen = np.sort(np.array(self._seen), axis=0)
            places = np.round(REST_QUANTILE * (len(seen) - 1)).astype(np.int64)
            self._found = np.asarray(seen[places, np.arange(MEASURES)])
            self._found[Measure.LOWER_LIP] = 0.0
            self._found[_LIDS] = np.clip(self._found[_LIDS], *RESTING_LIDS)
        if self._rest is None or math.isinf(step_s):
            self._rest = self._found.copy()
        self._rest += (1.0 - math.exp(-step_s / _SETTLE_S)) * (self._found - self._rest)
        return self._rest


def bounded(measured: Float64Array, rest: Float64Array) -> Float64Array:
    """What a face does more than at rest, ``[11]``, within bounds and without tremble.

    :param measured: ``[11]`` by ``Measure``.
    :param rest: the same at rest.
    """
    more = measured - rest
    trembling = np.maximum(_DEAD, 1e-9)
    more -= np.where(_DEAD > 0, _DEAD * np.tanh(more / trembling), 0.0)
    ratio = measured[_LIDS] / np.maximum(rest[_LIDS], 1e-6)
    shut = np.clip((OPEN - ratio) / (OPEN - SHUT), 0.0, 1.0)
    more[_LIDS] = np.where(ratio < 1.0, shut, 1.0 - ratio)
    return np.clip(more, LEAST, MOST)


def belief(face: Face) -> float:
    """How far a face's points say what it does, in [0, 1]."""
    return (
        _ramp(abs(face.turn.yaw_deg), *_YAW_DEG[::-1])
        * _ramp(abs(face.turn.pitch_deg - _LEVEL_DEG), *_PITCH_DEG[::-1])
        * _ramp(mesh.face_unit(face.points), *_UNIT_PX[::-1])
        * _ramp(face.presence, *_PRESENCE[::-1])
    )


def _ramp(value: float, nothing: float, all_: float) -> float:
    """0 at ``nothing``, 1 at ``all_``, linear between."""
    return min(max((value - nothing) / (all_ - nothing), 0.0), 1.0)
