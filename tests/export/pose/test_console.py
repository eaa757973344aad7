from __future__ import annotations

import io

from rich.console import Console

from bunraku.export.pose.console import show_progress


def test_each_thing_gets_a_bar() -> None:
    out = io.StringIO()
    with show_progress(Console(file=out, force_terminal=True, width=80)) as report:
        report("Downloading", 0, 10)
        report("Downloading", 10, 10)
        report("Converting", 3, 3)
    assert "Downloading" in out.getvalue()
    assert "Converting" in out.getvalue()


def test_nothing_is_drawn_while_there_is_nothing_to_do() -> None:
    out = io.StringIO()
    with show_progress(Console(file=out, force_terminal=True, width=80)):
        pass
    assert out.getvalue() == ""
