"""What networks are given while a photo is moved: the inputs that they are calibrated on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np

from bunraku.runtime.bench.media import ASSUMED_RATE
from bunraku.runtime.device import Queue
from bunraku.runtime.drivers.landmarks.driver import LandmarkDriver
from bunraku.runtime.drivers.landmarks.surface import IuvNet
from bunraku.runtime.engines.bundle import Bundle
from bunraku.runtime.engines.protocol import Engine
from bunraku.runtime.engines.registry import EngineFactory
from bunraku.runtime.measure import Recorder
from bunraku.runtime.models import Models
from bunraku.runtime.options import PuppetOptions
from bunraku.runtime.pose import PoseNetworks, PoseTracker, Segmenter
from bunraku.runtime.puppet import Puppet
from bunraku.spec.arrays import Array, Picture, Tensors
from bunraku.spec.tensors import GENERATOR_ENGINES, EngineName

Feeds: TypeAlias = list[dict[str, Array]]
"""Inputs by name, one frame in each."""


class Watched:
    """A network that keeps what it gets."""

    def __init__(self, engine: Engine, caught: Feeds) -> None:
        self._engine, self._caught = engine, caught
        self.name, self.advice = engine.name, engine.advice
        self.inputs, self.outputs = engine.inputs, engine.outputs

    def run(
        self, feeds: Tensors, *, out: Tensors | None = None, queue: Queue | None = None
    ) -> dict[str, Array]:
        self._caught.append({name: np.array(feeds[name], np.float32) for name in self.inputs})
        return self._engine.run(feeds, out=out, queue=queue)


def fed_by(
    networks: PoseNetworks,
    generator: Bundle,
    iuv: Bundle,
    photo: Picture,
    frames: Sequence[Picture],
) -> dict[EngineName, Feeds]:
    """What each network of the bundles gets while frames move a photo by the landmarks' networks.

    :raises InputError: nobody is in the photo.
    """
    factory = EngineFactory()
    caught: dict[EngineName, Feeds] = {name: [] for name in (EngineName.IUV, *GENERATOR_ENGINES)}

    def watched(bundle: Bundle, name: EngineName) -> Engine:
        return Watched(factory.make(bundle.path(name), name, coarse=True), caught[name])

    surfaces = IuvNet(watched(iuv, EngineName.IUV), generator.layout.size)
    tracker = PoseTracker.load(networks, factory)

    def make_driver(options: PuppetOptions, recorder: Recorder) -> LandmarkDriver:
        return LandmarkDriver(tracker.another(options.smooth), surfaces, options, recorder)

    models = Models(
        {name: watched(generator, name) for name in GENERATOR_ENGINES},
        generator.layout,
        tracker,
        make_driver,
        segmenter=Segmenter.load(networks, factory),
    )
    puppet = Puppet(models, PuppetOptions(face=0.0, hands=False))
    puppet.set_source(photo)
    for index, frame in enumerate(frames):
        puppet.animate(frame, index / ASSUMED_RATE)
    return caught
