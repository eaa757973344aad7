"""A picture as in plain light: in light of one colour, or little, the networks know no people."""

from __future__ import annotations

import numpy as np

from bunraku.spec.arrays import Picture

DARK, BRIGHT = 1.0, 99.0
"""Of its pixels, the percentiles that become black and white."""
LEAST_SPAN = 16.0
"""Levels between them at least, so that noise does not become a picture."""


def in_plain_light(picture: Picture) -> Picture:
    """A grey picture of its brightest channel at each pixel, from black to white.

    Blue light leaves a face in one channel of three; that alone is what it is in white light.

    :param picture: RGB u8 ``[H,W,3]``; :return: likewise, all channels alike.
    """
    brightest = picture.max(axis=2)
    low, high = np.percentile(brightest, (DARK, BRIGHT))
    span = max(float(high - low), LEAST_SPAN)
    levels = np.clip((np.arange(256) - low) * (255.0 / span), 0.0, 255.0).astype(np.uint8)
    return np.ascontiguousarray(np.repeat(levels[brightest][..., None], 3, axis=2))
