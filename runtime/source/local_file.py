"""Files for FFmpeg, which takes what stands before a colon for a protocol."""

from __future__ import annotations

from pathlib import Path

import av
from av.container import InputContainer

# Tracks of joined transport streams are the same whatever their numbers.
_DEMUXER_OPTIONS = {"merge_pmt_versions": "1"}


def ffmpeg_name(path: str | Path) -> str:
    """The name under which FFmpeg opens the file itself, whatever it is called.

    From the root on, nothing is a protocol ("a:b.mp4", "concat:x") or an option ("-x.mp4").
    """
    return str(Path(path).absolute())


def open_file(path: str | Path) -> InputContainer:
    """Open a clip's file by its path alone, whatever its name looks like.

    :raises OSError: or ``av.error.FFmpegError``: FFmpeg cannot.
    """
    return av.open(ffmpeg_name(path), mode="r", options=_DEMUXER_OPTIONS, metadata_errors="ignore")
