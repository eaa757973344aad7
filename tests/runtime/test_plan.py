from __future__ import annotations

import threading
import time

import pytest

from bunraku.runtime import plan
from bunraku.runtime.plan import SERVER_SPARE, FrameShares, frame_shares, live_shares
from bunraku.spec.cores import cores


@pytest.mark.parametrize(
    ("available", "expected"), [(1, (1, 1)), (2, (2, 1)), (3, (3, 1)), (8, (3, 2)), (64, (3, 21))]
)
def test_live_stages_share_the_cores(available: int, expected: tuple[int, int]) -> None:
    shares = live_shares(available)
    assert (shares.in_flight, shares.threads) == expected
    assert live_shares() == live_shares(cores())


@pytest.mark.parametrize(
    ("available", "expected"), [(1, (1, 1)), (2, (1, 1)), (3, (2, 1)), (4, (3, 1)), (8, (3, 2))]
)
def test_a_server_leaves_a_core_to_its_codecs(available: int, expected: tuple[int, int]) -> None:
    shares = live_shares(available, spare=SERVER_SPARE)
    assert (shares.in_flight, shares.threads) == expected


@pytest.mark.parametrize(
    ("available", "asked", "ahead", "threads", "beside"),
    [
        (2, 2, False, 2, True),
        (2, 1, False, 1, False),  # one thread is one thread,
        (2, 1, True, 1, True),  # but where the session has the other core to itself
        (1, 1, True, 1, False),
        (1, 4, True, 1, False),  # a process that is held to one core
        (8, None, False, 8, True),
        (8, 2, True, 2, True),
    ],
)
def test_a_frame_takes_no_more_than_it_may_of_the_cores(
    monkeypatch: pytest.MonkeyPatch,
    available: int,
    asked: int | None,
    threads: int,
    *,
    ahead: bool,
    beside: bool,
) -> None:
    monkeypatch.setattr(plan, "cores", lambda: available)
    assert frame_shares(asked, ahead=ahead) == FrameShares(threads, beside=beside)


def test_parts_of_a_frame_are_done_beside_each_other_or_where_they_are_read() -> None:
    here, done = threading.current_thread(), threading.Event()

    def make() -> threading.Thread:
        done.set()
        return threading.current_thread()

    part = FrameShares(1, beside=False).begun(make)
    assert not done.is_set()
    assert part.read() is here
    done.clear()
    part = FrameShares(1, beside=True).begun(make)
    assert done.wait(5)
    assert part.read() is not here


@pytest.mark.parametrize("beside", [True, False])
def test_a_part_that_changes_something_is_not_left_behind_by_what_fails(*, beside: bool) -> None:
    shares, begun, changed = FrameShares(1, beside=beside), threading.Event(), []

    def change() -> int:
        begun.set()
        time.sleep(0.01)
        changed.append(1)
        return len(changed)

    def fail() -> None:
        with shares.meanwhile(change):
            assert begun.wait(5 if beside else 0) is beside
            raise ArithmeticError

    with pytest.raises(ArithmeticError):
        fail()
    assert len(changed) == beside
    with shares.meanwhile(change) as part:
        pass
    assert part.read() == 1 + beside
