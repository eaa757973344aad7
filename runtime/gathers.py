"""The generator's kernels: the geometric prior before the motion engine, the seam after it.

On a GPU each is a graph for every set of a frame's arrays (``Device.repeated``). A graph reads and
writes where it was captured: so what the kernels read of a photo is copied into the set when a
frame of another photo takes it.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from bunraku.kernels import NEGLIGIBLE_WEIGHT, guide_head, sample_texture
from bunraku.kernels import seam as kernels
from bunraku.kernels.head.operator import HEAD_NUMBERS
from bunraku.runtime.buffers import Lease
from bunraku.runtime.device import CpuDevice, Device, Queue
from bunraku.spec import tensors as names
from bunraku.spec.arrays import Array, Tensors
from bunraku.spec.stages import Stage
from bunraku.spec.surface import part_charts
from bunraku.spec.tensors import Layout

if TYPE_CHECKING:
    from bunraku.runtime.generator import Features

_HEAD = "head"
"""The head's own map among a frame's arrays."""
_PHOTO = "photo"
"""Whose features a set holds, among what is kept with it."""

Shapes = Mapping[str, tuple[int, ...]]


class Gathers:
    """For several threads at once, each with a frame's set of its own.

    :param threads: of the kernels; None for as many as the process may use.
    """

    def __init__(self, layout: Layout, threads: int | None, device: Device) -> None:
        self._layout, self._threads, self._device = layout, threads, device
        self._on_host = isinstance(device, CpuDevice)
        whole = np.ones((1, 1, layout.window, layout.window), np.float32)
        self._everywhere = device.upload(whole, device.queue(Stage.MOTION))

    def shapes(self, encoded: Shapes, moved: Shapes) -> dict[str, tuple[int, ...]]:
        """What a set has for the kernels.

        :param encoded: the source engine's outputs; :param moved: the motion engine's.
        """
        layout, n, w = self._layout, self._layout.size, self._layout.window
        shapes = {names.warped(s): encoded[names.z(s)] for s in layout.scales}
        shapes |= {_HEAD: (1, HEAD_NUMBERS), names.Z_GEO: (1, moved[names.ATLAS][2], n, n)}
        if layout.prior:
            channels = encoded[names.IMAGE_MASKED][1]
            shapes |= {names.WARPED_IMAGE: (1, channels, w, w), names.FLOW_WINDOW: (1, 2, w, w)}
            shapes[names.PRIOR] = (1, encoded[names.ATLAS_PRIOR][2], n, n)
        if not self._on_host:
            shapes |= {name: encoded[name] for name in self._read_of_photo()}
        return shapes

    def prior(
        self,
        features: Features,
        head: Array | None,
        correspondence: Array | None,
        lease: Lease,
        queue: Queue,
    ) -> Array:
        """What the set's surface says of where pixels come from; of a layout with the prior.

        :param head: as ``Generator.move`` takes it; :param correspondence: likewise.
        """
        known, arrays, threads = self._of_photo(features, lease), lease.arrays, self._threads
        surface, prior, told = arrays[names.SURFACE], arrays[names.PRIOR], arrays[_HEAD]
        if correspondence is not None:
            self._device.upload(correspondence, queue, out=prior)
        if head is not None:
            self._device.upload(head[None], queue, out=told)
        sampled, guided = correspondence is None, head is not None

        def work() -> None:
            if sampled:
                sample_texture(
                    *(known[names.ATLAS_PRIOR], *part_charts(surface)),
                    minimum_weight=NEGLIGIBLE_WEIGHT,
                    threads=threads,
                    out=prior,
                )
            if guided:
                guide_head(prior, surface, told, threads=threads, out=prior)

        if sampled or guided:
            self._do(f"prior {sampled} {guided}", work, lease)
        return prior

    def seam(self, features: Features, lease: Lease) -> kernels.Seamed[Array]:
        """Every gather of what the motion engine has made of the set's surface."""
        known, arrays, layout = self._of_photo(features, lease), lease.arrays, self._layout
        surface, motion = arrays[names.SURFACE], kernels.moved_of(arrays, layout)
        warped = [arrays[names.warped(n)] for n in layout.scales]
        made = kernels.Seamed(
            (warped[0], warped[1], warped[2]),
            arrays[names.Z_GEO],
            arrays.get(names.FLOW_WINDOW),
            arrays.get(names.WARPED_IMAGE),
        )
        everywhere, threads = self._everywhere, self._threads

        def work() -> None:
            kernels.gather(
                motion,
                surface,
                [known[names.z(n)] for n in layout.scales],
                known.get(names.IMAGE_MASKED),
                everywhere=everywhere,
                minimum_weight=NEGLIGIBLE_WEIGHT,
                threads=threads,
                out=made,
            )

        self._do("seam", work, lease)
        return made

    def _do(self, name: str, work: Callable[[], None], lease: Lease) -> None:
        """What is done of every frame, of the set's arrays alone."""
        if self._on_host:
            work()
            return
        if name not in lease.kept:
            lease.kept[name] = self._device.repeated(work)
        lease.kept[name]()

    def _read_of_photo(self) -> list[str]:
        of_prior = [names.ATLAS_PRIOR, names.IMAGE_MASKED] if self._layout.prior else []
        return [*map(names.z, self._layout.scales), *of_prior]

    def _of_photo(self, features: Features, lease: Lease) -> Tensors:
        """What the kernels read of a photo, by name: on a device the set's own copies."""
        read = dict(zip(map(names.z, self._layout.scales), features.z, strict=True))
        if features.atlas_prior is not None and features.image_masked is not None:
            read[names.ATLAS_PRIOR] = features.atlas_prior
            read[names.IMAGE_MASKED] = features.image_masked
        if self._on_host:
            return read
        own: dict[str, Any] = {name: lease.arrays[name] for name in read}
        held = lease.kept.get(_PHOTO)
        if held is None or held() is not features:
            lease.kept.pop(_PHOTO, None)  # a copy may fail half way
            for name, array in read.items():
                own[name].copy_(array)
            lease.kept[_PHOTO] = weakref.ref(features)
        return own
