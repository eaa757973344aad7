"""Whether and how sessions share an engine."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np

from bunraku.errors import EngineError
from bunraku.runtime.device import CpuDevice, Device
from bunraku.runtime.engines.batches import Batches
from bunraku.runtime.engines.batching import Batching
from bunraku.runtime.engines.protocol import MOST_FRAMES, BatchEngine, Engine
from bunraku.runtime.notices import Notices
from bunraku.spec.arrays import Array

log = logging.getLogger(__name__)


class Place(StrEnum):
    """Where the arrays lie that an engine is given."""

    HOST = "host"
    DEVICE = "device"
    """The library's own."""


@dataclass(frozen=True)
class Sharing:
    """How many share the engines, and who is told what users should know of it."""

    sessions: int = 1
    """At once, at most."""
    notices: Notices = field(default_factory=Notices)

    def of(self, engine: Engine, place: Place, device: Device) -> Engine:
        """An engine that every frame runs, as the sessions share it.

        Several frames are computed at once on a GPU alone: a processor takes as long for eight
        together as for eight one after the other (docs/engines.md), and nobody should wait for
        that. Graphs of earlier exports take one frame: then sessions take turns, and the log says
        so.

        :param place: where its arrays lie.
        :param device: the library's.
        """
        # What is no BatchEngine runs on the processor instead, which was told when it was made.
        if (
            self.sessions == 1
            or isinstance(device, CpuDevice)
            or not isinstance(engine, BatchEngine)
        ):
            return engine
        allocate = device.empty if place is Place.DEVICE else _on_host
        most = min(self.sessions, MOST_FRAMES)
        try:
            batches = Batches(engine, most, allocate, self.notices.add)
        except EngineError as error:
            log.warning("sessions take turns in the engine %r: %s", engine.name, error)
            return engine
        return Batching(engine, batches) if batches.most > 1 else engine


def _on_host(shape: tuple[int, ...]) -> Array:
    return np.zeros(shape, np.float32)
