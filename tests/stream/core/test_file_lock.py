from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from bunraku.stream.core.file_lock import lock


@pytest.mark.skipif(sys.platform == "win32", reason="no locks there")
def test_is_held_until_the_file_is_closed(tmp_path: Path) -> None:
    first, second = (os.open(tmp_path / "f", os.O_RDWR | os.O_CREAT) for _ in range(2))
    lock(first)
    with pytest.raises(OSError, match="unavailable"):
        lock(second)
    os.close(first)
    lock(second)
    os.close(second)
