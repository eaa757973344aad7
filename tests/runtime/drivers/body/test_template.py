from __future__ import annotations

import json
import shutil
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest

from bunraku.errors import BundleError, OutputError
from bunraku.kernels import rasterise, skin
from bunraku.runtime.drivers.body.template import (
    FILE,
    FOLDER,
    MANIFEST,
    Template,
    load_template,
    save_template,
)
from bunraku.runtime.engines.bundle import shipped, weights_folder
from bunraku.spec.landmarks import LEFT_SHOULDER, LEFT_WRIST, MIRRORED, NOSE
from bunraku.spec.skeleton import BONES, MIRRORED_BONES, BodyBone, finger_bone
from bunraku.spec.surface import HANDS, HEAD, MIRROR, PARTS


@pytest.fixture(scope="module")
def template() -> Template:
    """The one that ships."""
    return load_template()


def middles(template: Template) -> np.ndarray:
    return np.asarray(template.vertices[template.triangles].mean(1))


def test_it_ships_small_and_says_where_it_comes_from(template: Template) -> None:
    folder = weights_folder() / FOLDER
    assert (folder / FILE).stat().st_size < 1.5 * 2**20
    manifest = json.loads((folder / MANIFEST).read_bytes())
    assert manifest["licence"] == "CC0-1.0"
    assert "bunraku train template" in manifest["provenance"]["command"]
    assert manifest["vertices"] == len(template.vertices)
    assert FOLDER not in shipped()  # no bundle of engines


def test_it_stands_before_the_camera(template: Template) -> None:
    low, high = template.vertices.min(0), template.vertices.max(0)
    assert 1.6 < high[1] - low[1] < 2.0
    nose, shoulder, wrist = template.landmarks[[NOSE, LEFT_SHOULDER, LEFT_WRIST]]
    assert nose[1] < shoulder[1] < wrist[1]  # y down
    assert shoulder[0] > 0.1  # x to the body's left
    assert nose[2] < shoulder[2]  # the face looks at the camera
    on_the_left = template.bones[:, 0] == BodyBone.HAND_L
    assert template.vertices[on_the_left, 0].min() > 0.3


def test_the_skin_is_closed_and_its_corners_run_one_way(template: Template) -> None:
    triangles = template.triangles.astype(np.int64)
    edges = np.concatenate([triangles[:, [i, (i + 1) % 3]] for i in range(3)])
    count = len(template.vertices)
    one_way, other_way = edges @ [count, 1], edges @ [1, count]
    assert len(np.unique(one_way)) == len(one_way)
    np.testing.assert_array_equal(np.sort(one_way), np.sort(other_way))
    assert count - len(edges) // 2 + len(triangles) == 2  # a sphere, without handles
    assert set(np.unique(triangles)) == set(range(count))


def test_triangles_are_small_and_normals_point_outwards(template: Template) -> None:
    a, b, c = np.moveaxis(template.vertices[template.triangles].astype(np.float64), 1, 0)
    longest = np.linalg.norm([a - b, b - c, c - a], axis=-1).max(0)
    assert longest.max() < 0.07
    hands = np.isin(template.parts, HANDS)
    assert longest[hands].max() < 0.035
    outwards = -np.cross(b - a, c - a)  # corners run clockwise seen from outside
    assert 0.05 < (outwards * (a + b + c)).sum() / 18 < 0.1  # volume, cubic metres
    np.testing.assert_allclose(np.linalg.norm(template.normals, axis=1), 1, atol=1e-5)
    agree = (outwards[:, None] * template.normals[template.triangles]).sum(-1)
    assert (agree > 0).mean() > 0.98


def test_culling_keeps_what_faces_the_camera(template: Template) -> None:
    placed = template.vertices * 100 + np.array([80, 110, 0], np.float32)
    whole = rasterise(placed, template.triangles, (210, 160))
    culled = rasterise(placed, template.triangles, (210, 160), cull=True)
    np.testing.assert_array_equal(whole.depth, culled.depth)
    assert (whole.triangle >= 0).sum() > 5000


def test_weights_sum_to_one_and_the_heaviest_is_first(template: Template) -> None:
    np.testing.assert_allclose(template.weights.sum(1), 1, atol=1e-6)
    assert (template.weights >= 0).all()
    assert (np.diff(template.weights, axis=1) <= 0).all()
    assert set(np.unique(template.bones[template.weights > 0])) == set(BodyBone)


def test_at_rest_it_is_itself(template: Template) -> None:
    still = np.tile(np.eye(3, 4, dtype=np.float32), (BONES, 1, 1))
    moved = skin(template.vertices, template.weights, template.bones, still)
    np.testing.assert_allclose(moved, template.vertices, atol=1e-6)


def test_left_and_right_are_mirror_images(template: Template) -> None:
    mirrored = template.vertices * np.array([-1, 1, 1], np.float32)
    places = {tuple(vertex): i for i, vertex in enumerate(template.vertices.tolist())}
    twin = np.array([places[tuple(vertex)] for vertex in (mirrored + 0.0).tolist()])
    dense = np.zeros((len(twin), BONES), np.float32)
    np.add.at(dense, (np.arange(len(twin))[:, None], template.bones), template.weights)
    np.testing.assert_allclose(dense[twin][:, MIRRORED_BONES], dense, atol=0.02)
    np.testing.assert_allclose(
        template.landmarks[list(MIRRORED)] * [-1, 1, 1], template.landmarks, atol=1e-5
    )
    np.testing.assert_array_equal(template.fingers[1], template.fingers[0] * [-1, 1, 1])
    corners = {tuple(sorted(t)): i for i, t in enumerate(template.triangles.tolist())}
    other = [corners[tuple(sorted(t))] for t in twin[template.triangles].tolist()]
    np.testing.assert_array_equal(template.parts[other], np.array(MIRROR)[template.parts])


