"""What a training tells: losses as JSON lines, progress and time left, TensorBoard if wanted."""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from torch import Tensor

from bunraku.errors import PIP, MissingExtraError, OutputError
from bunraku.training.full_disk import FullDisk

LINE_STEPS = 20
"""Steps whose losses are averaged into one line of the file."""
TOLD_S = 60.0
"""Time between two lines of progress."""


class Journal:
    """``OUT/losses.jsonl`` and what is told while it grows.

    A line holds ``step``, ``phase``, ``rate`` (of learning), ``seconds`` (of training, over
    all sittings) and ``losses``, means since the line before. On a full disk lines wait until
    they can be written, and TensorBoard is done without.
    """

    def __init__(
        self, out: Path, log: Callable[[str], None], *, step: int, tensorboard: bool
    ) -> None:
        """Go on with a run's file.

        Args:
            out: the run's folder.
            log: takes lines for people.
            step: how far the run is; what an interrupted sitting wrote beyond is dropped.
            tensorboard: whether to write its events too, into ``out/tensorboard``.

        Raises:
            MissingExtraError: tensorboard is not installed.
            OutputError: the folder cannot be written to.
        """
        self.path = out / "losses.jsonl"
        self._log = log
        self.disk = FullDisk(log)
        """Survives what the run can do without; samples too are written under it."""
        self._waiting = ""
        self._writer = _tensorboard_writer(out / "tensorboard", step) if tensorboard else None
        self._sums: dict[str, Tensor] = {}
        self._count = 0
        self._at = step, "", 0.0, 0.0
        self._told_at = self._started_at = time.monotonic()
        self._steps = 0
        kept = [line for line in self._lines() if json.loads(line)["step"] <= step]
        self._rewrite("".join(line + "\n" for line in kept))

    def add(
        self, step: int, phase: str, rate: float, seconds: float, losses: Mapping[str, Tensor]
    ) -> None:
        """One step's losses; they are read from the device only once a line."""
        if self._count and phase != self._at[1]:  # the new phase's losses are others
            self._end_line()
        for name, loss in losses.items():
            self._sums[name] = self._sums[name] + loss if name in self._sums else loss
        self._count += 1
        self._steps += 1
        self._at = step, phase, rate, seconds
        if self._count == LINE_STEPS:
            self._end_line()

    def _end_line(self) -> None:
        step, phase, rate, seconds = self._at
        means = {name: float(value) / self._count for name, value in self._sums.items()}
        self._sums, self._count = {}, 0
        rounded = {name: float(f"{value:.7g}") for name, value in means.items()}
        entry = {"step": step, "phase": phase, "rate": rate, "seconds": round(seconds, 1)}
        self._waiting += json.dumps({**entry, "losses": rounded}) + "\n"
        self._keep()
        self._board(
            lambda to: [
                *(to.add_scalar(f"losses/{name}", value, step) for name, value in means.items()),
                to.add_scalar("rate", rate, step),
            ]
        )

    def tell(self, phase: str, done: int, total: int, left: int, samples: int) -> None:
        """About once a minute, how far it is and how long it will still take.

        Args:
            phase: its name.
            done: its steps so far.
            total: its steps in all.
            left: steps of the whole run that are still to do.
            samples: in a step, of all processes.
        """
        now = time.monotonic()
        if now - self._told_at < TOLD_S:
            return
        self._told_at = now
        a_second = self._steps / (now - self._started_at)
        wait = _duration(left / a_second)
        speed = f"{a_second * samples:.1f} samples/s"
        self._log(f"{phase}: step {done} of {total}, {speed}, {wait} left")

    def show(self, step: int, picture: Path) -> None:
        """A sheet of samples that was written, for TensorBoard."""
        if self._writer is not None:
            with Image.open(picture) as sheet:
                pixels = np.asarray(sheet.convert("RGB"))
            self._board(lambda to: to.add_image("samples", pixels, step, dataformats="HWC"))

    def close(self) -> None:
        """Write the line that was begun, and end TensorBoard's file."""
        if self._count:
            self._end_line()
        elif self._waiting:
            self._keep()
        self._board(lambda to: to.close())

    def _board(self, write: Callable[[Any], object]) -> None:
        """Let TensorBoard's writer write; one that failed once writes no more."""
        if self._writer is None:
            return
        with self.disk.survived("tensorboard"):
            try:
                write(self._writer)
            except OSError as error:
                self._writer = None
                raise OutputError.of(self.path.parent / "tensorboard", error) from error

    def _lines(self) -> list[str]:
        """Whole lines so far; a torn last one is of a step that will be made again."""
        lines = []
        with contextlib.suppress(OSError):  # told of when it is written
            for line in self.path.read_text(encoding="utf-8").splitlines():
                with contextlib.suppress(ValueError):
                    json.loads(line)
                    lines.append(line)
        return lines

    def _rewrite(self, text: str) -> None:
        try:
            self.path.write_text(text, encoding="utf-8")
        except OSError as error:
            raise OutputError.of(self.path, error) from error

    def _keep(self) -> None:
        with self.disk.survived("losses"):
            self._append()

    def _append(self) -> None:
        """Write the lines that wait, all or none: of half a line nobody could make anything."""
        try:
            whole = self.path.stat().st_size if self.path.exists() else 0
            try:
                with self.path.open("a", encoding="utf-8") as file:
                    file.write(self._waiting)
            except OSError:
                with contextlib.suppress(OSError):
                    os.truncate(self.path, whole)
                raise
        except OSError as error:
            raise OutputError.of(self.path, error) from error
        self._waiting = ""


def _tensorboard_writer(folder: Path, step: int) -> Any:
    try:
        module: Any = importlib.import_module("torch.utils.tensorboard")
    except ImportError as exc:
        raise MissingExtraError(
            "TensorBoard is not installed.",
            f"Run: {PIP} install tensorboard; or leave the flag out.",
        ) from exc
    return module.SummaryWriter(folder, purge_step=step + 1)


def _duration(seconds: float) -> str:
    """``2 d 3 h``, ``3 h 5 min``, ``5 min``."""
    minutes = round(seconds / 60.0)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{days} d {hours} h"
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"
