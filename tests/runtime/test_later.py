from __future__ import annotations

import gc
import threading
import weakref
from functools import partial

import pytest

from bunraku.runtime.later import Later
from bunraku.spec.cores import cores


def test_a_value_is_made_when_it_is_read_and_only_once() -> None:
    made: list[int] = []

    def make() -> int:
        made.append(1)
        return len(made)

    later = Later(make)
    assert made == []
    threads = [threading.Thread(target=later.read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert later.read() == 1
    assert made == [1]


def test_a_value_that_is_begun_is_made_meanwhile_and_waited_for() -> None:
    may, made = threading.Event(), []

    def make() -> int:
        assert may.wait(10)
        made.append(threading.current_thread())
        return 7

    later = Later.begun(make)
    may.set()
    assert later.read() == 7
    assert len(made) == 1


def test_a_value_ahead_is_made_by_another_thread_or_by_whoever_reads_it_first() -> None:
    may, busy, helpers = threading.Event(), threading.Event(), max(1, cores() - 1)

    def wait() -> threading.Thread:
        busy.set()
        assert may.wait(10)
        return threading.current_thread()

    first = [Later.ahead(wait) for _ in range(helpers)]
    assert busy.wait(10)
    reader = threading.current_thread()
    assert Later.ahead(threading.current_thread).read() is reader or helpers > 1
    may.set()
    assert reader not in [one.read() for one in first]


def test_what_fails_meanwhile_is_told_to_whoever_reads_it() -> None:
    def make() -> int:
        raise ValueError("not today")

    later = Later.begun(make)
    for _ in range(2):
        with pytest.raises(ValueError, match="not today"):
            later.read()


def test_what_fails_is_tried_again() -> None:
    answers = [ValueError("not yet"), None]

    def make() -> str:
        error = answers.pop(0)
        if error is not None:
            raise error
        return "made"

    later = Later(make)
    with pytest.raises(ValueError, match="not yet"):
        later.read()
    assert later.read() == "made"


def test_a_known_value_and_what_made_it_is_let_go() -> None:
    assert Later.of(5).read() == 5

    class Large:
        pass

    large = Large()
    gone = weakref.ref(large)
    later = Later(partial(isinstance, large, Large))
    del large
    assert gone() is not None
    assert later.read()
    gc.collect()
    assert gone() is None
