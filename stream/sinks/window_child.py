"""The process that owns a window.

A process of its own, because Qt in OpenCV's wheel ends the whole process where it finds no display,
hangs when PyAV was imported before it, and wants to be called from one thread for ever; macOS wants
that to be the main one. So nothing here may import PyAV.

Input: a line of JSON, the title; then for each picture its width and height, two little-endian
uint32, and its RGB bytes. Output, lines of JSON: ``{"refused": WHY}``, or ``{"open": true}`` and
then for each picture ``{"shown": [WIDTH, HEIGHT]}`` with the window's size, for each key
``{"key": KEY}``, and ``{"closed": true}`` when the user has closed the window.
"""

from __future__ import annotations

import json
import os
import struct
import sys
import threading
from typing import Any, BinaryIO

import cv2
import numpy as np

from bunraku.spec.arrays import Picture
from bunraku.stream.core.signals import ignore_in_child

HEADER = struct.Struct("<II")

_FLAGS = cv2.WINDOW_NORMAL | cv2.WINDOW_KEEPRATIO | cv2.WINDOW_GUI_NORMAL
# How often keys and the window's buttons are looked at while no picture comes.
_LOOK_EVERY_S = 0.01
_ESCAPE = 27


class Mailbox:
    """The newest picture from the input, read in a thread."""

    def __init__(self, pictures: BinaryIO) -> None:
        self._pictures = pictures
        self._changed = threading.Condition()
        self._newest: Picture | None = None
        self.ended = False
        threading.Thread(target=self._read, daemon=True).start()

    def take(self) -> Picture | None:
        """The newest picture, or None if none comes for a moment."""
        with self._changed:
            if self._newest is None and not self.ended:
                self._changed.wait(_LOOK_EVERY_S)
            newest, self._newest = self._newest, None
            return newest

    def _read(self) -> None:
        while len(header := self._pictures.read(HEADER.size)) == HEADER.size:
            width, height = HEADER.unpack(header)
            data = self._pictures.read(width * height * 3)
            if len(data) < width * height * 3:
                break
            picture = np.frombuffer(data, np.uint8).reshape(height, width, 3)
            with self._changed:
                self._newest = picture
                self._changed.notify()
        with self._changed:
            self.ended = True
            self._changed.notify()


def main() -> None:
    """Show pictures from standard input until it ends or the user closes the window."""
    ignore_in_child()
    title = json.loads(sys.stdin.buffer.readline())
    if not cv2.currentUIFramework():
        _say(refused="headless")
        return
    try:
        cv2.namedWindow(title, _FLAGS)
    except cv2.error as error:
        _say(refused=str(error.err))
        return
    _say(open=True)
    _live(title, Mailbox(sys.stdin.buffer))


def _live(title: str, mailbox: Mailbox) -> None:
    sized = False
    while not mailbox.ended:
        picture = mailbox.take()
        if picture is not None:
            if not sized:
                cv2.resizeWindow(title, picture.shape[1], picture.shape[0])
                sized = True
            cv2.imshow(title, cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
        key = _key(cv2.waitKeyEx(1))
        if key is not None:
            _say(key=key)
        # Only now: a picture that is shown without a window opens a new one.
        if cv2.getWindowProperty(title, cv2.WND_PROP_VISIBLE) < 1:
            _say(closed=True)
            return
        if picture is not None:
            _say(shown=cv2.getWindowImageRect(title)[2:])


def _key(code: int) -> str | None:
    """What was typed: a printable character, letters always small ones (as Qt has them), or
    "escape"; None for nothing and for other keys.
    """
    key = code & 0xFFFF  # above it are the states of Num Lock and the like
    if code == -1:
        return None
    if key & 0xFF == _ESCAPE:  # 0xFF1B in X's own numbers
        return "escape"
    return chr(key).lower() if 32 < key < 127 else None


def _say(**message: Any) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
    os._exit(0)  # Qt's own ending may wait for a display that is gone
