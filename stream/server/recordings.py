"""Recordings on the server's side: made for one session, fetched by it, deleted with it."""

from __future__ import annotations

import contextlib
import logging
import secrets
import shutil
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from bunraku.errors import OutputError
from bunraku.stream.core.frame import LiveFrame
from bunraku.stream.core.protocols import Sink, SinkClosed
from bunraku.stream.server.logs import told
from bunraku.stream.server.metrics import RECORDED_AS
from bunraku.stream.server.options import Limits
from bunraku.stream.server.sessions import Recording, Session
from bunraku.stream.sinks.recording import FileSink

log = logging.getLogger(__name__)

LEFT_FREE_BYTES = 16 * 2**20
"""What recordings leave of a disk."""
_ID_BYTES = 16


class RecordingSink(Sink):
    """A FileSink in the session's private folder that tells when its file is complete."""

    def __init__(
        self,
        folder: Callable[[], Path],
        limits: Limits,
        rate: float,
        on_complete: Callable[[Recording], None],
    ) -> None:
        """:raises OutputError: nothing can be written there, or too little."""
        self._id = secrets.token_urlsafe(_ID_BYTES)
        self._shown_name = f"bunraku-{datetime.now(UTC):%Y%m%d-%H%M%S}{RECORDED_AS}"
        self._limits = limits
        self._on_complete = on_complete
        self._closed = False
        with _privately():
            self._path = folder() / f"{self._id}{RECORDED_AS}"
            self._most_bytes = min(limits.recording_bytes, _room(self._path.parent))
            self._file = FileSink(
                self._path, rate=rate, max_bytes=self._most_bytes, max_s=limits.recording_s
            )

    @property
    def name(self) -> str:
        return self._shown_name

    @property
    def takes_i420(self) -> bool:
        return True

    async def open(self) -> None:
        with _privately():
            await self._file.open()

    async def write(self, frame: LiveFrame) -> None:
        try:
            await self._file.write(frame)
        except SinkClosed as closing:
            # The file's own words name its path, which is nothing for the page.
            raise SinkClosed(self._why()) from closing

    async def close(self) -> None:
        """Complete the file; the session learns of it, unless nothing was recorded."""
        if self._closed:
            return
        self._closed = True
        await self._file.close()
        if self._file.frames and self._path.is_file():
            size = self._path.stat().st_size
            self._on_complete(
                Recording(self._id, self._path, self._shown_name, size, self._file.seconds)
            )

    def _why(self) -> str:
        if self._file.seconds >= self._limits.recording_s:
            return f"The recording is complete: {self._limits.recording_s:g} seconds are the most."
        if self._file.bytes_written >= self._most_bytes:
            most = f"{self._most_bytes / 2**20:.0f} MiB"
            return f"The recording is complete: {most} are the most."
        return "The recording was ended: the server cannot write any more."


@contextlib.contextmanager
def _privately() -> Iterator[None]:
    """An error's own words name the server's paths, which are nothing for the page."""
    try:
        yield
    except (OutputError, OSError) as error:
        log.error("a recording cannot be written: %s", error)
        raise OutputError("The server cannot write a recording now.", "Try again later.") from error


def _room(folder: Path) -> int:
    """Bytes that a recording may take there, so that others have some left.

    :raises OutputError: too few for any.
    """
    free = shutil.disk_usage(folder).free
    if free < 2 * LEFT_FREE_BYTES:
        raise OutputError(f"{folder} has only {free} bytes left.")
    return free - LEFT_FREE_BYTES


def keep(
    session: Session, recording: Recording, limits: Limits, sessions: Iterable[Session] = ()
) -> None:
    """Add a recording to its session, and delete the oldest of too many.

    :param sessions: all of the server's.
    """
    if session.ended:
        return  # its folder is gone, or will be in a moment
    session.recordings[recording.id] = recording
    log.info(
        "recorded", extra=told(session=session.label, bytes=recording.bytes, s=recording.seconds)
    )
    session.send({"type": "recorded", **recording_json(recording)})
    while _too_much(session, limits):
        _forget_oldest(session)
    everyone = list(sessions)
    while sum(one.recorded_bytes for one in everyone) > limits.all_recordings_bytes:
        others = [one for one in everyone if set(one.recordings) - {recording.id}]
        if not others:
            break
        _forget_oldest(max(others, key=lambda one: one.recorded_bytes))


def _too_much(session: Session, limits: Limits) -> bool:
    """Whether the oldest must go; the newest, whose size has a limit of its own, always stays."""
    count, total = len(session.recordings), session.recorded_bytes
    return count > 1 and (count > limits.recordings or total > limits.recordings_bytes)


def _forget_oldest(session: Session) -> None:
    oldest = session.recordings.pop(next(iter(session.recordings)))
    session.send({"type": "forgotten", "id": oldest.id})
    session.notice("warning", f"{oldest.name} was deleted to make room.")
    with contextlib.suppress(OSError):  # Windows keeps what is being read; it goes with the session
        oldest.path.unlink(missing_ok=True)


def recording_json(recording: Recording) -> dict[str, str | int | float]:
    """A recording as the page is told it."""
    return {
        "id": recording.id,
        "name": recording.name,
        "bytes": recording.bytes,
        "seconds": round(recording.seconds, 2),
    }
