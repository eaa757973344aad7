from __future__ import annotations

import gc
import os
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from multiprocessing import get_context

import pytest

from bunraku.runtime import later
from bunraku.runtime.later import Later
from bunraku.spec.cores import cores


def test_a_value_is_made_when_it_is_read_and_only_once() -> None:
    made: list[int] = []

    def make() -> int:
        made.append(1)
        return len(made)

    value = Later(make)
    assert made == []
    threads = [threading.Thread(target=value.read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert value.read() == 1
    assert made == [1]


def test_a_value_that_is_begun_is_made_meanwhile_and_waited_for() -> None:
    may, made = threading.Event(), []

    def make() -> int:
        assert may.wait(10)
        made.append(threading.current_thread())
        return 7

    value = Later.begun(make)
    may.set()
    assert value.read() == 7
    assert len(made) == 1


def test_a_value_ahead_is_made_by_another_thread_or_by_whoever_reads_it_first() -> None:
    helpers = max(1, cores() - 1)
    may, busy = threading.Event(), threading.Barrier(helpers + 1)

    def wait() -> threading.Thread:
        busy.wait(10)
        assert may.wait(10)
        return threading.current_thread()

    first = [Later.ahead(wait) for _ in range(helpers)]
    busy.wait(10)
    reader = threading.current_thread()
    assert Later.ahead(threading.current_thread).read() is reader
    may.set()
    assert reader not in [one.read() for one in first]


def test_a_value_ahead_is_made_where_no_thread_can_be_had(monkeypatch: pytest.MonkeyPatch) -> None:
    ended = ThreadPoolExecutor(1)
    ended.shutdown()  # as it is once the interpreter ends
    monkeypatch.setattr(later, "HELPERS", ended)
    assert Later.ahead(threading.current_thread).read() is threading.current_thread()


def test_a_value_that_is_begun_is_made_where_no_thread_can_be_had(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def start(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", start)
    assert Later.begun(threading.current_thread).read() is threading.current_thread()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are not forked here")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_forked_process_has_helpers_of_its_own() -> None:
    Later.ahead(int).read()
    child = get_context("fork").Process(target=_made_by_a_helper)
    child.start()
    child.join(10)
    assert child.exitcode == 0


def _made_by_a_helper() -> None:
    made = threading.Event()
    Later.ahead(made.set)
    assert made.wait(5)


def test_what_fails_meanwhile_is_told_to_whoever_reads_it() -> None:
    def make() -> int:
        raise ValueError("not today")

    value = Later.begun(make)
    for _ in range(2):
        with pytest.raises(ValueError, match="not today"):
            value.read()


def test_what_fails_is_tried_again() -> None:
    answers = [ValueError("not yet"), None]

    def make() -> str:
        error = answers.pop(0)
        if error is not None:
            raise error
        return "made"

    value = Later(make)
    with pytest.raises(ValueError, match="not yet"):
        value.read()
    assert value.read() == "made"


def test_a_known_value_and_what_made_it_is_let_go() -> None:
    assert Later.of(5).read() == 5

    class Large:
        pass

    large = Large()
    gone = weakref.ref(large)
    value = Later(partial(isinstance, large, Large))
    del large
    assert gone() is not None
    assert value.read()
    gc.collect()
    assert gone() is None
