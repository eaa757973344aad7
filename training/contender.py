"""What is compared on clips and photos: candidates, and each of them at work."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from bunraku.errors import InputError
from bunraku.runtime.drivers.iuv_images.mending import Mender
from bunraku.runtime.drivers.protocol import Drawn, Driving
from bunraku.runtime.engines.registry import AUTO
from bunraku.runtime.generator import Seamed
from bunraku.runtime.later import Later
from bunraku.runtime.models import Models
from bunraku.runtime.options import BUNDLE, DRIVER, DriverKind, PuppetOptions, paints_nothing
from bunraku.runtime.pose.networks import PoseModel
from bunraku.runtime.pose.turned import turn_picture, upright_by
from bunraku.runtime.puppet import Puppet
from bunraku.runtime.source.window import Window, crop, uncrop
from bunraku.spec.arrays import Array, Picture
from bunraku.training.faults import Fault, FaultyTracker, punch
from bunraku.training.metrics import OwnError

WINDOW = 256
"""Side of the windows that are compared, in pixels."""
UNMOVED = "unmoved source"
OURS = "Bunraku"
"""The candidate's name where there is only one."""

_NUMBER = re.compile(r"\d+(\.\d+)?")
_NAME = re.compile(r"[\w.+-][\w .+-]{0,31}")
_SWITCHES = tuple(
    f.name.replace("_", "-") for f in fields(PuppetOptions) if isinstance(f.default, bool)
)
_STRENGTHS = tuple(f.name for f in fields(PuppetOptions) if isinstance(f.default, float))


@dataclass(frozen=True)
class Candidate:
    """Weights, and how they are used."""

    name: str = OURS
    """Heads its column."""
    bundle: str | Path = BUNDLE
    """The generator's bundle, by name or folder."""
    iuv: str | Path = "iuv"
    """The IUV net's."""
    engine: str = AUTO
    """The inference library, as ``registry.choose`` takes it."""
    driver: str = DRIVER
    """What poses the photo."""
    pose: PoseModel = PoseModel.FULL
    """Which network finds the body."""
    options: PuppetOptions = field(default_factory=PuppetOptions)

    @classmethod
    def parse(cls, text: str, engine: str = AUTO) -> Candidate:
        """Read ``NAME=BUNDLE[,PART]...``.

        Parts are ``iuv=BUNDLE``, ``engine=ENGINE``, ``driver=DRIVER``, ``pose=MODEL``, ``SWITCH``
        and ``face=STRENGTH``.

        Switches, with or without ``no-``, and strengths are those of PuppetOptions.

        Raises:
            InputError: it is something else.
        """
        name, equals, rest = text.partition("=")
        bundle, *parts = rest.split(",")
        if not equals or not bundle or not _NAME.fullmatch(name) or name == UNMOVED:
            raise InputError(
                f"The candidate {text!r} is not NAME=BUNDLE.",
                "Give a short name of letters and digits and a bundle, as in new=bundles/live.",
            )
        made = cls(name, bundle, engine=engine)
        for part in parts:
            made = made._with(part)
        if made.driver not in (DriverKind.LANDMARKS, DriverKind.BODY):
            raise InputError(
                f"The candidate {name!r} has no driver {made.driver!r}.",
                f"Use driver={DriverKind.LANDMARKS} or driver={DriverKind.BODY}.",
            )
        if paints_nothing(bundle, made.driver):
            raise InputError(
                f"The candidate {name!r} names the bundle {bundle!r}, and a body is drawn without "
                "networks that paint.",
                f"Add driver={DriverKind.LANDMARKS} to it, or name the body {name}={BUNDLE}.",
            )
        return made

    def _with(self, part: str) -> Candidate:
        name, _, value = part.partition("=")
        if name == "iuv" and value:
            return replace(self, iuv=value)
        if name == "engine" and value:
            return replace(self, engine=value)
        if name == "driver" and value:
            return replace(self, driver=value)
        if name == "pose" and value in set(PoseModel):
            return replace(self, pose=PoseModel(value))
        switch = part.removeprefix("no-")
        chosen: dict[str, Any]
        if name in _STRENGTHS and _NUMBER.fullmatch(value):
            chosen = {name: float(value)}
        elif switch in _SWITCHES:
            chosen = {switch.replace("-", "_"): switch == part}
        else:
            raise InputError(
                f"The candidate {self.name!r} has no part {part!r}.",
                "Use iuv=BUNDLE, engine=ENGINE, driver=DRIVER, pose=MODEL, "
                f"{', '.join(f'{name}=1' for name in _STRENGTHS)}, "
                f"or with or without no-: {', '.join(_SWITCHES)}.",
            )
        return replace(self, options=replace(self.options, **chosen))

    def load(self, threads: int | None = None, fault: Fault | None = None) -> Contender:
        """The candidate, ready to work; see ``Models.load`` for what this raises.

        Args:
            threads: of each engine.
            fault: forced into what drives; None for none.
        """
        punched = fault is Fault.HOLES and self.driver == DriverKind.LANDMARKS
        broken = None if fault is None or punched else fault
        models = Models.load(
            self.bundle,
            engine=self.engine,
            threads=threads,
            iuv=self.iuv,
            face=self.options.face > 0,
            hands=self.options.hands,
            driver=self.driver,
            pose=self.pose,
            through=None if broken is None else partial(FaultyTracker, fault=broken),
        )
        return Contender(self.name, Puppet(models, self.options), punched=punched)


