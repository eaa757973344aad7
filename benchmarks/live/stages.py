"""Engines of known cost, and a last stage that writes into the result what it shows."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

from bunraku.runtime.identity import Identity
from bunraku.runtime.source.report import SourceReport
from bunraku.spec.arrays import Picture
from bunraku.stream.core.controls import Controls
from bunraku.stream.core.frame import LiveFrame
from bunraku.stream.core.worker import Worker
from bunraku.stream.sources.barcode import code_height, draw_code, read_code

LOST, ANIMATED = 1 << 4, 1 << 5
"""Bits of what the second row says; the lowest four are the photo's number, 0 for none."""


class PassingStage:
    """Shows the camera's picture as it came: what moving a frame costs without any engine."""

    name = "passing"

    def __init__(self, controls: Controls) -> None:
        self._controls = controls

    async def run(self, frame: LiveFrame) -> None:
        """Takes no time."""
        frame.identity = self._controls.identity
        frame.shown = frame.raw

    async def close(self) -> None:
        """Nothing to do."""


class SleepingStage:
    """Shows the camera's picture after ``takes_s`` in a thread of its own: an engine of that cost.

    What turning the colours over takes comes on top, as it does with a real engine.
    """

    name = "sleeping"

    def __init__(self, controls: Controls, takes_s: float) -> None:
        self._controls = controls
        self._takes_s = takes_s
        self._worker = Worker("bench-sleeping")

    async def run(self, frame: LiveFrame) -> None:
        """Sleep as if it worked."""
        frame.identity = self._controls.identity
        frame.shown = await self._worker.run(self._work, frame)

    async def close(self) -> None:
        """End the thread."""
        await self._worker.close()

    def _work(self, frame: LiveFrame) -> Picture:
        time.sleep(self._takes_s)
        return frame.picture()


@dataclass(eq=False)
class Ledger:
    """Which photo was chosen when a frame came in, to see whether that very frame shows it."""

    chosen: WeakKeyDictionary[LiveFrame, Identity] = field(default_factory=WeakKeyDictionary)
    last: Identity | None = None
    switches: int = 0
    late: int = 0
    """Frames that came in after a switch and showed the photo before it."""

    def entered(self, frame: LiveFrame, identity: Identity | None) -> None:
        """A frame came in while this photo was chosen."""
        if identity is None:
            return
        self.switches += self.last is not None and self.last is not identity
        self.last = identity
        self.chosen[frame] = identity

    def finished(self, frame: LiveFrame, now: Identity | None) -> None:
        """A frame is about to be shown, while the photo ``now`` is chosen.

        One that came in before a switch may show the new photo already.
        """
        identity = self.chosen.get(frame)
        if identity is not None and frame.identity is not None:
            self.late += frame.identity is not identity and frame.identity is not now


class EntryStage:
    """Notes the chosen photo of each frame that comes in."""

    name = "entry"

    def __init__(self, controls: Controls, ledger: Ledger) -> None:
        self._controls = controls
        self._ledger = ledger

    async def run(self, frame: LiveFrame) -> None:
        """Takes no time."""
        self._ledger.entered(frame, self._controls.identity)

    async def close(self) -> None:
        """Nothing to do."""


class StampStage:
    """Draws the driving frame's number into the result, so that its way can be followed, and below
    it what the frame is: see ``about``.
    """

    name = "stamp"

    def __init__(self, controls: Controls, ledger: Ledger) -> None:
        self._controls = controls
        self._ledger = ledger
        self._worker = Worker("bench-stamp")

    async def run(self, frame: LiveFrame) -> None:
        """Stamp it, in a thread of its own."""
        self._ledger.finished(frame, self._controls.identity)
        identities = [photo.identity for photo in self._controls.photos]
        photo = identities.index(frame.identity) + 1 if frame.identity in identities else 0
        frame.shown = await self._worker.run(stamped, frame, about(frame, photo))

    async def close(self) -> None:
        """End the thread."""
        await self._worker.close()


def about(frame: LiveFrame, photo: int) -> int:
    """The number of the second row: the photo's, and whether anybody was found and moved."""
    animated = frame.driving is not None
    return (photo & 15) | (LOST if frame.lost else 0) | (ANIMATED if animated else 0)


def stamped(frame: LiveFrame, what: int) -> Picture:
    """The frame's result with the driving frame's number in its first row and ``what`` below."""
    driving = frame.picture()
    number = read_code(driving[:, ::-1] if frame.mirrored else driving)
    picture = frame.shown_picture()
    if number is None:
        return picture
    picture = picture.copy()
    draw_code(picture, number)
    draw_code(picture[code_height(picture.shape[0]) :], what)
    return picture


def no_identity(photo: Picture) -> tuple[Identity, SourceReport]:
    """Photos for engines that need none: nobody is looked for."""
    height, width = photo.shape[:2]
    report = SourceReport(width, height, 1, False, (0, 0, min(width, height)), ())
    # Identity's fields are for networks; here only which one it is counts.
    return Identity.__new__(Identity), report
