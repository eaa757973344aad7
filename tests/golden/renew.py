"""Write the golden numbers anew, as seen on this machine: ``python -P -m tests.golden.renew``."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

from tests.golden.pictures import (
    EXAMPLES,
    FRAMES,
    REAL,
    REAL_FRAMES,
    REAL_PHOTOS,
    animated,
    digest,
    live,
    machine,
    small,
)

from bunraku.runtime.models import Models


def main() -> None:
    """Overwrite tests/data/golden.json; photos that are absent keep their numbers."""
    path = Path(__file__).parents[1] / "data" / "golden.json"
    kept = json.loads(path.read_text("utf-8")) if path.exists() else {}
    models = Models.load(threads=1)
    made = {
        "example": animated(models, EXAMPLES / "photo.jpg", FRAMES),
        "live": asyncio.run(live(models)),
    }
    for name in REAL_PHOTOS:
        photo = REAL / "source" / name
        if photo.is_file():
            made[name] = animated(models, photo, REAL_FRAMES)
    for name, pictures in made.items():
        kept[name] = {"sha256": {machine(): digest(pictures)}, "small": list(small(pictures))}
    path.write_text(json.dumps(kept, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
