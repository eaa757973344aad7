from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading

import pytest

from bunraku.runtime.child_signals import deaf_children

CHILD = """
import sys
from bunraku.runtime.child_signals import hear_again
print("up", flush=True)
sys.stdin.readline()
hear_again()
print("was not asked")
"""


@pytest.mark.parametrize(("asked", "ends"), [(True, -signal.SIGINT), (False, 0)])
def test_a_child_that_loads_hears_ctrl_c_later(asked: bool, ends: int) -> None:
    with deaf_children():
        child = subprocess.Popen(
            [sys.executable, "-c", CHILD],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )
    if asked:
        child.send_signal(signal.SIGINT)
    assert child.stdout is not None
    assert child.stdout.readline() == "up\n"
    _, told = child.communicate("\n")
    assert (child.returncode, told) == (ends, "")


def test_a_parent_hears_it_when_its_children_have_begun() -> None:
    heard: list[str] = []
    before = signal.signal(signal.SIGINT, lambda *_: heard.append("Ctrl-C"))
    try:
        with deaf_children():
            signal.pthread_kill(threading.get_ident(), signal.SIGINT)
            heard.append("begun")
    finally:
        signal.signal(signal.SIGINT, before)
    assert heard == ["begun", "Ctrl-C"]
