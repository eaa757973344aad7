from __future__ import annotations

import numpy as np
import pytest

from bunraku.kernels.seam import moved_of, named
from bunraku.spec.tensors import EngineName, Layout


@pytest.mark.parametrize("prior", [True, False])
def test_what_the_motion_engine_gives_goes_by_name_both_ways(prior: bool) -> None:
    layout = Layout(64, 32, prior)
    outputs = layout.outputs(EngineName.MOTION)
    tensors = {name: np.full(1, i, np.float32) for i, name in enumerate(outputs)}
    moved = moved_of({**tensors, "more": np.zeros(1, np.float32)}, layout)
    assert [moved.flow[0], moved.flow[2]] == [tensors["flow_8"], tensors["flow_32"]]
    assert moved.occlusion[1] is tensors["occlusion_16"]
    assert (moved.translated is None) is prior
    if moved.translated is not None:
        assert moved.translated[0] is tensors["parts"]
        assert moved.translated[2] is tensors["v"]
    assert named(moved, layout) == tensors
