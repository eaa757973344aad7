"""The three stages of a live frame: DensePose, motion, blend, each in a thread of its own.

A frame takes its photo along from the first stage to the last, so that the user may choose another
one while frames are on their way. What the stages leave in ``LiveFrame.shown`` may be shown more
than once: who draws on it draws on a copy.
"""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol
from weakref import WeakKeyDictionary

from av.video.frame import VideoFrame

from bunraku.runtime.parts import Parts
from bunraku.runtime.pose.turned import turned_words, upright_by
from bunraku.spec.arrays import Picture
from bunraku.spec.stages import Stage as StageName
from bunraku.stream.core.clock import Clock, SystemClock
from bunraku.stream.core.controls import Controls
from bunraku.stream.core.frame import LiveFrame, to_rgb
from bunraku.stream.core.protocols import Stage
from bunraku.stream.core.stage_faults import Faults
from bunraku.stream.core.worker import Worker

if TYPE_CHECKING:
    from bunraku.runtime.drivers.protocol import Drawn, Driving
    from bunraku.runtime.generator import Seamed
    from bunraku.runtime.identity import Identity

CALIBRATING_S = 2.0
"""How long the driver is looked at for a calibration while something else is shown."""
TURNED = "the frames are turned upright until the next calibration."

log = logging.getLogger(__name__)


class StagedPuppet(Protocol):
    """What the stages need of :class:`bunraku.Puppet`; a fake of it serves in tests."""

    face: float
    parts: Parts

    def calibrate(self) -> None: ...

    def news(self) -> list[str]: ...

    def drive(
        self, identity: Identity, frame: Picture, time_s: float, *, mirrored: bool = False
    ) -> Driving | None: ...

    def move(self, identity: Identity, driving: Driving) -> Seamed | Drawn: ...

    def paint(
        self,
        identity: Identity,
        moved: Seamed | Drawn | None,
        *,
        window_only: bool = False,
        i420: bool = False,
    ) -> Picture: ...


def puppet_stages(
    puppet: StagedPuppet, controls: Controls, *, clock: Clock | None = None
) -> list[Stage]:
    """The stages between a source and the sinks, in their order.

    :param puppet: of this session alone.
    :param controls: read for every frame; what the user should know goes to its ``notify``.
    """
    scene = _Scene(controls, Faults(controls, clock or SystemClock()))
    return [
        _DensePoseStage(StageName.DENSEPOSE, puppet, scene),
        _MotionStage(StageName.MOTION, puppet, scene),
        _BlendStage(StageName.BLEND, puppet, scene),
    ]


@dataclass(eq=False)
class _Scene:
    """What the stages of a session share; it belongs to the event loop."""

    controls: Controls
    faults: Faults
    shown: Picture | VideoFrame | None = None
    """What the last frame showed."""
    good: WeakKeyDictionary[Identity, tuple[bool, Picture]] = field(
        default_factory=WeakKeyDictionary
    )
    """Each photo's last good picture, and whether it is of the window only."""

    @property
    def frozen(self) -> bool:
        """Whether the last picture stays; before the first there is nothing to freeze."""
        return self.controls.freeze and self.shown is not None


class _PuppetStage:
    """What the three have in common."""

    def __init__(self, name: str, puppet: StagedPuppet, scene: _Scene) -> None:
        self.name = name
        self._puppet = puppet
        self._scene = scene
        self._worker = Worker(f"bunraku-{name}")

    async def close(self) -> None:
        """End the thread; a call that hangs is left behind with a line in the log."""
        await self._worker.close()


