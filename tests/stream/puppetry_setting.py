"""The stages of a puppet of a few lines, called one frame at a time."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
from tests.stream.fakes import FakeClock, live_frame, picture

from bunraku.errors import EngineError
from bunraku.runtime.drivers.protocol import Driving
from bunraku.runtime.later import Later
from bunraku.runtime.parts import ALL_PARTS
from bunraku.spec.arrays import Picture
from bunraku.stream.core.controls import Controls, Photo
from bunraku.stream.core.frame import LiveFrame
from bunraku.stream.core.protocols import Stage
from bunraku.stream.core.stages import puppet_stages

NOBODY = 0
"""Level of a picture in which nobody is found."""


class Someone:
    """What stands for an identity here: the stages only carry it."""

    def __init__(self, level: int) -> None:
        self.level = level


class Pencil:
    """A puppet that paints flat pictures: the photo's level plus the driving frame's."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.threads: dict[str, set[str]] = {}
        self.failing: set[str] = set()
        self.mirrored: list[bool] = []
        self.corners: list[int] = []
        self.turned_deg = 0
        self.said: list[str] = []
        self.face = 0.0
        self.parts = ALL_PARTS

    def _note(self, stage: str) -> None:
        self.calls.append(stage)
        self.threads.setdefault(stage, set()).add(threading.current_thread().name)
        if stage in self.failing:
            raise EngineError(f"{stage} is broken")

    def news(self) -> list[str]:
        said, self.said = self.said, []
        return said

    def calibrate(self) -> None:
        self.calls.append("calibrate")

    def drive(
        self, identity: Any, frame: Picture, time_s: float, *, mirrored: bool = False
    ) -> Driving | None:
        self._note("drive")
        self.mirrored.append(mirrored)
        self.corners.append(int(frame[0, 0, 0]))
        level = float(frame.max())
        if level == NOBODY:
            return None
        points = np.full((33, 4), level, np.float32)
        surface = np.zeros((1, 73, 4, 4), np.float32)
        return Driving(Later.of(surface), points, turned_deg=self.turned_deg)

    def move(self, identity: Any, driving: Driving) -> dict[str, Any]:
        self._note("move")
        assert driving.landmarks is not None
        return {"level": driving.landmarks[0, 0] + identity.level}

    def paint(
        self, identity: Any, moved: Any, *, window_only: bool = False, i420: bool = False
    ) -> Picture:
        self._note("paint" if moved is not None else "photo")
        size = (8, 8) if window_only else (20, 20)
        return picture(identity.level if moved is None else int(moved["level"]), size)


def stage_threads() -> list[str]:
    """Names of the stages' threads that are there."""
    stages = {f"bunraku-{name}" for name in ("densepose", "motion", "blend")}
    return [thread.name for thread in threading.enumerate() if thread.name in stages]


class Session:
    """The stages of a puppet, called as the pipeline does."""

    def __init__(self, puppet: Any) -> None:
        self.clock = FakeClock()
        self.notices: list[str] = []
        self.controls = Controls(on_notice=self.notices.append)
        self.stages: list[Stage] = puppet_stages(puppet, self.controls, clock=self.clock)

    def add(self, identity: Any) -> Any:
        report: Any = None
        name = str(len(self.controls.photos))
        self.controls.add(Photo(name, name, identity, report))
        return identity

    async def frame(self, level: int, stages: slice = slice(None), **more: Any) -> LiveFrame:
        return await self.take(live_frame(level, **more), stages)

    async def take(self, frame: LiveFrame, stages: slice = slice(None)) -> LiveFrame:
        for stage in self.stages[stages]:
            await stage.run(frame)
        return frame

    async def shown(self, level: int) -> int:
        """The level of what is shown of a frame of this level."""
        return int((await self.frame(level)).shown_picture()[0, 0, 0])
