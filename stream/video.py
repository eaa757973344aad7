"""The clip reader by the name that scripts outside of the project know it by."""

from bunraku.stream.clip.reader import ClipFrame, ClipReader

__all__ = ["ClipFrame", "ClipReader"]
