"""The person's mask in the photo's window: two networks' opinions, drawn to the picture's edges.

The pose network's mask knows where the body is, feet and raised hands included, but is coarse where
the photo shows half a body; the segmentation network has the better edge there and loses feet where
it shows all of it; what it takes for background far from its own outline is no part of half a body.
What the person closes in, a lock of hair or a sleeve, is theirs where it is sure, and so is hair
around the face. Of shoulders that the photo's lower edge cuts the pose network sees too little to
find them: there the segmentation is believed. What both take for the person between an arm and the
trunk, or leave out there, is looked at by itself. A guided filter then moves the edge to where the
colours change; what half a body's outline has run into all the same is given back to the
background; of feet, where the filter does so at the soles, what is lost is taken back.

Source of the filter: K. He, J. Sun, X. Tang, "Guided Image Filtering", section 3.4 (colour guide).
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from bunraku.runtime.source.denied import without_denied
from bunraku.runtime.source.gaps import NETWORK_PX, find_gaps
from bunraku.runtime.source.lost_hair import lost_hair
from bunraku.runtime.source.narrow_gaps import without_narrow_gaps
from bunraku.runtime.source.overrun import overrun
from bunraku.runtime.source.region import Region, distance_to
from bunraku.runtime.source.shoes import with_soles
from bunraku.runtime.source.sides import beyond_as_seen, up_to_the_sides
from bunraku.spec.arrays import Array, Picture
from bunraku.spec.landmarks import MOUTH, SHOULDERS

BAND = 10.0 / 256.0
"""How far from the pose network's outline the segmentation is listened to, in windows."""
CLOSED_IN, SURE = 0.09, 0.9
"""Half the width, in windows, of notches and holes in the pose network's person that the
segmentation may close, and from where on it is sure."""
CUT, FAR = 0.97, 64.0 / 256.0
"""From how low shoulders are cut so, and how far beyond the pose network's outline they go on then,
in windows."""
RADIUS = 4
"""Of the guided filter, in pixels of such a window."""
EPSILON = 1e-4
"""Of the guided filter: variances of colour below this are no edge."""
EDGE_PX = 1.0, 3.0
"""How far within the outline there is nothing, and from where on all, of what is sure to be free of
the background's colours, in such pixels."""
THIN_PX = 5
"""Half the width, in such pixels, of what is too thin to have an edge beside it."""
CRISP = 3.0
"""Steepness of the edge in the end."""

_MOUTH = list(MOUTH)


def person_mask(
    window: Picture,
    body: Array,
    segmentation: Array | None,
    half: bool,
    landmarks: Array,
    shown: tuple[float, float] = (0.0, 1.0),
) -> Array:
    """The person in a window, with a crisp edge.

    :param window: ``[n, n, 3]`` uint8.
    :param body: ``[n, n]`` in [0, 1], the pose network's mask.
    :param segmentation: ``[n, n]`` in [0, 1], the segmentation of the window; None to do without.
    :param half: whether the photo shows the upper body only.
    :param landmarks: ``[33, 4]`` in units of the window.
    :param shown: from where to where its columns are the photo's, in units.
    :return: ``[n, n]`` in [0, 1].
    """
    mask, seen = body, None
    if half and segmentation is not None:
        seen = segmentation
        body, segmentation = up_to_the_sides(body, segmentation, shown)
        body = without_denied(body, segmentation, landmarks, BAND)
        apart = np.abs(_distance(body)) / np.float32(len(body))
        mask = np.where(apart < BAND, 0.5 * (body + segmentation), body > 0.5).astype(np.float32)
        sure = segmentation > SURE
        lost = (body <= 0.5) & sure & _closed_in(body > 0.5)
        lost |= lost_hair(body, sure, landmarks, shown, apart >= BAND, BAND)
        mask = np.where(lost, segmentation, mask)
        if landmarks[SHOULDERS, 1].mean() > CUT:
            low = (np.arange(len(body)) > landmarks[_MOUTH, 1].mean() * len(body))[:, None]
            mask = np.where(low & (apart < FAR), segmentation, mask)
    mask = mask * (1.0 - find_gaps(window, mask, landmarks))
    mask = without_narrow_gaps(window, mask, landmarks)
    mask = _at_the_edges(window, mask)
    if seen is not None:
        mask = _without_overrun(window, mask, landmarks, shown)
    mask = with_soles(window, mask, body, landmarks)
    return mask if seen is None else beyond_as_seen(mask, seen, shown)


