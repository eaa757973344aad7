"""How many synthetic pictures a second two processes make."""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path

from bunraku.training.people.synth import synthesize

FRAMES = 12
LIMIT = 12.0  # samples a second, two idle cores, at 256 x 256


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--assets", type=Path, required=True, help="wardrobe and motions")
    parser.add_argument("--people", type=int, default=40)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--json", type=Path, required=True, help="file to write")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        # The first people pay for caches that are made once a machine.
        first = Path(folder) / "first"
        synthesize(first, options.assets, options.workers, 1, options.workers, 0, None)
        report = synthesize(
            Path(folder) / "rest", options.assets, options.people, FRAMES, options.workers, 1, None
        )
    result = {
        "samples_per_s": round(report.samples_per_s, 2),
        "target_samples_per_s": LIMIT,
        "people": options.people,
        "frames": FRAMES,
        "workers": options.workers,
    }
    options.json.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
