from __future__ import annotations

import numpy as np
import pytest

from bunraku.training.people.body import Floats, Ints
from bunraku.training.people.decimate import Decimation


def sheet(n: int) -> tuple[Floats, Ints]:
    """A flat square of n by n vertices, 0.1 apart, whose triangles all look up."""
    place = np.arange(n * n).reshape(n, n)
    a, b, c, d = (place[i : n - 1 + i, j : n - 1 + j].ravel() for i in (0, 1) for j in (0, 1))
    faces = np.concatenate([np.stack([a, b, c], 1), np.stack([b, d, c], 1)])
    y, x = np.divmod(np.arange(n * n), n)
    return np.stack([x, y, 0 * x], 1) * 0.1, faces


def ball(n: int) -> tuple[Floats, Ints]:
    """A closed sphere of radius 1: an octahedron, divided n times."""
    points = np.array([[1, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 0], [0, 0, 1], [0, 0, -1]], float)
    faces = [(a, b, c) for a, b, c in ((0, 2, 4), (2, 1, 4), (1, 3, 4), (3, 0, 4))]
    faces += [(b, a, 5) for a, b, _ in faces]
    for _ in range(n):
        made: dict[tuple[int, int], int] = {}
        finer = []
        for a, b, c in faces:
            middle = []
            for one, other in ((a, b), (b, c), (c, a)):
                key = (min(one, other), max(one, other))
                if key not in made:
                    made[key] = len(points)
                    between = points[one] + points[other]
                    points = np.concatenate([points, [between / np.linalg.norm(between)]])
                middle.append(made[key])
            ab, bc, ca = middle
            finer += [(a, ab, ca), (ab, b, bc), (ca, bc, c), (ab, bc, ca)]
        faces = finer
    return points, np.array(faces)


def reduced(
    points: Floats, faces: Ints, count: int, *, detail: Floats | None = None,
    kind: Ints | None = None, longest: float = 9.0,
) -> tuple[Decimation, Ints]:  # fmt: skip
    size = len(points)
    decimation = Decimation(
        points,
        faces,
        np.ones(size) if detail is None else detail,
        np.zeros(size, np.int64) if kind is None else kind,
        np.full(size, longest),
    )
    return decimation, decimation.reduce(count)


def directed(faces: Ints) -> set[tuple[int, int]]:
    edges = [(int(f[i]), int(f[(i + 1) % 3])) for f in faces for i in range(3)]
    assert len(set(edges)) == len(edges)
    return set(edges)


def test_a_ball_stays_closed_round_and_turned_outwards() -> None:
    points, faces = ball(3)
    decimation, fewer = reduced(points, faces, 60)
    assert decimation.count == 60 == len(np.unique(fewer))
    edges = directed(fewer)
    assert {(b, a) for a, b in edges} == edges
    assert len(fewer) == 2 * 60 - 4
    corners = points[fewer]
    volume = np.einsum("nc,nc->", np.cross(corners[:, 0], corners[:, 1]), corners[:, 2]) / 6
    assert 0.8 * 4 / 3 * np.pi < volume < 4 / 3 * np.pi


def test_a_sheet_stays_flat_and_its_rim_stays_the_rim() -> None:
    points, faces = sheet(12)
    _, fewer = reduced(points, faces, 40)
    corners = points[fewer]
    sizes = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    assert (sizes[:, 2] > 0).all()  # none is folded over
    edges = directed(fewer)
    rim = {a for a, b in edges if (b, a) not in edges}
    assert {0, 11, 132, 143} & rim
    assert all(points[v][:2].min() < 1e-9 or points[v][:2].max() > 1.1 - 1e-9 for v in rim)


def test_kinds_do_not_merge_and_edges_stay_short() -> None:
    points, faces = sheet(10)
    kind = np.arange(100) % 10 // 5  # the left and the right half
    _, fewer = reduced(points, faces, 2, kind=kind)
    assert set(kind[np.unique(fewer)]) == {0, 1}
    _, short = reduced(points, faces, 2, longest=0.25)
    corners = points[short]
    assert np.linalg.norm(corners - np.roll(corners, 1, 1), axis=-1).max() <= 0.25
    assert len(np.unique(short)) > 25


def test_where_detail_counts_more_more_is_left() -> None:
    points, faces = ball(3)
    above = points[:, 2] > 0
    _, fewer = reduced(points, faces, 80, detail=np.where(above, 20.0, 1.0))
    left = np.unique(fewer)
    assert above[left].sum() > 2 * (~above[left]).sum()


@pytest.mark.parametrize("count", [66, 1000])
def test_nothing_is_taken_where_enough_is_asked(count: int) -> None:
    points, faces = ball(2)
    np.testing.assert_array_equal(reduced(points, faces, count)[1], faces)
