from __future__ import annotations

import numpy as np

from bunraku.runtime.pose import Segmenter
from bunraku.runtime.source.people import TRACE, everybody
from bunraku.spec.arrays import Array, Picture


class SeesRed(Segmenter):
    """Takes red for people; if there is too little of it in the picture, with a doubt."""

    def __init__(self, share: float, doubt: float = 1.5 * TRACE) -> None:
        self.share, self.doubt, self.looks = share, doubt, 0

    def segment(self, rgb: Picture) -> Array:
        self.looks += 1
        red = (rgb[..., 0] > 200).astype(np.float32)
        return red if red.mean() >= self.share else np.float32(self.doubt) * red


def street(shape: tuple[int, int]) -> Picture:
    return np.full((*shape, 3), 90, np.uint8)


def test_large_and_small_people_are_seen() -> None:
    photo = street((200, 300))
    photo[20:180, 40:90, 0] = 255
    photo[150:170, 280:288, 0] = 255
    assert np.array_equal(everybody(photo, SeesRed(0.01)), photo[..., 0] > 200)
    without = photo.copy()
    without[:, :100, 0] = 90
    assert SeesRed(0.01).segment(without).max() < 0.5  # too small for one look
    assert everybody(without, SeesRed(0.01))[160, 284] == 1.0


def test_what_parts_alone_show_is_nobody_but_who_was_found() -> None:
    """A hedge, say, that alone in a part of the photo passes for a person."""
    photo = street((200, 300))
    photo[150:170, 280:288, 0] = 255
    assert everybody(photo, SeesRed(0.01, doubt=0.0)).max() == 0.0
    found = np.zeros((200, 300), np.float32)
    found[155:165, 282:286] = 0.8
    assert np.array_equal(everybody(photo, SeesRed(0.01, doubt=0.0), [found]), found)


def test_a_strip_is_looked_at_once() -> None:
    segmenter = SeesRed(0.0)
    assert everybody(street((20, 4000)), segmenter).shape == (20, 4000)
    assert segmenter.looks == 1