class _DensePoseStage(_PuppetStage):
    """Chooses what becomes of a frame, and finds the driver in it."""

    def __init__(self, name: str, puppet: StagedPuppet, scene: _Scene) -> None:
        super().__init__(name, puppet, scene)
        self._calibrating_until_s = -math.inf
        self._told_deg = 0

    async def run(self, frame: LiveFrame) -> None:
        controls, frozen = self._scene.controls, self._scene.frozen
        for line in self._puppet.news():
            controls.notify(line)
        identity = controls.identity
        frame.mirrored = controls.mirror
        self._puppet.face = controls.face_strength
        self._puppet.parts = controls.parts
        if controls.calibrate_asked:
            controls.calibrate_asked = False
            self._puppet.calibrate()
            self._calibrating_until_s = frame.captured_s + CALIBRATING_S
        if identity is None or controls.passthrough or frozen:
            if not frozen:
                await self._pass_through(frame)
            if identity is not None and frame.captured_s < self._calibrating_until_s:
                await self._look(identity, frame)
            else:
                frame.idle.add(self.name)
            return
        if not self._scene.faults.may_try():
            frame.idle.add(self.name)
            await self._pass_through(frame)
            return
        frame.identity = identity
        with self._scene.faults.watched(self.name):
            frame.driving = await self._worker.run(self._drive, identity, frame)
        frame.lost = frame.driving is None
        if frame.driving is not None:
            self._tell_turn(frame.driving.turned_deg)

    def _tell_turn(self, turned_deg: int) -> None:
        known = (0, self._told_deg, upright_by(self._told_deg))  # a mirror is no news
        if turned_deg not in known:
            self._scene.controls.notify(f"The driver {turned_words(turned_deg)}: {TURNED}")
        self._told_deg = turned_deg

    async def _look(self, identity: Identity, frame: LiveFrame) -> None:
        """See how the driver stands, for the calibration, though nothing of it is shown."""
        try:
            await self._worker.run(self._drive, identity, frame)
        except Exception:
            log.warning("the driver cannot be looked at", exc_info=True)
            self._calibrating_until_s = -math.inf  # the frames themselves go on

    async def _pass_through(self, frame: LiveFrame) -> None:
        # A thread is worth its while only for turning pixels over.
        frame.shown = await self._worker.run(frame.picture) if frame.mirrored else frame.raw

    def _drive(self, identity: Identity, frame: LiveFrame) -> Driving | None:
        picture = frame.picture()
        return self._puppet.drive(identity, picture, frame.time_s, mirrored=frame.mirrored)


class _MotionStage(_PuppetStage):
    """Moves the photo's features to where the driver is."""

    async def run(self, frame: LiveFrame) -> None:
        if frame.identity is None or frame.driving is None:
            frame.idle.add(self.name)
        else:
            with self._scene.faults.watched(self.name):
                given = frame.identity, frame.driving
                if frame.driving.whole:  # a thread would cost more than it does
                    frame.moved = self._puppet.move(*given)
                else:
                    frame.moved = await self._worker.run(self._puppet.move, *given)


class _BlendStage(_PuppetStage):
    """Paints the person, or lets stand in what is there."""

    async def run(self, frame: LiveFrame) -> None:
        scene = self._scene
        # Megabytes that no sink needs, also where a frozen picture is shown in their place.
        moved, frame.moved = frame.moved, None
        if scene.frozen or moved is None:
            frame.idle.add(self.name)
        if not scene.frozen:  # frames that were on their way do not move a frozen picture either
            if frame.identity is not None:
                scene.shown = await self._paint(frame.identity, moved, frame.i420)
            elif frame.shown is not None:
                scene.shown = frame.shown
        elif isinstance(scene.shown, VideoFrame):  # once, for it may be shown for long
            scene.shown = await self._worker.run(to_rgb, scene.shown)
        frame.shown = scene.shown

    async def _paint(self, identity: Identity, moved: Seamed | Drawn | None, i420: bool) -> Picture:
        window_only = self._scene.controls.window_only
        if moved is None:
            return await self._stand_in(identity, window_only)
        with self._scene.faults.watched(self.name):
            picture = await self._worker.run(
                self._puppet.paint, identity, moved, window_only=window_only, i420=i420
            )
        self._scene.good[identity] = (window_only, picture)
        return picture

    async def _stand_in(self, identity: Identity, window_only: bool) -> Picture:
        """The photo's last good picture; before it, the photo itself."""
        of_window, picture = self._scene.good.get(identity, (None, None))
        if picture is None or of_window != window_only:
            picture = await self._worker.run(
                self._puppet.paint, identity, None, window_only=window_only
            )
            self._scene.good[identity] = (window_only, picture)
        return picture
