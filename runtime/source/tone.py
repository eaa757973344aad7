"""Pictures of high dynamic range, brought down to what every screen shows.

As a 1000-nit display shows them (ITU-R BT.2408), whose white of paper and print, 203 nits, and all
below half of it keep their brightness as near as the highlights above them allow.

Convention: pictures are ``[H,W,3]`` RGB over the whole range of their type.
"""

from __future__ import annotations

from enum import StrEnum
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from bunraku.spec.arrays import Array

PEAK_NITS = 1000.0
"""What is brighter becomes white."""

_WHITE_NITS = 203.0
# Below it, as a share of white, pictures stay as they are; above, highlights are pressed together.
_KNEE = 0.5
# Of the display that SDR is made for (BT.1886).
_GAMMA = 2.4
_STEPS = 65536
# Rows at a time: what lies between the steps then stays in the processor's cache.
_ROWS = 32

# BT.2020 weighs its colours so; HLG's last curve depends on the brightness of a pixel.
_LUMINANCE = np.array([[0.2627, 0.6780, 0.0593]], np.float32)
_HLG_GAMMA = 1.2


class Transfer(StrEnum):
    """How a picture of high dynamic range stores brightness."""

    # SMPTE ST 2084, of HDR10 and Dolby Vision.
    PQ = "pq"
    # ARIB STD-B67, of broadcasts and phones.
    HLG = "hlg"

    @classmethod
    def of_code(cls, code: int) -> Transfer | None:
        """Read a code point of ITU-T H.273; None for SDR."""
        return {16: cls.PQ, 18: cls.HLG}.get(code)


class Gamut(StrEnum):
    """Which red, green and blue its values mean."""

    BT2020 = "bt2020"
    # Of Display P3.
    P3 = "p3"
    # Of SDR.
    BT709 = "bt709"

    @classmethod
    def of_code(cls, code: int) -> Gamut:
        """Read a code point of ITU-T H.273; HDR that tells none is of BT.2020."""
        return {1: cls.BT709, 11: cls.P3, 12: cls.P3}.get(code, cls.BT2020)


# Linear light of each gamut to that of BT.709, both with D65's white.
_TO_BT709 = {
    Gamut.BT2020: np.array(
        [[1.6605, -0.5876, -0.0728], [-0.1246, 1.1329, -0.0083], [-0.0182, -0.1006, 1.1187]],
        np.float32,
    ),
    Gamut.P3: np.array(
        [[1.2249, -0.2247, -0.0002], [-0.0420, 1.0419, 0.0001], [-0.0197, -0.0786, 1.0983]],
        np.float32,
    ),
    Gamut.BT709: np.eye(3, dtype=np.float32),
}


def to_sdr(
    picture: NDArray[np.uint8] | NDArray[np.uint16], transfer: Transfer, gamut: Gamut
) -> NDArray[np.uint8]:
    """Map a picture's tones and colours to SDR.

    :param picture: ``[H,W,3]`` RGB, uint8 or uint16, as it is stored: not linear.
    :return: ``[H,W,3]`` uint8 RGB for an SDR screen; colours that it lacks become its nearest.
    """
    light, shown = _light(transfer, picture.dtype.itemsize), _shown()
    result = np.empty(picture.shape, np.uint8)
    for top in range(0, picture.shape[0], _ROWS):
        rows = slice(top, top + _ROWS)
        linear: Array = light.take(picture[rows])
        if transfer is Transfer.HLG:
            bright = cv2.pow(cv2.transform(linear, _LUMINANCE), _HLG_GAMMA - 1)
            linear *= bright.reshape(*linear.shape[:2], 1)
        linear = np.asarray(cv2.transform(linear, _TO_BT709[gamut]), np.float32)
        np.clip(linear, 0.0, 1.0, out=linear)
        # The root, because the eye tells dark greys apart that are equal among 65536 even steps.
        cv2.sqrt(linear, linear)
        linear *= _STEPS - 1
        result[rows] = shown.take(linear.astype(np.uint16))
    return result


@cache
def _light(transfer: Transfer, stored_bytes: int) -> Array:
    """Linear light of each stored value, 1 at the peak; of HLG before its last curve."""
    stored = np.linspace(0.0, 1.0, 256**stored_bytes)
    light = _pq_nits(stored) / PEAK_NITS if transfer is Transfer.PQ else _hlg_scene(stored)
    return light.astype(np.float32)


def _pq_nits(stored: NDArray[np.float64]) -> NDArray[np.float64]:
    """SMPTE ST 2084, equation 4.1."""
    m1, m2, c1, c2, c3 = 0.1593017578125, 78.84375, 0.8359375, 18.8515625, 18.6875
    root = stored ** (1 / m2)
    return 10_000.0 * (np.maximum(root - c1, 0.0) / (c2 - c3 * root)) ** (1 / m1)


def _hlg_scene(stored: NDArray[np.float64]) -> NDArray[np.float64]:
    """ITU-R BT.2100, table 5: the inverse of the HLG OETF."""
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    return np.where(stored <= 0.5, stored**2 / 3.0, (np.exp((stored - c) / a) + b) / 12.0)


@cache
def _shown() -> NDArray[np.uint8]:
    """The SDR value of each step of the root of linear light."""
    white = PEAK_NITS / _WHITE_NITS * np.linspace(0.0, 1.0, _STEPS) ** 2
    # Reinhard's curve from the knee on, of slope 1 there, that meets 1 at the peak.
    over = np.maximum(white - _KNEE, 0.0) / (1.0 - _KNEE)
    top = (PEAK_NITS / _WHITE_NITS - _KNEE) / (1.0 - _KNEE)
    pressed = _KNEE + (1.0 - _KNEE) * over * (1.0 + over / top**2) / (1.0 + over)
    mapped = np.where(white < _KNEE, white, pressed)
    shown: NDArray[np.uint8] = (np.clip(mapped, 0.0, 1.0) ** (1 / _GAMMA) * 255.0 + 0.5).astype(
        np.uint8
    )
    return shown
