"""Where the live pipeline meets the world: sources, stages, sinks and who watches.

Fakes of these serve in tests (tests/stream/fakes.py).
"""

from __future__ import annotations

from typing import Protocol

from bunraku.stream.core.frame import LiveFrame


class Source(Protocol):
    """Gives frames. The pipeline calls ``open`` once, then ``read`` over and over, then ``close``.

    ``close`` may come at any time, also during a ``read`` that was cancelled or before ``open``,
    and twice.
    """

    @property
    def name(self) -> str:
        """For logs and reports: "webcam 0", "clip.mp4"; never a password or a token."""

    @property
    def waits(self) -> bool:
        """Whether its frames may wait for the pipeline: a file read as fast as possible. Then no
        frame is dropped before a sink whose ``keeps_all`` is true, as a recording's is; of all
        others, the newest wins.
        """

    async def open(self) -> None:
        """Start.

        :raises SourceError: it cannot be opened; the text says what to do.
        """

    async def read(self) -> LiveFrame | None:
        """The next frame; None at the end. It returns the newest one, and counts in ``missed``
        those that nobody came to read.

        :raises SourceError: it is lost for good. What passes (a frame that cannot be decoded, a
            connection being regained) is counted in ``missed`` or told by ``notice``, not raised.
        """

    @property
    def missed(self) -> int:
        """Frames lost in the source: unreadable, or never read."""

    @property
    def notice(self) -> str | None:
        """What the user should know at the moment ("the connection is being regained"), or None."""

    async def close(self) -> None:
        """Release everything; does not raise."""


class Stage(Protocol):
    """Works on one frame at a time, in a thread of its own where the work is long."""

    @property
    def name(self) -> str:
        """For logs, statistics and the page; the puppet's have those of ``bunraku.spec.stages``."""

    async def run(self, frame: LiveFrame) -> None:
        """Put what was found into the frame.

        :raises Exception: the frame is given up; the pipeline counts it and goes on.
        """

    async def close(self) -> None:
        """Release everything, also during a ``run`` that was cancelled; does not raise."""


class Sink(Protocol):
    """Takes finished frames. ``close`` as for a source.

    Sinks inherit from it what most of them answer to the questions of the pipeline.
    """

    @property
    def name(self) -> str:
        """For logs and reports; never a password or a token."""

    @property
    def notice(self) -> str | None:
        """As a source's."""
        return None

    @property
    def gone(self) -> bool:
        """Whether it has ended by itself between two frames, as when the user closes a window."""
        return False

    @property
    def keeps_all(self) -> bool:
        """Whether it wants every frame of a source that ``waits``, as a recording does."""
        return False

    @property
    def takes_i420(self) -> bool:
        """Whether it gives frames to a video encoder: I420 that a GPU has made is no detour then.
        ``shown_picture`` is RGB all the same.
        """
        return False

    async def open(self) -> None:
        """Start.

        :raises OutputError: it cannot be opened; the text says what to do.
        """

    async def write(self, frame: LiveFrame) -> None:
        """Show or send ``frame.shown``; returns when the next one may come.

        :raises SinkClosed: it takes no more, as when the user closes a window.
        :raises Exception: this frame is lost for this sink; the pipeline counts it and goes on.
        """

    async def close(self) -> None:
        """Finish and release everything; does not raise."""


class SinkClosed(Exception):
    """A sink has ended by itself; the text, if any, is for the user."""


class Observer(Protocol):
    """Told what happens to frames, in the event loop; must be quick and not raise."""

    def arrived(self, frame: LiveFrame) -> None:
        """A frame came from the source."""

    def dropped(self, where: str) -> None:
        """A newer frame took the place of one that waited for this stage or sink."""

    def failed(self, where: str, error: Exception) -> None:
        """A stage or sink gave up a frame."""

    def delivered(self, frame: LiveFrame, sink: str, age_s: float) -> None:
        """A sink took a frame, this long after its capture."""
