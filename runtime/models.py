"""What is loaded once for many puppets: networks, engines, and what is made of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from pathlib import Path

from bunraku.errors import InputError
from bunraku.runtime.device import CpuDevice, Device
from bunraku.runtime.drivers.body.driver import BodyDriver
from bunraku.runtime.drivers.body.pen import DevicePen, HostPen, Pen
from bunraku.runtime.drivers.body.template import load_template
from bunraku.runtime.drivers.face.driver import FacedDriver
from bunraku.runtime.drivers.face.tracker import FaceFinder
from bunraku.runtime.drivers.hands.tracker import HandFinder
from bunraku.runtime.drivers.iuv_images.driver import IuvImagesDriver
from bunraku.runtime.drivers.iuv_images.reading import IuvImages
from bunraku.runtime.drivers.landmarks.device_surface import DeviceIuvNet
from bunraku.runtime.drivers.landmarks.driver import LandmarkDriver
from bunraku.runtime.drivers.landmarks.surface import IuvNet
from bunraku.runtime.drivers.locating import Tracker
from bunraku.runtime.drivers.protocol import Drawn, Driver, Subject
from bunraku.runtime.engines.bundle import Bundle
from bunraku.runtime.engines.libraries import EngineKind
from bunraku.runtime.engines.protocol import Engine
from bunraku.runtime.engines.registry import AUTO, EngineFactory
from bunraku.runtime.engines.sharing import Place, Sharing
from bunraku.runtime.finders import face_finder, hand_finder
from bunraku.runtime.generator import Blended, Features, Fetched, Generator
from bunraku.runtime.identity import Identity
from bunraku.runtime.later import Later
from bunraku.runtime.measure import Recorder
from bunraku.runtime.notices import Notices
from bunraku.runtime.options import (
    BUNDLE,
    DRIVER,
    RESOLUTION,
    DriverKind,
    PuppetOptions,
    bears_eight_bits,
    paints_nothing,
)
from bunraku.runtime.paster import Paster
from bunraku.runtime.plan import FrameShares, frame_shares
from bunraku.runtime.pose import PoseNetworks, PoseTracker, Segmenter
from bunraku.runtime.pose.crops import HOST as HOST_CROPS
from bunraku.runtime.pose.crops import Crops, DeviceCrops
from bunraku.runtime.pose.networks import PoseModel
from bunraku.runtime.source.report import SourceReport
from bunraku.runtime.source.source import PersonFinder, Source, make_source
from bunraku.spec.arrays import Array, Picture
from bunraku.spec.cores import cores
from bunraku.spec.tensors import GENERATOR_ENGINES, EngineName, Layout

FACELESS = (
    "the photo's face is too small, hidden or turned too far to follow the driver's; it stays as "
    "it is"
)

MakeDriver = Callable[[PuppetOptions, Recorder], Driver]
"""Gives a driver that follows a person of its own; loads nothing."""


@dataclass(frozen=True, eq=False)
class Models:
    """The networks of a bundle and those that find people; for several threads at once."""

    engines: Mapping[str, Engine]
    """The generator's, by ``EngineName``."""
    layout: Layout
    finder: PersonFinder
    """Of the people in photos."""
    make_driver: MakeDriver
    segmenter: Segmenter | None = None
    threads: int | None = None
    """How many threads each engine and kernel uses; None for as many as the process may."""
    device: Device = field(default_factory=CpuDevice)
    """Where the engines' arrays live."""
    paster: Paster | None = None
    """Pastes where the device's arrays are; None where canvases do, on the host."""
    crops: Crops = HOST_CROPS
    """Cuts what networks see of frames; a driver's frame is ``opened`` while it is followed."""
    faces: FaceFinder | None = None
    """Of the faces of photos and drivers; None where no face may follow."""
    hands: HandFinder | None = None
    """Of the hands of photos and drivers; None where none are to follow."""
    host: Later[Models] | None = None
    """The same on the processor, for when a GPU fails; None where nothing runs on one."""
    notices: Notices = field(default_factory=Notices)
    """What becomes of the engines while they run, for all who use them."""
    notes: tuple[str, ...] = ()
    """What the user should know whatever the photo, a line each."""
    resolution: int | None = None
    """Side in pixels of the window in which the person is drawn, at most; None for the networks'
    own."""
    ahead: bool = False
    """Whether what can be done of a frame beside the rest is, though engines have one thread each,
    if they leave a processor free: for those who wait for each frame."""

    @classmethod
    def load(
        cls,
        bundle: str | Path = BUNDLE,
        *,
        engine: EngineKind | str = AUTO,
        threads: int | None = None,
        iuv: str | Path = "iuv",
        networks: PoseNetworks | None = None,
        face: bool = True,
        hands: bool = True,
        driver: DriverKind | str = DRIVER,
        pose: PoseModel = PoseModel.FULL,
        resolution: int = RESOLUTION,
        through: Callable[[Tracker], Tracker] | None = None,
        sessions: int = 1,
        ahead: bool = False,
    ) -> Models:
        """Everything that a bundle needs.

        :param bundle: the name of a bundle that ships with Bunraku, or the folder of one, which
            needs the driver ``landmarks``.
        :param engine: the inference library of every network, as ``registry.choose`` takes it.
        :param threads: how many threads each engine uses; None for as many as the process may.
        :param iuv: the bundle of the IUV net.
        :param networks: the pose networks; None for those in the cache.
        :param face: whether faces may follow (``PuppetOptions.face``); if their network has not
            been fetched, ``notes`` says so, and they stay as they are.
        :param hands: whether hands are to follow (``PuppetOptions.hands``), likewise; only a body
            has hands.
        :param driver: what poses photos: ``landmarks`` or ``body``; IUV images are told with
            ``driven_by_images``.
        :param pose: which landmark network, unless ``networks`` are given.
        :param resolution: side in pixels of the window in which a body is drawn, at most; less
            where the photo has less, and never less than the networks'.
        :param through: what stands between the tracker of each driver and the driver, as where
            faults are measured; None for nothing.
        :param sessions: how many puppets may move at once; on a GPU their frames are computed
            together.
        :param ahead: see ``Models.ahead``.
        :raises InputError: there is no such driver, or the bundle is for another.
        :raises BundleError: a bundle is missing, incomplete or damaged, or they do not fit.
        :raises FetchError: the pose networks have not been fetched yet.
        :raises MissingExtraError: the inference library is not installed.
        :raises EngineError: an engine cannot be made.
        """
        if driver not in (DriverKind.LANDMARKS, DriverKind.BODY):
            raise InputError(
                f"There is no driver {str(driver)!r} to load.",
                f"Use {DriverKind.LANDMARKS} or {DriverKind.BODY}.",
            )
        if paints_nothing(bundle, driver):
            raise InputError(
                f"The bundle {str(bundle)!r} is for another driver: a body is drawn without "
                "networks that paint.",
                f"Choose the driver {DriverKind.LANDMARKS}, or leave the bundle out.",
            )
        notices = Notices()
        sharing = Sharing(sessions, notices)
        factory = EngineFactory(
            engine, threads or cores(), sharing=sharing, eight_bits=bears_eight_bits(driver)
        )
        chosen = Bundle.load(bundle)
        paths = {name: chosen.path(name) for name in GENERATOR_ENGINES}
        iuv_path = Bundle.load(iuv).path(EngineName.IUV)
        networks = networks or PoseNetworks.find(model=pose)
        engines: dict[str, Engine] = {
            n: factory.make(
                path, n, coarse=True, each_frame=None if n == EngineName.SOURCE else Place.DEVICE
            )
            for n, path in paths.items()
        }
        surfaces = IuvNet(
            factory.make(iuv_path, EngineName.IUV, coarse=True, each_frame=Place.DEVICE),
            chosen.layout.size,
        )
        on_host = isinstance(factory.device, CpuDevice)
        on_device = None if on_host else DeviceIuvNet(surfaces, factory.device)
        shares = frame_shares(factory.threads, ahead=ahead)
        pen, paster, crops = _work_on(factory.device, shares)
        faces, notes = face_finder(factory, crops) if face else (None, ())
        tracker = PoseTracker.load(
            networks,
            factory,
            thorough=driver == DriverKind.BODY,
            shows_face=None if faces is None else faces.is_sure,
            crops=crops,
        )

        template = load_template() if driver == DriverKind.BODY else None
        fingers = None
        if hands and template is not None:
            fingers, more = hand_finder(factory, crops)
            notes += more

        def make_driver(options: PuppetOptions, recorder: Recorder) -> Driver:
            follower: Tracker = tracker.another(options.smooth)
            follower = follower if through is None else through(follower)
            by_landmarks = LandmarkDriver(follower, surfaces, options, recorder, on_device)
            if template is None:
                return by_landmarks
            following = fingers if options.hands else None
            return BodyDriver(by_landmarks, template, recorder, following, faces, pen)

        def instead() -> Models:
            return cls.load(
                bundle,
                engine=EngineKind.ONNXRUNTIME,
                threads=threads,
                iuv=iuv,
                networks=networks,
                face=face,
                hands=hands,
                driver=driver,
                pose=pose,
                resolution=resolution,
                through=through,
                ahead=ahead,
            )

        segmenter = Segmenter.load(networks, factory)
        loaded = cls(
            engines,
            chosen.layout,
            tracker,
            make_driver,
            segmenter=segmenter,
            threads=factory.threads,
            device=factory.device,
            paster=paster,
            crops=crops,
            faces=faces,
            hands=fingers,
            host=None if on_host else Later(instead),
            notices=notices,
            notes=notes,
            resolution=None if template is None else resolution,
            ahead=ahead,
        )
        loaded.generator()  # what does not fit together is said here, not at the first session
        return loaded

    @property
    def shares(self) -> FrameShares:
        """How what is done of one frame shares the cores."""
        return frame_shares(self.threads, ahead=self.ahead)

    def driver(
        self, options: PuppetOptions | None = None, recorder: Recorder | None = None
    ) -> Driver:
        """A driver that follows a person of its own.

        :raises InputError: it cannot be followed in those parts alone.
        """
        options, recorder = options or PuppetOptions(), recorder or Recorder()
        driver = self.make_driver(options, recorder)
        if self.faces is not None:
            driver = FacedDriver(driver, self.faces, recorder, ahead=self.shares.beside)
            driver.strength = options.face
        driver.set_parts(options.parts)
        return driver

    def driven_by_images(
        self, images: IuvImages, index_of: Callable[[float], int] | None = None
    ) -> Models:
        """The same, driven by IUV images instead of by landmarks.

        :param images: one for each frame; every driver reads them by itself.
        :param index_of: the number of the frame at a time, for all drivers; None to let each count
            its frames as they come.
        """

        def make_driver(options: PuppetOptions, recorder: Recorder) -> Driver:
            by_landmarks = self.make_driver(options, recorder)

            def surface_of(source: Source) -> Array:
                return by_landmarks.prepare(source).surface

            own = images.another()
            size = self.layout.size
            return IuvImagesDriver(
                *(own, surface_of, size),
                index_of=index_of,
                mend=options.mend,
                recorder=recorder,
            )

        return replace(self, make_driver=make_driver)

    def generator(self, recorder: Recorder | None = None) -> Generator:
        """A generator of these engines, with buffers of its own.

        :raises BundleError: the engines do not fit together.
        """
        return Generator(
            self.engines, self.layout, self.threads, device=self.device, recorder=recorder
        )

    def make_identity(
        self, photo: Picture, driver: Driver, generator: Generator
    ) -> tuple[Identity, SourceReport]:
        """Everything that one photo needs, computed once.

        :param photo: HWC uint8, which the identity keeps.
        :param driver: any of the kind that will drive it.
        :raises NoPersonError: nobody is in it, or too small, or too little of the body.
        :raises EngineError: a network failed.
        """
        seen = self.layout.window
        source = make_source(photo, self.finder, self.segmenter, seen, self.resolution)
        subject = driver.prepare(source)

        def encode() -> Features:
            return self.encode(generator, source, subject)

        features = Later(encode)
        if not subject.drawn:
            features.read()
        identity = Identity.of(source, subject, features, self.shares)
        report = SourceReport.of(source, subject.notes)
        notes = self.notes
        if isinstance(driver, FacedDriver) and driver.following and subject.face is None:
            notes += (FACELESS,)
        return identity, replace(report, notes=report.notes + notes)

    def on_host(self, drawn: Drawn) -> Drawn:
        """What a driver has drawn, in the host's memory, for looking at.

        :raises EngineError: the device that has it fails.
        """
        return drawn if drawn.made is None or self.paster is None else self.paster.fetch(drawn)

    def paste(
        self,
        identity: Identity,
        painted: Drawn | Blended,
        generator: Generator,
        *,
        detail: bool = True,
        window_only: bool = False,
        i420: bool = False,
    ) -> Picture:
        """A person's picture, back in the photo: where a device has it, or here.

        Takes and raises what ``Identity.paste`` does.

        :param generator: whose picture it is, or of a driver beside it.
        """
        shown: Drawn | Blended | Fetched = painted
        if isinstance(painted, Blended) and self.paster is None:
            shown = generator.fetch(painted, detail=detail)
        return identity.paste(shown, self.paster, detail=detail, window_only=window_only, i420=i420)

    def encode(self, generator: Generator, source: Source, subject: Subject) -> Features:
        """What the networks compute of a photo, which they see in pixels of their own.

        :param generator: of these models, or one that has taken its place.
        :raises EngineError: an engine failed.
        """
        seen = self.layout.window
        return generator.encode(source.image(seen), source.person(seen), subject.surface)


def _work_on(device: Device, shares: FrameShares) -> tuple[Pen, Paster | None, Crops]:
    """What draws bodies and pastes them, and cuts what networks see: a GPU whose kernels Triton can
    compile, else the host, whose loops are faster than torch's plain forms."""
    if isinstance(device, CpuDevice) or find_spec("triton") is None:
        return HostPen(shares), None, HOST_CROPS
    return DevicePen(device, shares), Paster(device), DeviceCrops(device)
