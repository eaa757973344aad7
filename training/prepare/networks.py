"""Who looks at clips, and in which version."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from bunraku.runtime.drivers.landmarks.surface import IuvNet, SurfaceMaker
from bunraku.runtime.drivers.locating import Tracker
from bunraku.runtime.engines.bundle import Bundle
from bunraku.runtime.engines.registry import EngineFactory
from bunraku.runtime.pose import Pose, PoseNetworks, PoseTracker, Segmenter
from bunraku.runtime.pose.networks import PoseModel
from bunraku.runtime.source.source import PersonFinder
from bunraku.spec.arrays import Picture
from bunraku.spec.tensors import EngineName


class Watcher(Tracker, PersonFinder, Protocol):
    """Follows somebody through frames, and counts people."""

    def beside(self, picture: Picture, person: Pose) -> Tracker:
        """Another one, of the same networks, that goes on from somebody else in a frame."""


@dataclass(frozen=True, eq=False)
class Networks:
    """What a worker loads once."""

    tracker: Watcher
    """Of the largest person, or of the one followed so far; not smoothed over time: landmarks are
    to be where their own frame has them."""
    surfaces: SurfaceMaker
    segmenter: Segmenter | None = None
    """For the finer outline of half bodies; None to do without."""
    versions: Mapping[str, str] = field(default_factory=dict)
    """SHA-256 of each network, by the name of its file."""

    @classmethod
    def load(cls, pose: PoseModel, iuv: str, surface: int) -> Networks:
        """Those of the cache and of an IUV bundle, each with one thread.

        Args:
            pose: which landmark network.
            iuv: name or folder of the IUV net's bundle.
            surface: side of its maps in pixels.

        Raises:
            FetchError: the pose networks have not been fetched yet.
            BundleError: there is no such bundle, it is damaged, or its maps cannot have that side.
            EngineError: a network cannot be loaded.
        """
        factory = EngineFactory(threads=1)
        found, net = PoseNetworks.find(model=pose), Bundle.load(iuv).path(EngineName.IUV)
        files = (found.detector, found.landmarks, found.segmentation, net)
        return cls(
            PoseTracker.load(found, factory, smooth=False),
            IuvNet(factory.make(net, EngineName.IUV), surface),
            Segmenter.load(found, factory),
            {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files},
        )
