"""Which addresses of this machine a connection offers, which it sends to, and whom it listens to.

Its sockets are open to everybody who can reach this machine, on all addresses that are offered.
"""

from __future__ import annotations

import ipaddress
import logging
from collections.abc import Sequence
from typing import Any

from aioice.candidate import Candidate
from aioice.ice import Connection, StunProtocol
from aioice.stun import Message
from aiortc import RTCPeerConnection

LOOPBACK = "127.0.0.1"
GATHER_TIMEOUT_S = 2
"""How long STUN and TURN servers may take to answer; aioice waits 5 seconds otherwise."""

MAX_DATAGRAM_BYTES = 1500
"""What SRTP can take; a larger one, or an empty one, would end the connection."""
MAX_WAITING_DATAGRAMS = 2048
"""Nobody reads them before the connection is up."""
MAX_REMOTE_CANDIDATES = 100
"""Each address that a check comes from is one, and is checked and sorted in."""

# The first byte of a datagram (RFC 7983): up to 3 for STUN, 20 to 63 for DTLS, 128 to 191 for SRTP.
_LAST_OF_STUN = 3
_FIRST_OF_DTLS = 20

log = logging.getLogger(__name__)


def prepare(connection: RTCPeerConnection, addresses: Sequence[str] = ()) -> None:
    """Choose what will be offered; call it before ``setLocalDescription``.

    :param addresses: IP addresses to offer instead of all of this machine's. A machine that has
        no other address than its loopback one offers that: aioice leaves it out.
    """
    for transceiver in connection.getTransceivers():
        gatherer = transceiver.receiver.transport.transport.iceGatherer
        _prepare_agent(gatherer._connection, addresses)


def _prepare_agent(agent: Connection, addresses: Sequence[str]) -> None:
    if getattr(agent, "prepared_by_bunraku", False):
        return
    gather = agent.get_component_candidates
    take, take_check = agent.data_received, agent.request_received
    wanted = list(addresses)

    async def gather_some(
        component: int, addresses: list[str], timeout: int = GATHER_TIMEOUT_S
    ) -> list[Candidate]:
        found = wanted or addresses or [LOOPBACK]
        candidates = await gather(component, found, min(timeout, GATHER_TIMEOUT_S))
        for protocol in list(agent._protocols):
            _close_to_strangers(agent, protocol)
            if agent._closing:
                # The agent has closed, but only those sockets that were there.
                await protocol.close()
        return candidates

    def take_some(data: bytes, component: int) -> None:
        good = 0 < len(data) <= MAX_DATAGRAM_BYTES and data[0] >= _FIRST_OF_DTLS
        if good and agent._queue.qsize() < MAX_WAITING_DATAGRAMS:
            take(data, component)

    def take_some_checks(message: Message, addr: tuple[str, int], protocol: StunProtocol) -> None:
        if len(agent._remote_candidates) < MAX_REMOTE_CANDIDATES or _is_known(agent, addr):
            take_check(message, addr, protocol)

    # Set on this one object, so that other users of aioice in this process see nothing of it.
    vars(agent).update(
        get_component_candidates=gather_some,
        data_received=take_some,
        request_received=take_some_checks,
        prepared_by_bunraku=True,
    )


def _close_to_strangers(agent: Connection, protocol: StunProtocol) -> None:
    """Take nothing but checks from addresses from which no authenticated check came."""
    receive = protocol.datagram_received

    def receive_some(data: bytes, addr: tuple[Any, ...]) -> None:
        if not data or (data[0] > _LAST_OF_STUN and not _is_known(agent, addr)):
            return
        try:
            receive(data, addr)
        except Exception as exc:  # noqa: BLE001 - aioice trips over some, asyncio would log each
            log.debug("A datagram that cannot be read: %r", exc)

    vars(protocol).update(datagram_received=receive_some)


def _is_known(agent: Connection, addr: tuple[Any, ...]) -> bool:
    return any(
        known._network_host == addr[0] and known.port == addr[1]
        for known in agent._remote_candidates
    )


def is_usable_candidate(line: str) -> bool:
    """Whether the ICE candidate of an SDP line can be used: UDP, and another machine's address.

    A browser whose candidates are left out is found by its own checks all the same. Left out are
    names, behind which a browser hides its address when the page may not use a camera: looking one
    up takes a second. And addresses that no browser elsewhere has: by them an offer would make
    this machine send to itself, to its neighbours' services, or to many at once.
    """
    fields = line.partition(":")[2].split()
    # Of the two components, RTP and RTCP, the second is not used.
    if len(fields) < 8 or fields[1] != "1" or fields[2].lower() != "udp":
        return False
    try:
        address = ipaddress.ip_address(fields[4])
    except ValueError:
        return False
    if "%" in fields[4] or not _may_be_a_browser(address):
        return False
    return fields[5].isdigit() and 0 < int(fields[5]) < 65536


def _may_be_a_browser(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    return not (
        address.is_loopback
        or address.is_link_local
        or address.is_multicast
        or address.is_unspecified
        or address.is_reserved
    )
