"""A head is a solid thing: as deep as its face, round to its outline, and closed behind."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.runtime.drivers.body.test_hair import (
    BROWN,
    FACE,
    PERSON,
    RIG,
    SHIRT,
    SKIN,
    SURE,
    TEMPLATE,
    N,
    fitted,
    painted,
    turned,
)

from bunraku.kernels import rasterise
from bunraku.runtime.drivers.body.bound import Bound, bind_photo
from bunraku.runtime.drivers.body.fit import Fit
from bunraku.runtime.drivers.body.lines import Lines
from bunraku.runtime.drivers.body.making import make_body
from bunraku.runtime.drivers.body.settling import BEHIND
from bunraku.runtime.drivers.body.shells import WITHIN, head_itself, make_shells
from bunraku.runtime.drivers.face import mesh
from bunraku.runtime.source.region import distance_to, nearest
from bunraku.spec.arrays import Array
from bunraku.spec.landmarks import MOUTH

LONG, LOCKS = painted(BROWN, SHIRT)
EARS = float(PERSON[[7, 8], 2].mean())
BROW = int(FACE[1]) - 12


def points(steep: float) -> Array:
    """A face's points on a plane that lies the deeper the farther to the right."""
    rng = np.random.default_rng(5)
    result = np.zeros((mesh.POINTS, 3), np.float32)
    angle = rng.uniform(0.0, 2.0 * np.pi, mesh.POINTS)
    radius = np.sqrt(rng.uniform(0.0, 1.0, mesh.POINTS))
    oval = np.linspace(0.0, 2.0 * np.pi, len(mesh.OVAL), endpoint=False) - 0.5 * np.pi
    angle[list(mesh.OVAL)], radius[list(mesh.OVAL)] = oval, 1.0
    result[:, 0] = FACE[0] + 18 * radius * np.cos(angle)
    result[:, 1] = FACE[1] + 24 * radius * np.sin(angle)
    named = {1: 0, 291: MOUTH[0], 61: MOUTH[1], 454: 7, 234: 8}
    for number, landmark in named.items():
        result[number, :2] = PERSON[landmark, :2]
    result[:, 2] = steep * (result[:, 0] - FACE[0])
    return result


@pytest.fixture(scope="module")
def fit() -> Fit:
    return fitted(LONG)


@pytest.fixture(scope="module")
def bound(fit: Fit) -> Bound:
    return bind_photo(fit, LONG.window)


def head_of(fit: Fit, bound: Bound) -> NDArray[np.bool_]:
    return head_itself(fit, bound) & (bound.head.down < 0.0)


def test_a_head_is_round_to_its_outline_which_lies_by_the_ears(fit: Fit, bound: Bound) -> None:
    assert bound.skull is not None
    own, depth = head_of(fit, bound), bound.whole.depth
    rows, columns = np.nonzero(own)
    middle = bound.skull.middle
    assert middle == pytest.approx(EARS + 0.015 * bound.head.metre_px, abs=0.1)
    assert depth[own].max() <= middle + 1e-3
    for row in range(rows.min() + 6, rows.max(), 5):
        line = np.sort(columns[rows == row])
        rims = depth[row, [line[0], line[-1]]]
        assert (middle - rims < 0.35 * (middle - depth[row, line].min())).all()
    assert depth[tuple(FACE[::-1])] < middle - 0.06 * bound.head.metre_px


def test_a_face_is_as_deep_as_its_points_say(fit: Fit) -> None:
    x, y = FACE
    for steep in (-0.5, 0.5):
        depth = bind_photo(fit, LONG.window, points(steep)).whole.depth
        assert (depth[y, x + 8] - depth[y, x - 8]) / 16 == pytest.approx(steep, abs=0.12)


