from __future__ import annotations

import numpy as np
import torch

from bunraku.kernels import channels_last
from bunraku.kernels.layout import channels_last_view, is_channels_last


def test_values_stay_and_channels_move_innermost(rng: np.random.Generator) -> None:
    array = rng.standard_normal((2, 3, 4, 5), np.float32)
    turned = channels_last(array)
    np.testing.assert_array_equal(turned, array)
    assert turned.strides[1] == 4
    assert is_channels_last(turned)
    assert not is_channels_last(array)


def test_what_is_so_already_is_not_copied(rng: np.random.Generator) -> None:
    turned = channels_last(rng.standard_normal((1, 2, 3, 4, 5), np.float32))
    assert channels_last(turned).base is turned.base
    assert np.shares_memory(channels_last_view(turned), turned)


def test_one_channel_is_both_layouts_at_once() -> None:
    array = np.zeros((1, 1, 4, 4), np.float32)
    assert not is_channels_last(array)
    assert np.shares_memory(channels_last(array), array)


def test_tensors_stay_as_they_are() -> None:
    tensor = torch.zeros(1, 3, 4, 4)
    assert channels_last(tensor) is tensor
