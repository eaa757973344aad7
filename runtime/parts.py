"""The parts of a person that may follow the driver, or stay as the photo has them."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import TypeAlias

from bunraku.errors import InputError


class Part(StrEnum):
    """What can be driven by itself. A part that does not follow goes with what it hangs on."""

    HEAD = "head"
    """How it is held; its expression is ``FACE``."""
    FACE = "face"
    """Lips, lids, brows and gaze."""
    TRUNK = "trunk"
    """Where the person is, and how it leans and turns. All others but the face hang on it."""
    ARMS = "arms"
    """Down to the wrists."""
    HANDS = "hands"
    """How they are held at the wrists, and their fingers."""
    LEGS = "legs"
    """With the feet."""


Parts: TypeAlias = frozenset[Part]
ALL_PARTS: Parts = frozenset(Part)
ALL = "all"
"""The word for them."""


def parse_parts(text: str) -> Parts:
    """Read "arms,hands", "all,-head", or "-head", which is all but the head.

    :raises InputError: a word is no part, or none is left.
    """
    words = [word.strip().casefold() for word in text.split(",")]
    parts = set(ALL_PARTS) if words[0].startswith("-") else set()
    for word in words:
        name = word.removeprefix("-")
        if name != ALL and name not in set(Part):
            raise InputError(
                f"--parts {text}: there is no part {name!r}.",
                f"Use {', '.join(Part)} or all, separated by commas; -head leaves the head out.",
            )
        told = ALL_PARTS if name == ALL else {Part(name)}
        parts = parts - told if word.startswith("-") else parts | told
    if not parts:
        raise InputError(f"--parts {text} leaves no part.", "Name one that is to follow.")
    return frozenset(parts)


def parts_said(parts: Iterable[Part]) -> str:
    """What follows the driver, in words for the user."""
    told = [part for part in Part if part in set(parts)]
    if not told:
        return "Nothing follows you: the photo stands still."
    if len(told) == len(Part):
        return "Everything follows you."
    left = [part for part in Part if part not in told]
    if len(left) == 1:
        return f"Everything but the {left[0]} follows you."
    return f"What follows you: {', '.join(told)}."
