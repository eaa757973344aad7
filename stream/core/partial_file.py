"""A file in the making: a hidden neighbour of its target, which takes its place when it is whole.

It is locked while it is written, so that what a killed process left can be told from it and cleared
by whoever writes to the same target next.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import secrets
from collections.abc import Iterator
from pathlib import Path

from bunraku.stream.core.file_lock import lock
from bunraku.stream.core.output_path import longest_name_bytes

_TOKEN_BYTES = 4
_DIGEST_DIGITS = 16


class PartialFile:
    """An empty file beside ``target``, called ``.STEM.TOKEN.part.EXT``; a stem that is too long for
    that is cut.
    """

    def __init__(self, target: Path) -> None:
        """Make it, and clear what killed processes left of the same target.

        :raises OSError: it cannot be made.
        """
        self._target = target
        before, after = _around_token(target)
        _clear(target.parent, before, after)
        while True:
            self.path = target.with_name(f"{before}{secrets.token_hex(_TOKEN_BYTES)}{after}")
            self._lock = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o666)
            with contextlib.suppress(OSError):
                lock(self._lock)
            if _is_at(self._lock, self.path):
                return
            os.close(self._lock)  # taken for a leftover before it was locked

    def keep(self) -> None:
        """Put it in the target's place.

        :raises OSError: it cannot be put there.
        """
        if os.name == "nt":
            self._unlock()  # there, what is open cannot be moved
        self.path.replace(self._target)
        self._unlock()

    def discard(self) -> None:
        """Remove it, unless it is in its place already."""
        self._unlock()
        with contextlib.suppress(OSError):
            self.path.unlink(missing_ok=True)

    def _unlock(self) -> None:
        held, self._lock = self._lock, -1
        if held >= 0:
            os.close(held)


def _around_token(target: Path) -> tuple[str, str]:
    """What stands before and after the token; no other target of the folder has the same."""
    after = f".part{target.suffix}"
    room = longest_name_bytes(target.parent) - len(os.fsencode(f"..{after}")) - 2 * _TOKEN_BYTES
    stem = os.fsencode(target.stem)
    if len(stem) > room:
        digest = hashlib.sha256(stem).hexdigest()[:_DIGEST_DIGITS]
        cut = stem[: max(0, room - _DIGEST_DIGITS - 1)].decode(errors="ignore")
        return f".{cut}~{digest}.", after
    return f".{target.stem}.", after


def _clear(folder: Path, before: str, after: str) -> None:
    token = f"[0-9a-f]{{{2 * _TOKEN_BYTES}}}"
    pattern = re.compile(re.escape(before) + token + re.escape(after))
    for path in _files(folder):
        if pattern.fullmatch(path.name):
            with contextlib.suppress(OSError):
                _remove_if_left(path)


def _files(folder: Path) -> Iterator[Path]:
    with contextlib.suppress(OSError):
        yield from folder.iterdir()


def _remove_if_left(path: Path) -> None:
    """Remove a file that nobody writes.

    :raises OSError: somebody does, or it cannot be told, or not be removed.
    """
    descriptor = os.open(path, os.O_RDWR | getattr(os, "O_NOFOLLOW", 0))
    try:
        lock(descriptor)
        path.unlink()
    finally:
        os.close(descriptor)


def _is_at(descriptor: int, path: Path) -> bool:
    with contextlib.suppress(FileNotFoundError):
        return os.path.samestat(os.fstat(descriptor), path.stat())
    return False
