"""How busy a GPU was: what nvidia-smi says meanwhile."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
from types import TracebackType
from typing import Self

PERIOD_MS = 500
COMMAND = (
    *("--query-gpu=utilization.gpu", "--format=csv,noheader,nounits"),
    f"--loop-ms={PERIOD_MS}",
)


class BusyMeter:
    """Watches one GPU while its block runs.

    ``share`` is then the mean share of time in which at least one kernel ran, in [0, 1], as the
    driver samples it; None where there is no nvidia-smi, or it said nothing.
    """

    def __init__(self, index: int = 0) -> None:
        self.share: float | None = None
        self._index = index
        self._child: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        found = shutil.which("nvidia-smi")
        if found is not None:
            with contextlib.suppress(OSError):
                self._child = subprocess.Popen(
                    (found, f"--id={self._index}", *COMMAND),
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                    text=True,
                )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._child is None:
            return
        self._child.terminate()
        said, _ = self._child.communicate()
        shares = [int(line) / 100.0 for line in said.splitlines() if line.strip().isdecimal()]
        if shares:
            self.share = sum(shares) / len(shares)
