"""How long packets of AAC last in broadcasts, where FFmpeg knows it of the first ones alone.

Their header (ADTS) stands before each packet and tells the rate; FFmpeg keeps to the one it found
first, since high-efficiency AAC plays at twice what is told there. It gives the packets between two
times that are in the file that length, so where the rate changes they stand apart or overlap. Told
rate and samples together are right for every kind of AAC.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from av.packet import Packet

_RATES_HZ = (
    96000,
    88200,
    64000,
    48000,
    44100,
    32000,
    24000,
    22050,
    16000,
    12000,
    11025,
    8000,
    7350,
)
_BLOCK_SAMPLES = 1024
_HEADER_BYTES = 7
# Times in ticks are rounded.
_ROUNDING = 1


@dataclass
class _Track:
    """Where the packet after the last one starts: as FFmpeg guesses, and by what was there."""

    guessed: int
    true: Fraction


class AdtsTimes:
    """Gives the packets of a container's AAC their length, and the times that follow from it."""

    def __init__(self) -> None:
        self._tracks: dict[int, _Track] = {}

    def mend(self, packet: Packet[Any]) -> None:
        """Set time and duration of the container's next packet, where it is one of AAC."""
        if packet.stream.type != "audio" or packet.pts is None or packet.dts is None:
            return
        length_s = seconds_of(bytes(packet))
        track = self._tracks.pop(packet.stream.index, None)
        if length_s is None or not packet.time_base:
            return
        start = Fraction(packet.pts)
        if track is not None and abs(packet.pts - track.guessed) <= _ROUNDING:
            start = track.true
        length = length_s / packet.time_base
        self._tracks[packet.stream.index] = _Track(
            packet.pts + (packet.duration or 0), start + length
        )
        packet.pts = packet.dts = round(start)
        packet.duration = round(length)


def seconds_of(data: bytes) -> Fraction | None:
    """How long a packet of ADTS lasts; None if it is none."""
    if len(data) < _HEADER_BYTES or data[0] != 0xFF or data[1] & 0xF6 != 0xF0:
        return None
    size = (data[3] & 0x03) << 11 | data[4] << 3 | data[5] >> 5
    rate = data[2] >> 2 & 0x0F
    if size != len(data) or rate >= len(_RATES_HZ):
        return None
    return Fraction(_BLOCK_SAMPLES * ((data[6] & 0x03) + 1), _RATES_HZ[rate])
