from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.training.conftest import draw_person

from bunraku.errors import InputError
from bunraku.training.generator_data import GeneratorData
from bunraku.training.iuv_data import IuvData
from bunraku.training.mixture import DataShare, Mixture
from bunraku.training.observe import observation_path
from bunraku.training.people.records import record_path, write_record

MakePeople = Callable[..., Path]


@pytest.mark.parametrize(
    ("text", "folder", "weight"),
    [
        ("data/people", "data/people", 1.0),
        ("data/clips:0.3", "data/clips", 0.3),
        ("data/clips:3", "data/clips", 3.0),
        ("C:\\data", "C:\\data", 1.0),
        ("a:b:2e-1", "a:b", 0.2),
        (":2", ":2", 1.0),
    ],
)
def test_folders_with_weights(text: str, folder: str, weight: float) -> None:
    assert DataShare.parse(text) == DataShare(Path(folder), weight)


def test_a_folder_whose_name_ends_like_a_weight(tmp_path: Path) -> None:
    (tmp_path / "day:2").mkdir()
    assert DataShare.parse(f"{tmp_path}/day:2") == DataShare(tmp_path / "day:2")


@pytest.mark.parametrize("weight", ["0", "-1", "nan", "inf"])
def test_weights_that_are_none(weight: str) -> None:
    with pytest.raises(InputError, match=f"has the weight {weight}, and weights are numbers abo"):
        DataShare.parse(f"data:{weight}")


def test_people_are_seen_as_often_as_the_weights_say(make_people: MakePeople) -> None:
    many, few = make_people(count=6, frames=1, name="many"), make_people(count=2, name="few")
    mixture = Mixture([DataShare(many), DataShare(few, 3.0)])
    assert mixture.likely == pytest.approx([1 / 24] * 6 + [3 / 8] * 2)
    drawn = mixture.draw(np.random.default_rng(0), 4000)
    assert (drawn >= 6).mean() == pytest.approx(0.75, abs=0.03)
    assert {path.parent for path in mixture.records[6:]} == {few}


def test_every_second_person_shows_neighbours_where_that_is_asked_for(tmp_path: Path) -> None:
    for index in range(4):
        write_record(tmp_path, replace(draw_person(index, 2), in_order=index == 3))
    mixture = Mixture(tmp_path)
    drawn = mixture.draw(np.random.default_rng(0), 4000, neighbours=True)
    assert (drawn == 3).mean() == pytest.approx(0.5 + 0.5 / 4, abs=0.03)
    plain = mixture.draw(np.random.default_rng(0), 4000)
    assert (plain == 3).mean() == pytest.approx(0.25, abs=0.03)


def test_without_neighbours_all_are_drawn_as_ever(make_people: MakePeople) -> None:
    mixture = Mixture(make_people(count=3, frames=1))
    asked, plain = (
        mixture.draw(np.random.default_rng(0), 50, neighbours=asked) for asked in (True, False)
    )
    assert np.array_equal(asked, plain)


def test_frames_are_seen_as_often_as_the_weights_say(make_people: MakePeople) -> None:
    many = make_people(count=3, frames=4, name="many")
    few = make_people(count=1, frames=2, name="few")
    data = IuvData([DataShare(many), DataShare(few)])
    picked = data.pick(np.random.default_rng(0), 4000)
    assert len(data) == 14
    assert float((picked >= 12).float().mean()) == pytest.approx(0.5, abs=0.03)


def test_fewer_people_than_a_batch(make_people: MakePeople) -> None:
    data = GeneratorData(make_people(count=1, frames=2))
    batch = data.draw(np.random.default_rng(0), 3, 3)
    assert batch.source.shape == (3, 3, 256, 256)
    assert batch.target.shape == (9, 3, 256, 256)


def test_one_picture_drives_itself(make_people: MakePeople) -> None:
    data = GeneratorData(make_people(count=1, frames=1))
    alone = data.person(np.random.default_rng(0), data.records[0], 2)
    assert np.array_equal(alone.target[0], alone.source[0])
    assert len(alone.target) == 2


