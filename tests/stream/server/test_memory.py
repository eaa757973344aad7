from __future__ import annotations

import platform
import subprocess
import sys

import pytest

from bunraku.stream.server.memory import MOST_ARENAS, keep_arenas_few

COUNT = """
import ctypes, os, re, sys, tempfile, threading
from bunraku.stream.server.memory import keep_arenas_few
if sys.argv[1] == "few":
    assert keep_arenas_few()
libc = ctypes.CDLL("libc.so.6")
libc.malloc.restype = libc.fdopen.restype = ctypes.c_void_p
barrier = threading.Barrier(8)
def allocate():
    barrier.wait()  # all at once: a thread that has ended leaves its arena to the next
    libc.malloc(5000)
    barrier.wait()
threads = [threading.Thread(target=allocate) for _ in range(8)]
for thread in threads: thread.start()
for thread in threads: thread.join()
with tempfile.TemporaryFile() as file:
    stream = ctypes.c_void_p(libc.fdopen(os.dup(file.fileno()), b"w"))
    libc.malloc_info(0, stream)
    libc.fclose(stream)
    file.seek(0)
    print(file.read().count(b"<heap nr="))
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="asks glibc")
def test_threads_share_a_few_arenas() -> None:
    def arenas(how: str) -> int:
        done = subprocess.run(
            [sys.executable, "-c", COUNT, how], check=True, capture_output=True, text=True
        )
        return int(done.stdout)

    assert arenas("few") <= MOST_ARENAS < arenas("many")


def test_elsewhere_nothing_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "libc_ver", lambda: ("", ""))
    assert not keep_arenas_few()
