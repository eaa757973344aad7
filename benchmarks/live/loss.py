"""Random loss of packets in this process: what a poor wireless network does, repeatably."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass, field
from typing import Any

from aioice.ice import StunProtocol

Address = tuple[Any, ...]


@dataclass(eq=False)
class Loss:
    """Decides which datagrams are lost, each independently of the others.

    :param share: from 0 to 1; may be changed at any time.
    """

    share: float
    seed: int = 0
    passed: int = 0
    lost: int = 0
    _random: random.Random = field(init=False)

    def __post_init__(self) -> None:
        if not 0 <= self.share <= 1:
            raise ValueError(f"a share of {self.share} is not between 0 and 1")
        self._random = random.Random(self.seed)

    def loses(self) -> bool:
        """Whether the next datagram is lost; counts it either way."""
        gone = self._random.random() < self.share
        self.lost += gone
        self.passed += not gone
        return gone


class LossyTransport:
    """A datagram transport that loses some of what is sent."""

    def __init__(self, transport: asyncio.DatagramTransport, loss: Loss) -> None:
        self._transport = transport
        self._loss = loss

    def sendto(self, data: bytes, addr: Address | None = None) -> None:
        """Send it, or do not."""
        if not self._loss.loses():
            self._transport.sendto(data, addr)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


def install(loss: Loss) -> None:
    """Lose packets of every WebRTC connection that this process makes from now on, both ways."""
    make = StunProtocol.connection_made
    receive = StunProtocol.datagram_received

    def connection_made(self: StunProtocol, transport: asyncio.BaseTransport) -> None:
        make(self, LossyTransport(transport, loss))  # type: ignore[arg-type]

    def datagram_received(self: StunProtocol, data: bytes | str, addr: Address) -> None:
        if not loss.loses():
            receive(self, data, addr)

    StunProtocol.connection_made = connection_made  # type: ignore[method-assign]
    StunProtocol.datagram_received = datagram_received  # type: ignore[method-assign]
