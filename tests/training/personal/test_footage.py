from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image
from tests.runtime.fakes import street
from tests.training.prepare.people import VERSIONS, empty, load, walk, write_film

from bunraku.errors import ClipError, NoPersonError, PhotoError
from bunraku.runtime.pose.networks import PoseModel
from bunraku.training.people.records import list_records, read_record
from bunraku.training.personal.footage import Footage, shoot
from bunraku.training.prepare.networks import Networks
from bunraku.training.prepare.quality import Limits

LIMITS = Limits(smallest_px=64)


@pytest.fixture
def networks() -> Networks:
    found = load(PoseModel.FULL, "iuv")
    assert found.versions == VERSIONS
    return found


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    Image.fromarray(walk(1)[0]).save(tmp_path / "photo.png")
    return tmp_path / "photo.png"


def footage(photo: Path, networks: Networks, frames: int = 30) -> Footage:
    clip = write_film(photo.parent / "clip.mkv", walk(frames, step=1))
    return shoot(photo, clip, networks, LIMITS)


def test_the_first_half_is_learned_from_and_the_second_is_measured_on(
    photo: Path, networks: Networks
) -> None:
    found = footage(photo, networks)
    assert [shot.index for shot in found.seen] == list(range(15))
    assert [shot.index for shot in found.unseen] == list(range(15, 30))
    assert len(found.photo.shots) == 1


def test_what_is_written_keeps_the_halves_apart(
    photo: Path, networks: Networks, tmp_path: Path
) -> None:
    found = footage(photo, networks)
    for name in ("people", "measured"):
        (tmp_path / name).mkdir()
    found.write(tmp_path / "people")
    lengths = [len(read_record(path)) for path in list_records(tmp_path / "people")]
    assert sorted(lengths) == [1, 7, 8]  # the photo, and two records of the seen half
    clip, own = found.write_measured(tmp_path / "measured")
    assert len(read_record(clip)) == 1 + 15
    assert len(read_record(own)) == 1


def test_a_photo_without_anybody(networks: Networks, tmp_path: Path) -> None:
    Image.fromarray(street()).save(tmp_path / "photo.png")
    with pytest.raises(NoPersonError, match=r"photo\.png shows nobody\. Take a photo"):
        footage(tmp_path / "photo.png", networks)


def test_a_photo_that_is_none(networks: Networks, tmp_path: Path) -> None:
    (tmp_path / "photo.png").write_bytes(b"no")
    with pytest.raises(PhotoError):
        footage(tmp_path / "photo.png", networks)


def test_a_clip_that_shows_nobody(photo: Path, networks: Networks, tmp_path: Path) -> None:
    clip = write_film(tmp_path / "clip.mkv", empty(30))
    with pytest.raises(NoPersonError, match=r"clip\.mkv shows nobody\. Take a clip of the person"):
        shoot(photo, clip, networks, LIMITS)


def test_a_clip_that_is_too_short(photo: Path, networks: Networks) -> None:
    with pytest.raises(
        ClipError, match=r"too short: it has 10 usable frames .* at least 24 are needed\."
    ):
        footage(photo, networks, frames=10)


def test_a_clip_that_is_none(photo: Path, networks: Networks, tmp_path: Path) -> None:
    (tmp_path / "clip.mkv").write_bytes(bytes(100))
    with pytest.raises(ClipError):
        shoot(photo, tmp_path / "clip.mkv", networks, LIMITS)
