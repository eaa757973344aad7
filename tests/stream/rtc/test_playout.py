"""The browser is told to hold no picture back, where its offer lets us."""

from __future__ import annotations

import pytest
from aiortc import RTCConfiguration, RTCPeerConnection, RTCRtpTransceiver, rtp
from aiortc.rtcrtpparameters import RTCRtpHeaderExtensionParameters, RTCRtpParameters

from bunraku.stream.rtc.playout import URI, PlayoutMap, accept

TIME = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"


def negotiated(*extensions: tuple[int, str]) -> PlayoutMap:
    made = PlayoutMap()
    headers = [RTCRtpHeaderExtensionParameters(id=n, uri=uri) for n, uri in extensions]
    made.configure(RTCRtpParameters(headerExtensions=headers))
    return made


def test_every_packet_asks_for_no_delay() -> None:
    extensions = negotiated((2, TIME), (5, URI))
    profile, packed = extensions.set(rtp.HeaderExtensions(abs_send_time=1000))
    assert rtp.unpack_header_extensions(profile, packed) == [
        (2, b"\x00\x03\xe8"),
        (5, b"\x00\x00\x00"),
    ]
    assert extensions.get(profile, packed).abs_send_time == 1000


def test_without_it_in_the_offer_packets_are_as_they_were() -> None:
    values = rtp.HeaderExtensions(abs_send_time=1000)
    stock = rtp.HeaderExtensionsMap()
    parameters = [RTCRtpHeaderExtensionParameters(id=2, uri=TIME)]
    stock.configure(RTCRtpParameters(headerExtensions=parameters))
    assert negotiated((2, TIME)).set(values) == stock.set(values)


@pytest.mark.parametrize(
    ("line", "number"),
    [
        (f"a=extmap:5 {URI}\r\n", 5),
        (f"a=extmap:14/sendrecv {URI}\n", 14),
        (f"a=extmap:15 {URI}\r\n", None),
        (f"a=extmap:99999999999 {URI}\r\n", None),
        (f"a=extmap:0 {URI}\r\n", None),
        (f"a=extmap:5 {URI}-new\r\n", None),
        ("a=sendrecv\r\n", None),
    ],
)
async def test_the_offers_number_is_taken(line: str, number: int | None) -> None:
    connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    transceiver: RTCRtpTransceiver = connection.addTransceiver("video")
    accept(transceiver, f"v=0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\n{line}a=mid:0\r\n")
    taken = [extension.id for extension in transceiver._headerExtensions]
    assert taken == ([] if number is None else [number])
    await connection.close()