def test_what_lies_beyond_the_outline_does_not_fold_in_before_it(fit: Fit) -> None:
    bound = bind_photo(fit, LONG.window, points(0.5))
    assert bound.skull is not None
    beyond = bound.whole.reached & ~fit.inside & (bound.skull.weight > 0.99)
    apart = np.abs(bound.skull.depth - nearest(bound.skull.depth, fit.inside))
    assert beyond.sum() > 20
    assert apart[beyond].max() == 0.0


def test_the_shell_is_closed_and_within_the_outline(fit: Fit, bound: Bound) -> None:
    lines = Lines.over(head_itself(fit, bound))
    front, back = make_shells(fit, bound, bound.whole, lines)
    assert not front.turned
    assert back.turned
    both = front.surface.reached & back.surface.reached
    assert both.sum() > 1000
    apart = (back.surface.depth - front.surface.depth)[both]
    assert apart.min() >= 0.0
    within = (front.surface.depth - bound.whole.depth)[front.surface.reached]
    assert within.min() >= 0.0
    assert np.median(within) == pytest.approx(WITHIN * fit.trunk_px, abs=1e-3)
    assert apart.max() > 0.12 * bound.head.metre_px
    assert not ((lines.nodes(front.surface.reached) >= 0) & ~fit.inside).any()
    assert back.hair[BROW, FACE[0]] == pytest.approx(1.0)
    assert front.hair[tuple(FACE[::-1])] < 0.1


def test_short_hair_ends_by_the_ears_and_lower_in_the_nape() -> None:
    short, _ = painted(BROWN, SHIRT, short=True)
    fit = fitted(short)
    bound = bind_photo(fit, short.window)
    lines = Lines.over(head_itself(fit, bound))
    front, back = make_shells(fit, bound, bound.whole, lines)
    down, apart = bound.head.down, distance_to(~fit.inside) / bound.head.unit_px
    shown = front.surface.reached & back.surface.reached
    low = shown & (down > -0.1) & (down < 0.1)
    high = shown & (down < -0.9) & (apart < 0.6)
    assert front.hair[high].mean() > 0.9
    assert back.hair[high].min() > 0.9
    bare = low & (apart < 0.6) & ~bound.hair
    assert back.hair[bare].mean() < 0.4
    assert back.hair[low & (apart > 0.8)].min() > 0.8


@pytest.mark.parametrize("angle", [-80.0, -50.0, 50.0, 80.0])
def test_a_head_that_turns_far_has_no_holes_and_stays_as_thick_as_it_is_wide(
    fit: Fit, angle: float
) -> None:
    body = make_body(LONG, fit)
    drawn = body.draw(RIG.transforms(fit.stance, turned(angle), SURE), SURE)
    for row in range(BROW - 12, BROW + 6, 4):
        mask = drawn.mask[0, 0, row]
        shown = np.flatnonzero(mask > 0.5)
        assert mask[shown[2] : shown[-2]].min() > 0.95
        assert len(shown) > 0.75 * (LONG.mask[row] > 0.5).sum()
    colours = drawn.image[0].transpose(1, 2, 0)
    shirt = np.abs(colours - np.array(SHIRT) / 255.0).sum(-1)
    skin = np.abs(colours - np.array(SKIN) / 255.0).sum(-1)
    seen = drawn.mask[0, 0, BROW] > 0.9
    assert (np.minimum(skin, np.abs(colours - np.array(BROWN) / 255.0).sum(-1)) < shirt)[BROW][
        seen
    ].all()


def test_the_body_has_no_head_before_the_photos(fit: Fit) -> None:
    body = make_body(LONG, fit)
    count = len(TEMPLATE.triangles)
    behind = rasterise(body.layer.vertices, body.layer.triangles[:count], (N, N), cull=True)
    before = rasterise(body.grid.vertices, body.grid.triangles, (N, N), cull=True)
    y, x = np.mgrid[BROW : int(FACE[1]) + 8, int(FACE[0]) - 10 : int(FACE[0]) + 10]
    assert (behind.depth[y, x] > before.depth[y, x] - 0.5 * BEHIND * fit.trunk_px).all()
