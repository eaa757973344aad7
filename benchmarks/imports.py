"""How long `import bunraku` and `bunraku --help` take, each in a fresh interpreter."""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

RUNS = 9
LIMIT_S = 0.3  # for `import bunraku`
# The first takes the interpreter's own start with it; it is subtracted from the others.
COMMANDS = {
    "interpreter": ["-c", "pass"],
    "import_bunraku": ["-c", "import bunraku"],
    "import_puppet": ["-c", "import bunraku; bunraku.Puppet"],
    "help": ["-m", "bunraku", "--help"],
}


def seconds(arguments: list[str]) -> list[float]:
    """Wall times of ``RUNS`` runs, after one that fills the caches."""
    times = []
    for _ in range(RUNS + 1):
        start = time.perf_counter()
        subprocess.run([sys.executable, "-P", *arguments], check=True, capture_output=True)
        times.append(time.perf_counter() - start)
    return times[1:]


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, required=True, help="file to write")
    path: Path = parser.parse_args().json
    measured = {name: seconds(arguments) for name, arguments in COMMANDS.items()}
    bare = statistics.median(measured.pop("interpreter"))
    report = {
        f"{name}_s": {
            "p50": round(statistics.median(times) - bare, 4),
            "min": round(min(times) - bare, 4),
        }
        for name, times in measured.items()
    }
    result = {**report, "interpreter_s": round(bare, 4), "limit_s": LIMIT_S}
    path.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
