"""What evaluation measures: pictures against the true ones, and keypoints found in both.

Convention: pictures are HWC uint8 RGB; differences are taken in [0, 1]. The person's share of a
pixel is its alpha, [H, W] in [0, 1]. Keypoints are BlazePose's 33 landmarks in pixels.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from bunraku.spec.arrays import Array, Exact, Picture
from bunraku.spec.landmarks import VISIBLE

SSIM_SIGMA = 1.5
SSIM_SIZE = 11
SSIM_K1, SSIM_K2 = 0.01, 0.03
"""Wang, Bovik, Sheikh, Simoncelli, "Image quality assessment: from error visibility to structural
similarity", 2004: Gaussian window of 11 pixels, range of values 1."""

PSNR_MAX = 60.0
"""Equal pictures count as this, in dB, so that means stay finite."""


def mean_difference(picture: Picture, target: Picture, alpha: Array | None = None) -> float:
    """L1: the mean absolute difference in [0, 1], of all pixels or weighted by ``alpha``.

    In bytes as far as it goes: photos of many megapixels are compared too.
    """
    difference = cv2.absdiff(picture, target)
    if alpha is None:
        return float(difference.mean()) / 255.0
    return _weighted(np.asarray(difference.mean(2), np.float64), alpha) / 255.0


def psnr(picture: Picture, target: Picture, alpha: Array | None = None) -> float:
    """Peak signal-to-noise ratio in dB, of all pixels or weighted by ``alpha``."""
    error = _mean((_values(picture) - _values(target)) ** 2, alpha)
    return min(PSNR_MAX, -10.0 * math.log10(max(error, 1e-12)))


def ssim(picture: Picture, target: Picture) -> float:
    """Structural similarity with the standard Gaussian window, the mean of the three channels.

    Only windows that lie wholly inside the picture count.
    """
    a, b = _values(picture), _values(target)
    mean_a, mean_b = _blurred(a), _blurred(b)
    variance_a = _blurred(a * a) - mean_a * mean_a
    variance_b = _blurred(b * b) - mean_b * mean_b
    covariance = _blurred(a * b) - mean_a * mean_b
    c1, c2 = SSIM_K1**2, SSIM_K2**2
    similarity = ((2.0 * mean_a * mean_b + c1) * (2.0 * covariance + c2)) / (
        (mean_a**2 + mean_b**2 + c1) * (variance_a + variance_b + c2)
    )
    rim = SSIM_SIZE // 2
    inside = (slice(rim, -rim), slice(rim, -rim))
    return float(similarity[inside].mean())


@dataclass(frozen=True)
class KeypointMatch:
    """The keypoints of a generated frame, or of many, against the true ones'."""

    distance_px: float
    """Sum over the keypoints that both frames show."""
    matched: int
    """How many those are."""
    expected: int
    """How many the true frame shows."""

    @property
    def akd(self) -> float | None:
        """Average keypoint distance in pixels."""
        return self.distance_px / self.matched if self.matched else None

    @property
    def mkr(self) -> float | None:
        """Missing keypoint ratio: the share of the expected that were not found."""
        return 1.0 - self.matched / self.expected if self.expected else None

    @classmethod
    def total(cls, matches: Iterable[KeypointMatch]) -> KeypointMatch:
        """The keypoints of many frames together."""
        every = list(matches)
        return cls(
            sum(m.distance_px for m in every),
            sum(m.matched for m in every),
            sum(m.expected for m in every),
        )


def match_keypoints(
    true: Array | None, generated: Array | None, size: tuple[int, int]
) -> KeypointMatch:
    """Compare the keypoints of two frames.

    Args:
        true: [33, 4], x, y in pixels, z, visibility; None where nobody was found.
        generated: the same of the generated frame.
        size: height and width of both frames.

    A keypoint is expected where the true frame shows it: visible and inside the picture. It is
    missing where the generated frame shows nobody, or has it as not visible.
    """
    if true is None:
        return KeypointMatch(0.0, 0, 0)
    height, width = size
    x, y = true[:, 0], true[:, 1]
    inside = (x > -0.5) & (x < width - 0.5) & (y > -0.5) & (y < height - 0.5)
    expected = inside & (true[:, 3] > VISIBLE)
    if generated is None:
        return KeypointMatch(0.0, 0, int(expected.sum()))
    both = expected & (generated[:, 3] > VISIBLE)
    distance = np.linalg.norm(generated[both, :2] - true[both, :2], axis=1)
    return KeypointMatch(float(distance.sum()), int(both.sum()), int(expected.sum()))


