"""What moves a photo: the seam that every driver stands behind."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from bunraku.runtime.buffers import Lease, Underway
from bunraku.runtime.canvas import Patch
from bunraku.runtime.device import Event
from bunraku.runtime.drivers.face.expression import Expression
from bunraku.runtime.drivers.face.photo_face import PhotoFace
from bunraku.runtime.later import Later
from bunraku.runtime.parts import Parts
from bunraku.runtime.source.source import Source
from bunraku.runtime.source.window import Window
from bunraku.spec.arrays import Array, Picture


@dataclass(frozen=True, eq=False)
class Subject:
    """What a driver keeps of one photo. Drivers add to it what they need."""

    source: Source
    surface_later: Later[Array]
    """See ``surface``."""
    drawn: bool = field(default=False, kw_only=True)
    """Whether the driver draws the person itself, so that no generator need look at the photo."""
    face: PhotoFace | None = field(default=None, kw_only=True)
    """The photo's face, if it is to follow the driver's and is seen well enough."""
    notes: tuple[str, ...] = field(default=(), kw_only=True)
    """What the user should know of how this photo is driven, a line each."""

    @property
    def surface(self) -> Array:
        """P_s, ``[1, 73, n, n]`` in the photo's window (spec/surface.py); EngineError if the
        network that makes it fails."""
        return self.surface_later.read()


@dataclass(frozen=True, eq=False)
class Hints:
    """What a driver knows better than a surface says it."""

    head: Array | None = None
    """``[7]``, the head's own map (``drivers.landmarks.head.head_map``); None to do without."""
    face: Expression | None = None
    """What the driver's face does; None where it is not followed."""
    patch: Later[Patch | None] | None = None
    """The photo's face as it does that, which is what is shown; None for as the photo has it."""


@dataclass(frozen=True, eq=False)
class Made:
    """What a device has been given to do for a drawing."""

    ready: Event
    """When it is done."""
    lease: Lease
    """Of the arrays."""


@dataclass(frozen=True, eq=False)
class Drawn:
    """The person as a driver draws it itself, as ``Canvas.paste`` takes it."""

    image: Array
    """``[1, 3, w, w]`` RGB in [0, 1]."""
    mask: Array
    """``[1, 1, w, w]`` in [0, 1]."""
    trust: Array
    """``[1, 1, w, w]``: how much of ``image`` is the warped photo."""
    warped: Array
    """``[1, 5, w, w]``: the photo's window along the flow times a weight, that weight, and 0, as
    the canvas takes it (spec/tensors.py)."""
    flow: Array
    """``[1, 2, w, w]`` in [-1, 1] units: a pixel's place in the photo less its own."""
    face: Patch | None = None
    """What is read there in place of the photo: its face with the driver's expression."""
    moves: Array | None = None
    """``[3, 2]`` in [-1, 1] units: how far ``shade.ANCHORS`` have gone since the photo, for its
    shadow; None for none."""

    made: Made | None = None
    """Where it is on its way on a device, whose arrays these are then; None where it is there."""

    @property
    def detail(self) -> tuple[Array, Array, Array]:
        """Trust, warped photo and flow, for reading the photo at its own resolution."""
        return self.trust, self.warped, self.flow


@dataclass(frozen=True, eq=False)
class Driving:
    """One frame as a driver understood it, for one subject."""

    surface_later: Later[Array]
    """See ``surface``."""
    landmarks: Array | None
    """``[33, 4]``: x, y, z in pixels of the frame, visibility; as the camera shows the driver.
    None where a driver has none."""
    correspondence: Array | None = None
    """``[1, 6, n, n]`` as the prior is (spec/surface.py): where in the photo each pixel comes from.
    None: the photo's atlas is sampled at the surface."""
    hints: Hints = field(default_factory=Hints)
    drawn: Drawn | None = None
    """The person, where the driver draws it; None: the generator does."""
    turned_deg: int = 0
    """How far the driver was turned from upright at the calibration, clockwise: 0, 90, 180, 270."""
    person: int = 0
    """Of who drives: another number once it is somebody else."""
    surface_on_device: Underway | None = None
    """The surface on its way on a device; None where it is made in the host's memory."""

    @property
    def whole(self) -> bool:
        """Whether all of it is there that is pasted: nothing is left to compute before that."""
        patch = self.hints.patch
        return self.drawn is not None and (patch is None or patch.made)

    @property
    def surface(self) -> Array:
        """P_d, ``[1, 73, n, n]`` in the photo's window; fetched from a device at the first look,
        which raises EngineError if that fails."""
        return self.surface_later.read()


class Found(Protocol):
    """Told where the driver is before all of a frame is understood."""

    def __call__(self, landmarks: Array, person: int) -> None:
        """See ``Driving``."""


class Driver(Protocol):
    """Follows one person from frame to frame. One call of ``follow`` at a time.

    ``prepare`` may run in another thread meanwhile, and its subjects serve every driver of the
    same kind.
    """

    @property
    def window(self) -> Window | None:
        """The square of the camera's frames, in their pixels and these turned so that the driver is
        upright, that matches the photo's window; None until calibrated."""

    def prepare(self, source: Source) -> Subject:
        """What this driver needs of a photo, computed once.

        :raises EngineError: a network failed.
        """

    def follow(
        self,
        frame: Picture,
        time_s: float,
        subject: Subject,
        *,
        mirrored: bool = False,
        found: Found | None = None,
    ) -> Driving | None:
        """The driver in this frame; None while nobody is found, or nobody clearly enough.

        :param frame: HWC uint8 RGB of any size.
        :param time_s: the frame's time; one before the last starts anew.
        :param mirrored: whether left and right are exchanged in it.
        :param found: called once if the driver has landmarks, as soon as they are known.
        :raises EngineError: a network failed.
        :raises DriverEndedError: what drives has ended: there is nothing for this frame, nor for
            any that follows.
        :raises InputError: what drives cannot be of these frames at all; told at the first.
        """

    def set_parts(self, parts: Parts) -> None:
        """Which parts of the photo's person follow from now on; those that are switched go over
        softly. From any thread.

        :raises InputError: this driver moves the person as a whole.
        """

    def calibrate(self) -> None:
        """Match the driver to the photo anew at the next clear frame; until then the last
        calibration holds. From any thread."""

    def reset(self) -> None:
        """Forget the person that was followed, and the calibration."""
