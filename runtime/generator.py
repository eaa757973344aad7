"""The generator as it runs: source engine, motion engine, the seam of gathers, blend engine.

    encode(image, mask, P_s)   -> Features    once per photo
    move(features, P_d)        -> Moved       the prior, the motion engine
    seam(features, moved)      -> Seamed      the kernels
    blend(features, seamed)    -> Blended     the blend engine
    fetch(blended)             -> Fetched     to the host

Whoever runs the exported engines does it here: puppets, the parity report, evaluation and the
benchmark. Stages hold no state, so different frames may be in different stages at once; a frame
holds the arrays that it was computed into.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bunraku.errors import BundleError, EngineError
from bunraku.kernels import channels_last
from bunraku.kernels import seam as kernels
from bunraku.runtime.buffers import Lease, Ring, Underway
from bunraku.runtime.canvas import Patch
from bunraku.runtime.device import CpuDevice, Device, Event, Queue
from bunraku.runtime.engines.bundle import EXPORT_AGAIN
from bunraku.runtime.engines.protocol import Engine
from bunraku.runtime.gathers import Gathers
from bunraku.runtime.measure import Recorder
from bunraku.spec import tensors as names
from bunraku.spec.arrays import Array, Tensors
from bunraku.spec.stages import Stage, Step
from bunraku.spec.tensors import GENERATOR_ENGINES, EngineName, Layout


@dataclass(frozen=True, eq=False)
class Features:
    """What the networks computed of one photo."""

    tensors: Tensors
    """The source engine's outputs by name."""
    z: tuple[Array, Array, Array]
    """Features of the warping branch, coarse to fine; channels innermost in memory, as are the
    others that the kernels read."""
    atlas_prior: Array | None
    image_masked: Array | None
    ready: Event


@dataclass(frozen=True, eq=False)
class Moved:
    """One driving surface after the motion engine."""

    surface: Array
    """P_d, ``[1, 73, n, n]``."""
    prior: Array | None
    """``[1, 6, n, n]`` (spec/surface.py); None without the prior."""
    motion: kernels.Moved[Array]
    ready: Event
    lease: Lease


@dataclass(frozen=True, eq=False)
class Seamed:
    """The same after the seam."""

    moved: Moved
    seam: kernels.Seamed[Array]
    ready: Event
    face: Patch | None = None
    """What the canvas reads instead of the photo; the generator leaves it as it is."""


@dataclass(frozen=True, eq=False)
class Blended:
    """One person's picture."""

    image: Array
    """``[1, 3, w, w]`` RGB in [0, 1], the person's colours."""
    mask: Array
    """``[1, 1, w, w]`` in [0, 1]."""
    trust: Array | None
    """``[1, 1, w, w]``: how much of ``image`` is the warped photo; None without the prior."""
    seamed: Seamed
    """What it was made of."""
    features: Features
    """Of the photo; kept, for memory that is freed is another photo's before the work that reads it
    is done."""
    ready: Event

    @property
    def detail(self) -> tuple[Array, Array, Array] | None:
        """Trust, warped photo and flow, for reading the photo at its own resolution; None without
        the prior."""
        seam = self.seamed.seam
        if self.trust is None or seam.warped_image is None or seam.flow_window is None:
            return None
        return self.trust, seam.warped_image, seam.flow_window


@dataclass(frozen=True, eq=False)
class Fetched:
    """The same in the host's memory, finished, as the canvas takes it."""

    image: Array
    mask: Array
    detail: tuple[Array, Array, Array] | None
    """As ``Blended.detail``; None where it was not asked for, too."""
    blended: Blended
    """Whose arrays these are, where the device is the host."""


