"""Pictures do not change unless somebody means them to: then ``renew.py`` writes numbers and
pictures anew, and the commit says why."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from PIL import Image
from tests.golden.pictures import (
    DATA,
    EXAMPLES,
    FRAMES,
    KEPT,
    REAL,
    REAL_FRAMES,
    REAL_PHOTOS,
    SHOWN,
    animated,
    digest,
    from_small,
    live,
    machine,
    reduced,
    shown_path,
    small,
)

from bunraku.export.pose.fetch import ensure
from bunraku.runtime.engines.registry import REFERENCE
from bunraku.runtime.models import Models
from bunraku.spec.arrays import Picture

GOLDEN = json.loads((DATA / "golden.json").read_text("utf-8"))
ABOUT = 3
"""Levels by which other processors and libraries may differ, in a mean over a 64th of a picture."""
MOST_BYTES = 600 * 1024
"""Of all pictures that are shown."""


@pytest.fixture(scope="module")
def models() -> Models:
    loaded = Models.load(engine=REFERENCE, networks=ensure(), threads=1)
    assert not loaded.notes  # `bunraku fetch` gets the networks of faces and hands, too
    return loaded


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


def test_the_example_by_landmarks() -> None:
    plain = Models.load(
        engine=REFERENCE, networks=ensure(), threads=1, driver="landmarks", face=False
    )
    check("landmarks", animated(plain, EXAMPLES / "photo.jpg", FRAMES))


@pytest.mark.timeout(600)  # a loaded machine takes minutes for what is half a minute's work
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


@pytest.mark.parametrize("name", SHOWN)
@pytest.mark.parametrize("number", range(KEPT))
def test_pictures_to_look_at_are_those_of_the_numbers(name: str, number: int) -> None:
    with Image.open(shown_path(name, number)) as image:
        picture = np.asarray(image.convert("RGB"))
    kept = from_small(GOLDEN[name]["small"][number]).astype(int)
    assert np.abs(reduced(picture) - kept).max() <= ABOUT
    assert min(picture.shape[:2]) >= 100


def test_pictures_to_look_at_are_few_and_small() -> None:
    wanted = {shown_path(name, number) for name in SHOWN for number in range(KEPT)}
    there = set((DATA / "golden").iterdir())
    assert there == wanted
    assert sum(path.stat().st_size for path in there) <= MOST_BYTES
