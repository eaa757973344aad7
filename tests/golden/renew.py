"""Write the golden numbers and pictures anew, as seen on this machine.

python -P -m tests.golden.renew
"""

from __future__ import annotations

import asyncio
import json

from tests.golden.pictures import (
    DATA,
    EXAMPLES,
    FRAMES,
    REAL,
    REAL_FRAMES,
    REAL_PHOTOS,
    SHOWN,
    animated,
    digest,
    kept_of,
    live,
    machine,
    shown,
    shown_path,
    small,
)

from bunraku.runtime.engines.registry import REFERENCE
from bunraku.runtime.models import Models


def main() -> None:
    """Overwrite tests/data/golden.json and tests/data/golden; absent photos keep their numbers."""
    path = DATA / "golden.json"
    kept = json.loads(path.read_text("utf-8")) if path.exists() else {}
    models = Models.load(engine=REFERENCE, threads=1)
    made = {
        "example": animated(models, EXAMPLES / "photo.jpg", FRAMES),
        "live": asyncio.run(live(models)),
        "landmarks": animated(
            Models.load(engine=REFERENCE, threads=1, driver="landmarks", face=False),
            EXAMPLES / "photo.jpg",
            FRAMES,
        ),
    }
    for name in REAL_PHOTOS:
        photo = REAL / "source" / name
        if photo.is_file():
            made[name] = animated(models, photo, REAL_FRAMES)
    for name, pictures in made.items():
        kept[name] = {"sha256": {machine(): digest(pictures)}, "small": list(small(pictures))}
    shown_path("", 0).parent.mkdir(exist_ok=True)
    for name in SHOWN:
        for number, picture in enumerate(kept_of(made[name])):
            shown_path(name, number).write_bytes(shown(picture))
    path.write_text(json.dumps(kept, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
