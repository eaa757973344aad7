from __future__ import annotations

import pytest
from benchmarks.live.matching import Mark, match

PERIOD = 60
FRAME_MS = 100 / 3


def camera(frames: int, first: int = 0) -> list[Mark]:
    """A clip that is played over and over, from the given frame."""
    return [Mark((first + n) % PERIOD, n * FRAME_MS) for n in range(frames)]


def late(own: list[Mark], delay_ms: float, every: int = 1) -> list[Mark]:
    return [Mark(mark.number, mark.at_ms + delay_ms) for mark in own[::every]]


def test_constant_delay() -> None:
    own = camera(200, first=50)
    found = match(own, late(own, 70), period=PERIOD)
    assert len(found.delays) == 200
    assert {round(one.delay_ms, 6) for one in found.delays} == {70}
    assert found.unmatched == found.repeated == 0


def test_delay_that_outgrows_the_clip() -> None:
    own = camera(600)
    result = [Mark(mark.number, mark.at_ms * 2 + 10) for mark in own[:300]]
    found = match(own, result, period=PERIOD)
    delays = [one.delay_ms for one in found.delays]
    assert delays == pytest.approx([mark.at_ms + 10 for mark in own[:300]])
    assert delays[-1] > 4 * PERIOD * FRAME_MS


def test_dropped_frames_do_not_matter() -> None:
    own = camera(300)
    found = match(own, late(own, 190, every=7), period=PERIOD)
    assert {round(one.delay_ms, 6) for one in found.delays} == {190}


def test_first_result_may_be_old() -> None:
    own = camera(300)
    found = match(own, late(own, 1500)[10:], period=PERIOD)
    assert found.delays[0].delay_ms == pytest.approx(1500)


def test_frame_the_page_never_showed_is_counted() -> None:
    own = camera(100)
    result = late(own, 50)
    del own[40:43]
    found = match(own, result, period=PERIOD)
    assert found.unmatched == 3
    assert len(found.delays) == 97
    assert {round(one.delay_ms, 6) for one in found.delays} == {50}


def test_repeated_and_misread_marks_are_left_out() -> None:
    own = camera(100)
    result = late(own, 50)
    result.insert(30, Mark(result[29].number, result[29].at_ms + 5))  # the same again
    result.insert(50, Mark((result[50].number + 20) % PERIOD, result[50].at_ms - 1))  # the future
    found = match(own, result, period=PERIOD)
    assert found.repeated == 2
    assert {round(one.delay_ms, 6) for one in found.delays} == {50}
    assert len(found.delays) == 100


def test_camera_frame_on_screen_for_long_counts_from_its_first_time() -> None:
    own = [Mark(0, 0.0), Mark(0, 10.0), Mark(1, 33.0)]
    found = match(own, [Mark(0, 60.0)], period=PERIOD)
    assert found.delays[0].delay_ms == 60


def test_nothing_to_match() -> None:
    assert match([], [Mark(1, 1.0)], period=PERIOD).unmatched == 1
    assert match(camera(3), [], period=PERIOD).delays == ()
    assert match([Mark(5, 100.0)], [Mark(5, 50.0)], period=PERIOD).unmatched == 1
