"""Standard output and error that fail, in processes of their own."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from bunraku.commands.streams import _Output
from bunraku.errors import OutputError

ROOT = Path(__file__).parents[2]
FULL = Path("/dev/full")
NO_ROOM = (
    "bunraku: The result cannot be written to standard output: No space left on device. "
    "Send it to a file or a program that can take it.\n"
)


def bunraku(
    *words: str, end: str = "", pass_fds: tuple[int, ...] = ()
) -> subprocess.CompletedProcess[str]:
    """Run the command line through a shell.

    :param end: what the shell does with its streams.
    """
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    command = f'"{sys.executable}" -P -m bunraku {" ".join(words)} {end}'
    return subprocess.run(
        ["/bin/bash", "-c", command],
        capture_output=True,
        text=True,
        env=environment,
        pass_fds=pass_fds,
        check=False,
    )


@pytest.mark.skipif(not FULL.exists(), reason="there is no /dev/full")
@pytest.mark.parametrize("words", ["info", "info --json", "--help", "info --help", "--version"])
def test_a_full_disk_is_told(words: str) -> None:
    ended = bunraku(words, end="> /dev/full")
    assert (ended.returncode, ended.stderr) == (2, NO_ROOM)


def test_a_closed_output_is_told() -> None:
    ended = bunraku("info", end=">&-")
    assert ended.returncode == 2
    assert ended.stderr.startswith("bunraku: The result cannot be written to standard output: it ")
    assert ended.stderr.count("\n") == 1


def test_a_reader_that_has_seen_enough() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    ended = bunraku("info", end=f">&{writing}", pass_fds=(writing,))
    os.close(writing)
    assert (ended.returncode, ended.stderr) == (141, "")


@pytest.mark.parametrize("end", ["2>&-", "2>/dev/full", ">&- 2>&-", "<&- >&- 2>&-"])
def test_messages_that_cannot_be_said_change_nothing(end: str) -> None:
    assert bunraku("info", "nothing", end=end).returncode == 2


def test_closed_streams_do_not_become_files(tmp_path: Path) -> None:
    """What a library writes to standard error would else stand in the next file that is opened."""
    code = (
        "import os, sys; from bunraku.commands.streams import take_streams\n"
        "take_streams()\n"
        "with open('file', 'wb') as file:\n"
        "    assert file.fileno() > 2\n"
        "    os.write(2, b'a library')\n"
        "sys.stderr.write('a message')"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    command = ["/bin/bash", "-c", f'exec "{sys.executable}" -c "$0" <&- 2>&-', code]
    subprocess.run(command, cwd=tmp_path, env=environment, check=True)
    assert (tmp_path / "file").read_bytes() == b""


def test_characters_that_the_terminal_has_not() -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "PYTHONIOENCODING": "ascii"}
    code = (
        "from bunraku.commands.show import print_json\n"
        "from bunraku.commands.streams import take_streams\n"
        "take_streams()\n"
        "print_json('été \\udcff')\n"
        "print('×')"
    )
    told = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, env=environment, check=True
    ).stdout.decode("ascii")
    first, second = told.splitlines()
    assert json.loads(first) == "été \udcff"
    assert second == "\\xd7"


def test_a_pipe_that_does_not_block_is_waited_for() -> None:
    code = (
        "import os, sys; from bunraku.commands.streams import take_streams\n"
        "os.set_blocking(1, False)\n"
        "take_streams()\n"
        "print('x' * 1_000_000)"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, env=environment
    )
    assert process.communicate()[0] == b"x" * 1_000_000 + b"\n"
    assert process.returncode == 0


def test_an_error_is_told_once() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    output = _Output(writing, closed=False)
    with pytest.raises(BrokenPipeError):
        output.write(b"seen enough")
    assert output.write(b"what the buffer still held") == 26
    os.close(writing)
    closed = _Output(1, closed=True)
    with pytest.raises(OutputError, match="it is closed"):
        closed.write(b"nothing")
    assert closed.write(b"more") == 4


def hang_up(code: str) -> int:
    """Run code in a terminal and close that as soon as a line stands in it; the exit code."""
    terminal, inside = pty.openpty()
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    take_terminal = "import fcntl, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0)\n"
    with subprocess.Popen(
        [sys.executable, "-c", take_terminal + code],
        stdin=inside,
        stdout=inside,
        stderr=inside,
        env=environment,
        start_new_session=True,
    ) as process:
        os.close(inside)
        os.read(terminal, 100)
        os.close(terminal)
        return process.wait(20)


def test_a_terminal_that_was_closed_hears_nothing(tmp_path: Path) -> None:
    code = (
        "import sys, time; from bunraku.commands.streams import take_streams\n"
        "from bunraku.stream.core.signals import StopRequest\n"
        "take_streams()\n"
        "with StopRequest() as stop:\n"
        "    print('begun')\n"
        "    while not stop(): time.sleep(0.01)\n"
        "    for stream in (sys.stdout, sys.stderr): print('the summary', file=stream)\n"
        "sys.exit(7)"
    )
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    try:
        assert hang_up(code) == 7
    finally:
        signal.signal(signal.SIGHUP, before)
