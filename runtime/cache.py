"""Where what is fetched or made once, for all later starts, is kept."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs


def cache_folder() -> Path:
    """The folder for everything that Bunraku fetches or compiles: BUNRAKU_CACHE, or the system's
    place for such files. It may not be there yet.
    """
    chosen = os.environ.get("BUNRAKU_CACHE")
    return Path(chosen).expanduser() if chosen else Path(platformdirs.user_cache_dir("bunraku"))
