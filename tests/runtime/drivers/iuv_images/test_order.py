"""Frames are numbered as they come."""

from __future__ import annotations

from bunraku.runtime.drivers.iuv_images.order import FrameOrder


def test_frames_of_any_rate_follow_each_other() -> None:
    order = FrameOrder()
    assert [order(t) for t in (7.0, 7.04, 7.5, 9.0)] == [0, 1, 2, 3]


def test_a_frame_may_be_looked_at_twice() -> None:
    order = FrameOrder()
    assert [order(t) for t in (0.0, 0.0, 0.1, 0.1, 0.2)] == [0, 0, 1, 1, 2]


def test_an_earlier_time_starts_anew() -> None:
    order = FrameOrder(first=5)
    assert [order(t) for t in (1.0, 1.1, 1.0, 1.1)] == [5, 6, 5, 6]


def test_a_frame_read_apart_is_numbered_by_hand() -> None:
    order = FrameOrder(first=40)
    assert order(1.6) == 40
    order.restart()
    assert [order(t) for t in (0.0, 0.04)] == [0, 1]
