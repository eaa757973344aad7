"""The jitter buffer gives the frames that aiortc's gives, only sooner; requests and estimates."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

import pytest
from aiortc.jitterbuffer import JitterBuffer
from aiortc.rate import RemoteBitrateEstimator
from aiortc.rtcrtpreceiver import NackGenerator
from aiortc.rtp import RtpPacket
from hypothesis import given, settings
from hypothesis import strategies as st

from bunraku.stream.rtc.receiving import (
    PATIENCE_S,
    REPEAT_REQUEST_S,
    EagerEstimator,
    MarkerBuffer,
    ReadyFrame,
    RepeatingNacks,
)

Frames = list[tuple[int, bytes]]


@dataclass
class Time:
    s: float = 0.0

    def __call__(self) -> float:
        return self.s


def packet(number: int, timestamp: int, data: bytes = b"x", *, marker: bool = False) -> RtpPacket:
    one = RtpPacket(
        sequence_number=number & 0xFFFF, timestamp=timestamp & 0xFFFFFFFF, marker=int(marker)
    )
    vars(one)["_data"] = data
    return one


def data_of(one: RtpPacket) -> bytes:
    return bytes(vars(one)["_data"])


def stream(rng: random.Random, frames: int, *, first: int, timestamp: int) -> list[RtpPacket]:
    """Frames of one to six packets, with packets of padding behind some of them."""
    packets = []
    number = first
    for frame in range(frames):
        stamp = timestamp + 3000 * frame
        parts = rng.randint(1, 6)
        for part in range(parts):
            data = b"%d.%d;" % (frame, part)
            packets.append(packet(number, stamp, data, marker=part == parts - 1))
            number += 1
        for _ in range(rng.choice([0] * 9 + [1, 3])):
            # Probes carry the timestamp of the frame before, or one of their own.
            packets.append(packet(number, stamp + rng.choice([0, 1500]), b""))
            number += 1
    return packets


def through(buffer: JitterBuffer, packets: list[RtpPacket]) -> Frames:
    """What a buffer makes of the packets: timestamps and data of the frames, without empty ones."""
    frames: Frames = []
    for one in packets:
        _, ready = buffer.add(one)
        if ready is not None:
            parts = ready.unpack() if isinstance(ready, ReadyFrame) else [ready]
            frames += [(part.timestamp & 0xFFFFFFFF, part.data) for part in parts if part.data]
    return frames


def shaken(
    rng: random.Random, packets: list[RtpPacket], *, reach: int, loss: float, copies: float
) -> list[RtpPacket]:
    """Packets out of order by up to ``reach``; some come twice, some late, having been lost."""
    places = []
    for place, one in enumerate(packets):
        arrival = place + rng.uniform(0, reach)
        if rng.random() < loss and place:
            arrival += rng.uniform(5, 40)
        places.append((arrival, place, one))
        if rng.random() < copies:
            places.append((arrival + rng.uniform(0, 30), place, one))
    return [one for _, _, one in sorted(places, key=lambda entry: entry[:2])]


@settings(max_examples=150, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    first=st.sampled_from([0, 1, 30_000, 65_400, 65_535]),
    timestamp=st.sampled_from([0, 2**31, 2**32 - 60_000]),
    reach=st.sampled_from([0, 0, 1, 4]),
    loss=st.sampled_from([0.0, 0.05, 0.2]),
    copies=st.sampled_from([0.0, 0.1]),
)
def test_the_same_frames_as_aiortcs_own(
    seed: int, first: int, timestamp: int, reach: int, loss: float, copies: float
) -> None:
    rng = random.Random(seed)
    packets = shaken(
        rng,
        stream(rng, 80, first=first, timestamp=timestamp),
        reach=reach,
        loss=loss,
        copies=copies,
    )
    stock = through(JitterBuffer(512, is_video=True), packets)
    ours = through(MarkerBuffer(now=Time()), packets)
    # aiortc's lags by one frame, and by more after a loss: it gives one for each packet.
    assert ours[: len(stock)] == stock
    assert len(ours) == 80 or reach
    assert len(stock) >= 40


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32), loss=st.floats(0.0, 0.3))
def test_what_never_comes_breaks_no_frame_that_is_shown(seed: int, loss: float) -> None:
    rng = random.Random(seed)
    packets = stream(rng, 120, first=65_300, timestamp=0)
    lost = {place for place in range(12, len(packets)) if rng.random() < loss}
    time = Time()
    buffer = MarkerBuffer(now=time)
    frames: Frames = []
    broken = {packets[place].timestamp for place in lost if data_of(packets[place]) != b""}
    for place, one in enumerate(packets):
        time.s += PATIENCE_S + 0.1
        if place not in lost:
            frames += through(buffer, [one])
    stamps = [stamp for stamp, _ in frames]
    assert stamps == sorted(set(stamps))
    assert not broken & set(stamps)
    assert len(stamps) >= 119 - 3 * len(lost)
    for stamp, data in frames:
        parts = [data_of(one) for one in packets if one.timestamp == stamp]
        assert data == b"".join(parts)


def test_a_frame_comes_with_its_last_packet() -> None:
    buffer = MarkerBuffer()
    assert buffer.add(packet(10, 0)) == (False, None)
    assert buffer.add(packet(11, 0)) == (False, None)
    _, frame = buffer.add(packet(12, 0, b"z", marker=True))
    assert frame is not None
    assert (frame.data, frame.timestamp) == (b"xxz", 0)


def test_nothing_passes_a_gap_until_it_is_filled_and_then_all_at_once() -> None:
    buffer = MarkerBuffer(now=Time())
    packets = [packet(n, n * 3000, b"%d" % n, marker=True) for n in range(5)]
    assert through(buffer, packets[:1]) == [(0, b"0")]
    assert through(buffer, packets[2:]) == []
    assert through(buffer, packets[1:2]) == [(n * 3000, b"%d" % n) for n in range(1, 5)]


def test_followers_keep_their_distance_when_the_receiver_maps_the_first() -> None:
    buffer = MarkerBuffer(now=Time())
    base = 2**32 - 3000
    buffer.add(packet(0, base - 3000, marker=True))
    buffer.add(packet(2, base + 3000, b"b", marker=True))
    _, frame = buffer.add(packet(1, base, b"a", marker=True))
    assert isinstance(frame, ReadyFrame)
    frame.timestamp = 500
    assert [(one.data, one.timestamp) for one in frame.unpack()] == [(b"a", 500), (b"b", 3500)]


def test_a_gap_is_given_up_after_a_while() -> None:
    time = Time()
    buffer = MarkerBuffer(now=time)
    buffer.add(packet(0, 0, marker=True))
    assert buffer.add(packet(2, 3000, marker=True)) == (False, None)
    assert buffer.add(packet(3, 6000, b"c", marker=True)) == (False, None)
    time.s += PATIENCE_S
    ask, frame = buffer.add(packet(4, 9000, b"d", marker=True))
    assert ask
    assert isinstance(frame, ReadyFrame)
    # The second half of a frame whose first is lost is not taken for a frame.
    assert [one.data for one in frame.unpack()] == [b"c", b"d"]


def test_padding_is_no_frame() -> None:
    buffer = MarkerBuffer()
    packets = [
        packet(0, 0, b"a", marker=True),
        packet(1, 0, b""),
        packet(2, 1500, b""),
        packet(3, 3000, b"b", marker=True),
    ]
    assert through(buffer, packets) == [(0, b"a"), (3000, b"b")]


def test_a_sender_that_marks_every_slice_is_understood_after_its_first_frame() -> None:
    buffer = MarkerBuffer()
    packets = [packet(n, n // 2 * 3000, b"%d" % (n % 2), marker=True) for n in range(12)]
    frames = through(buffer, packets)
    assert frames[0] == (0, b"0")
    assert frames[2:] == [(stamp, b"01") for stamp in range(3000, 15_000, 3000)]


def test_a_late_copy_is_no_new_beginning_but_a_new_sender_is() -> None:
    buffer = MarkerBuffer()
    frames = through(buffer, [packet(n, n * 3000, marker=True) for n in range(300)])
    assert len(frames) == 300
    assert buffer.add(packet(100, 100 * 3000, marker=True)) == (False, None)
    assert through(buffer, [packet(300, 900_000, b"next", marker=True)]) == [(900_000, b"next")]
    assert buffer.add(packet(50_000, 7, b"a", marker=True)) == (False, None)
    ask, frame = buffer.add(packet(50_001, 3007, b"b", marker=True))
    assert ask
    assert frame is not None


@pytest.mark.parametrize("extra_s", [0.0, REPEAT_REQUEST_S])
def test_requests_are_repeated_until_the_packet_comes(extra_s: float) -> None:
    time = Time()
    stock, ours = NackGenerator(), RepeatingNacks(now=time)
    for number, expected in ((0, False), (1, False), (3, True), (4, False)):
        assert stock.add(packet(number, 0)) == expected
        assert ours.add(packet(number, 0)) == expected
    time.s += extra_s
    assert not stock.add(packet(5, 0))
    assert ours.add(packet(5, 0)) == (extra_s > 0)
    ours.add(packet(2, 0))
    time.s += 1
    assert not ours.add(packet(6, 0))


@dataclass
class Sending:
    """A browser that sends steadily: 1000 bytes every 10 ms, 800 kbit/s."""

    estimator: RemoteBitrateEstimator
    told: list[int] = field(default_factory=list)

    def run(self, seconds: float) -> list[int]:
        for ms in range(0, round(seconds * 1000), 10):
            abs_send_time = (ms << 18) // 1000 & 0xFFFFFF
            estimate = self.estimator.add(ms, abs_send_time, 1000, 1)
            if estimate is not None:
                self.told.append(estimate[0])
        return self.told


def test_the_first_packet_brings_the_first_estimate() -> None:
    assert Sending(RemoteBitrateEstimator()).run(2) == []
    told = Sending(EagerEstimator(2_000_000, 2_500_000)).run(2)
    assert len(told) >= 3
    assert all(2_000_000 <= bitrate <= 2_500_000 for bitrate in told)
