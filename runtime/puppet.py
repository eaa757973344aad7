"""One photo, moved: the runtime's front door.

puppet = Puppet.load("live")
puppet.set_source("me.jpg")
picture = puppet.animate(frame)      # HWC uint8 RGB in and out
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from pathlib import Path

from bunraku.errors import EngineError, InputError
from bunraku.runtime.arrays import Array, Picture, check_picture
from bunraku.runtime.chain import Chain, Frame
from bunraku.runtime.densepose import DensePoseEstimator
from bunraku.runtime.driver import Driver, Driving
from bunraku.runtime.engine import Engine, EngineKind
from bunraku.runtime.engine_set import EngineSet
from bunraku.runtime.framing import Window
from bunraku.runtime.head import head_map
from bunraku.runtime.identity import Identity, SourceReport, make_identity
from bunraku.runtime.options import PuppetOptions
from bunraku.runtime.photo import read_photo
from bunraku.runtime.pose import PoseNetworks, Segmenter
from bunraku.runtime.stages import Spread, Stage, StageTimer

__all__ = ["Driving", "Puppet"]

log = logging.getLogger(__name__)


class Puppet:
    """A source and what moves it.

    ``set_source`` and ``animate`` are all that a clip needs, one call at a time. A live session
    calls the stages that ``animate`` is made of: ``drive``, ``move`` and ``paint`` may work on
    three frames at once in three threads (each of them on one), and ``make_identity`` in a fourth.

    ``Puppet.load`` makes one of a bundle and ``Puppet.sharing`` further ones of the same engines;
    the constructor takes the parts, for tests and for other estimators.

    :param engines: "source", "motion" and "blend".
    :param sizes: sides of the window and of the IUV map, in pixels.
    :param prior: whether the engines take the geometric prior.
    :param threads: how many threads the kernels use; None for as many as the process may.
    """

    def __init__(
        self,
        engines: Mapping[str, Engine],
        estimator: DensePoseEstimator,
        segmenter: Segmenter | None = None,
        *,
        sizes: tuple[int, int] = (256, 128),
        prior: bool = True,
        threads: int | None = None,
        options: PuppetOptions | None = None,
    ) -> None:
        self.options = options or PuppetOptions()
        self._engines = engines
        self._estimator = estimator
        self._segmenter = segmenter
        self._sizes = sizes
        self._threads = threads
        self._timer = StageTimer()
        self._chain = Chain(engines, sizes, prior, threads, self._timer)
        self._driver = Driver(estimator, self.options, sizes[1])
        self._identity: Identity | None = None
        self._last: Frame | None = None
        self._frames = self._lost = self._faults = 0

    @classmethod
    def load(
        cls,
        bundle: str | Path = "live",
        *,
        engine: EngineKind | str = EngineKind.ONNXRUNTIME,
        threads: int | None = None,
        iuv: str | Path = "iuv",
        networks: PoseNetworks | None = None,
        options: PuppetOptions | None = None,
    ) -> Puppet:
        """A puppet of a bundle; see ``EngineSet.load`` for what it takes and raises."""
        engines = EngineSet.load(bundle, engine=engine, threads=threads, iuv=iuv, networks=networks)
        return cls.sharing(engines, options)

    @classmethod
    def sharing(cls, engines: EngineSet, options: PuppetOptions | None = None) -> Puppet:
        """A puppet of engines that others use as well; it follows a person of its own.

        Loads nothing, so that every session can have one.
        """
        options = options or PuppetOptions()
        return cls(
            engines.engines,
            engines.make_estimator(options),
            engines.segmenter,
            sizes=engines.sizes,
            prior=engines.prior,
            threads=engines.threads,
            options=options,
        )

    def set_source(self, photo: str | Path | bytes | Picture) -> SourceReport:
        """Take the photo whose person is to move, and forget the driver.

        Takes and raises what ``make_identity`` does; a photo that is refused leaves the last one.

        :return: what was found; ``notes`` is for the user.
        """
        identity, report = self.make_identity(photo)
        self._identity, self._last = identity, None
        self._driver.reset()
        return report

    def make_identity(self, photo: str | Path | bytes | Picture) -> tuple[Identity, SourceReport]:
        """Everything that depends on a photo alone; may run while frames are driven.

        :param photo: a file, its bytes, or an HWC uint8 RGB array.
        :return: the photo, ready for ``drive``, and what was found in it.
        :raises PhotoError: the photo cannot be read.
        :raises NoPersonError: nobody is in it, or too small, or too little of the body.
        :raises InputError: an array that is not a picture.
        :raises EngineError: a network failed.
        """
        if isinstance(photo, (str, Path, bytes)):
            picture = read_photo(photo)
        else:
            picture = check_picture(photo, "The photo").copy()
        return make_identity(
            picture,
            self._estimator,
            self._segmenter,
            self._engines["source"],
            self._sizes,
            self.options,
            self._threads,
        )

    def calibrate(self) -> None:
        """Match the driver to the source anew at the next frame that shows a person clearly.

        Until then the last calibration holds, if there is one. From any thread.
        """
        self._driver.calibrate()

    def drive(
        self, identity: Identity, frame: Picture, time_s: float, *, mirrored: bool = False
    ) -> Driving | None:
        """The first stage: where the driver stands, as the networks want to know it.

        Frames in their order, one at a time. The identity may change from frame to frame: the
        calibration is the driver's, and holds for all photos.

        :param frame: HWC uint8 RGB of any size.
        :param time_s: the frame's time.
        :param mirrored: whether left and right are exchanged in it; the calibration follows.
        :return: None while nobody is found, or nobody clearly enough to calibrate on.
        :raises InputError: the frame is not a picture.
        :raises EngineError: a network failed.
        """
        check_picture(frame, "A frame")
        with self._timer.measure(Stage.POSE):
            located = self._driver.locate(frame, time_s, identity, mirrored=mirrored)
        if located is None:
            return None
        with self._timer.measure(Stage.IUV):
            densepose = self._driver.densepose(located).densepose
            photo = identity.framing.window.to_units(identity.pose.landmarks)
            head = head_map(photo, located.landmarks) if self.options.head else None
        return Driving(densepose, located.in_frame, head, self._driver.turned_deg)

    def move(self, identity: Identity, driving: Driving) -> Frame:
        """The second stage: the photo's features where the driver's body is, by name.

        :raises EngineError: an engine failed.
        """
        return self._chain.move(identity, driving.densepose, driving.head)

    def paint(
        self, identity: Identity, tensors: Frame | None, *, window_only: bool = False
    ) -> Picture:
        """The third stage: the person's picture, back in the photo.

        :param tensors: what ``move`` gave for this identity, which gains the blend engine's
            outputs: painted again, they are only pasted. None for the photo as it is.
        :param window_only: only the square that the networks make, at their own size.
        :return: a new picture of the photo's size, or of the window's.
        :raises EngineError: an engine failed.
        """
        compositor = identity.window_compositor if window_only else identity.compositor
        if tensors is None:
            return identity.as_given(compositor.untouched())
        if "image" not in tensors:
            self._chain.blend(identity, tensors)
        with self._timer.measure(Stage.PASTE):
            detail: list[Array] = []
            if self.options.detail and "trust" in tensors and "warped_image" in tensors:
                detail = [tensors["trust"], tensors["warped_image"], tensors["flow_window"]]
            picture = compositor.paste(tensors["image"], tensors["mask"], *detail)
            return identity.as_given(picture)

    def animate(
        self, frame: Picture, time_s: float | None = None, *, window_only: bool = False
    ) -> Picture:
        """The source, as the person in the frame stands.

        While nobody is found, or when an engine fails in one frame, the last good picture stands
        in, and before the first one the photo; ``lost`` and ``faults`` count such frames.

        :param frame: HWC uint8 RGB of any size.
        :param time_s: the frame's time; None for now.
        :param window_only: only the square that the networks make, at their own size.
        :return: a new picture of the photo's size, or of the window's.
        :raises InputError: the frame is not a picture, or there is no source yet.
        :raises EngineError: an engine fails before it has ever given a picture of this source.
        """
        identity = self._source()
        check_picture(frame, "A frame")
        when = time.monotonic() if time_s is None else time_s
        self._frames += 1
        try:
            driving = self.drive(identity, frame, when)
            if driving is None:
                self._lost += 1
            else:
                tensors = self.move(identity, driving)
                picture = self.paint(identity, tensors, window_only=window_only)
                self._last = tensors
                return picture
        except EngineError as error:
            if self._last is None:
                raise
            self._faults += 1
            if self._faults == 1:
                log.warning("a frame failed, the last good picture stands in: %s", error)
        return self.paint(identity, self._last, window_only=window_only)

    def animate_window(self, frame: Picture, time_s: float | None = None) -> Picture:
        """``animate`` with ``window_only``."""
        return self.animate(frame, time_s, window_only=True)

    def stats(self) -> Mapping[str, Spread]:
        """How long each stage took, in milliseconds, by the names of ``Stage``."""
        return self._timer.spreads()

    def reset_stats(self) -> None:
        """Forget the durations and set the counts to 0."""
        self._timer.clear()
        self._frames = self._lost = self._faults = 0

    @property
    def frames(self) -> int:
        """Frames animated so far."""
        return self._frames

    @property
    def lost(self) -> int:
        """Frames in which nobody was found."""
        return self._lost

    @property
    def faults(self) -> int:
        """Frames in which an engine failed."""
        return self._faults

    @property
    def identity(self) -> Identity:
        """All that was computed of the source; raises InputError before ``set_source``."""
        return self._source()

    @property
    def driving_window(self) -> Window | None:
        """The camera's window in pixels of its frames, turned upright; None until calibrated."""
        return self._driver.window

    @property
    def driver_turned_deg(self) -> int:
        """How far the driver was turned from upright, clockwise: 0, 90, 180 or 270; its frames
        have been turned back by as much since the calibration.
        """
        return self._driver.turned_deg

    @property
    def last(self) -> Mapping[str, Array]:
        """The tensors of the last good frame by name, for looking at; empty before it."""
        return self._last or {}

    def _source(self) -> Identity:
        if self._identity is None:
            raise InputError(
                "There is no photo to animate yet.", "Call set_source(photo) before animate(frame)."
            )
        return self._identity
