"""Where a photo or a clip is read from: files, and what people give that is none.

No library is asked here: FFmpeg would take names for protocols, read half of a pipe, and wait for
ever at a device.
"""

from __future__ import annotations

import re
import stat
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from bunraku.errors import ClipError, InputError, PhotoError

# One letter alone is a drive of Windows. A Path keeps one slash of two.
_ADDRESS = re.compile(r"([a-zA-Z][a-zA-Z0-9+.-]+):(/+)(.*)", re.DOTALL)
_PASSWORD = re.compile(r"(://[^/@:]*):[^/]*@")


class Read(StrEnum):
    """What is read from a file."""

    PHOTO = "photo"
    CLIP = "clip"
    IUV = "clip of IUV images"

    def error(self, message: str, hint: str | None = None) -> InputError:
        """Make the error of what cannot be read."""
        kinds = {Read.PHOTO: PhotoError, Read.CLIP: ClipError, Read.IUV: InputError}
        return kinds[self](message, hint)


def path_or_address(place: str | Path) -> Path | str:
    """The path that is meant, also by a ``file:`` address; whether anything is there is not asked.
    An address of another kind is told as it was spelled, without its password."""
    text = str(place)
    found = _ADDRESS.fullmatch(text)
    if found is None or _exists(Path(text)):
        return Path(text)
    scheme, slashes, rest = found.groups()
    if scheme.lower() == "file":
        local = _local(text if slashes != "/" else f"{scheme}:///{rest}")
        if local is not None:
            return local
    elif slashes == "/" and isinstance(place, str):
        return Path(text)  # a folder whose name ends in a colon, and is missing
    address = f"{scheme}:{'//' if slashes == '/' else slashes}{rest}"
    return _PASSWORD.sub(r"\1:…@", address)


def path_of(place: str | Path, what: Read) -> Path:
    """The path of what is read, as :func:`path_or_address` finds it.

    :raises InputError: ``what``'s own: it is an address.
    """
    told = path_or_address(place)
    if isinstance(told, Path):
        return told
    if what is Read.PHOTO:
        raise PhotoError(f"{told} is an address, and photos are read from files.", "Download it.")
    if what is Read.IUV:
        raise InputError(
            f"{told} is an address, and IUV images are read from files.", "Download them."
        )
    raise ClipError(
        f"{told} is an address, and clips are read from files.",
        "Download it, or let it drive a photo live: `bunraku live PHOTO --from URL` takes "
        "addresses.",
    )


def check_kind(path: Path, what: Read) -> None:
    """See that a file is there that can be read as often as needed; photos, once.

    :raises InputError: ``what``'s own: it is something else.
    :raises OSError: nothing is there, or it may not be seen.
    """
    mode = path.stat().st_mode
    if stat.S_ISDIR(mode):
        one = "picture" if what is Read.PHOTO else what
        raise what.error(f"{path} is a folder, not a {what}.", f"Name one {one} in it.")
    if stat.S_ISFIFO(mode) and what is not Read.PHOTO:
        raise what.error(
            f"{path} is a pipe, which can be read only once; a clip must be a file.",
            "Save it to a file first.",
        )
    if stat.S_ISCHR(mode) or stat.S_ISBLK(mode):
        hint = "Name a file."
        if what is Read.CLIP:
            hint += " Cameras are for `bunraku live --camera`."
        raise what.error(f"{path} is a device, not a {what}.", hint)
    if stat.S_ISSOCK(mode):
        raise what.error(f"{path} is a socket, not a {what}.", "Name a file.")


def _exists(path: Path) -> bool:
    try:
        path.stat()
    except (OSError, ValueError):
        return False
    return True


def _local(address: str) -> Path | None:
    try:
        parts = urlsplit(address)
    except ValueError:
        return None
    if parts.netloc not in ("", "localhost"):
        return None
    return Path(url2pathname(parts.path))
