"""Names of files for FFmpeg, which takes what stands before a colon for a protocol."""

from __future__ import annotations

from pathlib import Path


def ffmpeg_name(path: str | Path) -> str:
    """The name under which FFmpeg opens the file itself, whatever it is called.

    From the root on, nothing is a protocol ("a:b.mp4", "concat:x") or an option ("-x.mp4").
    """
    return str(Path(path).absolute())
