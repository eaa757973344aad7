"""The report as a file: from which machine and commit, and whether nothing is missing in it."""

from __future__ import annotations

import datetime as dt
import json
import os
import platform
import subprocess
from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

import psutil
from benchmarks.live.errors import BenchError

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("aiortc", "aioice", "aiohttp", "av", "numpy", "onnxruntime", "opencv-python-headless")
OWN_CASES = ("passthrough", "engine_30ms", "overload_60ms", "live")
YARDSTICKS = ("first_chain", "stock_aiortc", "naive_transform", "naive_transform_60ms")
DELAY_KEYS = ("p50", "p95", "slope_ms_per_min")


def environment() -> dict[str, Any]:
    """Machine, date, commit and versions."""
    return {
        "machine": {
            "processor": _processor(),
            "cores": psutil.cpu_count(),
            "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
            "system": platform.platform(),
            "load_at_start": round(os.getloadavg()[0], 2),
        },
        "date": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "commit": _commit(),
        "versions": {"python": platform.python_version(), **_versions()},
    }


def check_cases(report: Mapping[str, Any], names: Sequence[str]) -> None:
    """See that each case has what its readers rely on.

    :raises BenchError: something is missing, or was not measured.
    """
    for name in names:
        case = report.get(name)
        if not isinstance(case, Mapping):
            raise BenchError(f"The report has no {name}.")
        delay, fps = case.get("page_to_page_ms"), case.get("fps")
        if not isinstance(delay, Mapping) or not isinstance(fps, float):
            raise BenchError(f"{name} has no page_to_page_ms or no fps.")
        missing = [key for key in DELAY_KEYS if not isinstance(delay.get(key), (int, float))]
        if missing:
            raise BenchError(f"{name}.page_to_page_ms has no {', '.join(missing)}.")


def check_target(path: Path) -> None:
    """Find out now, not after minutes of measuring.

    :raises BenchError: the file cannot be written there.
    """
    if path.is_dir():
        raise BenchError(f"{path} is a folder: name a file in it.")
    if not path.parent.is_dir():
        raise BenchError(f"The folder {path.parent} does not exist: make it first.")


def write(path: Path, report: Mapping[str, Any]) -> None:
    """All at once, so that no reader finds half of it."""
    part = path.with_name(path.name + ".part")
    part.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    part.replace(path)


def _versions() -> dict[str, str]:
    found = {}
    for name in ("bunraku", *PACKAGES):
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def _commit() -> str | None:
    """The commit; "+" behind it where tracked files differ from it."""
    try:
        head = _git("rev-parse", "HEAD")
        return head + ("+" if _git("status", "--porcelain", "--untracked-files=no") else "")
    except (OSError, subprocess.SubprocessError):
        return None


def _git(*words: str) -> str:
    done = subprocess.run(
        ["git", *words], cwd=ROOT, check=True, capture_output=True, text=True, timeout=10
    )
    return done.stdout.strip()


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()
