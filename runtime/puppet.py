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
from bunraku.runtime.bundle import Bundle
from bunraku.runtime.chain import Chain, Frame
from bunraku.runtime.densepose import BlazePoseEstimator, DensePoseEstimator
from bunraku.runtime.driver import Driver
from bunraku.runtime.engine import Engine, EngineKind, cores, make_engine
from bunraku.runtime.framing import Window
from bunraku.runtime.head import head_map
from bunraku.runtime.identity import Identity, SourceReport, make_identity
from bunraku.runtime.options import PuppetOptions
from bunraku.runtime.photo import read_photo
from bunraku.runtime.pose import PoseNetworks, PoseTracker, Segmenter
from bunraku.runtime.stages import Spread, Stage, StageTimer

log = logging.getLogger(__name__)


class Puppet:
    """A source and what moves it. Not for several threads at once.

    ``Puppet.load`` makes one of a bundle; the constructor takes the parts, for tests and for
    other estimators.

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
        """A puppet of a bundle.

        :param bundle: the name of a bundle that ships with Bunraku, or the folder of one.
        :param engine: the inference library.
        :param threads: how many threads each engine uses; None for as many as the process may.
        :param iuv: the bundle of the IUV net.
        :param networks: the pose networks; None for those in the cache.
        :raises BundleError: a bundle is missing, incomplete or damaged.
        :raises FetchError: the pose networks have not been fetched yet.
        :raises MissingExtraError: the inference library is not installed.
        :raises EngineError: an engine cannot be made.
        """
        options = options or PuppetOptions()
        threads = threads or cores()
        chosen, surface = Bundle.load(bundle), Bundle.load(iuv)
        specs = [chosen.engine(name) for name in ("source", "motion", "blend")]
        iuv_spec = surface.engine("iuv")
        networks = networks or PoseNetworks.find()
        engines = {s.name: make_engine(engine, s.path, s.name, threads) for s in specs}
        estimator = BlazePoseEstimator(
            PoseTracker(networks, threads, smooth=options.smooth),
            make_engine(engine, iuv_spec.path, iuv_spec.name, threads),
            mask=options.driving_iuv_mask,
        )
        return cls(
            engines,
            estimator,
            Segmenter(networks, threads),
            sizes=(chosen.window, chosen.size),
            prior=chosen.prior,
            threads=threads,
            options=options,
        )

    def set_source(self, photo: str | Path | bytes | Picture) -> SourceReport:
        """Take the photo whose person is to move; everything that depends on it alone is done here.

        :param photo: a file, its bytes, or an HWC uint8 RGB array.
        :return: what was found; ``notes`` is for the user.
        :raises PhotoError: the photo cannot be read.
        :raises NoPersonError: nobody is in it, or too small, or too little of the body.
        :raises InputError: an array that is not a picture.
        :raises EngineError: a network failed.
        """
        if isinstance(photo, (str, Path, bytes)):
            picture = read_photo(photo)
        else:
            picture = check_picture(photo, "The photo").copy()
        identity, report = make_identity(
            picture,
            self._estimator,
            self._segmenter,
            self._engines["source"],
            self._sizes,
            self.options,
            self._threads,
        )
        self._identity, self._last = identity, None
        self._driver.reset()
        return report

    def calibrate(self) -> None:
        """Match the driver to the source anew at the next frame that shows a person clearly."""
        self._driver.calibrate()

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
            made = self._make(identity, frame, when)
        except EngineError as error:
            if self._last is None:
                raise
            self._faults += 1
            if self._faults == 1:
                log.warning("a frame failed, the last good picture stands in: %s", error)
        else:
            if made is None:
                self._lost += 1
            else:
                self._last = made
        return self._paste(identity, window_only)

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
        """The camera's window in pixels of its frames; None until calibrated."""
        return self._driver.window

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

    def _make(self, identity: Identity, frame: Picture, time_s: float) -> Frame | None:
        with self._timer.measure(Stage.POSE):
            located = self._driver.locate(frame, time_s, identity)
        if located is None:
            return None
        with self._timer.measure(Stage.IUV):
            densepose = self._driver.densepose(located).densepose
            photo = identity.framing.window.to_units(identity.pose.landmarks)
            head = head_map(photo, located.landmarks) if self.options.head else None
        return self._chain.run(identity, densepose, head)

    def _paste(self, identity: Identity, window_only: bool) -> Picture:
        compositor = identity.window_compositor if window_only else identity.compositor
        with self._timer.measure(Stage.PASTE):
            made = self._last
            if made is None:
                return compositor.untouched()
            detail: list[Array] = []
            if self.options.detail and "trust" in made and "warped_image" in made:
                detail = [made["trust"], made["warped_image"], made["flow_window"]]
            return compositor.paste(made["image"], made["mask"], *detail)
