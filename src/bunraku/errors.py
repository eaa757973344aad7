"""Every error that Bunraku raises on purpose.

    BunrakuError
    ├── InputError              the user's file or argument
    │   ├── PhotoError          unreadable, empty, truncated, too large, not a picture
    │   │   └── NoPersonError   nobody in the photo, too small, or too little of the body
    │   ├── ClipError           no video stream, no frames, unreadable
    │   ├── SourceError         a camera or a stream that cannot be opened, or is lost for good
    │   ├── DriverEndedError    what drives a photo ended before the frames did
    │   └── OutputError         unwritable, disk full
    ├── BundleError             a bundle that is incomplete, damaged or made for something else
    ├── EngineError             an engine that cannot be made or cannot run
    │   └── DeviceError         a GPU that fails
    │       ├── OutOfMemoryError    it has too little memory
    │       └── DeviceLostError     it will fail until the process ends
    ├── MissingExtraError       an optional dependency that is not installed
    └── FetchError              the pose networks cannot be fetched

The text of an error is one line that says what is wrong and what to do about it; the command
line prints it as it stands, and a traceback only with ``--debug``.
"""

from __future__ import annotations

import errno
import shlex
import shutil
import sys
from pathlib import Path
from typing import Self

_FULL = (errno.ENOSPC, errno.EDQUOT)


def pip_of(python: str | None, found: str | None) -> str:
    """The command that installs into a Python.

    :param python: its path; None or nothing where a program that it is part of does not tell.
    :param found: the ``pip`` that the shell finds, which may be another one's; None for none.
    """
    own = not python or (found is not None and Path(found).parent == Path(python).parent)
    return "pip" if own else f"{shlex.quote(str(python))} -m pip"


PIP = pip_of(sys.executable, shutil.which("pip"))
"""For hints: what installs into the Python that runs."""


class BunrakuError(Exception):
    """Base of all errors that carry a message for the user.

    ``hint`` is the action that helps, kept apart so that interfaces can show it on its own; it is
    part of the text as well.
    """

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message if hint is None else f"{message} {hint}")
        self.message = message
        self.hint = hint


class InputError(BunrakuError):
    """A file or an argument of the user's that cannot be used."""


class PhotoError(InputError):
    """A photo that cannot be read: missing, empty, truncated, too large or not a picture."""


class NoPersonError(PhotoError):
    """A photo or a clip in which no usable person was found."""


class ClipError(InputError):
    """A clip that cannot be read: missing, without a video stream or without frames."""


class SourceError(InputError):
    """A camera or a stream that cannot be opened, or is lost for good."""


class DriverEndedError(InputError):
    """What drives a photo has ended before the frames did: there is no IUV image for one."""


class OutputError(InputError):
    """A place that cannot be written to."""

    @classmethod
    def of(cls, place: object, error: Exception) -> Self:
        """What to say where the system refuses, and what helps against that.

        :param place: what was to be written, as people know it.
        :param error: an OSError, or a library's that bears its number and words.
        """
        full = getattr(error, "errno", None) in _FULL
        hint = "Free some space, or name" if full else "Name"
        reason = getattr(error, "strerror", None) or str(error)
        return cls(f"{place} cannot be written: {reason}.", f"{hint} another place for it.")


class BundleError(BunrakuError):
    """A bundle of engines that is incomplete, damaged or made for something else."""


class EngineError(BunrakuError):
    """An engine that cannot be made or cannot run."""


class DeviceError(EngineError):
    """A GPU fails, whatever was to run on it."""


class OutOfMemoryError(DeviceError):
    """A GPU has too little memory for what is to run on it."""


class DeviceLostError(DeviceError):
    """A GPU fails, and will fail until the process ends."""


class MissingExtraError(BunrakuError):
    """An optional dependency that is not installed."""


class FetchError(BunrakuError):
    """The pose networks cannot be fetched."""
