"""Pieces of sound, each with its time, as blocks of one length that follow each other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from bunraku.stream.clip.sound_child import UNKNOWN, Samples

# Clocks of containers are coarse: what is off by less is no gap (AVI's ticks last 26 ms).
_TOLERANCE_S = 0.05
# Longer silence is not written out: the next block comes later.
_SILENCE_S = 10


def blocks(
    pieces: Iterable[tuple[int, Samples]], origin: int, rate_hz: int, size: int
) -> Iterator[tuple[int, Samples]]:
    """Put pieces one after the other: gaps are silent, what overlaps is left out.

    :param pieces: when each starts, in samples on a clock or ``UNKNOWN``, and ``[N,C]`` samples.
    :param origin: the clock's time that becomes 0; what comes before is left out.
    :param size: samples of a block; the last one may be shorter.
    :returns: when each block starts, in samples, and its samples.
    """
    held: Samples | None = None
    start = 0  # of what is held
    for time, piece in pieces:
        end = start if held is None else start + len(held)
        at = end if time == UNKNOWN else time - origin
        if held is not None and abs(at - end) <= _TOLERANCE_S * rate_hz:
            at = end
        samples = piece[max(0, end - at) :]
        if not len(samples):
            continue
        at = max(at, end)
        if held is None:
            held, start = samples[:0], at
        gap = at - start - len(held)
        if gap > _SILENCE_S * rate_hz:
            if len(held):
                yield start, _padded(held, size)
            held, start = samples, at
        else:
            held = np.concatenate([held, np.zeros((gap, piece.shape[1]), np.float32), samples])
        while len(held) >= size:
            yield start, held[:size]
            held, start = held[size:], start + size
    if held is not None and len(held):
        yield start, held


def _padded(samples: Samples, size: int) -> Samples:
    """Fill a block up with silence: only the last one may be shorter."""
    return np.concatenate([samples, np.zeros((size - len(samples), samples.shape[1]), np.float32)])
