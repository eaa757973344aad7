"""What is loaded once and shared by all puppets of a process."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from bunraku.runtime.bundle import Bundle
from bunraku.runtime.chain import Chain
from bunraku.runtime.densepose import BlazePoseEstimator, DensePoseEstimator
from bunraku.runtime.engine import Engine, EngineKind, cores, make_engine
from bunraku.runtime.options import PuppetOptions
from bunraku.runtime.pose import PoseNetworks, PoseTracker, Segmenter
from bunraku.runtime.stages import StageTimer


@dataclass(frozen=True, eq=False)
class EngineSet:
    """The networks of a bundle and those that find people; for several threads at once."""

    engines: Mapping[str, Engine]
    """ "source", "motion" and "blend"."""
    make_estimator: Callable[[PuppetOptions], DensePoseEstimator]
    """Gives an estimator that follows a person of its own; loads nothing."""
    segmenter: Segmenter | None = None
    sizes: tuple[int, int] = (256, 128)
    """Sides of the window and of the IUV map, in pixels."""
    prior: bool = True
    """Whether the engines take the geometric prior."""
    threads: int | None = None
    """How many threads each engine and kernel uses; None for as many as the process may."""

    @classmethod
    def load(
        cls,
        bundle: str | Path = "live",
        *,
        engine: EngineKind | str = EngineKind.ONNXRUNTIME,
        threads: int | None = None,
        iuv: str | Path = "iuv",
        networks: PoseNetworks | None = None,
    ) -> EngineSet:
        """Everything that a bundle needs.

        :param bundle: the name of a bundle that ships with Bunraku, or the folder of one.
        :param engine: the inference library.
        :param threads: how many threads each engine uses; None for as many as the process may.
        :param iuv: the bundle of the IUV net.
        :param networks: the pose networks; None for those in the cache.
        :raises BundleError: a bundle is missing, incomplete or damaged, or fits no puppet.
        :raises FetchError: the pose networks have not been fetched yet.
        :raises MissingExtraError: the inference library is not installed.
        :raises EngineError: an engine cannot be made.
        """
        threads = threads or cores()
        chosen, surface = Bundle.load(bundle), Bundle.load(iuv)
        specs = [chosen.engine(name) for name in ("source", "motion", "blend")]
        spec = surface.engine("iuv")
        networks = networks or PoseNetworks.find()
        engines = {s.name: make_engine(engine, s.path, s.name, threads) for s in specs}
        iuv_engine = make_engine(engine, spec.path, spec.name, threads)
        pose = PoseTracker(networks, threads)

        def make_estimator(options: PuppetOptions) -> DensePoseEstimator:
            tracker = pose.another(options.smooth)
            return BlazePoseEstimator(tracker, iuv_engine, mask=options.driving_iuv_mask)

        segmenter = Segmenter(networks, threads)
        sizes = (chosen.window, chosen.size)
        loaded = cls(engines, make_estimator, segmenter, sizes, chosen.prior, threads)
        # What does not fit together is said here and not at the first session.
        make_estimator(PuppetOptions())
        Chain(engines, sizes, chosen.prior, threads, StageTimer())
        return loaded
