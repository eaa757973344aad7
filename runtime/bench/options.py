"""What is measured, as `bunraku bench` is told."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bunraku.errors import InputError
from bunraku.runtime.engines.libraries import EngineKind
from bunraku.runtime.engines.registry import AUTO, REFERENCE, Choice, choose
from bunraku.runtime.models import Models
from bunraku.runtime.options import (
    DRIVER,
    FACE,
    HANDS,
    LIVE_RESOLUTION,
    DriverKind,
    PuppetOptions,
    bears_eight_bits,
)
from bunraku.spec.cores import cores


@dataclass(frozen=True)
class BenchOptions:
    """What is measured."""

    bundle: str | Path = "live"
    iuv: str | Path = "iuv"
    """The bundle of the IUV net."""
    driver: DriverKind | str = DRIVER
    """What poses the photo: landmarks or body."""
    face: float = FACE
    """How strongly the photo's face does what the driver's does."""
    hands: bool = HANDS
    """Whether its hands do."""
    resolution: int = LIVE_RESOLUTION
    """Side in pixels of the window in which a body is drawn, at most."""
    engine: EngineKind | str = AUTO
    threads: int | None = None
    """For each engine and kernel; None for as many as the process may use."""
    photo: Path | None = None
    """None for the one that ships."""
    clip: Path | None = None
    frames: int = 150
    """Measured frames; the clip is repeated as needed."""
    warmup: int = 20
    """Frames before them."""
    sources: int = 3
    """How often the photo is set; the middle one counts, after a first that does not."""

    base: bool = False
    """Whether ``at_first`` is measured beside it, in ``latency``."""

    @property
    def choice(self) -> Choice:
        """The library that is taken; see ``choose`` for what it raises."""
        return choose(self.engine, eight_bits=bears_eight_bits(self.driver))

    def at_first(self) -> BenchOptions:
        """The same with the chain that Bunraku began with: the landmarks' networks in float32,
        neither face nor hands."""
        return replace(
            self, driver=DriverKind.LANDMARKS, face=0.0, hands=False, engine=REFERENCE, base=False
        )

    def check(self) -> None:
        """:raises InputError: nothing would be measured."""
        if min(self.frames, self.sources) < 1 or self.warmup < 0:
            raise InputError("A bench needs at least one frame and one source.")

    def load(self, threads: int | None = None, *, sessions: int = 1, ahead: bool = False) -> Models:
        """The models; see ``Models.load`` for what it raises.

        :param threads: of each engine; None for what the options say.
        :param sessions: how many share them at once.
        :param ahead: see ``Models.ahead``.
        """
        return Models.load(
            self.bundle,
            engine=self.engine,
            threads=threads or self.threads or cores(),
            iuv=self.iuv,
            face=self.face > 0,
            hands=self.hands,
            driver=self.driver,
            resolution=self.resolution,
            sessions=sessions,
            ahead=ahead,
        )

    def puppet(self) -> PuppetOptions:
        """What a puppet of these models is told."""
        return PuppetOptions(face=self.face, hands=self.hands)

    def told(self) -> dict[str, Any]:
        """What stands of them in a report."""
        return {
            "bundle": str(self.bundle),
            "driver": str(self.driver),
            "face": self.face,
            "hands": self.hands,
            "resolution": self.resolution,
            "engine": str(self.choice),
            "threads": self.threads or cores(),
        }
