from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
from numpy.typing import NDArray

from bunraku.errors import InputError, NoPersonError, OutputError
from bunraku.runtime.drivers.body.showing import NOT_FITTED
from bunraku.runtime.drivers.protocol import Drawn
from bunraku.runtime.models import Models
from bunraku.runtime.source.window import Window
from bunraku.spec.arrays import Picture
from bunraku.training import drawn_data
from bunraku.training.drawn_data import (
    DrawnPairs,
    draw_people,
    draw_person,
    list_pairs,
    read_pairs,
    settled,
    write_pairs,
)
from bunraku.training.people.records import Record

N = 128
SIDE = 256


@dataclass
class FakeModels:
    """Draws the photo's colours as they are, in a window that is the whole photo."""

    nobody: bool = False
    lost: tuple[float, ...] = ()
    """Times at which the driver is not found."""
    notes: tuple[str, ...] = ()
    """Of the photo."""
    photos: list[Picture] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    layout: Any = field(default_factory=lambda: SimpleNamespace(window=N))

    def driver(self, _: Any) -> FakeModels:
        return self

    def generator(self) -> None:
        return None

    def on_host(self, drawn: Any) -> Any:
        return drawn

    def make_identity(self, photo: Picture, _driver: Any, _generator: Any) -> tuple[Any, Any]:
        if self.nobody:
            raise NoPersonError("nobody")
        self.photos.append(photo)
        framing = SimpleNamespace(window=Window.of_box(0, 0, SIDE))
        identity = SimpleNamespace(source=SimpleNamespace(framing=framing), subject=None)
        return identity, SimpleNamespace(notes=self.notes)

    def follow(self, frame: Picture, time_s: float, _: Any) -> Any:
        self.times.append(time_s)
        if time_s in self.lost:
            return None
        image = frame[::2, ::2].transpose(2, 0, 1)[None].astype(np.float32) / np.float32(255.0)
        full, flow = np.ones((1, 1, N, N), np.float32), np.full((1, 2, N, N), 0.25, np.float32)
        drawn = Drawn(image, full, np.float32(0.5) * full, np.zeros((1, 5, N, N), np.float32), flow)
        return SimpleNamespace(drawn=drawn)


def made(person: Record, models: FakeModels) -> DrawnPairs:
    return draw_person(person, cast(Models, models))


def textured(shift: int = 0) -> NDArray[np.uint8]:
    """``[n, n, 4]``: a square of blobs, ``shift`` pixels to the right."""
    rng = np.random.default_rng(1)
    blobs = np.kron(rng.integers(30, 226, (20, 20, 3)), np.ones((3, 3, 1)))
    result = np.zeros((N, N, 4), np.uint8)
    result[30:90, 30 + shift : 90 + shift, :3] = blobs
    result[30:90, 30 + shift : 90 + shift, 3] = 255
    return result


def drawing() -> NDArray[np.uint8]:
    """The same blobs, drawn where they are, of the photo's own pixels."""
    person = textured()
    return np.concatenate([person, person[..., 3:]], -1)


def test_the_frame_that_faces_the_camera_is_the_photo(person: Record) -> None:
    models = FakeModels()
    pairs = made(person, models)
    frontal = int(np.abs(person.yaw).argmin())
    assert [len(array) for array in vars(pairs).values()] == [3] * 5
    assert np.array_equal(models.photos[0][::2, ::2].shape, (N, N, 3))
    assert models.times == [0.0, 1.0, 2.0, 3.0, 4.0]
    others = [i for i in range(4) if i != frontal]
    assert np.array_equal(pairs.truth[..., 3] > 127, person.rgba[others][:, ::2, ::2, 3] > 127)
    assert (pairs.drawn[..., 3] == 255).all()
    assert (pairs.drawn[..., 4] == 128).all()
    assert (pairs.flow == 0.25).all()
    assert np.array_equal(pairs.plate[0, 0, 0], person.plate[0, 0])


def test_frames_in_which_nobody_is_found_are_left_out(person: Record) -> None:
    assert len(made(person, FakeModels(lost=(1.0,))).flow) == 2
    assert len(made(person, FakeModels(nobody=True)).flow) == 0
    assert len(made(person, FakeModels(notes=(NOT_FITTED,))).flow) == 0


def test_the_truth_is_moved_to_the_drawing() -> None:
    result = settled(drawing(), textured(shift=4))
    inner = (slice(36, 84), slice(36, 84))
    apart = np.abs(result[..., :3].astype(int) - textured()[..., :3])[inner].mean()
    assert apart < 6
    assert result[..., 4][inner].mean() > 200


def test_what_cannot_be_found_is_not_believed() -> None:
    other = 255 - textured()
    other[..., 3] = textured()[..., 3]
    result = settled(drawing(), other)
    assert result[40:80, 40:80, 4].mean() < 20


def test_nothing_is_known_far_from_the_photos_own_pixels() -> None:
    foreign = drawing()
    foreign[..., 4] = 0
    assert not settled(foreign, textured())[..., 4].any()


def test_people_are_drawn_once(
    make_people: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drawn_data, "_models", FakeModels())
    out = tmp_path / "drawn"
    assert draw_people(make_people(count=2, frames=3), out) == 2
    assert draw_people(make_people(count=3, frames=3), out) == 1
    names = [path.name for path in list_pairs(out)]
    assert names == ["drawn_000000.npz", "drawn_000001.npz", "drawn_000002.npz"]
    assert len(read_pairs(list_pairs(out)[0]).flow) == 2


def test_files_that_are_not_there_or_none(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no drawings"):
        list_pairs(tmp_path)
    path = tmp_path / "drawn_000000.npz"
    path.write_bytes(b"none")
    with pytest.raises(InputError, match="is no file of drawings"):
        read_pairs(path)
    np.savez(path, drawn=np.zeros(1))
    with pytest.raises(InputError, match="is no file of drawings"):
        read_pairs(path)


def test_drawings_come_back(tmp_path: Path, person: Record) -> None:
    pairs = made(person, FakeModels())
    write_pairs(tmp_path / "drawn_000007.npz", pairs)
    back = read_pairs(tmp_path / "drawn_000007.npz")
    assert all(np.array_equal(array, vars(back)[name]) for name, array in vars(pairs).items())


def test_a_file_in_the_folders_place_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(drawn_data, "list_records", lambda _: [])
    (tmp_path / "out").touch()
    with pytest.raises(OutputError, match=r"out is no folder\. Name another folder\."):
        draw_people(tmp_path, tmp_path / "out")
