"""Which files of a folder are taken for photos and for clips, by the endings of their names.

What somebody names is read whatever it is called. Hidden files are left alone: macOS lays one of
the same ending beside each file on a disk that is not its own.
"""

from __future__ import annotations

from pathlib import Path

from bunraku.runtime.source.photo import photo_suffixes

CLIP_SUFFIXES = (
    *(".3g2", ".3gp", ".asf", ".avi", ".flv", ".gif", ".m2ts", ".m4v", ".mkv", ".mov", ".mp4"),
    *(".mpeg", ".mpg", ".mts", ".ogv", ".ts", ".webm", ".wmv"),
)
"""Of what cameras, phones and programs write; FFmpeg reads more."""


def is_photo(path: Path) -> bool:
    """Whether it is called as photos are that can be read."""
    return _is_visible(path) and path.suffix.lower() in photo_suffixes()


def is_clip(path: Path) -> bool:
    """Whether it is called as clips are; what moves and what does not may both end in .gif."""
    return _is_visible(path) and path.suffix.lower() in CLIP_SUFFIXES


def _is_visible(path: Path) -> bool:
    return not path.name.startswith(".")
