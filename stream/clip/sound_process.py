"""The parent's end of the process that decodes a clip's sound."""

from __future__ import annotations

import json
from collections.abc import Iterator

import numpy as np

from bunraku.stream.clip.sound_child import PIECE, Order, Samples, Wanted
from bunraku.stream.clip.sound_probe import Sound
from bunraku.stream.core.child_process import ChildProcess


class SoundBroken(Exception):
    """The process ended before the sound did."""


class SoundProcess:
    """Looks at a clip's sound while other things are done, and then decodes it."""

    def __init__(self, path: str, suffix: str) -> None:
        """Start it.

        :param path: as FFmpeg opens it.
        :param suffix: of the file that the sound is carried into (".mp4").
        :raises OSError: it cannot be started, or has ended at once; it is not left behind.
        """
        self._child = ChildProcess("bunraku.stream.clip.sound_child")
        try:
            self._child.send(Order(path, suffix).line())
        except OSError:
            self.close()
            raise

    def find(self) -> Sound | None:
        """Wait for what it finds; None where no track can be decoded."""
        line = self._child.hear()
        found = json.loads(line) if line else None
        return None if found is None else Sound(**found)

    def pieces(self, wanted: Wanted) -> Iterator[tuple[int, Samples]]:
        """Decode a track, see :func:`~bunraku.stream.clip.sound_child.pieces`.

        :raises SoundBroken: it ended before the sound did.
        :raises OSError: it has ended already.
        """
        self._child.send(wanted.line())
        while len(header := self._child.take(PIECE.size)) == PIECE.size:
            start, count = PIECE.unpack(header)
            if count == 0:
                return
            size = count * wanted.channels * np.dtype(np.float32).itemsize
            data = self._child.take(size)
            if len(data) < size:
                break
            yield start, np.frombuffer(data, np.float32).reshape(count, wanted.channels)
        raise SoundBroken

    def close(self) -> None:
        """End it."""
        self._child.kill()
        self._child.finish(0)