def _closed_in(person: Region) -> Region:
    """``[n, n]``: a person, and what no disc of ``CLOSED_IN`` beside them reaches."""
    radius = CLOSED_IN * len(person)
    wide = distance_to(np.pad(person, int(radius) + 2)) <= radius
    inner = slice(int(radius) + 2, -int(radius) - 2)
    return np.asarray(distance_to(~wide)[inner, inner] > radius)


def _at_the_edges(window: Picture, mask: Array) -> Array:
    """The mask with a crisp edge, where the colours change."""
    radius = max(1, round(RADIUS * fineness(len(window))))
    mask = guided_filter(window, mask, radius, EPSILON)
    return np.asarray(np.clip((mask - 0.5) * CRISP + 0.5, 0.0, 1.0), np.float32)


def _without_overrun(
    window: Picture, mask: Array, landmarks: Array, shown: tuple[float, float]
) -> Array:
    """The mask without background that its outline has run into, and there drawn anew."""
    found = overrun(window, mask, landmarks, shown)
    if not found.any():
        return mask
    near = distance_to(found) <= RADIUS * fineness(len(window))
    anew = np.minimum(mask, _at_the_edges(window, np.where(found, np.float32(0.0), mask)))
    return np.where(near, anew, mask)


def fineness(n: int) -> float:
    """How many pixels of a window of n are one of those that the networks see, at least 1: what is
    known of a body is no finer, however fine it is drawn."""
    return max(1.0, n / NETWORK_PX)


def shrunk(mask: Array) -> Array:
    """The mask half a pixel smaller: pixels at its rim have the background's colours in them."""
    cross = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))
    return np.asarray(0.5 * (mask + cv2.erode(mask, cross)), np.float32)


def core_of(mask: Array) -> Array:
    """``[n, n]`` in [0, 1]: 1 but along the outline, and there as well where the person is thin, as
    hands and ends of hair are.
    """
    inside, fine = (mask > 0.5).astype(np.uint8), fineness(len(mask))
    start, end = (px * fine for px in EDGE_PX)
    padded = cv2.copyMakeBorder(inside, 1, 1, 1, 1, cv2.BORDER_REPLICATE)
    depth = cv2.distanceTransform(padded, cv2.DIST_L2, 5)[1:-1, 1:-1]
    core = np.clip((depth - start) / (end - start), 0.0, 1.0)
    radius = round(THIN_PX * fine)
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1,) * 2)
    broad = cv2.morphologyEx(inside, cv2.MORPH_OPEN, disc)
    around = np.ones((2 * round(2 * fine) + 1,) * 2, np.uint8)
    share = cv2.GaussianBlur(cv2.dilate(broad, around).astype(np.float32), (0, 0), fine)
    return np.asarray(1.0 - share * (1.0 - core), np.float32)


def guided_filter(guide: Picture, values: Array, radius: int, epsilon: float) -> Array:
    """Smooth ``values`` but not across edges of the guide.

    :param guide: ``[H, W, 3]`` uint8.
    :param values: ``[H, W]`` float32.
    :param radius: of the square neighbourhood, in pixels.
    :param epsilon: variances of the guide (in [0, 1] colours) below this count as flat.
    :return: ``[H, W]`` float32.
    """
    size = (2 * radius + 1,) * 2

    def mean(x: Array) -> Array:
        return np.asarray(cv2.blur(x, size), np.float32)

    colours = guide.astype(np.float32) / np.float32(255.0)
    mean_colours, mean_values = mean(colours), mean(values)
    covariance = mean(colours * values[..., None]) - mean_colours * mean_values[..., None]
    outer = (colours[..., :, None] * colours[..., None, :]).reshape(*values.shape, 9)
    # cv2.blur takes any number of channels.
    spread = mean(outer).reshape(*values.shape, 3, 3)
    spread = spread - mean_colours[..., :, None] * mean_colours[..., None, :]
    spread = spread + epsilon * np.eye(3, dtype=np.float32)
    slope = np.linalg.solve(spread, covariance[..., None])[..., 0]
    offset = mean_values - (slope * mean_colours).sum(-1)
    return np.asarray((mean(slope) * colours).sum(-1) + mean(offset), np.float32)


def _distance(mask: Array) -> Array:
    """Signed distance to the outline in pixels, positive inside."""
    inside: NDArray[np.uint8] = (mask > 0.5).astype(np.uint8)
    return np.asarray(
        cv2.distanceTransform(inside, cv2.DIST_L2, 3)
        - cv2.distanceTransform(1 - inside, cv2.DIST_L2, 3),
        np.float32,
    )
