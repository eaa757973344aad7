from __future__ import annotations

import numpy as np
import pytest
from tests.kernels.operators import HEAD

from bunraku.kernels import guide_head


@pytest.mark.parametrize("n", [1, 5, 33, 128])
def test_every_step_is_rounded_as_numpy_does(n: int, rng: np.random.Generator) -> None:
    prior, surface, head = HEAD.call(rng, (1, n)).arrays
    centres = ((np.arange(n, dtype=np.float32) + 0.5) * (2.0 / n) - 1.0).astype(np.float32)
    x, y = centres[None, :], centres[:, None]
    share = head[0, 6] * (surface[0, 23] + surface[0, 24])
    expected = prior.copy()
    for axis, (across, down, shift) in enumerate(head[0, :6].reshape(2, 3)):
        goal = across * x + down * y + shift
        expected[0, axis] += share * (prior[0, 2] * goal - prior[0, axis])
    np.testing.assert_array_equal(guide_head(prior, surface, head), expected)
