"""Makes `benchmarks` importable: it is a package of the repository's root, not of bunraku."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = str(Path(__file__).resolve().parents[2])
if ROOT not in sys.path:
    sys.path.append(ROOT)
