"""What a user is told of a photo."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bunraku.runtime.pose.turned import turn_box, turned_words
from bunraku.runtime.source.source import Source


@dataclass(frozen=True)
class SourceReport:
    """What was found in a photo."""

    width: int
    """Of the photo, in pixels."""
    height: int
    people: int
    half: bool
    """Whether the photo's lower edge cuts the person."""
    box: tuple[int, int, int]
    """Left, top and side of the window, in pixels of the photo."""
    notes: tuple[str, ...]
    """What the user should know, a line each."""

    @classmethod
    def of(cls, source: Source, more: Sequence[str] = ()) -> SourceReport:
        """What is to be said of a source.

        :param more: notes of who drives it.
        """
        notes = []
        if source.people > 1:
            notes.append(f"{source.people} people are in the photo; the most prominent is animated")
        turned_deg, half = source.turned_deg, source.framing.half
        if turned_deg:
            notes.append(
                f"the person of the photo {turned_words(turned_deg)}, and is animated like that; "
                "if the photo is to be upright, turn it first"
            )
        if half:
            notes.append("the photo shows the upper body; what the legs do is left out")
        left, top, side = turn_box(source.framing.window.box, turned_deg, source.photo.shape)
        height, width = source.as_given(source.photo).shape[:2]
        border = source.border
        if border is not None:
            notes.append("the photo has a border or bars; the person moves within them")
            left, top = left + border.left, top + border.top
            height, width = border.photo.shape[:2]
        return cls(width, height, source.people, half, (left, top, side), (*notes, *more))
