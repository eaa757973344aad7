"""What numbers were measured on: the machine, its GPU, the libraries, the commit and the day."""

from __future__ import annotations

import os
import platform
import subprocess
from datetime import UTC, datetime
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from bunraku.runtime.engines.present import missing_gpu
from bunraku.spec.cores import cores

LIBRARIES = (
    "bunraku",
    "numpy",
    "numba",
    "onnxruntime",
    "onnxruntime-gpu",
    "openvino",
    "opencv-python-headless",
    "av",
    "torch",
    "triton",
    "tensorrt",
    "tensorrt-rtx-cu13",
    "torch-tensorrt",
)


def facts() -> dict[str, Any]:
    """What stands in every report; plain JSON values."""
    return {
        "machine": machine(),
        "commit": commit(),
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def machine() -> dict[str, Any]:
    """The machine and what is installed on it; libraries that are not are None."""
    return {
        "cpu": _cpu(),
        "cores": cores(),
        "gpu": _gpu(),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "load": [round(value, 2) for value in os.getloadavg()],
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "libraries": {name: _version(name) for name in LIBRARIES},
    }


def commit() -> str | None:
    """The checkout's commit, "+" after it if files have changed; None outside of a checkout."""
    folder = Path(__file__).resolve().parents[1]
    try:
        head = _git(folder, "rev-parse", "HEAD")
        changed = _git(folder, "status", "--porcelain", "--untracked-files=no")
    except (OSError, subprocess.SubprocessError):
        return None
    return head + ("+" if changed else "")


def _cpu() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or "unknown"


def _gpu() -> dict[str, Any] | None:
    """The first NVIDIA GPU as torch knows it; None where there is none, or no torch."""
    if missing_gpu() is not None or find_spec("torch") is None:
        return None
    import torch

    if not torch.cuda.is_available():
        return None
    known = torch.cuda.get_device_properties(0)
    return {
        "name": known.name,
        "capability": f"{known.major}.{known.minor}",
        "memory_gib": round(known.total_memory / 2**30, 1),
        "cuda": torch.version.cuda,
    }


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _git(folder: Path, *arguments: str) -> str:
    # Only this project's own checkout: the package may lie in a virtual environment inside another.
    if not (folder.parent / ".git").exists():
        raise FileNotFoundError(folder.parent / ".git")
    result = subprocess.run(
        ["git", "-C", str(folder), *arguments],
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    return result.stdout.strip()
