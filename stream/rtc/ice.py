"""Which addresses of this machine a connection offers, and how long it looks for them."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

from aioice.candidate import Candidate
from aioice.ice import Connection
from aiortc import RTCPeerConnection

LOOPBACK = "127.0.0.1"
GATHER_TIMEOUT_S = 2
"""How long STUN and TURN servers may take to answer; aioice waits 5 seconds otherwise."""


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
    wanted = list(addresses)

    async def gather_some(
        component: int, addresses: list[str], timeout: int = GATHER_TIMEOUT_S
    ) -> list[Candidate]:
        found = wanted or addresses or [LOOPBACK]
        return await gather(component, found, min(timeout, GATHER_TIMEOUT_S))

    # Set on this one object, so that other users of aioice in this process see nothing of it.
    vars(agent).update(get_component_candidates=gather_some, prepared_by_bunraku=True)


def is_usable_candidate(line: str) -> bool:
    """Whether the ICE candidate of an SDP line can be used: UDP, and a plain IP address.

    Names are left out: a browser hides its address behind one when the page may not use a camera,
    and looking it up takes a second. A browser behind such a name is found by its own checks.
    """
    fields = line.partition(":")[2].split()
    if len(fields) < 8 or fields[2].lower() != "udp":
        return False
    try:
        ipaddress.ip_address(fields[4])
    except ValueError:
        return False
    return fields[5].isdigit() and 0 < int(fields[5]) < 65536
