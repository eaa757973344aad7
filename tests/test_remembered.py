"""What tests remember is what would have been computed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
from tests.remembered import remembering

from bunraku.spec.arrays import Array


@dataclass(frozen=True, eq=False)
class Photo:
    pixels: Array
    trunk_px: float = 90.0
    hands: tuple[Array | None, ...] = (None, None)


PHOTO = Photo(np.zeros((200, 200), np.float32))


def counting(most: int = 4) -> tuple[Any, list[Any]]:
    """A function that gives its first word's pixels, and with what it was really called."""
    calls: list[Any] = []

    def pixels(photo: Photo, *more: Any, **named: Any) -> Array:
        calls.append((photo, more, named))
        return photo.pixels

    return remembering(pixels, most), calls


def test_the_same_again_is_not_computed_again() -> None:
    known, calls = counting()
    first = known(PHOTO, 2, face=None)
    first += 1.0  # each caller has its own
    again = known(replace(PHOTO, pixels=PHOTO.pixels.copy()), 2, face=None)
    assert len(calls) == 1
    assert not again.any()


@pytest.mark.parametrize(
    "other",
    [
        (replace(PHOTO, trunk_px=91.0),),
        (replace(PHOTO, hands=(None, np.ones(3, np.float32))),),
        (replace(PHOTO, pixels=np.zeros((100, 400), np.float32)),),
        (replace(PHOTO, pixels=np.zeros((200, 200), np.int32)),),
        (PHOTO, 1),
        (PHOTO, None),
        (PHOTO, (1, 2), 3),
        (PHOTO, (1,), 2, 3),
    ],
)
def test_whatever_differs_is_computed(other: tuple[Any, ...]) -> None:
    known, calls = counting()
    known(PHOTO)
    known(PHOTO, (1, 2, 3))
    known(*other)
    assert len(calls) == 3


def test_one_pixel_differs_in_the_middle_of_a_large_array() -> None:
    known, calls = counting()
    known(PHOTO)
    pixels = PHOTO.pixels.copy()
    pixels[100, 100] = 1.0  # where its repr has dots
    assert known(replace(PHOTO, pixels=pixels)).any()
    assert len(calls) == 2


def test_what_was_asked_for_longest_ago_is_forgotten() -> None:
    known, calls = counting(most=2)
    for word in (1, 2, 1, 3, 1, 2):
        known(PHOTO, word)
    assert [more for _, more, _ in calls] == [(1,), (2,), (3,), (2,)]


def test_what_cannot_be_compared_is_refused() -> None:
    known, calls = counting()
    with pytest.raises(TypeError, match="object is nothing that can be compared"):
        known(PHOTO, object())
    assert not calls
