"""What draws a body: the host in its own memory, or a device that keeps the body's meshes.

A frame of a device gets the bones, the arms that hang free and pictures of hands that are drawn by
themselves; nothing of it comes back before it is pasted.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from threading import Lock
from typing import Any, Protocol
from weakref import WeakKeyDictionary

from bunraku.kernels import (
    TensorBodyMesh,
    TensorPhotoMesh,
    compose,
    overlay,
    rasterise,
    rasterise_groups,
)
from bunraku.kernels.layers.terms import PLANES
from bunraku.runtime.buffers import Ring
from bunraku.runtime.device import Device
from bunraku.runtime.drivers.body.drawing import Body
from bunraku.runtime.drivers.body.groups import ARMS
from bunraku.runtime.drivers.protocol import Drawn, Made
from bunraku.runtime.plan import ALONE, FrameShares
from bunraku.runtime.residents import Residents
from bunraku.spec.arrays import Array
from bunraku.spec.stages import Stage

_PERSON = "person"
"""All planes of a drawing, among a frame's arrays."""


class Pen(Protocol):
    """Draws bodies; for several threads at once."""

    @property
    def shares(self) -> FrameShares:
        """How what the host draws of a frame shares its cores."""

    def draw(
        self, body: Body, transforms: Array, visibility: Array, slips: Array | None = None
    ) -> Drawn:
        """See ``Body.draw``."""

    def lay(self, drawn: Drawn, patch: Array, corner: tuple[int, int]) -> None:
        """Lay a small picture on a drawing, in place (``kernels.overlay``)."""

    def finished(self, drawn: Drawn) -> Drawn:
        """A drawing on which nothing more is laid."""


@dataclass(frozen=True)
class HostPen:
    """Draws in the host's memory (see ``Pen``)."""

    shares: FrameShares = ALONE

    def draw(
        self, body: Body, transforms: Array, visibility: Array, slips: Array | None = None
    ) -> Drawn:
        return body.draw(transforms, visibility, slips, self.shares)

    def lay(self, drawn: Drawn, patch: Array, corner: tuple[int, int]) -> None:
        overlay(drawn.image, drawn.mask, drawn.trust, drawn.warped, drawn.flow, patch, corner)

    def finished(self, drawn: Drawn) -> Drawn:
        return drawn


HOST = HostPen()


@dataclass(frozen=True, eq=False)
class _There:
    """A body on a device."""

    body: Body
    """Its meshes are tensors."""
    photo: Any
    behind: Any
    arms: Array | None
    """``Body.arm_triangles``, where something is before the person but for arms."""


class DevicePen:
    """Draws where a device's arrays are (see ``Pen``); what it gives is on its way.

    :raises EngineError: a method, when the device fails.
    """

    def __init__(self, device: Device, shares: FrameShares = ALONE) -> None:
        self.shares = shares
        self._device = device
        self._queue = device.queue(Stage.DENSEPOSE)
        self._stay = Residents(device, self._queue)
        self._lock = Lock()
        self._bodies: WeakKeyDictionary[Body, _There] = WeakKeyDictionary()
        self._rings: dict[int, Ring] = {}

    def draw(
        self, body: Body, transforms: Array, visibility: Array, slips: Array | None = None
    ) -> Drawn:
        n = len(body.photo.picture)
        lease = self._ring(n).take(self._queue)
        with self._queue:
            there = self._there(body)
            bones = self._up(transforms)
            slipped = None if slips is None else self._up(slips)
            moved: Any
            keep: Any
            moved, keep, share = there.body.moved(transforms, bones, slipped)
            ends = body.ends.tolist()
            triangles = there.photo.triangles
            sheets = rasterise_groups(moved, triangles, ends, (n, n), keep=keep, cull=True)
            behind: Any
            behind, mix = there.body.moved_behind(transforms, bones, slipped, self._up)
            shown: Any = self._device.upload(body.shown_behind(transforms, visibility), self._queue)
            raster = rasterise(behind, there.behind.triangles, (n, n), keep=shown, cull=True)
            out: Any = lease.arrays[_PERSON]
            photo = replace(
                there.body.without_rims(there.photo, body.gone(transforms)), share=share
            )
            mesh = replace(there.behind, mix=mix)
            made: Any = compose(sheets, photo, raster, mesh, body.far, out=out)
            if body.before is not None and there.arms is not None:
                lying: Any = there.arms
                lying = lying[raster.triangle.long()]
                for group in ARMS:
                    lying = lying | (sheets.triangle[int(group)] >= 0)
                made.mask.mul_(1.0 - self._stay.of(body.before) * ~lying)
        made_at = Made(self._queue.record(), lease)
        return Drawn(made.image, made.mask, made.trust, made.warped, made.flow, made=made_at)

    def lay(self, drawn: Drawn, patch: Array, corner: tuple[int, int]) -> None:
        person = drawn.image, drawn.mask, drawn.trust, drawn.warped, drawn.flow
        with self._queue:
            overlay(*person, self._up(patch), corner)

    def finished(self, drawn: Drawn) -> Drawn:
        assert drawn.made is not None, "drawn by this pen"
        return replace(drawn, made=replace(drawn.made, ready=self._queue.record()))

    def _up(self, array: Array) -> Array:
        return self._device.upload(array, self._queue)

    def _ring(self, n: int) -> Ring:
        with self._lock:
            if n not in self._rings:
                make = {_PERSON: (1, PLANES, n, n)}
                self._rings[n] = Ring(
                    lambda: {name: self._device.empty(shape) for name, shape in make.items()}
                )
            return self._rings[n]

    def _there(self, body: Body) -> _There:
        with self._lock:
            there = self._bodies.get(body)
            if there is None:
                there = self._bodies[body] = self._brought(body)
        return there

    def _brought(self, body: Body) -> _There:
        """A body whose arrays stay on the device; bodies that share arrays share those too."""
        stay: Any = self._stay.of
        grid, layer = body.grid, body.layer
        meshes = {
            "grid": _with(grid, stay, *_CARRIED, "triangles", "limits", "unstretched", "streaks"),
            "layer": _with(layer, stay, *_CARRIED, "mix"),
            "fading": tuple(_with(one, stay, "vertices", "triangles") for one in body.fading),
            "order": stay(body.order),
            "rims": tuple(_with(one, stay, "lost") for one in body.rims),
            "hanging": _with(body.hanging, stay, "spots", "shares"),
            "hanging_behind": _with(body.hanging_behind, stay, "spots", "shares"),
        }
        return _There(
            replace(body, **meshes),
            TensorPhotoMesh(*map(stay, vars(body.photo).values())),
            TensorBodyMesh(*map(stay, vars(body.behind).values())),
            None if body.before is None else stay(body.arm_triangles()),
        )


_CARRIED = ("vertices", "weights", "bones", "hold")


def _with(mesh: Any, stay: Any, *names: str) -> Any:
    """A mesh with these arrays where they stay."""
    return replace(mesh, **{name: stay(getattr(mesh, name)) for name in names})
