"""Which addresses are offered, which are sent to, and who is listened to."""

from __future__ import annotations

import struct
from collections.abc import AsyncIterator

import aioice.ice
import pytest
from aioice.candidate import Candidate
from aioice.ice import Connection
from aioice.stun import Class, Message, Method, parse_message
from aiortc import RTCConfiguration, RTCIceServer, RTCPeerConnection

from bunraku.errors import InputError
from bunraku.stream.rtc import ice
from bunraku.stream.rtc.ice import LOOPBACK, is_usable_candidate
from bunraku.stream.rtc.options import IceServer, PeerOptions


async def offered(servers: list[RTCIceServer] | None = None, *addresses: str) -> list[str]:
    connection = RTCPeerConnection(RTCConfiguration(iceServers=servers or []))
    connection.addTransceiver("video")
    ice.prepare(connection, addresses)
    ice.prepare(connection, ["192.0.2.99"])
    await connection.setLocalDescription(await connection.createOffer())
    sdp = connection.localDescription.sdp
    await connection.close()
    candidates = [line for line in sdp.splitlines() if line.startswith("a=candidate:")]
    return [line.split()[4] for line in candidates]


async def test_a_machine_with_no_other_address_offers_its_loopback_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(aioice.ice, "get_host_addresses", lambda use_ipv4, use_ipv6: [])
    assert await offered() == [LOOPBACK]


async def test_the_addresses_can_be_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aioice.ice, "get_host_addresses", lambda use_ipv4, use_ipv6: ["192.0.2.1"])
    assert await offered(None, LOOPBACK) == [LOOPBACK]


async def test_a_server_that_does_not_answer_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ice, "GATHER_TIMEOUT_S", 0.05)
    server = RTCIceServer(urls=[f"stun:{LOOPBACK}:9"])
    assert await offered([server], LOOPBACK) == [LOOPBACK]


@pytest.fixture
async def agent() -> AsyncIterator[Connection]:
    """One that has gathered and knows of no browser yet."""
    connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    transceiver = connection.addTransceiver("video")
    ice.prepare(connection, [LOOPBACK])
    await connection.setLocalDescription(await connection.createOffer())
    yield transceiver.receiver.transport.transport._connection
    await connection.close()


def candidate(port: int) -> Candidate:
    return Candidate("1", 1, "udp", 1, "192.0.2.7", port, "host")


@pytest.mark.parametrize(
    ("datagram", "taken"),
    [
        (b"", False),
        (b"\x00 no STUN", False),
        (b"\x16 DTLS", True),
        (b"\x80" * ice.MAX_DATAGRAM_BYTES, True),
        (b"\x80" * (ice.MAX_DATAGRAM_BYTES + 1), False),
    ],
)
async def test_what_would_end_a_connection_is_dropped(
    agent: Connection, datagram: bytes, taken: bool
) -> None:
    await agent.add_remote_candidate(candidate(5000))
    agent._protocols[0].datagram_received(datagram, ("192.0.2.7", 5000))
    assert agent._queue.qsize() == taken
    agent._protocols[0].datagram_received(datagram, ("192.0.2.7", 5001))
    assert agent._queue.qsize() == taken


async def test_what_nobody_reads_does_not_pile_up(agent: Connection) -> None:
    for _ in range(ice.MAX_WAITING_DATAGRAMS + 100):
        agent.data_received(b"\x80", 1)
    assert agent._queue.qsize() == ice.MAX_WAITING_DATAGRAMS


