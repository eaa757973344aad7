"""Reading IUV images: a folder of PNG files, or a clip of a codec without loss."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from bunraku.errors import DriverEndedError, InputError
from bunraku.runtime.drivers.iuv_images.channels import PartChannel, check_iuv, find_part_channel
from bunraku.runtime.drivers.iuv_images.clip import IuvClip
from bunraku.runtime.drivers.iuv_images.png import read_png
from bunraku.runtime.source.framing import SAME_SHAPE
from bunraku.runtime.source.place import Read, path_of


class _Pictures(Protocol):
    """RGB pictures by number."""

    @property
    def count(self) -> int | None:
        """How many there are; None where that is not known yet."""

    def name(self, index: int) -> str:
        """How messages call a picture."""

    def read(self, index: int) -> NDArray[np.uint8] | None:
        """``[H, W, 3]`` RGB; None past the end."""

    def close(self) -> None:
        """Hold no file open until the next picture is read."""


class IuvImages:
    """DensePose's IUV images, one for each frame of a clip, numbered from 0.

    :param path: a folder of PNG files, in natural order of their names (2 before 10), or a clip.
    :raises InputError: it is missing, an address, a pipe, empty, or its first image is no IUV
        image.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = path_of(path, Read.IUV)
        try:
            self._pictures = _open(self.path)
        except OSError as exc:
            raise InputError(f"{self.path} cannot be opened: {exc.strerror}.") from exc
        self._channel: PartChannel | None = None
        self.frame(0)

    @property
    def count(self) -> int | None:
        """How many images there are; None for a clip that has not been read to its end."""
        return self._pictures.count

    def another(self) -> IuvImages:
        """The same images, read independently: of one, only one frame at a time can be read.

        :raises InputError: they are gone, or have changed.
        """
        return IuvImages(self.path)

    def close(self) -> None:
        """Release the file, as the last reference does; asking for a frame opens it again."""
        self._pictures.close()

    def frame(self, index: int) -> NDArray[np.uint8]:
        """The image of one frame; cheap in their order, and for the last one again.

        :return: ``[H, W, 3]``: part 0 to 24, 255 U, 255 V.
        :raises DriverEndedError: there are no more.
        :raises InputError: it is damaged, or no IUV image.
        """
        rgb = self._pictures.read(index)
        if rgb is None:
            raise DriverEndedError(
                f"{self.path} holds {self.count} IUV images, numbered from 0; there is none for "
                f"frame {index} of the clip.",
                "Give one IUV image for each frame of the clip.",
            )
        name = self._pictures.name(index)
        if self._channel is None:
            self._channel = find_part_channel(rgb, name)
        iuv = (self._channel or PartChannel.BLUE).iuv(rgb)
        check_iuv(iuv, name)
        return iuv

    def check_frames(self, frames: int) -> str | None:
        """Compare with the clip, before anything is computed.

        :param frames: how many frames the clip has, or up to which it is played.
        :return: what the user should know, if anything.
        :raises InputError: there are fewer images than frames.
        """
        if self.count is None or self.count == frames:
            return None
        if self.count < frames:
            raise InputError(
                f"{self.path} holds {self.count} IUV images, but the clip has {frames} frames.",
                "Give one IUV image for each frame, or fewer frames (--frames A:B).",
            )
        return f"{self.path} holds {self.count} IUV images, more than the clip's {frames} frames"


def check_shape(iuv: NDArray[np.uint8], frame: tuple[int, int], path: Path) -> None:
    """Make sure that an image can be of a frame: the frame's own size, or that size scaled.

    :param frame: the frame's height and width.
    :raises InputError: it has another shape.
    """
    height, width = iuv.shape[:2]
    if abs((width / height) / (frame[1] / frame[0]) - 1.0) > SAME_SHAPE:
        raise InputError(
            f"The IUV images of {path} are {width} x {height}, but the clip's frames are "
            f"{frame[1]} x {frame[0]}.",
            "Compute the IUV images on the frames as they are, neither cropped nor turned.",
        )


class _Folder:
    """The PNG files of a folder."""

    def __init__(self, path: Path) -> None:
        found = [entry for entry in path.iterdir() if not entry.name.startswith(".")]
        self._files = sorted(
            (entry for entry in found if entry.suffix.lower() == ".png"), key=natural
        )
        if not self._files:
            raise InputError(
                f"{path} holds no PNG files.",
                "Give the folder of DensePose's IUV images, saved as PNG (JPEG blurs them).",
            )
        self._last: tuple[int, NDArray[np.uint8]] | None = None

    @property
    def count(self) -> int:
        return len(self._files)

    def name(self, index: int) -> str:
        return str(self._files[index])

    def read(self, index: int) -> NDArray[np.uint8] | None:
        if index >= len(self._files):
            return None
        if self._last is None or self._last[0] != index:
            self._last = index, read_png(self._files[index])
        return self._last[1]

    def close(self) -> None:
        """No file stays open between two pictures."""


def _open(path: Path) -> _Pictures:
    if path.is_dir():
        return _Folder(path)
    if not path.exists():
        raise InputError(
            f"{path} does not exist.", "Give a folder of IUV images, or a clip of them."
        )
    return IuvClip(path)


def natural(path: Path) -> list[tuple[int, str]]:
    """A key that sorts numbers in names as numbers."""
    pieces = re.split(r"([0-9]+)", path.name)
    return [(int(piece), piece) if piece.isdigit() else (0, piece) for piece in pieces]
