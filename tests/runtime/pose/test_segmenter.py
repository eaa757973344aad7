from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from bunraku.runtime.pose.segmenter import SIZE, Segmenter


def red(image: np.ndarray) -> dict[str, np.ndarray]:
    """Takes what is red for the person."""
    return {"mask": image[:, :1] * np.float32(1.2) - np.float32(0.1)}


@pytest.mark.parametrize("shape", [(256, 256), (128, 128), (600, 400), (100, 300)])
def test_the_mask_has_the_picture_s_size_and_lies_on_the_person(
    engine: Any, shape: tuple[int, int]
) -> None:
    picture = np.zeros((*shape, 3), np.uint8)
    picture[:, : shape[1] // 2, 0] = 255
    fake = engine(red)
    mask = Segmenter(fake).segment(picture)
    assert mask.shape == shape
    assert mask.dtype == np.float32
    assert mask.min() == 0
    assert mask.max() == 1
    assert np.abs(mask - picture[..., 0] / 255).mean() < 0.01
    assert fake.images[0].shape == (1, 3, SIZE, SIZE)
    assert fake.images[0].max() == 1