async def test_only_so_many_addresses_are_checked(
    agent: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(agent, "respond_error", lambda _, addr, *rest: answered.append(addr[1]))
    answered: list[int] = []
    for port in range(1, ice.MAX_REMOTE_CANDIDATES + 1):
        await agent.add_remote_candidate(candidate(port))
    check = bytes(Message(message_method=Method.BINDING, message_class=Class.REQUEST))
    for port in (99, 100, 101, 102):
        agent._protocols[0].datagram_received(check, ("192.0.2.7", port))
    assert answered == [99, 100]


async def test_checks_that_cannot_be_read_are_dropped(agent: Connection) -> None:
    check = bytes(Message(message_method=Method.BINDING, message_class=Class.REQUEST))
    short_priority = b"\x00\x24\x00\x01\x01\x00\x00\x00"
    broken = check[:2] + len(short_priority).to_bytes(2, "big") + check[4:] + short_priority
    with pytest.raises(struct.error):
        parse_message(broken)
    agent._protocols[0].datagram_received(broken, ("192.0.2.7", 5000))
    assert agent._queue.empty()


@pytest.mark.parametrize(
    ("line", "usable"),
    [
        ("a=candidate:1 1 udp 2122 192.0.2.7 54321 typ host", True),
        ("a=candidate:1 1 UDP 2122 2001:db8::1 54321 typ srflx raddr :: rport 0", True),
        ("a=candidate:1 1 tcp 2122 192.0.2.7 9 typ host tcptype active", False),
        ("a=candidate:1 1 udp 2122 internal.example 80 typ host", False),
        ("a=candidate:1 1 udp 2122 a1b2.local 5000 typ host", False),
        ("a=candidate:1 1 udp 2122 192.0.2.7 0 typ host", False),
        ("a=candidate:1 1 udp 2122 192.0.2.7 70000 typ host", False),
        ("a=candidate:1 1 udp 2122 192.0.2.7 -1 typ host", False),
        ("a=candidate:1 1 udp 2122 10.0.0.7 5000 typ host", True),
        ("a=candidate:1 1 udp 2122 fd00::7 5000 typ host", True),
        ("a=candidate:1 2 udp 2122 192.0.2.7 5000 typ host", False),
        ("a=candidate:1 1 udp 2122 127.0.0.1 5000 typ host", False),
        ("a=candidate:1 1 udp 2122 ::1 5000 typ host", False),
        ("a=candidate:1 1 udp 2122 ::ffff:127.0.0.1 5000 typ host", False),
        ("a=candidate:1 1 udp 2122 169.254.169.254 80 typ host", False),
        ("a=candidate:1 1 udp 2122 fe80::1 5000 typ host", False),
        ("a=candidate:1 1 udp 2122 2001:db8::1%eth0 5000 typ host", False),
        ("a=candidate:1 1 udp 2122 0.0.0.0 5000 typ host", False),
        ("a=candidate:1 1 udp 2122 224.0.0.251 5353 typ host", False),
        ("a=candidate:1 1 udp 2122 ff02::fb 5353 typ host", False),
        ("a=candidate:1 1 udp 2122 255.255.255.255 5000 typ host", False),
        ("a=candidate:1 1 udp", False),
        ("a=candidate:", False),
    ],
)
def test_usable_candidates(line: str, usable: bool) -> None:
    assert is_usable_candidate(line) is usable


def test_servers_keep_their_secret() -> None:
    server = IceServer(("turn:turn.example:3478",), "user", "secret")
    assert "secret" not in repr(server)
    assert "secret" not in repr(PeerOptions(ice_servers=(server,)))
    made = server.to_aiortc()
    assert (made.urls, made.username, made.credential) == (
        ["turn:turn.example:3478"],
        "user",
        "secret",
    )


@pytest.mark.parametrize("url", ["", "http://turn.example", "turn:", "stun:a:b:c"])
def test_other_addresses_are_no_ice_servers(url: str) -> None:
    with pytest.raises(InputError, match="ICE server"):
        IceServer((url,))


@pytest.mark.parametrize(
    "changes",
    [
        {"min_kbps": 0},
        {"start_kbps": 100},
        {"max_kbps": 1000},
        {"max_rate": 0},
        {"max_side_px": -1},
        {"connect_timeout_s": 0},
    ],
)
def test_options_out_of_range(changes: dict[str, int]) -> None:
    with pytest.raises(InputError):
        PeerOptions(**changes)  # type: ignore[arg-type]