@dataclass(frozen=True)
class FrameScore:
    """One generated frame against the true one."""

    l1: float
    ssim: float
    person_l1: float | None
    """None where the true frame shows nobody."""
    person_psnr: float | None
    keypoints: KeypointMatch | None
    """None where they were not looked for."""
    psnr: float | None = None
    """Of the whole picture, in dB; None in what was measured before it was."""


def score_frame(
    picture: Picture, target: Picture, alpha: Array | None, keypoints: KeypointMatch | None = None
) -> FrameScore:
    """All measures of one frame; ``alpha`` None or empty leaves out those of the person."""
    person = alpha is not None and bool(alpha.any())
    return FrameScore(
        l1=mean_difference(picture, target),
        ssim=ssim(picture, target),
        person_l1=mean_difference(picture, target, alpha) if person else None,
        person_psnr=psnr(picture, target, alpha) if person else None,
        keypoints=keypoints,
        psnr=psnr(picture, target),
    )


@dataclass(frozen=True)
class OwnError:
    """What a photo loses that is driven by itself, at its own size."""

    l1: float
    """Of the whole picture."""
    person_l1: float

    @classmethod
    def of(cls, picture: Picture, photo: Picture, alpha: Array) -> OwnError:
        """The result against the photo; ``alpha`` is the photo's person."""
        return cls(mean_difference(picture, photo), mean_difference(picture, photo, alpha))


@dataclass(frozen=True)
class Score:
    """The means over many frames, one row of a table."""

    frames: int
    l1: float
    """Of the whole picture."""
    ssim: float
    """Of the whole picture."""
    person_l1: float | None
    person_psnr: float | None
    """The mean of the frames' PSNR, in dB."""
    akd: float | None
    """Average keypoint distance in pixels, over all keypoints that both frames show."""
    mkr: float | None
    """Missing keypoint ratio: the share of the true frames' keypoints that are not found."""
    flicker: float | None = None
    """Trembling by the true clip's (training/flicker.py); None where it was not measured."""
    swimming: float | None = None
    """Likewise, along the true clip's flow."""
    own_l1: float | None = None
    """Of the source driven by itself, the whole picture; None where that was not done."""
    own_person_l1: float | None = None
    mouth: float | None = None
    """Correlation of its opening with the driver's (training/face_match.py)."""
    eyes: float | None = None
    perceptual: float | None = None
    """What is from here on is training/likeness.py's; this to the true frame, LPIPS-style."""
    fed: float | None = None
    """Fréchet distance of the features of all frames to the true ones'."""
    look: float | None = None
    """Of the person, by features that nobody trained to tell people apart."""
    aed: float | None = None
    """The same by a re-identification network; None where none was given."""
    fid: float | None = None
    """As ``fed``, by the network that was given for it."""
    face: float | None = None
    """Between the faces of the source and the result."""
    face_true: float | None = None
    """Between two true faces of one person, in the same frames."""
    psnr: float | None = None
    """Of the whole picture, as ``person_psnr``; None in reports from before."""

    @classmethod
    def of(
        cls,
        frames: Sequence[FrameScore],
        flicker: float | None = None,
        own: Sequence[OwnError] = (),
    ) -> Score:
        """The means of at least one frame, and of sources driven by themselves."""
        if not frames:
            raise ValueError("a score needs at least one frame")
        keypoints = KeypointMatch.total(f.keypoints for f in frames if f.keypoints is not None)
        return cls(
            frames=len(frames),
            l1=average([f.l1 for f in frames]) or 0.0,
            ssim=average([f.ssim for f in frames]) or 0.0,
            person_l1=average([f.person_l1 for f in frames]),
            person_psnr=average([f.person_psnr for f in frames]),
            akd=keypoints.akd,
            mkr=keypoints.mkr,
            flicker=flicker,
            own_l1=average([e.l1 for e in own]),
            own_person_l1=average([e.person_l1 for e in own]),
            psnr=average([f.psnr for f in frames]),
        )


def average(values: Sequence[float | None]) -> float | None:
    """The mean of the values that are known; None where none is."""
    known = [v for v in values if v is not None]
    return sum(known) / len(known) if known else None


def _values(picture: Picture) -> Exact:
    return picture.astype(np.float64) / 255.0


def _mean(values: Exact, alpha: Array | None) -> float:
    return float(values.mean()) if alpha is None else _weighted(values.mean(2), alpha)


def _weighted(values: Exact, alpha: Array) -> float:
    weight = alpha.astype(np.float64)
    return float((values * weight).sum() / max(float(weight.sum()), 1e-9))


def _blurred(values: Exact) -> Exact:
    kernel = cv2.getGaussianKernel(SSIM_SIZE, SSIM_SIGMA)
    return np.asarray(cv2.sepFilter2D(values, cv2.CV_64F, kernel, kernel), np.float64)
