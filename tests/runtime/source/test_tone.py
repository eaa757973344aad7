"""HDR to SDR: what every screen shows as grey stays that grey, and highlights keep their order."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from bunraku.runtime.source.tone import Gamut, Transfer, to_sdr


def _stored(*rgb: float) -> NDArray[np.uint16]:
    return (np.array([[rgb]]) * 65535 + 0.5).astype(np.uint16)


def _pq(nits: float) -> float:
    """SMPTE ST 2084, equation 5.2."""
    y = (nits / 10_000) ** (2610 / 16384)
    return float(((3424 / 4096 + 2413 / 128 * y) / (1 + 2392 / 128 * y)) ** (2523 / 32))


@pytest.mark.parametrize(
    ("transfer", "stored"), [(Transfer.PQ, 0.5093), (Transfer.HLG, 0.6322)]
)  # 101.4 nits: 191 of 255 on an SDR screen whose white has 203
def test_three_quarters_of_white_stay_there(transfer: Transfer, stored: float) -> None:
    mapped = to_sdr(_stored(stored, stored, stored), transfer, Gamut.BT2020)
    assert np.abs(mapped.astype(int) - 191).max() <= 1


@pytest.mark.parametrize(("nits", "grey"), [(0.0, 0), (5.0, 54), (26.0, 108), (60.0, 153)])
def test_tones_below_the_highlights_are_those_of_an_sdr_screen(nits: float, grey: int) -> None:
    mapped = to_sdr(_stored(*[_pq(nits)] * 3), Transfer.PQ, Gamut.BT2020)
    assert np.abs(mapped.astype(int) - grey).max() <= 1


@pytest.mark.parametrize(("transfer", "white"), [(Transfer.PQ, 0.5807), (Transfer.HLG, 0.75)])
def test_paper_white_leaves_room_for_highlights(transfer: Transfer, white: float) -> None:
    # ITU-R BT.2408: 203 nits are 58 % of PQ and 75 % of HLG.
    mapped = to_sdr(_stored(white, white, white), transfer, Gamut.BT2020)
    assert 220 <= mapped.min() <= mapped.max() <= 235


@pytest.mark.parametrize("transfer", list(Transfer))
@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_brighter_is_never_darker(transfer: Transfer, kind: type[np.uint8]) -> None:
    top = np.iinfo(kind).max
    ramp = np.repeat(np.linspace(0, top, 70).astype(kind)[:, None, None], 3, axis=2)
    mapped = to_sdr(ramp, transfer, Gamut.BT2020)
    assert mapped.shape == (70, 1, 3)
    assert mapped.dtype == np.uint8
    assert (np.diff(mapped[:, 0].astype(int), axis=0) >= 0).all()
    assert mapped[0].max() == 0
    assert mapped[-1].min() == 255


@pytest.mark.parametrize("gamut", list(Gamut))
def test_grey_stays_grey(gamut: Gamut) -> None:
    mapped = to_sdr(_stored(0.4, 0.4, 0.4), Transfer.PQ, gamut).astype(int)
    assert np.ptp(mapped) <= 1


def test_wide_colours_become_those_of_sdr() -> None:
    # The red of BT.709 in BT.2020's colours (ITU-R BT.2087), at 60 nits.
    red = [_pq(60 * share) for share in (0.6274, 0.0691, 0.0164)]
    assert np.abs(to_sdr(_stored(*red), Transfer.PQ, Gamut.BT2020)[0, 0] - [153, 0, 0]).max() <= 5
    # A green that SDR has not.
    mapped = to_sdr(_stored(0, _pq(60), 0), Transfer.PQ, Gamut.BT2020)[0, 0]
    assert (mapped[[0, 2]] == 0).all()
    assert 150 <= mapped[1] <= 170
    same = to_sdr(_stored(_pq(60), 0, 0), Transfer.PQ, Gamut.BT709)[0, 0]
    assert np.abs(same.astype(int) - [153, 0, 0]).max() <= 1
