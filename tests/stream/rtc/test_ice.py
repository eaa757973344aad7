"""Which addresses are offered."""

from __future__ import annotations

import aioice.ice
import pytest
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
    assert all(is_usable_candidate(line) for line in candidates)
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
