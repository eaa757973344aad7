"""Which of a file's video streams is the film: never a cover, a poster or a thumbnail beside it."""

from __future__ import annotations

from av.container import InputContainer
from av.stream import Disposition
from av.video.stream import VideoStream

_COVERS = Disposition.attached_pic | Disposition.timed_thumbnails
# Codecs of single pictures; films are made of them too, where nothing else is in the file.
_OF_PICTURES = frozenset({"bmp", "gif", "jpeg2000", "jpegls", "mjpeg", "png", "tiff", "webp"})
# The number of frames as Matroska's writers tell it, some with a language behind.
_FRAMES_TAG = "NUMBER_OF_FRAMES"


def film_of(container: InputContainer) -> VideoStream | None:
    """Choose the video stream to read; None if there is none but covers.

    One that can be decoded before one that cannot, then moving before single pictures, then the
    one that the file marks as default, then the largest, then the first.
    """
    sound = bool(container.streams.audio)
    films = [each for each in container.streams.video if not _is_cover(each, sound=sound)]
    return max(films, key=_rank, default=None)


def _is_cover(stream: VideoStream, *, sound: bool) -> bool:
    one = sound and _codec(stream) in _OF_PICTURES and _told_frames(stream) == 1
    return one or bool(stream.disposition & _COVERS)


def _rank(stream: VideoStream) -> tuple[bool, bool, bool, int]:
    context = stream.codec_context
    # A stream that is announced and never comes, as in broadcasts, has no size.
    area = context.width * context.height if _codec(stream) else 0
    default = bool(stream.disposition & Disposition.default)
    return area > 0, _moves(stream), default, area


def _moves(stream: VideoStream) -> bool:
    frames = _told_frames(stream)
    return frames > 1 if _codec(stream) in _OF_PICTURES else frames != 1


def _codec(stream: VideoStream) -> str:
    # PyAV makes no context for what it cannot decode.
    return stream.codec_context.name if stream.codec_context else ""


def _told_frames(stream: VideoStream) -> int:
    """How many frames the container announces; 0 where it does not say."""
    if stream.frames:
        return int(stream.frames)
    for key, value in stream.metadata.items():
        if key.upper().startswith(_FRAMES_TAG) and value.isdecimal():
            return int(value)
    return 0
