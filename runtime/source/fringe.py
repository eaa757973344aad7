"""What of the picture beside a person is still theirs: the soft edge, fuzz, and strands of hair.

Nothing of it must stay in the plate, and all that is beside it is to stay: it is true, and what a
hole is filled with is made up. So the hole goes as far beyond the outline as colours tend from the
background's to the person's, and along thin strands of the person's colours. Strands end before
long: what goes on is a line of the background.

Convention: lengths are in heights of the person, colours in Lab with lightness counting less.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from bunraku.runtime.source.lab import in_lab
from bunraku.runtime.source.region import Region, distance_to, nearest
from bunraku.spec.arrays import Array, Picture

LIGHT, SOFT_PX = 0.7, 0.5
"""What a step of lightness counts of one of hue, and how far colours are evened out."""
LEAST, LEAST_PX = 0.006, 1.0
"""How far beyond the outline all is theirs,"""
MOST = 0.036
"""and how far what tends to their colours may be."""
OWN, OWN_PX = 0.008, 2
"""How far within the outline colours are the person's alone, and around how many pixels of these
they are taken."""
STEP, STEP_PX = 0.012, 2.0
"""How much farther out lies what each pixel is compared with."""
SAME, OFF = 8.0, 3.0
"""How near to the person's colours is what the outline has missed, and how many times as far from
the background's."""
STRAND, STRAND_WIDTH = 0.15, 0.02
"""How far from the person a strand ends, and half the width of what it fills less than half of."""
FARTHER, AROUND = 0.05, 0.06
"""From where on the background tells how uneven it is, and how far around."""
UNEVEN, LOWEST, HIGHEST = 2.5, 2.0, 25.0
"""How many times as much a pixel differs that tends to the person's colours, and within which
bounds;"""
FAINT, PLAIN = 3.0, 7.0
"""a strand does by more than this, and is told where such a pixel would by less than that: before
all else there are table legs;"""
ALONG = 0.75
"""and of both, such a share of how they differ is towards these."""

_AROUND_PX = np.ones((3, 3), np.uint8)


def with_fringe(part: Picture, person: NDArray[np.uint8], tall: float) -> NDArray[np.uint8]:
    """A person and what is theirs beside them, ``[h, w]`` in {0, 1}.

    :param part: ``[h, w, 3]`` uint8, the person and the surroundings.
    :param person: ``[h, w]`` in {0, 1}.
    :param tall: height of the person in pixels of ``part``.
    """
    inside = person > 0
    beyond, within = distance_to(inside), distance_to(~inside)
    edge, farther = (max(LEAST_PX, one * tall) for one in (LEAST, FARTHER))
    clear, far, core = beyond > edge, beyond > farther, within > OWN * tall
    if not (core.any() and far.any()):  # nothing to compare with
        return (beyond <= MOST * tall).astype(np.uint8)
    lab = in_lab(cv2.GaussianBlur(part, (0, 0), SOFT_PX), LIGHT)
    own = nearest(_mean(lab, core), core)
    usual = _median(nearest(lab, clear), STRAND_WIDTH * tall)
    rest = np.linalg.norm(lab - usual, axis=-1)
    uneven = UNEVEN * cv2.blur(nearest(rest, far), (2 * round(AROUND * tall) + 1,) * 2)
    outer = _farther_out(lab, beyond - within, max(STEP_PX, STEP * tall))
    rim = ~clear | (_towards(own, lab, outer) > np.clip(uneven, LOWEST, HIGHEST))
    to_own, to_behind = (np.linalg.norm(lab - one, axis=-1) for one in (own, nearest(lab, far)))
    rim |= (to_own < SAME) & (OFF * to_own < to_behind)
    rim &= beyond <= MOST * tall
    strands = (_towards(own, lab, usual) > FAINT) & (uneven < PLAIN) & (beyond <= STRAND * tall)
    rim |= _ending(strands & ~rim, beyond > (STRAND - LEAST) * tall)
    whole = _hanging_on(rim, ~clear).astype(np.uint8)
    return np.asarray(cv2.dilate(whole, _AROUND_PX), np.uint8)


def _towards(own: Array, lab: Array, behind: Array) -> Array:
    """``[h, w]``: how far colours are off the background's towards the person's; 0 where they are
    off in another way."""
    way, off = own - behind, lab - behind
    length = np.maximum(np.linalg.norm(way, axis=-1), 1e-6)
    along = (off * way).sum(-1) / length
    return np.where(along > ALONG * np.linalg.norm(off, axis=-1), along, np.float32(0.0))


def _farther_out(lab: Array, outwards: Array, step_px: float) -> Array:
    """``[h, w, 3]``: the colours so many pixels farther from the person.

    :param outwards: ``[h, w]``, signed distance to the outline.
    """
    down, across = np.gradient(cv2.GaussianBlur(outwards, (0, 0), STEP_PX))
    step = np.float32(step_px) / np.maximum(np.hypot(across, down), 1e-6)
    rows, columns = np.indices(outwards.shape, np.float32)
    at = columns + across * step, rows + down * step
    border = cv2.BORDER_REPLICATE
    even = cv2.blur(lab, _AROUND_PX.shape)
    return np.asarray(cv2.remap(even, *at, cv2.INTER_LINEAR, borderMode=border), np.float32)


def _mean(lab: Array, where: Region) -> Array:
    """``[h, w, 3]``: colours evened out within a region."""
    size, share = (2 * OWN_PX + 1,) * 2, where.astype(np.float32)
    sums = cv2.blur(lab * share[..., None], size)
    return np.asarray(sums / np.maximum(cv2.blur(share, size), 1e-6)[..., None], np.float32)


def _median(values: Array, radius: float) -> Array:
    """The median around each pixel, in 255 steps: OpenCV's larger ones are of bytes."""
    low = float(values.min())
    step = max(float(values.max()) - low, 1.0) / 255.0
    steps = ((values - low) / step + 0.5).astype(np.uint8)
    even = cv2.medianBlur(steps, 2 * max(1, round(radius)) + 1)
    return np.asarray(even * np.float32(step) + low, np.float32)


def _ending(strands: Region, goes_on: Region) -> Region:
    """The strands that do not lead beyond where such end."""
    _, piece = cv2.connectedComponents(cv2.dilate(strands.astype(np.uint8), _AROUND_PX))
    return np.asarray(strands & ~np.isin(piece, piece[strands & goes_on]))


def _hanging_on(found: Region, part: Region) -> Region:
    """What hangs together with a part, over gaps of two pixels."""
    _, piece = cv2.connectedComponents(cv2.dilate(found.astype(np.uint8), _AROUND_PX))
    return np.asarray(found & np.isin(piece, piece[part]))
