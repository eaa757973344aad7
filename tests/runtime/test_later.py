from __future__ import annotations

import gc
import threading
import weakref
from functools import partial

import pytest

from bunraku.runtime.later import Later


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
