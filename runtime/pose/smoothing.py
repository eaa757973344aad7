"""What keeps a tracked person from trembling: landmarks, next crop and mask, in frame time.

The strengths are those of mediapipe/modules/pose_landmark/pose_landmark_filtering.pbtxt, except for
the landmarks': on filmed people ours lag a quarter less and tremble a tenth more. Where MediaPipe
smooths each coordinate by its own speed, a landmark's place in the picture is smoothed by its
speed there as a whole. The mask is mixed as calculators/image/segmentation_smoothing_calculator.cc
does, with the ratio tied to time.
"""

from __future__ import annotations

import math
from dataclasses import replace

import cv2
import numpy as np
import numpy.typing as npt

from bunraku.runtime.pose.landmarks import Landmarks
from bunraku.runtime.pose.one_euro import OneEuro, OneEuroOptions
from bunraku.runtime.pose.roi import Roi
from bunraku.spec.landmarks import LANDMARKS

DEPTH_OPTIONS = OneEuroOptions(cutoff_hz=0.5, beta=80, speed_cutoff_hz=2.0)
LANDMARK_OPTIONS = replace(DEPTH_OPTIONS, together=True, leap=(0.01, 0.03))
CROP_OPTIONS = OneEuroOptions(cutoff_hz=0.01, beta=10)
WORLD_OPTIONS = OneEuroOptions(cutoff_hz=0.1, beta=40)
VISIBILITY_OPTIONS = OneEuroOptions(cutoff_hz=2.0, beta=0)
_MASK_TIME_S = 0.0935  # keeps 0.7 of the past from frame to frame at 30 frames a second
_LONGEST_GAP_S = 0.5
# Polynomial in (mask - 1/2)^2 close to the binary entropy: 1 at a half, 0 at 0 and 1.
_ENTROPY = (5.68842, -0.748699, -57.8051, 291.309, -624.717)


class Smoother:
    """The filters of one tracked person."""

    def __init__(self) -> None:
        self._landmarks = OneEuro(LANDMARK_OPTIONS)
        self._depths = OneEuro(DEPTH_OPTIONS)
        self._crop = OneEuro(CROP_OPTIONS)
        self._world = OneEuro(WORLD_OPTIONS)
        self._visibility = OneEuro(VISIBILITY_OPTIONS)
        self.reset()

    def reset(self) -> None:
        """Forget the person."""
        for one in (self._landmarks, self._depths, self._crop, self._world, self._visibility):
            one.reset()
        self._mask: npt.NDArray[np.float32] | None = None
        self._mask_roi: Roi | None = None
        self._mask_time_s = 0.0

    def __call__(self, found: Landmarks, time_s: float) -> Landmarks:
        """Smooth what was found in the frame at ``time_s``; x, y, z against the crop's side."""
        side = found.roi.side
        body = found.points[:LANDMARKS]
        places = self._landmarks(body[:, :2], time_s, side)
        depths = self._depths(body[:, 2:], time_s, side)
        crop = self._crop(found.points[LANDMARKS:], time_s, side)
        points = np.concatenate([np.concatenate([places, depths], 1), crop])
        return Landmarks(
            points,
            self._visibility(found.visibility, time_s),
            self._world(found.world, time_s),
            found.presence,
            None if found.mask is None else self._mixed(found.mask, found.roi, time_s),
            found.roi,
        )

    def _mixed(
        self, mask: npt.NDArray[np.float32], roi: Roi, time_s: float
    ) -> npt.NDArray[np.float32]:
        step_s = time_s - self._mask_time_s
        if self._mask is not None and self._mask_roi is not None and 0 < step_s <= _LONGEST_GAP_S:
            # where a pixel of this crop lay in the last one
            matrix = relative_matrix(self._mask_roi, roi, len(mask))
            flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
            before = np.asarray(
                cv2.warpAffine(
                    self._mask, matrix, mask.shape, flags=flags, borderMode=cv2.BORDER_REPLICATE
                ),
                np.float32,
            )
            mask = mix_masks(mask, before, math.exp(-step_s / _MASK_TIME_S))
        self._mask, self._mask_roi, self._mask_time_s = mask, roi, time_s
        return mask


def relative_matrix(before: Roi, now: Roi, size: int) -> npt.NDArray[np.float64]:
    """[2,3] matrix that takes pixels of the crop ``now`` to pixels of the crop ``before``."""
    full = [np.vstack([roi.pixel_matrix(size), [0, 0, 1]]) for roi in (before, now)]
    return np.asarray((np.linalg.inv(full[0]) @ full[1])[:2], dtype=np.float64)


def mix_masks(
    new: npt.NDArray[np.float32], before: npt.NDArray[np.float32], ratio: float
) -> npt.NDArray[np.float32]:
    """Where the new mask is unsure, keep up to ``ratio`` of the old one."""
    x = np.square(new - np.float32(0.5))
    certain = np.zeros_like(x)
    for factor in reversed(_ENTROPY):
        certain = (certain + np.float32(factor)) * x
    uncertain = 1 - np.minimum(certain, 1)
    return np.asarray(new + (before - new) * uncertain * np.float32(ratio), dtype=np.float32)
