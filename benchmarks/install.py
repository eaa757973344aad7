"""How large the CPU install is: all that `pip install "bunraku[cpu]"` brings."""

from __future__ import annotations

import argparse
import json
from importlib import metadata
from pathlib import Path
from typing import Any

from pip._vendor.packaging.requirements import Requirement

LIMIT_MIB = 450
EXTRA = "cpu"


def closure(name: str, extra: str) -> dict[str, metadata.Distribution]:
    """The distribution and everything that it requires, by name."""
    found: dict[str, metadata.Distribution] = {}
    waiting = [(name, frozenset({extra}))]
    visited: set[tuple[str, frozenset[str]]] = set()
    while waiting:
        item = waiting.pop()
        if item in visited:
            continue
        visited.add(item)
        wanted, extras = item
        distribution = metadata.distribution(wanted)
        found[distribution.name.lower()] = distribution
        for line in distribution.requires or ():
            requirement: Any = Requirement(line)
            marker = requirement.marker
            environments = [{"extra": e} for e in ("", *extras)]
            if marker is None or any(marker.evaluate(e) for e in environments):
                waiting.append((requirement.name, frozenset(requirement.extras)))
    return found


def mebibytes(distribution: metadata.Distribution) -> float:
    """Size of the distribution's files on disk."""
    paths = [Path(str(distribution.locate_file(file))) for file in distribution.files or ()]
    return sum(path.stat().st_size for path in paths if path.is_file()) / 2**20


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, required=True, help="file to write")
    path: Path = parser.parse_args().json
    sizes = {name: mebibytes(found) for name, found in closure("bunraku", EXTRA).items()}
    largest = sorted(sizes.items(), key=lambda item: -item[1])
    result = {
        "total_mib": round(sum(sizes.values()), 1),
        "limit_mib": LIMIT_MIB,
        "packages_mib": {name: round(size, 1) for name, size in largest},
    }
    path.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
