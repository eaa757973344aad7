from __future__ import annotations

import numpy as np
import pytest

from bunraku.training.people.person import Person
from bunraku.training.people.renderer import BOTTOM, LAYERS, TOP
from bunraku.training.people.studio import Studio


@pytest.fixture(scope="module")
def people(studio: Studio) -> list[Person]:
    return [studio.tailor.make(np.random.default_rng([8, seed])) for seed in range(16)]


def worn(person: Person) -> set[str]:
    triangles = person.mesh.tag[person.mesh.triangles.ravel(), 0]
    return {LAYERS[int(layer)] for layer in np.unique(triangles)}


def test_everybody_is_dressed(people: list[Person]) -> None:
    for person in people:
        assert worn(person) >= {"skin", "top", "shoes", "eyes", "brows"}
        assert worn(person) & {"bottom", "skirt"}
        assert np.isfinite(person.vertices).all()
        assert np.isfinite(person.normals).all()
    descriptions = {person.description for person in people}
    assert any("skirt" in text for text in descriptions)
    assert any("male_casualsuit04" in text for text in descriptions)
    assert any("female_sportsuit01" in text for text in descriptions)


def test_arrays_fit_together(people: list[Person]) -> None:
    for person in people:
        count = len(person.vertices)
        assert person.normals.shape == person.vertices.shape
        assert person.weights.shape == (count, 104)
        assert person.mesh.corner_vertex.max() < count
        assert person.mesh.triangles.max() < len(person.mesh.tag)
        assert person.look.textures.shape[0] == len(LAYERS)
        assert 0.08 < min(person.torso) <= max(person.torso) < 0.3


def test_a_skirt_replaces_the_trousers(people: list[Person]) -> None:
    skirted = [person for person in people if "skirt" in person.description]
    for person in skirted:
        assert "bottom" not in worn(person)
        assert person.look.cloth[LAYERS.index("skirt")] in (1, 2)
        assert (
            person.look.fabrics[int(person.look.cloth[LAYERS.index("skirt")]) - 1, 0, 0, 3] == 255
        )


def test_rest_pose_leaves_the_shape(people: list[Person]) -> None:
    person = people[0]
    skeleton = person.skeleton
    vertices, normals, joints = person.pose(skeleton.rest_pose(), skeleton.joints[0])
    assert np.abs(vertices - person.vertices).max() < 1e-4
    assert np.abs(normals - person.normals).max() < 1e-3
    assert np.abs(joints - skeleton.joints).max() < 1e-5


def test_expression_carries_eyes_and_brows(people: list[Person]) -> None:
    person = people[1]
    pose, root = person.skeleton.rest_pose(), person.skeleton.joints[0]
    plain = person.pose(pose, root)[0]
    raised = person.pose(pose, root, {"browOuterUpLeft": 1.0, "browInnerUp": 1.0})[0]
    brow = next(place for place, _ in reversed(person.moved))
    assert (raised - plain)[brow, 2].max() > 0.002
    moved = np.abs(raised - plain).max(1) > 1e-5
    assert moved[: len(person.body_vertices)].mean() < 0.3


def test_colours_vary(people: list[Person]) -> None:
    for layer in (0, TOP, BOTTOM, LAYERS.index("hair")):
        tints = np.array([person.look.tint[layer] for person in people])
        assert tints.std(0).max() > 0.03, LAYERS[layer]
    covered = [person.look.fabrics[0, 0, 0, 3] > 0 for person in people]
    assert 0.2 < np.mean(covered) < 1
