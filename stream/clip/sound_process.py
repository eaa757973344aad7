"""The parent's end of the process that decodes a clip's sound."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator

import numpy as np

from bunraku.stream.clip.sound_child import MISSED, PIECE, Order, Samples, Wanted
from bunraku.stream.clip.sound_probe import Sound
from bunraku.stream.core.child_process import ChildProcess

_ASKED_EVERY_S = 0.05


class SoundBroken(Exception):
    """The process ended before the sound did."""


class SoundStopped(Exception):
    """Somebody asked to stop before the sound was found."""


class SoundProcess:
    """Looks at a clip's sound while other things are done, and then decodes it."""

    def __init__(self, path: str, suffix: str, until_s: float | None = None) -> None:
        """Start it.

        :param path: as FFmpeg opens it.
        :param suffix: of the file that the sound is carried into (".mp4").
        :param until_s: seconds on the clip's clock after which it is not looked at; None for all.
        :raises OSError: it cannot be started, or has ended at once; it is not left behind.
        """
        # Whether a part of what was to be decoded is missing.
        self.missed = False
        self._child = ChildProcess("bunraku.stream.clip.sound_child")
        try:
            self._child.send(Order(path, suffix, until_s).line())
        except OSError:
            self.close()
            raise

    def find(self, should_stop: Callable[[], bool] | None = None) -> Sound | None:
        """Wait for what it finds; None where no track can be decoded.

        :param should_stop: asked meanwhile; the file may be long, and on a slow disk.
        :raises SoundStopped: it said so; the process has ended.
        """
        lines: list[bytes] = []
        listener = threading.Thread(target=lambda: lines.append(self._child.hear()), daemon=True)
        listener.start()
        while listener.is_alive():
            if should_stop is not None and should_stop():
                self._child.kill()
                listener.join()
                raise SoundStopped
            listener.join(_ASKED_EVERY_S)
        found = json.loads(lines[0]) if lines[0] else None
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
                if start != MISSED:
                    return
                self.missed = True
                continue
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
