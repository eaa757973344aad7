"""What the options of a command say about the networks it loads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import typer

from bunraku.commands.options import AUTO
from bunraku.errors import InputError
from bunraku.runtime.options import (
    BUNDLE,
    DRIVER,
    FACE,
    HANDS,
    LIVE_RESOLUTION,
    RESOLUTION,
    DriverKind,
    PuppetOptions,
    bears_eight_bits,
    paints_nothing,
)
from bunraku.runtime.parts import ALL_PARTS, Part, Parts

if TYPE_CHECKING:
    from bunraku.runtime.models import Models


@dataclass(frozen=True)
class Loading:
    """The networks, and what of the driver the photo follows."""

    bundle: str = BUNDLE
    iuv: str = "iuv"
    """The bundle of the IUV net."""
    threads: int | None = None
    """Of each network; None for what the command chooses."""
    driver: str = DRIVER
    pose: str = AUTO
    """The landmark network, or auto."""
    face: float | None = FACE
    """How strongly faces follow; None for never."""
    hands: bool = HANDS
    resolution: int | None = None
    """In which a body is drawn; None for what the command chooses."""
    engine: str = AUTO
    """The inference library of each network."""
    parts: Parts = ALL_PARTS
    """Which parts of the photo's person follow at first."""

    def models(
        self,
        *,
        live: bool,
        threads: int | None = None,
        sessions: int = 1,
        say: Callable[[str], None] | None = None,
    ) -> Models:
        """Load them, and say which inference library runs them.

        :param live: somebody waits for each frame, and may let other parts follow later.
        :param threads: unless the options say how many.
        :param sessions: how many may share them at once.
        :param say: None for a line on stderr.
        :raises InputError: an option would change nothing with this driver.
        """
        from bunraku.runtime.engines.registry import choose
        from bunraku.runtime.models import Models
        from bunraku.runtime.pose.networks import PoseModel

        self._check_driver()
        models = Models.load(
            self.bundle,
            engine=self.engine,
            iuv=self.iuv,
            threads=self.threads or threads,
            face=self.face is not None and (live or (self.face > 0 and Part.FACE in self.parts)),
            hands=self.hands and (live or Part.HANDS in self.parts),
            driver=self.driver,
            pose=PoseModel.choose(self.pose, live=live),
            resolution=self.resolution or (LIVE_RESOLUTION if live else RESOLUTION),
            sessions=sessions,
            ahead=live,
        )
        chosen = choose(self.engine, eight_bits=bears_eight_bits(self.driver))
        (say or _tell)(f"engine: {chosen}")
        return models

    def _check_driver(self) -> None:
        if paints_nothing(self.bundle, self.driver):
            raise InputError(
                f"--bundle {self.bundle} is for another driver: a body is drawn without networks "
                "that paint.",
                "Add --driver landmarks, or leave --bundle out.",
            )
        if self.driver == DriverKind.LANDMARKS and self.resolution is not None:
            raise InputError(
                "--resolution is for the body: networks paint at a size of their own.",
                "Leave it out.",
            )

    def options(self, *, upright: bool) -> PuppetOptions:
        """Of a puppet of these models.

        :param upright: turn a driver who is sideways or upside down.
        """
        face = self.face or 0.0
        return PuppetOptions(upright=upright, face=face, hands=self.hands, parts=self.parts)


def _tell(line: str) -> None:
    typer.echo(line, err=True)
