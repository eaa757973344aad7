from __future__ import annotations

import numpy as np
import pytest

from bunraku.export.pose.densify import DenseLevel, Level, SparseLevel, densify


def compressed(dense: np.ndarray, sparse_axes: set[int]) -> tuple[np.ndarray, list[Level]]:
    """Store an array as TFLite does: nodes level by level, empty children left out."""
    nodes: list[tuple[int, ...]] = [()]
    levels: list[Level] = []
    for axis, size in enumerate(dense.shape):
        children = [[(*node, i) for i in range(size)] for node in nodes]
        if axis in sparse_axes:
            children = [[c for c in some if np.any(dense[c])] for some in children]
            segments = np.cumsum([0, *(len(some) for some in children)]).astype(np.int64)
            indices = np.array([c[-1] for some in children for c in some], np.int64)
            levels.append(SparseLevel(segments, indices))
        else:
            levels.append(DenseLevel(size))
        nodes = [c for some in children for c in some]
    return np.array([dense[node] for node in nodes], dense.dtype), levels


@pytest.mark.parametrize("sparse_axes", [{3}, {0, 3}, {1, 2}, {0, 1, 2, 3}, set()])
def test_gives_the_dense_array_back(sparse_axes: set[int]) -> None:
    random = np.random.default_rng(3)
    dense = random.normal(size=(4, 2, 3, 5)).astype(np.float16)
    dense[random.random(dense.shape) < 0.7] = 0
    dense[1] = 0  # a node without children
    values, levels = compressed(dense, sparse_axes)
    result = densify(values, levels, list(dense.shape))
    assert result.dtype == dense.dtype
    np.testing.assert_array_equal(result, dense)


def test_stores_nothing_for_an_empty_array() -> None:
    dense = np.zeros((2, 3), np.float32)
    values, levels = compressed(dense, {0, 1})
    assert len(values) == 0
    np.testing.assert_array_equal(densify(values, levels, [2, 3]), dense)