def test_each_process_has_people_of_its_own(make_people: MakePeople) -> None:
    many, few = make_people(count=5, frames=1, name="many"), make_people(count=1, name="few")
    shares = [DataShare(many), DataShare(few)]
    first, second = (Mixture(shares, shard=(index, 2)) for index in range(2))
    assert first.likely == pytest.approx([1 / 6] * 3 + [1 / 2])
    assert second.likely == pytest.approx([1 / 2] * 2)
    assert sorted([*first.records, *second.records]) == sorted(Mixture([many, few]).records)
    with pytest.raises(InputError, match="fewer people than the 2 processes"):
        Mixture(few, shard=(1, 2))


def test_empty_folders(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="There is nothing to learn from"):
        Mixture([])
    with pytest.raises(InputError, match="holds no people to learn from"):
        Mixture([DataShare(tmp_path)])


@pytest.mark.parametrize("kept", [0, 100, 100_000])
def test_a_record_that_is_cut_short(make_people: MakePeople, kept: int) -> None:
    folder = make_people(count=2)
    path = record_path(folder, 1)
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(InputError, match=r"person_000001\.npz is damaged, cut short or"):
        GeneratorData(folder)


@pytest.mark.parametrize("kept", [0, 100])
def test_an_observation_that_is_cut_short(make_people: MakePeople, kept: int) -> None:
    folder = make_people(count=2)
    path = observation_path(record_path(folder, 1))
    path.write_bytes(path.read_bytes()[:kept])
    Mixture(folder)  # where none is asked for
    with pytest.raises(InputError, match=r"pose_000001\.npz is damaged or cut short"):
        IuvData(folder)


def test_records_of_mixed_sizes(tmp_path: Path) -> None:
    person = draw_person(0, 2)
    small = replace(person, rgba=np.ascontiguousarray(person.rgba[:, ::2, ::2]), index=1)
    write_record(tmp_path, person)
    write_record(tmp_path, small)
    with pytest.raises(InputError, match=r"000001\.npz has pictures of 128 x 128 pixels in 'rgba'"):
        Mixture(tmp_path)


def test_a_record_without_frames(tmp_path: Path) -> None:
    person = draw_person(0, 1)
    write_record(tmp_path, replace(person, rgba=person.rgba[:0]))
    with pytest.raises(InputError, match="damaged, cut short or not a record"):
        Mixture(tmp_path)


def test_surfaces_of_two_sizes_in_a_folder(tmp_path: Path) -> None:
    write_record(tmp_path, draw_person(0, 2))
    write_record(tmp_path, draw_person(1, 2, surface=256))
    with pytest.raises(InputError, match=r"surfaces of 128 and of 256 pixels\. Give each size a f"):
        Mixture(tmp_path)


def test_surfaces_of_too_few_pixels(make_people: MakePeople) -> None:
    coarse, fine = make_people(name="coarse"), make_people(name="fine", surface=256)
    assert len(Mixture(fine, surface=256).records) == 2
    told = r"coarse holds people with surfaces of 128 pixels, and 256 are.*with --surface 256,"
    with pytest.raises(InputError, match=told):
        Mixture([fine, coarse], surface=256)


def test_finer_surfaces_serve_where_coarse_ones_do(make_people: MakePeople) -> None:
    folders = [make_people(name="coarse"), make_people(name="fine", surface=256)]
    assert len(Mixture(folders).records) == 4
    coarse, fine = (GeneratorData(folder) for folder in folders)
    one, other = (
        data.person(np.random.default_rng(0), data.records[0], 2) for data in (coarse, fine)
    )
    assert np.array_equal(one.source_iuv, other.source_iuv)
    assert np.array_equal(one.driving_iuv_exact, other.driving_iuv_exact)
    one_map, other_map = (IuvData(folder).iuv for folder in folders)
    assert np.array_equal(one_map, other_map)
