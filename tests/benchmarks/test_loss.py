from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from aioice.ice import StunProtocol
from benchmarks.live.loss import Loss, LossyTransport, install


class FakeTransport(asyncio.DatagramTransport):
    def __init__(self) -> None:
        super().__init__({"sockname": ("127.0.0.1", 9)})
        self.sent: list[bytes] = []
        self.closed = False

    def sendto(self, data: bytes | bytearray | memoryview, addr: object = None) -> None:
        self.sent.append(bytes(data))

    def close(self) -> None:
        self.closed = True


class Receiver:
    """What aioice's protocol hands its data to."""

    def __init__(self) -> None:
        self.received: list[bytes] = []

    def data_received(self, data: bytes, component: int) -> None:
        self.received.append(data)


class Candidate:
    component = 1


@pytest.fixture
def restored() -> Iterator[None]:
    made, received = StunProtocol.connection_made, StunProtocol.datagram_received
    yield
    StunProtocol.connection_made = made  # type: ignore[method-assign]
    StunProtocol.datagram_received = received  # type: ignore[method-assign]


def test_loses_the_share_that_is_asked_for() -> None:
    loss = Loss(0.05, seed=3)
    lost = sum(loss.loses() for _ in range(20_000))
    assert lost == pytest.approx(1000, rel=0.15)
    assert (loss.lost, loss.passed) == (lost, 20_000 - lost)


def test_same_seed_same_losses() -> None:
    def pattern(seed: int) -> list[bool]:
        loss = Loss(0.3, seed)
        return [loss.loses() for _ in range(100)]

    assert pattern(1) == pattern(1)
    assert pattern(1) != pattern(2)


@pytest.mark.parametrize("share", [-0.1, 1.1])
def test_share_out_of_range(share: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        Loss(share)


def test_transport_loses_some_and_is_one_otherwise() -> None:
    inner = FakeTransport()
    transport = LossyTransport(inner, Loss(0.5, seed=0))
    for number in range(100):
        transport.sendto(bytes([number]), ("127.0.0.1", 1))
    assert 30 < len(inner.sent) < 70
    assert transport.get_extra_info("sockname") == ("127.0.0.1", 9)
    transport.close()
    assert inner.closed


async def test_installed_both_ways(restored: None) -> None:
    loss = Loss(1.0)
    install(loss)
    inner, receiver = FakeTransport(), Receiver()
    protocol = StunProtocol(receiver)  # type: ignore[arg-type]
    protocol.local_candidate = Candidate()  # type: ignore[assignment]
    protocol.connection_made(inner)
    protocol.transport.sendto(b"out", ("127.0.0.1", 1))
    protocol.datagram_received(b"\x80in", ("127.0.0.1", 1))
    assert not inner.sent
    assert not receiver.received
    loss.share = 0.0
    protocol.transport.sendto(b"out", ("127.0.0.1", 1))
    protocol.datagram_received(b"\x80in", ("127.0.0.1", 1))
    assert inner.sent == [b"out"]
    assert receiver.received == [b"\x80in"]
    assert (loss.passed, loss.lost) == (2, 2)
