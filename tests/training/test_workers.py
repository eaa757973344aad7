from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from bunraku.errors import BunrakuError, InputError
from bunraku.training.workers import in_processes, progress_bar

_told = 0


@pytest.fixture(autouse=True)
def importable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers find this module."""
    monkeypatch.syspath_prepend(str(Path(__file__).parents[2]))


def start(told: int) -> None:
    global _told
    _told = told


def double(number: int) -> tuple[int, int, str]:
    return 2 * number, _told, os.environ["OMP_NUM_THREADS"]


def refuse(number: int) -> int:
    if number == 0:
        raise InputError("no such thing")
    return number


def blocked(_: int) -> list[int]:
    return [*signal.pthread_sigmask(signal.SIG_BLOCK, [])]


def die(number: int) -> int:
    if number == 0:
        os._exit(9)
    return number


def test_each_job_in_a_process_that_was_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    found = list(in_processes(double, [(1,), (2,), (3,)], 2, start, (5,)))
    assert sorted(found) == [(2, 5, "1"), (4, 5, "1"), (6, 5, "1")]
    assert os.environ["OMP_NUM_THREADS"] == "7"


def test_what_a_job_raises() -> None:
    with pytest.raises(InputError, match="no such thing"):
        list(in_processes(refuse, [(0,)], 1, start, (0,)))


def test_a_process_that_died() -> None:
    with pytest.raises(BunrakuError, match=r"A worker process died.*run it again to go on"):
        list(in_processes(die, [(0,)], 1, start, (0,)))


def test_nothing_to_do() -> None:
    assert list(in_processes(double, [], 2)) == []


def test_a_process_hears_ctrl_c_once_it_works() -> None:
    assert list(in_processes(blocked, [(1,)], 1)) == [[]]


def test_no_bar_where_nobody_looks(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    with progress_bar("people", 2, "samples") as advance:
        advance(12)
        (tmp_path / "done").touch()
    assert capfd.readouterr() == ("", "")
