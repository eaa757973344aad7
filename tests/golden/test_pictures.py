"""Pictures do not change unless somebody means them to: then ``renew.py`` writes the numbers anew,
and the commit says why."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.golden.pictures import (
    EXAMPLES,
    FRAMES,
    REAL,
    REAL_FRAMES,
    REAL_PHOTOS,
    animated,
    digest,
    from_small,
    live,
    machine,
    small,
)

from bunraku.export.pose.fetch import ensure
from bunraku.runtime.models import Models
from bunraku.spec.arrays import Picture

GOLDEN = json.loads((Path(__file__).parents[1] / "data" / "golden.json").read_text("utf-8"))
ABOUT = 3
"""Levels by which other processors and libraries may differ, in a mean over a 64th of a picture."""


@pytest.fixture(scope="module")
def models() -> Models:
    return Models.load(networks=ensure(), threads=1)


def check(name: str, pictures: Sequence[Picture]) -> None:
    kept: dict[str, Any] = GOLDEN[name]
    for i, (now, then) in enumerate(zip(small(pictures), kept["small"], strict=True)):
        difference = np.abs(from_small(now).astype(int) - from_small(then))
        assert difference.max() <= ABOUT, f"{name}, kept frame {i}"
    expected = kept["sha256"].get(machine())
    if expected is not None:
        assert digest(pictures) == expected, f"{name} is not equal to the bit"


def test_the_example(models: Models) -> None:
    check("example", animated(models, EXAMPLES / "photo.jpg", FRAMES))


def test_a_live_session(models: Models) -> None:
    check("live", asyncio.run(live(models)))


@pytest.mark.parametrize("name", REAL_PHOTOS)
def test_real_photos(models: Models, name: str) -> None:
    path = REAL / "source" / name
    if not path.is_file():
        pytest.skip(f"{name} is not kept with the project; BUNRAKU_REAL names its folder")
    check(name, animated(models, path, REAL_FRAMES))


def test_another_picture_is_noticed() -> None:
    pictures = [np.full((16, 16, 3), 100, np.uint8)] * FRAMES
    with pytest.raises(AssertionError, match="example, kept frame"):
        check("example", pictures)