def test_charts_are_whole(template: Template) -> None:
    assert template.uv.min() >= 0
    assert template.uv.max() <= 1
    assert set(np.unique(template.parts)) == set(range(1, PARTS + 1))
    spans = np.ptp(template.uv, axis=1)
    assert (spans < 0.3).mean() > 0.98  # none runs across a whole chart, but at the poles


def test_parts_lie_where_they_should(template: Template) -> None:
    middle = middles(template)
    facing = template.normals[template.triangles].mean(1)[:, 2]
    shoulder, hip = template.landmarks[LEFT_SHOULDER], template.landmarks[23]
    trunk = (np.abs(middle[:, 0]) < 0.07) & (middle[:, 1] > shoulder[1] + 0.05)
    trunk &= middle[:, 1] < hip[1] - 0.05
    assert (template.parts[trunk & (facing < -0.5)] == 2).all()
    assert (template.parts[trunk & (facing > 0.5)] == 1).all()
    above = middle[:, 1] < template.landmarks[NOSE, 1]
    assert set(np.unique(template.parts[above & (middle[:, 0] > 0.01)])) == {HEAD[1]}
    assert set(np.unique(template.parts[above & (middle[:, 0] < -0.01)])) == {HEAD[0]}
    beyond = middle[:, 0] > template.landmarks[LEFT_WRIST, 0] + 0.03
    assert set(np.unique(template.parts[beyond])) == {HANDS[1]}


def test_fingers_are_apart_and_follow_their_bones(template: Template) -> None:
    fingers = template.fingers[0]
    for finger in range(5):
        for joint in range(3):
            own = template.bones[:, 0] == finger_bone(0, finger, joint)
            start, end = fingers[finger, joint], fingers[finger, joint + 1]
            assert own.sum() >= 12
            along = (template.vertices[own] - start) @ (end - start) / ((end - start) ** 2).sum()
            assert -0.6 < along.min() < along.max() < 1.5
        tip = np.linalg.norm(template.vertices - fingers[finger, 3], axis=1)
        assert tip.min() < 0.01
    bones = template.bones[:, 0][template.triangles]
    finger_of = np.where(bones >= finger_bone(0, 0, 0), (bones - finger_bone(0, 0, 0)) // 6, -1)
    for one in range(5):  # no triangle from one finger's outer bones to another's
        outer = (finger_of == one) & ((bones - finger_bone(0, 0, 0)) // 2 % 3 > 0)
        others = (finger_of >= 0) & (finger_of != one)
        assert not (outer.any(1) & others.any(1)).any()


def test_its_arrays_cannot_be_changed(template: Template) -> None:
    for field in fields(template):
        with pytest.raises(ValueError, match="read-only"):
            getattr(template, field.name)[...] = 0


def test_what_is_saved_is_loaded_and_bytes_repeat(template: Template, tmp_path: Path) -> None:
    first = save_template(template, tmp_path / "a", {"licence": "CC0-1.0"})
    again = save_template(load_template(first.parent), tmp_path / "b", {"licence": "CC0-1.0"})
    assert first.read_bytes() == again.read_bytes()
    assert (tmp_path / "a" / MANIFEST).read_bytes() == (tmp_path / "b" / MANIFEST).read_bytes()
    assert sorted(path.name for path in (tmp_path / "a").iterdir()) == [MANIFEST, FILE]
    loaded = load_template(first.parent)
    for field in fields(template):
        np.testing.assert_array_equal(getattr(loaded, field.name), getattr(template, field.name))


def test_a_folder_that_cannot_be_written(template: Template, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match=r"The template cannot be written to .*file"):
        save_template(template, tmp_path / "file", {})


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    return Path(shutil.copytree(weights_folder() / FOLDER, tmp_path / "body"))


def test_a_template_that_is_not_there_or_damaged(copied: Path, template: Template) -> None:
    with pytest.raises(BundleError, match=r"cannot be read .*FileNotFoundError.*reinstall"):
        load_template(copied / "nowhere")
    data = bytearray((copied / FILE).read_bytes())
    data[len(data) // 2] ^= 1
    (copied / FILE).write_bytes(data)
    with pytest.raises(BundleError, match="is damaged: its SHA-256 is not the manifest's"):
        load_template(copied)
    (copied / MANIFEST).write_text("{")
    with pytest.raises(BundleError, match=r"The body's template in .* cannot be read") as error:
        load_template(copied)
    assert "\n" not in str(error.value)
    (copied / MANIFEST).write_text('{"format": 2}')
    with pytest.raises(BundleError, match="format 2; this Bunraku reads format 1"):
        load_template(copied)


def test_arrays_that_do_not_fit_each_other(template: Template, tmp_path: Path) -> None:
    wrong = {
        "weights is float32": replace(template, weights=template.weights[:-1]),
        "triangles has numbers above": replace(template, triangles=template.triangles + 1),
        "bones has numbers above 44": replace(template, bones=template.bones + 45),
        "uv is not finite": replace(template, uv=template.uv * np.float32(np.nan)),
    }
    for message, made in wrong.items():
        save_template(made, tmp_path, {})
        with pytest.raises(BundleError, match=message):
            load_template(tmp_path)
