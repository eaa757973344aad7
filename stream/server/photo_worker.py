"""Where photos are made ready: one thread, so that the server keeps answering meanwhile."""

from __future__ import annotations

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from bunraku.errors import BunrakuError, PhotoError
from bunraku.runtime.source.place import Read, check_kind
from bunraku.spec.arrays import Picture
from bunraku.stream.core.controls import Photo
from bunraku.stream.core.session import Identify
from bunraku.stream.server.metrics import Metrics
from bunraku.stream.server.options import Limits
from bunraku.stream.server.photos import clean_name, clean_photo, photo_error, preview
from bunraku.stream.server.protocol import ApiError, ErrorCode

log = logging.getLogger(__name__)


class PhotoWorker:
    """Takes photos one after the other, in a thread of its own."""

    def __init__(self, identify: Identify, limits: Limits, metrics: Metrics) -> None:
        self._identify = identify
        self._limits = limits
        self._metrics = metrics
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="photos")
        self.offered: list[Photo] = []
        """The operator's photos, for every session."""
        self.previews: dict[str, bytes] = {}
        """Of those, by id."""

    async def take(self, data: bytes, name: str) -> tuple[Photo, bytes]:
        """Read a stranger's photo and make it ready.

        :return: the photo and its preview, a JPEG.
        :raises ApiError: it is refused; the code says why.
        """
        loop = asyncio.get_running_loop()
        with self._metrics.photo_seconds.time():
            return await loop.run_in_executor(self._thread, self._take, data, name)

    async def offer(self, paths: tuple[Path, ...]) -> None:
        """Make the operator's photos ready.

        :raises PhotoError: one cannot be read, or shows nobody that can be moved.
        """
        loop = asyncio.get_running_loop()
        for path in paths:
            photo, small = await loop.run_in_executor(self._thread, self._open, path)
            self.offered.append(photo)
            self.previews[photo.id] = small

    def close(self) -> None:
        """End the thread after what it does now."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _take(self, data: bytes, name: str) -> tuple[Photo, bytes]:
        picture = clean_photo(data, self._limits)
        try:
            return self._ready(picture, name)
        except BunrakuError as error:
            answer = photo_error(error)
            if answer.code is ErrorCode.INTERNAL:
                log.warning("a photo could not be made ready: %s", error)
            raise answer from error

    def _open(self, path: Path) -> tuple[Photo, bytes]:
        picture = open_photo(path, self._limits)
        try:
            return self._ready(picture, clean_name(path.name))
        except BunrakuError as error:
            raise type(error)(f"{path}: {error.message}", error.hint) from error

    def _ready(self, picture: Picture, name: str) -> tuple[Photo, bytes]:
        identity, report = self._identify(picture)
        return Photo.of(name, identity, report), preview(picture)


def open_photo(path: Path, limits: Limits) -> Picture:
    """Read a photo of the operator's.

    :raises PhotoError: it cannot be read, or is none that a stranger could send.
    """
    try:
        check_kind(path, Read.PHOTO)
        return clean_photo(path.read_bytes(), limits)
    except OSError as error:
        raise PhotoError(f"{path} cannot be opened: {error.strerror}.", "Name a photo.") from error
    except ApiError as error:
        raise PhotoError(f"{path}: {error.text}", error.hint) from error


def photo_json(photo: Photo, number: int, *, own: bool) -> dict[str, Any]:
    """A photo as the page is told it.

    :param number: its place among the session's, from 1.
    :param own: whether the session itself has sent it.
    """
    report = photo.report
    return {
        "id": photo.id,
        "name": photo.name,
        "number": number,
        "own": own,
        "width": report.width,
        "height": report.height,
        "people": report.people,
        "half": report.half,
        "box": list(report.box),
        "notes": list(report.notes),
    }
