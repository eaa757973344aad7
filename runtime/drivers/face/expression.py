"""The driver's expression: what the face does more than when it rests.

How a face rests is learned as it is watched, over the last seconds: of the lids how far open they
are most often, since talkers both widen and narrow their eyes for seconds, of all else a quantile.
What is left is bounded by what faces can do, smoothed without a lag for the mouth, and believed
less the farther the head is turned, the smaller the face is, and while it is hidden.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from bunraku.runtime.drivers.face import mesh
from bunraku.runtime.drivers.face.landmarks import Face
from bunraku.runtime.drivers.face.measures import MEASURES, Measure, measure
from bunraku.runtime.pose.one_euro import OneEuro, OneEuroOptions
from bunraku.spec.arrays import Exact

# In the order of ``Measure``.
REST_QUANTILE = np.array([0.75, 0.15, 0.5, 0.5, 0.5, 0.5, 0.5, 0.4, 0.4, 0.5, 0.5, 0.5, 0.5])
LEAST = np.array(
    [-0.09, 0.0, -0.16, -0.13, -0.13, -0.3, -0.3, -0.05, -0.05, -0.06, -0.03, -0.01, -0.08]
)
MOST = np.array([0.03, 0.34, 0.28, 0.1, 0.1, 1.0, 1.0, 0.12, 0.12, 0.06, 0.03, 0.03, 0.08])
"""Bounds of an expression: lengths in face units, lids from wide (negative) to shut (1)."""
_DEAD = np.array([0.008, 0.0, 0.02, 0.012, 0.012, 0.0, 0.0, 0.01, 0.01, 0.003, 0.004, 0.004, 0.012])
_LIDS = [Measure.RIGHT_LID, Measure.LEFT_LID]

RESTING_LIDS = (0.15, 0.4)
"""As open as eyes can be at rest, as ``Measure.RIGHT_LID`` has it."""
_MOUTH = [Measure.WIDTH, Measure.RIGHT_CORNER, Measure.LEFT_CORNER]
RESTING_MOUTH = np.array([0.42, 0.22, 0.22]), np.array([0.6, 0.36, 0.36])
"""As narrow and wide, and with corners as high and low as mouths can be at rest, by ``_MOUTH``: who
smiles from the start or for long is not taken to rest so."""
_ALIKE = 0.02
"""Openings that differ by no more are one, as often as it was seen."""
SHUT, OPEN = 0.22, 0.97
"""Of the opening at rest, as the network sees it. Of sharp faces, whatever their size, it says 0.02
to 0.1 for shut eyes, 0.4 for those of which a third is seen, 0.6 for half; of blurred ones up to
0.4 for shut eyes: these are drawn three quarters shut, lest a smile's half-open ones be shut."""
_WINK = (0.35, 0.65)  # difference of the lids that is not, or wholly, on purpose
_WINK_S = 0.25  # in which it is believed

_REMEMBER = 200  # samples of how the face rests
_SAMPLE_S = 0.1  # between them
_FIRST = 10  # samples that the first face counts for, which rests unless it blinks
_SETTLE_S = 1.0  # in which the rest that is used follows the one that was found
_FADE_S = 0.15  # of belief
_SMOOTH = OneEuroOptions(cutoff_hz=4.0, beta=12.0)

_YAW_DEG = (25.0, 45.0)
_PITCH_DEG = (22.0, 40.0)
_LEVEL_DEG = 8.0  # of pitch, as the network sees faces that look straight ahead
_UNIT_PX = (28.0, 18.0)
_PRESENCE = (0.9, 0.5)


@dataclass(frozen=True, eq=False)
class Expression:
    """What a face does at one moment."""

    values: npt.NDArray[np.float64]
    """``[13]`` by ``Measure``: how much more than at rest, between ``LEAST`` and ``MOST``; of the
    lips how far they are apart, of the lids how far they are shut"""
    belief: npt.NDArray[np.float64] = field(default_factory=lambda: np.ones(MEASURES))
    """``[13]``, likewise, in [0, 1]: by so much the driver's face is to be followed"""


class ExpressionTracker:
    """Follows one driver's expression; one call at a time."""

    def __init__(self) -> None:
        self._smooth = OneEuro(_SMOOTH)
        self.reset()

    def reset(self) -> None:
        """Forget the driver: the next face is at rest until more are seen."""
        self._seen: deque[Exact] = deque(maxlen=_REMEMBER)
        self._rest: Exact | None = None
        self._found: Exact | None = None
        self._sampled_s = self._time_s = -math.inf
        self._belief, self._wink = np.zeros(MEASURES), 0.0
        self._values = np.zeros(MEASURES)
        self._smooth.reset()

    def follow(self, face: Face | None, time_s: float, seen: Exact | None = None) -> Expression:
        """The expression in the next frame.

        :param face: None while none is seen; what it did last fades.
        :param seen: ``[13]`` by ``Measure``, in [0, 1]: how much of what tells it is not hidden;
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

    def _lids(self, shut: Exact, yaw_deg: float, step_s: float) -> Exact:
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

    def _learn(self, measured: Exact, time_s: float, step_s: float, believed: float) -> Exact:
        if self._found is None or (believed > 0.5 and time_s - self._sampled_s >= _SAMPLE_S):
            awake = measured[_LIDS].min() >= RESTING_LIDS[0]
            self._seen.extend([measured] * (_FIRST if self._found is None and awake else 1))
            self._sampled_s = time_s
            seen = np.sort(np.array(self._seen), axis=0)
            places = np.round(REST_QUANTILE * (len(seen) - 1)).astype(np.int64)
            self._found = np.asarray(seen[places, np.arange(MEASURES)])
            self._found[Measure.LOWER_LIP] = 0.0
            lids = [most_often(seen[:, lid]) for lid in _LIDS]
            self._found[_LIDS] = np.clip(lids, *RESTING_LIDS)
            self._found[_MOUTH] = np.clip(self._found[_MOUTH], *RESTING_MOUTH)
        if self._rest is None or math.isinf(step_s):
            self._rest = self._found.copy()
        self._rest += (1.0 - math.exp(-step_s / _SETTLE_S)) * (self._found - self._rest)
        return self._rest


def most_often(values: Exact) -> float:
    """The value that most of ``values``, sorted and ``[n]``, are like; of several the largest."""
    first = np.searchsorted(values, values - _ALIKE)
    end = np.searchsorted(values, values + _ALIKE, side="right")
    like = end - first
    best = len(values) - 1 - int(like[::-1].argmax())
    return float(values[first[best] : end[best]].mean())


def smiling(measured: Exact) -> Exact:
    """What the mouth of a face does for sure more than at rest, ``[13]``, though nobody knows its
    rest; of all else nothing.

    :param measured: ``[13]`` by ``Measure``.
    """
    more = np.zeros(MEASURES)
    more[_MOUTH] = measured[_MOUTH] - np.clip(measured[_MOUTH], *RESTING_MOUTH)
    return more


def bounded(measured: Exact, rest: Exact) -> Exact:
    """What a face does more than at rest, ``[13]``, within bounds and without tremble.

    :param measured: ``[13]`` by ``Measure``.
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
