"""Lines that stay and the one that changes."""

from __future__ import annotations

import io
import logging

import pytest

from bunraku.commands.console import Console


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_on_a_terminal_the_last_line_changes_and_stays_below_the_others() -> None:
    stream = Terminal()
    console = Console(stream)
    console.say("photo 1")
    console.status("25 fps")
    console.say("recorded")
    console.status("24 fps")
    console.status("")
    console.say("the end")
    clear = "\r\x1b[K"
    assert stream.getvalue() == (
        f"photo 1\n{clear}25 fps{clear}recorded\n25 fps{clear}24 fps{clear}the end\n"
    )


def test_log_lines_stand_above_the_line_that_changes() -> None:
    stream = Terminal()
    console = Console(stream)
    log = logging.getLogger("bunraku.stream.somewhere")
    with console.logging():
        console.status("25 fps")
        log.warning("a frame is lost")
    log.warning("not told here")
    clear = "\r\x1b[K"
    assert stream.getvalue() == f"{clear}25 fps{clear}a frame is lost\n25 fps"


def test_elsewhere_only_lines_that_stay_are_written() -> None:
    stream = io.StringIO()
    console = Console(stream)
    console.status("25 fps")
    console.say("recorded")
    console.status("")
    assert stream.getvalue() == "recorded\n"


def test_the_line_that_changes_never_wraps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    stream = Terminal()
    Console(stream).status("25 of 30 fps, 60 ms old")
    assert stream.getvalue() == "\r\x1b[K25 of 30 fps, 60 ms"
