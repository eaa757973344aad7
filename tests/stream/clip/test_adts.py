"""Lengths of AAC packets."""

from __future__ import annotations

from fractions import Fraction

import pytest

from bunraku.stream.clip.adts import seconds_of


def _adts(rate: int, blocks: int, size: int, *, layer: int = 0) -> bytes:
    header = bytes([
        0xFF, 0xF1 | layer << 1, 1 << 6 | rate << 2, 0x80 | size >> 11, size >> 3 & 0xFF,
        (size & 7) << 5 | 0x1F, 0xFC | blocks - 1,
    ])  # fmt: skip
    return header + bytes(size - len(header))


@pytest.mark.parametrize(("rate", "blocks", "seconds"), [
    (3, 1, Fraction(1024, 48_000)), (7, 1, Fraction(1024, 22_050)), (11, 2, Fraction(2048, 8000)),
])  # fmt: skip
def test_header_tells_the_length(rate: int, blocks: int, seconds: Fraction) -> None:
    assert seconds_of(_adts(rate, blocks, 300)) == seconds


def test_what_is_no_whole_packet_tells_nothing() -> None:
    whole = _adts(3, 1, 300)
    for data in (b"", whole[:-1], whole + b"x", _adts(15, 1, 300), _adts(3, 1, 300, layer=2)):
        assert seconds_of(data) is None
