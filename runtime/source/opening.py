"""Opening a clip's file: what it is, which stream is the film, and one line where it is none."""

from __future__ import annotations

from pathlib import Path

import av
import av.error
from av.container import InputContainer
from av.video.stream import VideoStream

from bunraku.errors import InputError
from bunraku.runtime.source.film import film_of
from bunraku.runtime.source.local_file import open_file
from bunraku.runtime.source.place import Read, check_kind

# The first bytes of a WebP that has more than one picture: extended, with the flag of animations.
_WEBP_HEADER_BYTES = 21
_ANIMATED = 0x02


def open_clip(path: Path, what: Read = Read.CLIP) -> InputContainer:
    """Open a clip with FFmpeg.

    :raises InputError: ``what``'s own: it is missing, a folder, a pipe, a device, or no clip.
    """
    try:
        check_kind(path, what)
        header = _header(path)
    except FileNotFoundError as exc:
        raise what.error(f"{path} does not exist.", f"Check the path of the {what}.") from exc
    except PermissionError as exc:
        raise what.error(f"{path} cannot be opened: permission denied.") from exc
    except OSError as exc:
        raise what.error(f"{path} cannot be opened: {exc.strerror}.") from exc
    if not header:
        raise what.error(f"{path} is empty.", "Copy or export it again.")
    if _is_animated_webp(header):
        raise what.error(
            f"{path} is an animated WebP, which is not read as a clip.",
            "Convert it to MP4, GIF or APNG, which are.",
        )
    try:
        return open_file(path)
    except (av.error.FFmpegError, OSError) as exc:
        raise _unreadable(path, what) from exc


def film_stream(container: InputContainer, path: Path, what: Read = Read.CLIP) -> VideoStream:
    """Choose the stream to read.

    :raises InputError: ``what``'s own: there is no film in it, or it cannot be decoded here.
    """
    film = film_of(container)
    if film is None:
        if not container.streams:
            raise _unreadable(path, what)
        found = "only a cover picture and no film" if container.streams.video else "no video stream"
        raise what.error(f"{path} has {found}.", "Use a clip with pictures in it.")
    if film.codec_context is None:
        raise what.error(
            f"{path} is coded in a way that cannot be decoded here.", "Convert it to H.264."
        )
    return film


def _header(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_WEBP_HEADER_BYTES)


def _is_animated_webp(header: bytes) -> bool:
    webp = header[:4] == b"RIFF" and header[8:16] == b"WEBPVP8X"
    return webp and len(header) == _WEBP_HEADER_BYTES and bool(header[20] & _ANIMATED)


def _unreadable(path: Path, what: Read) -> InputError:
    return what.error(
        f"{path} is not a clip that can be read, or its header is damaged.",
        "Use a video file such as MP4, MOV, MKV or WebM.",
    )
