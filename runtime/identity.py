"""Everything that is computed once from a photo."""

from __future__ import annotations

import math
from dataclasses import dataclass

from bunraku.runtime.canvas import Canvas, Patch
from bunraku.runtime.drivers.protocol import Drawn, Subject
from bunraku.runtime.generator import Blended, Features, Fetched, lost_frame
from bunraku.runtime.later import Later
from bunraku.runtime.paster import Paster
from bunraku.runtime.plan import FrameShares
from bunraku.runtime.shade import Shade
from bunraku.runtime.source.source import Source
from bunraku.runtime.source.window import Window, crop, crop_part
from bunraku.runtime.surround import Surround
from bunraku.spec.arrays import Picture


@dataclass(frozen=True, eq=False)
class Identity:
    """A photo, ready to be driven."""

    source: Source
    """What is true of the photo whatever drives it."""
    subject: Subject
    """What the driver keeps of it."""
    features_later: Later[Features]
    """See ``features``."""
    canvas: Canvas
    """Pastes the person back into the photo."""
    window_canvas: Canvas
    """Pastes into the window alone, in the pixels in which the person is drawn."""

    @classmethod
    def of(
        cls, source: Source, subject: Subject, features: Later[Features], shares: FrameShares
    ) -> Identity:
        """An identity with canvases of its own.

        :param shares: of the cores, as they paste.
        """
        size, framed = len(source.window), source.framing.window
        plate = crop(source.plate, framed, size).astype(source.photo.dtype, copy=False)
        shade, small = _shades(source, size)
        surround = Surround.of(source.mask)
        whole = Window.of_box(0, 0, size)
        return cls(
            source,
            subject,
            features,
            canvas=Canvas(source.photo, source.plate, framed, shares, shade, surround),
            window_canvas=Canvas(source.window, plate, whole, shares, small, surround),
        )

    @property
    def features(self) -> Features:
        """What the networks compute of the photo; EngineError if one of them fails."""
        return self.features_later.read()

    def untouched(self, *, window_only: bool = False) -> Picture:
        """A new picture: the photo as it is, upright and with its border as it was given."""
        return self._as_given(self._canvas(window_only).untouched(), window_only)

    def paste(
        self,
        shown: Drawn | Blended | Fetched,
        paster: Paster | None = None,
        *,
        detail: bool = True,
        window_only: bool = False,
        i420: bool = False,
    ) -> Picture:
        """The person's picture, back in the photo, or in the window alone.

        :param paster: for what is on a device, and pasted there.
        :param detail: read the photo at its own resolution where ``shown`` trusts it.
        :param window_only: only the square around the person, in the pixels it is drawn in.
        :param i420: the planes that a video encoder takes will do (``kernels.to_i420``): a device
            gives them, of photos that are shown as it has them.
        :return: a new picture of the size of the photo as it was given, or of the window.
        :raises EngineError: it is on a device that has failed since.
        """
        face = _face_of(shown)
        if face is not None and window_only:
            face = self.in_window(face)
        canvas = self._canvas(window_only)
        if isinstance(shown, Blended) or (isinstance(shown, Drawn) and shown.made is not None):
            if paster is None:
                raise lost_frame()
            front = self.source.front_in(shown.mask.shape[3])
            i420 = i420 and not self._is_changed(window_only)
            pasted = paster.paste(canvas, shown, face, front=front, detail=detail, i420=i420)
        else:
            drawn = shown if isinstance(shown, Drawn) else None
            pasted = canvas.paste(
                shown.image,
                self.source.behind(shown.mask),
                shown.detail if detail else None,
                face,
                mixed=drawn is not None,  # a network's own edges are in its image
                moves=None if drawn is None else drawn.moves,
            )
        return self._as_given(pasted, window_only)

    def _canvas(self, window_only: bool) -> Canvas:
        return self.window_canvas if window_only else self.canvas

    def _is_changed(self, window_only: bool) -> bool:
        """Whether a pasted picture has yet to be turned, or to get its border."""
        bordered = self.source.border is not None and not window_only
        return self.source.turned_deg != 0 or bordered

    def _as_given(self, picture: Picture, window_only: bool) -> Picture:
        given = self.source.as_given if window_only else self.source.as_given_whole
        return given(picture)

    def in_window(self, patch: Patch) -> Patch:
        """A patch of the photo as one of its window, for ``window_canvas``."""
        source, window = self.source, self.source.framing.window
        size = source.window.shape[0]
        left, top, side = window.box
        height, width = patch.pixels.shape[:2]
        rows = _reached(patch.top - top, height, size / side, size)
        columns = _reached(patch.left - left, width, size / side, size)
        part = crop_part(patch.on(source.photo), window, size, rows, columns)
        return Patch(columns[0], rows[0], part)


def _face_of(shown: Drawn | Blended | Fetched) -> Patch | None:
    if isinstance(shown, Drawn):
        return shown.face
    blended = shown if isinstance(shown, Blended) else shown.blended
    return blended.seamed.face


def _reached(start: int, length: int, scale: float, size: int) -> tuple[int, int]:
    """The first of a window's pixels that a span of the photo reaches, and the one after the last;
    at least one of the ``size`` that there are."""
    first = min(max(math.floor(start * scale) - 1, 0), size - 1)
    return first, max(min(math.ceil((start + length) * scale) + 1, size), first + 1)


def _shades(source: Source, size: int) -> tuple[Shade | None, Shade | None]:
    """The shadow of the photo's person, for the photo and for its window of this size."""
    if source.shadow is None:
        return None, None
    left, top, side = source.framing.window.box
    landmarks = source.pose.landmarks
    whole = Shade.of(source.shadow, landmarks)
    return whole, Shade.of(source.shadow, landmarks, (left, top, size / side))
