"""What is carried to a machine without a network: wheels, the pose networks, a bundle.

carried/*.whl     Python packages that the machine lacks
carried/cache/    what `bunraku fetch` has put into its cache
carried/paper/    a bundle of the paper's sizes, of random weights
carried/people/   people to train on, or
carried/assets/   what they are rendered of (`bunraku synth`)
carried/iuv/      the IUV net's checkpoint, in pieces
"""

from __future__ import annotations

import os
import re
import zipfile
from importlib import metadata
from pathlib import Path

_LIBRARIES = ("purelib", "platlib")


def unpack(carried: Path, target: Path) -> list[str]:
    """Lay the wheels' packages where Python finds them; those of packages that are installed are
    left alone, for the machine's own fit its GPU.

    :return: the names of what was laid there.
    """
    laid = []
    for wheel in sorted(carried.glob("*.whl")):
        name = re.sub(r"[-_.]+", "-", wheel.name.split("-")[0]).lower()
        if _is_installed(name):
            continue
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(target)
        for data in target.glob("*.data"):
            for kind in _LIBRARIES:
                for item in (data / kind).glob("*"):
                    item.rename(target / item.name)
        laid.append(name)
    return laid


def environment(root: Path, carried: Path | None, target: Path) -> dict[str, str]:
    """Of every step: where packages and networks lie.

    The root comes first, for the tests and this folder; the machine's own packages come last.
    """
    told = dict(os.environ)
    paths = [str(root), str(root / "src"), *filter(None, [told.get("PYTHONPATH")]), str(target)]
    told["PYTHONPATH"] = os.pathsep.join(paths)
    if carried is not None and (carried / "cache").is_dir():
        told["BUNRAKU_CACHE"] = str((carried / "cache").resolve())
    return told


def _is_installed(name: str) -> bool:
    try:
        metadata.version(name)
    except metadata.PackageNotFoundError:
        return False
    return True
