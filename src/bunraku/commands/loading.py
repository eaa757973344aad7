"""What the options of a command say about the networks it loads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bunraku.commands.options import AUTO
from bunraku.runtime.options import (
    DRIVER,
    FACE,
    HANDS,
    LIVE_RESOLUTION,
    RESOLUTION,
    PuppetOptions,
)

if TYPE_CHECKING:
    from bunraku.runtime.models import Models


@dataclass(frozen=True)
class Loading:
    """The networks, and what of the driver the photo follows."""

    bundle: str = "live"
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

    def models(self, *, live: bool, threads: int | None = None) -> Models:
        """Load them.

        :param live: somebody waits for each frame, and may let faces follow later.
        :param threads: unless the options say how many.
        """
        from bunraku.runtime.models import Models
        from bunraku.runtime.pose.networks import PoseModel

        return Models.load(
            self.bundle,
            iuv=self.iuv,
            threads=self.threads or threads,
            face=self.face is not None and (live or self.face > 0),
            hands=self.hands,
            driver=self.driver,
            pose=PoseModel.choose(self.pose, live=live),
            resolution=self.resolution or (LIVE_RESOLUTION if live else RESOLUTION),
        )

    def options(self, *, upright: bool) -> PuppetOptions:
        """Of a puppet of these models.

        :param upright: turn a driver who is sideways or upside down.
        """
        return PuppetOptions(upright=upright, face=self.face or 0.0, hands=self.hands)
