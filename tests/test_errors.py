"""What errors of the system are told as."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from bunraku.errors import OutputError, pip_of


@pytest.mark.parametrize(
    ("number", "hint"),
    [
        (errno.ENOSPC, "Free some space, or name another place for it."),
        (errno.EDQUOT, "Free some space, or name another place for it."),
        (errno.ENOENT, "Name another place for it."),
        (errno.EROFS, "Name another place for it."),
    ],
)
def test_what_cannot_be_written_is_told_with_what_to_do(number: int, hint: str) -> None:
    error = OutputError.of(Path("out/film.mp4"), OSError(number, os.strerror(number), "film.part"))
    assert error.message == f"out/film.mp4 cannot be written: {os.strerror(number)}."
    assert error.hint == hint


def test_an_error_without_a_number_keeps_its_words() -> None:
    error = OutputError.of("out", RuntimeError("the muxer gave up"))
    assert str(error) == "out cannot be written: the muxer gave up. Name another place for it."


@pytest.mark.parametrize(
    ("python", "found", "command"),
    [
        ("/home/me/.venv/bin/python", "/home/me/.venv/bin/pip", "pip"),
        ("/home/me/.venv/bin/python", "/usr/bin/pip", "/home/me/.venv/bin/python -m pip"),
        ("/my home/bin/python3", None, "'/my home/bin/python3' -m pip"),
        ("/venv/Scripts/python.exe", "/venv/Scripts/pip.EXE", "pip"),
        ("", "/usr/bin/pip", "pip"),
        (None, None, "pip"),
    ],
)
def test_a_hint_installs_into_the_python_that_runs(
    python: str | None, found: str | None, command: str
) -> None:
    assert pip_of(python, found) == command
