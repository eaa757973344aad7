"""Pasting what a device drew or generated, where it is: what comes back is the finished picture.

The same steps as of ``Canvas.paste``: the plate, the shadow thrown on it, the photo around who
stands still, and the person over it, with the face of this frame. Photo, plate and what else
belongs to a photo stay on the device.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from bunraku.kernels import paste, restore, to_i420
from bunraku.kernels.pasting.terms import PREMULTIPLIED
from bunraku.kernels.staying.terms import FAR_PX, SURE
from bunraku.runtime.buffers import Lease
from bunraku.runtime.canvas import WHOLLY_CHANGED, Canvas, Patch
from bunraku.runtime.device import Device, Event
from bunraku.runtime.drivers.protocol import Drawn
from bunraku.runtime.generator import Blended
from bunraku.runtime.residents import Residents
from bunraku.runtime.surround import EVEN_PX, Surround
from bunraku.spec.arrays import Array, Picture
from bunraku.spec.stages import Stage


@dataclass(frozen=True, eq=False)
class _Band:
    """A photo's ``Surround`` on a device."""

    owner: Any
    near: Any
    weight: Any
    share: Any
    slack: Any
    steep: Any
    rows: Any
    """Which rows, and columns, of a mirrored frame around it lie where."""
    columns: Any


@dataclass(frozen=True, eq=False)
class _Person:
    """A person's planes on a device, of whichever make."""

    image: Any
    mask: Any
    detail: tuple[Any, Any, Any] | None
    """As ``Canvas.paste`` takes it; None where there is none, or it is not asked for."""
    mixed: bool
    moves: Array | None
    ready: Event
    lease: Lease

    @classmethod
    def of(cls, shown: Drawn | Blended, *, detail: bool) -> _Person:
        if isinstance(shown, Drawn):
            assert shown.made is not None, "drawings of the host are pasted by their canvas"
            ready, lease = shown.made.ready, shown.made.lease
            along = shown.detail if detail else None
            return cls(shown.image, shown.mask, along, True, shown.moves, ready, lease)
        along = shown.detail if detail else None
        lease = shown.seamed.moved.lease
        # A network's own edges are in its image.
        return cls(shown.image, shown.mask, along, False, None, shown.ready, lease)


