"""A folder that may not be looked into, also by root, whom permissions do not stop."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import pytest


def lock(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the system answer as for a folder of mode 000 that belongs to somebody else."""
    may, look = os.access, Path.stat

    def access(path: Any, mode: int, **more: Any) -> bool:
        place = Path(path)
        return folder not in (place, *place.parents) and may(path, mode, **more)

    def stat(path: Path, **more: Any) -> os.stat_result:
        if folder in path.absolute().parents:
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return look(path, **more)

    monkeypatch.setattr(os, "access", access)
    monkeypatch.setattr(Path, "stat", stat)