class Generator:
    """Runs a generator's engines; for several threads at once.

    :param engines: by ``EngineName``: source, motion and blend.
    :param threads: of the kernels; None for as many as the process may use.
    :param recorder: of how long each step takes; None for one of its own.
    :raises BundleError: an engine is missing, or gives something else than the layout says.
    """

    def __init__(
        self,
        engines: Mapping[str, Engine],
        layout: Layout,
        threads: int | None = None,
        *,
        device: Device | None = None,
        recorder: Recorder | None = None,
    ) -> None:
        for name in GENERATOR_ENGINES:
            check_engine(engines, name, layout)
        self.layout = layout
        self._source, self._motion, self._blend = (engines[name] for name in GENERATOR_ENGINES)
        self._device = device or CpuDevice()
        self._recorder = recorder or Recorder()
        self._gathers = Gathers(layout, threads, self._device)
        self._ring = Ring(self._allocate)

    def encode(self, image: Array, mask: Array, surface: Array) -> Features:
        """Everything that depends on the photo alone.

        :param image: the window, background included, ``[1, 3, w, w]`` RGB in [0, 1].
        :param mask: the person in it, ``[1, 1, w, w]`` in [0, 1].
        :param surface: P_s, ``[1, 73, n, n]``.
        :raises EngineError: the source engine failed.
        """
        queue = self._device.queue(Stage.MOTION)
        with queue:
            told = {names.IMAGE: image, names.MASK: mask, names.SURFACE: surface}
            known = {name: self._device.upload(array, queue) for name, array in told.items()}
            given = self._source.run(known, queue=queue)
            z = [channels_last(given[names.z(n)]) for n in self.layout.scales]
        prior = self.layout.prior
        return Features(
            tensors=given,
            z=(z[0], z[1], z[2]),
            atlas_prior=channels_last(given[names.ATLAS_PRIOR]) if prior else None,
            image_masked=channels_last(given[names.IMAGE_MASKED]) if prior else None,
            ready=queue.record(),
        )

    def move(
        self,
        features: Features,
        surface: Array | Underway,
        head: Array | None = None,
        correspondence: Array | None = None,
    ) -> Moved:
        """Flows, occlusions and atlas of a driving surface, after the prior.

        :param surface: P_d, ``[1, 73, n, n]``, here or on its way on the device.
        :param head: ``[7]``, the head's own map (``drivers.landmarks.head``); None to do without.
        :param correspondence: ``[1, 6, n, n]``, where the driver knows it itself; None to sample
            the photo's atlas at the surface.
        :raises EngineError: the motion engine failed.
        """
        queue = self._device.queue(Stage.MOTION)
        queue.wait(features.ready)
        lease = self._ring.take(queue)
        surface = self._brought(surface, lease.arrays[names.SURFACE], queue)
        with self._recorder.measure(Step.MOTION, queue), queue:
            prior = None
            known = {**features.tensors, names.SURFACE: surface}
            if features.atlas_prior is not None:
                prior = self._gathers.prior(features, head, correspondence, lease, queue)
                known[names.PRIOR] = prior
            out = {name: lease.arrays[name] for name in self._motion.outputs}
            told = kernels.moved_of(self._motion.run(known, out=out, queue=queue), self.layout)
        return Moved(surface, prior, told, queue.record(), lease)

    def seam(self, features: Features, moved: Moved) -> Seamed:
        """Every gather of the model, in the kernels."""
        queue = self._device.queue(Stage.MOTION)
        with self._recorder.measure(Step.SEAM, queue), queue:
            gathered = self._gathers.seam(features, moved.lease)
        return Seamed(moved, gathered, queue.record())

    def blend(self, features: Features, seamed: Seamed) -> Blended:
        """The finished person.

        :raises EngineError: the blend engine failed; ``seamed`` may be blended again.
        """
        queue = self._device.queue(Stage.BLEND)
        queue.wait(seamed.ready)
        moved, seam = seamed.moved, seamed.seam
        with moved.lease.used(queue), self._recorder.measure(Step.BLEND, queue), queue:
            known = {**features.tensors, names.SURFACE: moved.surface, names.Z_GEO: seam.z_geo}
            for n, warped, occlusion in zip(
                self.layout.scales, seam.warped, moved.motion.occlusion, strict=True
            ):
                known[names.warped(n)], known[names.occlusion(n)] = warped, occlusion
            if moved.prior is not None and seam.warped_image is not None:
                known[names.PRIOR], known[names.WARPED_IMAGE] = moved.prior, seam.warped_image
            out = {name: moved.lease.arrays[name] for name in self._blend.outputs}
            given = self._blend.run(known, out=out, queue=queue)
        return Blended(
            given[names.IMAGE],
            given[names.MASK],
            given.get(names.TRUST),
            seamed,
            features,
            queue.record(),
        )

    def fetch(self, blended: Blended, *, detail: bool = True) -> Fetched:
        """A person's picture in the host's memory; waits until it is there.

        :param detail: whether what the photo is read along is wanted too.
        """
        queue = self._device.queue(Stage.BLEND)
        queue.wait(blended.ready)
        wanted = [blended.image, blended.mask]
        if detail and blended.detail is not None:
            wanted += blended.detail
        image, mask, *along = self._device.download(wanted, queue)
        return Fetched(image, mask, (along[0], along[1], along[2]) if along else None, blended)

    def _brought(self, surface: Array | Underway, into: Array, queue: Queue) -> Array:
        if not isinstance(surface, Underway):
            return self._device.upload(surface, queue, out=into)
        if isinstance(self._device, CpuDevice):
            raise lost_frame()
        queue.wait(surface.ready)
        copied: Any = into
        with surface.lease.used(queue), queue:
            copied.copy_(surface.array)
        return into

    def _allocate(self) -> dict[str, Array]:
        """All that one frame is computed into."""
        encoded, moved = self._source.outputs, self._motion.outputs
        shapes = {**moved, **self._blend.outputs, **self._gathers.shapes(encoded, moved)}
        shapes[names.SURFACE] = self._motion.inputs[names.SURFACE]
        return {name: self._device.empty(shape) for name, shape in shapes.items()}


def lost_frame() -> EngineError:
    """For what was on its way on a device in whose place the processor works now."""
    return EngineError("The frame was on a GPU that has failed.", "The next one is not.")


def check_engine(engines: Mapping[str, Engine], name: EngineName, layout: Layout) -> None:
    """Whether an engine gives what the layout says, in the sizes that it says.

    :raises BundleError: it does not, or is not there.
    """
    engine = engines.get(name)
    wanted = layout.outputs(name)
    missing = [o for o in wanted if engine is None or o not in engine.outputs]
    if engine is None or missing:
        raise BundleError(
            f"The bundle's engine {str(name)!r} does not give {', '.join(missing)}.", EXPORT_AGAIN
        )
    for given in (engine.inputs, engine.outputs):
        for tensor, shape in given.items():
            expected = layout.shape(tensor)
            if expected is not None and tuple(shape) != expected:
                raise BundleError(
                    f"The bundle's engine {str(name)!r} has {tensor!r} as {list(shape)}, where "
                    f"the bundle's window of {layout.window} and surface of {layout.size} pixels "
                    f"make it {list(expected)}.",
                    EXPORT_AGAIN,
                )