def check_names(candidates: Sequence[Candidate]) -> None:
    """Whether each candidate has a name of its own.

    Raises:
        InputError: two have the same.
    """
    names = [candidate.name for candidate in candidates]
    for name in names:
        if names.count(name) > 1:
            raise InputError(f"Two candidates are called {name!r}.", "Give each its own name.")


class Contender:
    """A candidate at work on one photo after another.

    A photo whose person is not upright is turned, as ``animate`` does it; all pictures here are of
    the upright photo, and so are windows. An engine that fails is an error, not a lost frame: what
    stood in for it would be measured in its place.
    """

    def __init__(self, name: str, puppet: Puppet, *, punched: bool = False) -> None:
        """A candidate at work.

        Args:
            name: heads its column.
            puppet: moves photos.
            punched: whether holes are forced into all surfaces but the first, which then are
                mended as those of IUV images are, if the puppet's options say so.
        """
        self.name = name
        self._punched, self._mender = punched, Mender()
        self.lost = 0
        """Frames since the photo in which the driver was not found."""
        self.driving: Driving | None = None
        """How the driver stood in the last good frame."""
        self._puppet = puppet
        self._moved: Seamed | Drawn | None = None

    def take(self, photo: Picture) -> None:
        """Animate this photo from now on.

        Raises:
            NoPersonError: nobody in it can be animated; what there was stays.
        """
        self._puppet.set_source(photo)
        self._forget()

    def calibrate(self) -> None:
        """Follow another driver from now on."""
        self._puppet.calibrate()
        self._forget()

    def _forget(self) -> None:
        self.lost, self.driving, self._moved = 0, None, None
        self._mender.reset()

    def follow(self, frame: Picture, time_s: float) -> Picture:
        """The photo's window as the person in the frame stands, ``[w, w, 3]``.

        While nobody is found the last picture stands in, and before the first one the photo.
        """
        identity = self._puppet.identity
        driving = self._puppet.drive(identity, frame, time_s)
        if driving is None:
            self.lost += 1
        else:
            if self._punched:
                driving = self._broken(driving, time_s)
            self._moved, self.driving = self._puppet.move(identity, driving), driving
        painted = self._puppet.paint(identity, self._moved, window_only=True)
        return _measured(turn_picture(painted, upright_by(identity.source.turned_deg)))

    def _broken(self, driving: Driving, time_s: float) -> Driving:
        if self.driving is not None:
            driving = punch(driving, time_s)
        if self._puppet.options.mend:
            driving = replace(
                driving, surface_later=Later.of(self._mender.mend(driving.surface, time_s))
            )
        return driving

    def follow_self(self, time_s: float = 0.0) -> Picture:
        """The same, driven by the photo itself as it was given."""
        source = self._puppet.identity.source
        return self.follow(source.as_given_whole(source.photo), time_s)

    def whole(self) -> Picture:
        """The whole photo as the person of the last frame stands, at the photo's own size."""
        return self.upright(self.whole_as_given())

    def whole_as_given(self) -> Picture:
        """The same as the photo was given, neither turned nor without its border."""
        return self._puppet.paint(self._puppet.identity, self._moved, window_only=False)

    def own_error(self) -> OwnError:
        """What is lost, after the photo itself was followed."""
        source = self._puppet.identity.source
        shape = (source.photo.shape[0], source.photo.shape[1])
        mask = uncrop(source.mask, source.framing.window, shape)
        return OwnError.of(self.whole(), source.photo, mask)

    @property
    def window(self) -> Window:
        """The photo's."""
        return self._puppet.identity.source.framing.window

    @property
    def photo(self) -> Picture:
        """The photo, upright."""
        return self._puppet.identity.source.photo

    @property
    def person(self) -> Array:
        """The photo's person in its window, ``[256, 256]`` in [0, 1]."""
        return np.asarray(_measured(self._puppet.identity.source.mask), np.float32)

    @property
    def view(self) -> tuple[int, Window]:
        """What decides which part of a true frame the window is: the photo's turn, its window."""
        return self._puppet.identity.source.turned_deg, self.window

    def upright(self, frame: Picture) -> Picture:
        """A frame that was filmed as the photo was taken, turned as the photo was, without the
        photo's border."""
        return self._puppet.identity.source.as_found(frame)

    def driver(self, frame: Picture) -> tuple[Picture, Window] | None:
        """The frame with the driver upright, and the window in it that was matched to the photo's;
        None until calibrated.
        """
        window = self._puppet.driving_window
        if window is None or self.driving is None:
            return None
        return turn_picture(frame, upright_by(self.driving.turned_deg)), window


def _measured(values: NDArray[Any]) -> NDArray[Any]:
    """A window in the pixels in which all are compared, however fine it was drawn."""
    if len(values) == WINDOW:
        return values
    return np.asarray(cv2.resize(values, (WINDOW, WINDOW), interpolation=cv2.INTER_AREA))


def windowed(picture: Picture, window: Window) -> Picture:
    """The window's pixels, [256, 256, 3]."""
    return np.asarray(crop(picture, window, WINDOW), np.uint8)


def in_picture(points: Array, window: Window) -> Array:
    """Points ``[N, 2 or more]`` in pixels of :func:`windowed`, in pixels of its picture."""
    placed = points.copy()
    corner = np.array([window.cx, window.cy], np.float32) - np.float32(window.side / 2)
    placed[:, :2] = (points[:, :2] + 0.5) * np.float32(window.side / WINDOW) + corner
    return placed


def close_up(picture: Picture, window: Window) -> Picture:
    """The window's pixels as they are, without what is beyond the picture."""
    left, top, side = window.box
    return picture[max(top, 0) : top + side, max(left, 0) : left + side]
