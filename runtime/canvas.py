"""The generated person back into the photo, at the photo's own resolution.

The networks give a window of 256 pixels; the photo's window may have a thousand. Where the blend
engine trusts the warped photo, the photo itself is read along the flow at its own resolution
(kernels/pasting), so that its sharpness survives.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TypeAlias

import cv2
import numpy as np

from bunraku.kernels import Rectangle, look_for, paste, restore, show_through
from bunraku.runtime.plan import ALONE, FrameShares
from bunraku.runtime.shade import Shade
from bunraku.runtime.source.window import Window
from bunraku.runtime.surround import Surround
from bunraku.spec.arrays import Array, Picture

Detail: TypeAlias = tuple[Array, Array, Array]
"""Trust, warped photo and flow; see ``Canvas.paste``."""

WHOLLY_CHANGED = 40.0
"""Levels by which a patch changes the photo where nothing but the photo is to be seen."""
FADE = 0.03
"""Where the window ends inside the photo, the person fades out over this share of its side."""


@dataclass(frozen=True, eq=False)
class Patch:
    """A rectangle of a photo that is to be read instead of the photo's own."""

    left: int
    """Of its first column in the photo."""
    top: int
    pixels: Picture
    """HWC uint8, wholly inside the photo."""

    @property
    def place(self) -> tuple[slice, slice]:
        """Rows and columns of the photo."""
        height, width = self.pixels.shape[:2]
        return slice(self.top, self.top + height), slice(self.left, self.left + width)

    def on(self, photo: Picture) -> Picture:
        """A new picture: the photo with the patch on it."""
        result = photo.copy()
        result[self.place] = self.pixels
        return result


class Canvas:
    """Pastes one photo's person back, frame after frame.

    For several threads at once: sessions share the photos that all of them may choose.

    :param photo: HWC uint8; at least 2 × 2 pixels of it are inside the window.
    :param plate: the photo without the person, of the same shape.
    :param window: where the networks look, on whole pixels.
    :param shares: of the cores.
    :param shade: the person's shadow, which the plate is without; None where there is none.
    :param surround: what is shown around the person where they stand still; None for the plate.
    """

    def __init__(
        self,
        photo: Picture,
        plate: Picture,
        window: Window,
        shares: FrameShares = ALONE,
        shade: Shade | None = None,
        surround: Surround | None = None,
    ) -> None:
        self.photo: Picture = np.ascontiguousarray(photo)
        self.plate = np.ascontiguousarray(plate)
        self.box = left, top, side = window.box
        height, width = photo.shape[:2]
        x0, x1 = max(left, 0), min(left + side, width)
        y0, y1 = max(top, 0), min(top + side, height)
        self.fade = (
            _fade(left, side, width)[x0 - left : x1 - left],
            _fade(top, side, height)[y0 - top : y1 - top],
        )
        self._shares = shares
        self.shade = shade
        self.surround = surround
        self._copies: deque[Picture] = deque()
        """Of the photo, for a frame's patch: as many as were ever read at once."""

    def untouched(self) -> Picture:
        """The photo as it is; a new picture."""
        return self.photo.copy()

    def paste(
        self,
        image: Array,
        mask: Array,
        detail: Detail | None = None,
        patch: Patch | None = None,
        *,
        mixed: bool = False,
        moves: Array | None = None,
    ) -> Picture:
        """The photo with the person as generated; a new picture.

        :param image: ``[1, 3, n, n]`` RGB in [0, 1], the person's colours.
        :param mask: ``[1, 1, n, n]`` in [0, 1].
        :param detail: trust ``[1, 1, n, n]``, the weight in ``image`` of ``warped``
            ``[1, 5, n, n]`` (``spec.tensors.WARPED_CHANNELS``) along the flow
            ``[1, 2, n, n]`` in [-1, 1] units; with None the photo's own pixels are not used, and
            the person is as sharp as the window.
        :param patch: of the photo, for this picture alone; it needs ``detail``.
        :param mixed: whether edges of the flow are soft (``kernels.paste``).
        :param moves: ``[3, 2]`` in [-1, 1] units, where ``shade.ANCHORS`` have gone since the
            photo, so that the shadow goes along; None for none.
        """
        prepared = self._shares.begun(lambda: self._prepared(patch, moves))
        if patch is not None and detail is not None:
            image, detail = self._patched(image, detail, patch)
        surround = None if self.surround is None else self.surround.sized(mask.shape[3])
        still = None
        if surround is not None and detail is not None:
            still = surround.still(mask, detail)
        below, photo = prepared.read()
        if still is not None:
            restore(below, self.photo, still, self.box, threads=self._shares.threads)
        paste(
            below,
            photo,
            image,
            mask,
            self.box,
            fade=self.fade,
            detail=detail,
            mixed=mixed,
            threads=self._shares.threads,
            out=below,
        )
        if patch is not None:
            photo[patch.place] = self.photo[patch.place]
            self._copies.append(photo)
        return below

    def _prepared(self, patch: Patch | None, moves: Array | None) -> tuple[Picture, Picture]:
        """What is under the person, to paste on, and the photo as it is read."""
        below = self.plate.copy()
        if self.shade is not None and moves is not None:
            self.shade.throw(below, moves * np.float32(self.box[2] / 2))
        if patch is None:
            return below, self.photo
        try:
            photo = self._copies.popleft()
        except IndexError:
            photo = self.photo.copy()
        photo[patch.place] = patch.pixels
        return below, photo

    def change(self, patch: Patch, n: int) -> Array:
        """``[h, w]``: by how many levels a patch changes the photo, in pixels that are about as
        large as those of a window of n."""
        side, (height, width) = self.box[2], patch.pixels.shape[:2]
        red, green, blue = cv2.split(cv2.absdiff(patch.pixels, self.photo[patch.place]))
        change = cv2.max(cv2.max(red, green), blue).astype(np.float32)
        small = max(round(width * n / side), 1), max(round(height * n / side), 1)
        if n < side:  # averaged first, as the window was
            change = np.asarray(cv2.resize(change, small, interpolation=cv2.INTER_AREA), np.float32)
        return change

    def _patched(self, image: Array, detail: Detail, patch: Patch) -> tuple[Array, Detail]:
        """Image and detail with the warped photo in place of what the networks painted themselves
        where the patch changes the photo: else the photo's face would show through, one eye shut
        and the other half open.
        """
        trust, warped, flow = detail
        n = image.shape[3]
        change = self.change(patch, n)
        height, width = patch.pixels.shape[:2]
        place = Rectangle(patch.left, patch.top, width, height)
        rows, columns = change.shape
        corner, x, y = look_for(flow, self.box, place, (rows, columns))
        moved = cv2.remap(change, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
        share = cv2.blur(np.minimum(moved / np.float32(WHOLLY_CHANGED), 1.0), (3, 3))
        image, trust = image.copy(), trust.copy()
        show_through(image, trust, warped, np.asarray(share, np.float32), corner)
        return image, (trust, warped, flow)


def _fade(start: int, side: int, size: int) -> Array:
    """``[side]``: 1, falling to 0 at each end of the window that lies inside the picture."""
    distance = np.arange(side, dtype=np.float32) + 0.5
    width = max(1.0, FADE * side)
    fade = np.ones(side, np.float32)
    if start > 0:
        fade = np.minimum(fade, distance / width)
    if start + side < size:
        fade = np.minimum(fade, distance[::-1] / width)
    return np.ascontiguousarray(fade)