class Paster:
    """Pastes the persons of a device into their canvases; for several threads at once."""

    def __init__(self, device: Device) -> None:
        self._device = device
        self._queue = device.queue(Stage.BLEND)
        self._stay = Residents(device, self._queue)
        self._bands: WeakKeyDictionary[Surround, _Band] = WeakKeyDictionary()

    def paste(
        self,
        canvas: Canvas,
        shown: Drawn | Blended,
        patch: Patch | None = None,
        *,
        front: Array | None = None,
        detail: bool = True,
        i420: bool = False,
    ) -> Picture:
        """See ``Canvas.paste``; waits until the picture is there.

        :param shown: on its way on this device.
        :param front: ``[n, n]`` in [0, 1]: what is before the person; None for nothing.
        :param detail: whether the photo is read at its own resolution.
        :param i420: give the planes that a video encoder takes (``kernels.to_i420``), half as many
            bytes.
        :raises EngineError: the device fails.
        """
        person = _Person.of(shown, detail=detail)
        self._queue.wait(person.ready)
        with person.lease.used(self._queue), self._queue:
            picture = self._pasted(canvas, person, patch, front)
            if i420:
                picture = to_i420(picture)
            (made,) = self._device.download([picture], self._queue)
        return np.asarray(made, np.uint8)

    def fetch(self, drawn: Drawn) -> Drawn:
        """A drawing in the host's memory; waits until it is there.

        :param drawn: on its way on this device.
        :raises EngineError: the device fails.
        """
        assert drawn.made is not None, "of a device"
        self._queue.wait(drawn.made.ready)
        planes = drawn.image, drawn.mask, drawn.trust, drawn.warped, drawn.flow
        with drawn.made.lease.used(self._queue):
            image, mask, trust, warped, flow = self._device.download(planes, self._queue)
        return Drawn(image, mask, trust, warped, flow, face=drawn.face, moves=drawn.moves)

    def _pasted(
        self, canvas: Canvas, person: _Person, patch: Patch | None, front: Array | None
    ) -> Any:
        image, mask, detail = person.image, person.mask, person.detail
        own: Any = self._stay.of(canvas.photo)
        below: Any = self._stay.of(canvas.plate)
        below, photo = below.clone(), own
        if front is not None:
            mask = mask * (1.0 - self._up(front))
        if patch is not None and detail is not None:
            trust, warped, flow = detail
            more = (warped[:, 3:4].clip(max=1.0) - trust).clip(0.0) / (1.0 - trust + PREMULTIPLIED)
            share = self._changed(canvas, patch, flow) * more
            seen = (warped[:, :3] / (warped[:, 3:4] + PREMULTIPLIED)).clip(0.0, 1.0)
            image = image + (seen - image) * share
            detail = trust + (1.0 - trust) * share, warped, flow
            photo = own.clone()
            height, width = patch.pixels.shape[:2]
            part = photo[patch.top : patch.top + height, patch.left : patch.left + width]
            part.copy_(self._up(patch.pixels))
        if canvas.shade is not None and person.moves is not None:
            self._throw(canvas, below, person.moves)
        surround = None if canvas.surround is None else canvas.surround.sized(mask.shape[3])
        if surround is not None and detail is not None:
            trust, _, flow = detail
            restore(below, own, self._still(surround, mask, trust, flow), canvas.box)
        across: Any
        down: Any
        across, down = map(self._stay.of, canvas.fade)
        fade = across, down
        return paste(
            *(below, photo, image, mask, canvas.box),
            fade=fade,
            detail=detail,
            mixed=person.mixed,
            out=below,
        )

    def _throw(self, canvas: Canvas, below: Any, moves: Array) -> None:
        """Darken the plate where the shadow falls now, in place."""
        assert canvas.shade is not None, "asked before"
        in_pixels = moves * np.float32(canvas.box[2] / 2)
        for fallen in canvas.shade.falls(canvas.plate.shape[:2], in_pixels):
            light: Any = self._stay.of(fallen.light)
            light = light[fallen.part]
            if fallen.levels is not None:
                light = self._up(fallen.levels)[light.long()]
            part = below[fallen.place]
            part.copy_((part.float() * light.float() / 255.0).round().byte())

    def _still(self, surround: Surround, mask: Any, trust: Any, flow: Any) -> Any:
        """``Surround.still`` of tensors."""
        band = self._band(surround)
        part = (0, slice(None), *surround.part)
        right, down = flow[part].abs()
        moved = right.maximum(down) * (mask.shape[3] / 2)
        sure = SURE * trust[part][0] * mask[part][0]
        moved = (moved + FAR_PX * (1.0 - sure).clip(0.0)).clip(0.0, FAR_PX).take(band.owner)
        even = _even(moved * band.near, band.rows, band.columns, EVEN_PX) * band.weight
        result = mask.new_zeros(mask.shape[2:])
        shown = ((band.slack - even) * band.steep).clip(0.0, 1.0) * band.share
        result[surround.part].copy_(shown)
        return result

    def _changed(self, canvas: Canvas, patch: Patch, flow: Any) -> Any:
        """``[n, n]`` in [0, 1]: how far a pixel shows what the patch changes."""
        n = flow.shape[3]
        left, top, side = canvas.box
        height, width = patch.pixels.shape[:2]
        # Nothing changes beside the patch: so much is around it as a place between pixels reads.
        change = np.pad(canvas.change(patch, n), 1)
        rows, columns = change.shape
        wide, high = (columns - 2) / width, (rows - 2) / height
        centre = (np.arange(n, dtype=np.float32) + np.float32(0.5)) * np.float32(side / n)
        own: Any = self._up(centre)
        x = (own[None, :] + flow[0, 0] * (side / 2) + (left - patch.left)) * wide + 0.5
        y = (own[:, None] + flow[0, 1] * (side / 2) + (top - patch.top)) * high + 0.5
        moved = _between(self._up(change), x.clip(0.0, columns - 1.0), y.clip(0.0, rows - 1.0))
        mirrored: Any = self._up(_mirrored(n, 1))
        return _even((moved / WHOLLY_CHANGED).clip(0.0, 1.0), mirrored, mirrored, 3)

    def _band(self, surround: Surround) -> _Band:
        band = self._bands.get(surround)
        if band is None:
            stay, reach = self._stay.of, EVEN_PX // 2
            rows, columns = surround.near.shape
            band = self._bands[surround] = _Band(
                stay(surround.owner),
                stay(surround.near),
                stay(surround.weight),
                stay(surround.share),
                stay(surround.slack),
                stay(surround.steep),
                self._up(_mirrored(rows, reach)),
                self._up(_mirrored(columns, reach)),
            )
        return band

    def _up(self, array: Any) -> Any:
        return self._device.upload(array, self._queue)


def _mirrored(size: int, reach: int) -> Any:
    """``[size + 2 reach]``: the pixels of a line, mirrored at its ends, which are there once."""
    places = np.abs(np.arange(-reach, size + reach))
    last = max(size - 1, 0)
    return np.clip(last - np.abs(last - places), 0, last).astype(np.int64)


def _even(plane: Any, rows: Any, columns: Any, side: int) -> Any:
    """The mean of the square of ``side`` around each pixel ``[h, w]``.

    :param rows: of ``_mirrored``; :param columns: of the same.
    """
    tall = plane.index_select(0, rows).unfold(0, side, 1).mean(-1)
    return tall.index_select(1, columns).unfold(1, side, 1).mean(-1)


def _between(plane: Any, x: Any, y: Any) -> Any:
    """What is between the pixels of ``[h, w]`` at places that are inside of it."""
    height, width = plane.shape
    left, upper = x.floor().clip(0, max(width - 2, 0)), y.floor().clip(0, max(height - 2, 0))
    across, down = x - left, y - upper
    first = upper.long() * width + left.long()
    above = plane.take(first) * (1.0 - across) + plane.take(first + 1) * across
    below = plane.take(first + width) * (1.0 - across) + plane.take(first + width + 1) * across
    return above * (1.0 - down) + below * down
