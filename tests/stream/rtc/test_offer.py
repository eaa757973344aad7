"""What is taken of an offer, what is refused, and what is no offer."""

from __future__ import annotations

import pytest

from bunraku.errors import InputError
from bunraku.stream.rtc.offer import MAX_CANDIDATES, MAX_OFFER_CHARS, Offer

FINGERPRINT = ":".join(["AB"] * 32)
SESSION = f"""v=0
o=- 46 2 IN IP4 127.0.0.1
s=-
t=0 0
a=group:BUNDLE 0 1 2
a=fingerprint:sha-256 {FINGERPRINT}
a=msid-semantic: WMS s
"""
AUDIO = """m=audio 54321 UDP/TLS/RTP/SAVPF 111
c=IN IP4 192.0.2.7
a=candidate:1 1 udp 2122 192.0.2.7 54321 typ host
a=candidate:2 1 udp 2122 4f1c2f32-0000-4000-8000-1234567890ab.local 54321 typ host
a=candidate:3 1 tcp 1518 192.0.2.7 9 typ host tcptype active
a=end-of-candidates
a=ice-ufrag:abcd
a=ice-pwd:abcdefghijklmnopqrstuv
a=setup:actpass
a=mid:0
a=sendrecv
a=rtcp-mux
a=rtpmap:111 opus/48000/2
"""
VIDEO = """m=video 0 UDP/TLS/RTP/SAVPF 96 97
c=IN IP4 0.0.0.0
a=bundle-only
a=setup:actpass
a=mid:1
a=sendrecv
a=rtcp-mux
a=rtpmap:96 VP8/90000
a=rtpmap:97 rtx/90000
a=fmtp:97 apt=96
"""
DATA = """m=application 9 UDP/DTLS/SCTP webrtc-datachannel
a=mid:2
a=sctp-port:5000
"""
WHOLE = SESSION + AUDIO + VIDEO + DATA
VIDEO_FIRST = SESSION + AUDIO + DATA + VIDEO


def lines(sdp: str) -> list[str]:
    assert sdp.endswith("\r\n")
    return sdp.split("\r\n")[:-1]


def test_only_the_video_is_left_with_the_transport_that_it_shared() -> None:
    reduced = lines(Offer.parse(WHOLE).sdp)
    assert [line for line in reduced if line.startswith("m=")] == [
        "m=video 9 UDP/TLS/RTP/SAVPF 96 97"
    ]
    for line in (
        "a=group:BUNDLE 1",
        "a=ice-ufrag:abcd",
        "a=ice-pwd:abcdefghijklmnopqrstuv",
        f"a=fingerprint:sha-256 {FINGERPRINT}",
        "a=setup:actpass",
        "a=mid:1",
        "a=sendrecv",
        "a=fmtp:97 apt=96",
    ):
        assert reduced.count(line) == 1, line
    assert "a=bundle-only" not in reduced


def test_candidates_that_cannot_be_used_are_left_out() -> None:
    reduced = lines(Offer.parse(WHOLE).sdp)
    assert [line for line in reduced if line.startswith("a=candidate")] == [
        "a=candidate:1 1 udp 2122 192.0.2.7 54321 typ host"
    ]
    assert "a=end-of-candidates" not in reduced


def test_of_many_candidates_the_first_are_taken() -> None:
    many = "".join(
        f"a=candidate:{port} 1 udp 2122 192.0.2.7 {port} typ host\n" for port in range(1, 99)
    )
    reduced = lines(Offer.parse(WHOLE.replace("a=end-of", many + "a=end-of")).sdp)
    taken = [line.split()[5] for line in reduced if line.startswith("a=candidate")]
    assert taken == ["54321", *map(str, range(1, MAX_CANDIDATES))]


def test_the_answer_refuses_the_rest_in_its_place() -> None:
    answer = "v=0\r\na=group:BUNDLE 1\r\nm=video 4000 UDP/TLS/RTP/SAVPF 96\r\na=mid:1\r\n"
    complete = lines(Offer.parse(WHOLE).complete(answer))
    assert [line for line in complete if line.startswith("m=")] == [
        "m=audio 0 UDP/TLS/RTP/SAVPF 111",
        "m=video 4000 UDP/TLS/RTP/SAVPF 96",
        "m=application 0 UDP/DTLS/SCTP webrtc-datachannel",
    ]
    assert [line for line in complete if line.startswith("a=mid:")] == [
        "a=mid:0",
        "a=mid:1",
        "a=mid:2",
    ]
    assert complete.count("a=inactive") == 2


def test_of_several_videos_the_first_that_is_sent_is_taken() -> None:
    screen = VIDEO.replace("a=mid:1", "a=mid:9").replace("sendrecv", "recvonly")
    offer = Offer.parse(
        SESSION
        + screen
        + VIDEO.replace("\na=bundle-only", "").replace("m=video 0", "m=video 9")
        + AUDIO
    )
    assert "a=mid:1" in lines(offer.sdp)


def test_a_direction_that_is_not_told_is_both() -> None:
    assert "a=sendrecv" in lines(Offer.parse(WHOLE.replace("a=sendrecv\n", "")).sdp)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "does not begin"),
        ("<html>", "does not begin"),
        (SESSION, "no video"),
        (SESSION + AUDIO + DATA, "no video"),
        (WHOLE.replace("a=bundle-only\n", ""), "no video"),
        (WHOLE.replace("a=sendrecv", "a=recvonly"), "no video"),
        (WHOLE.replace("a=sendrecv", "a=inactive"), "no video"),
        (WHOLE.replace("a=rtcp-mux\n", ""), "rtcp-mux"),
        (WHOLE.replace("a=mid:1\n", ""), "no mid"),
        (WHOLE.replace("a=ice-ufrag:abcd\n", ""), "no ice-ufrag"),
        (WHOLE.replace("ufrag:abcd", "ufrag:a$cd"), "ice-ufrag cannot"),
        (WHOLE.replace("ice-pwd:abc", "ice-pwd:ab "), "ice-pwd cannot"),
        (WHOLE.replace("sha-256", "md5"), "fingerprint cannot"),
        (WHOLE.replace("actpass", "holdconn"), "setup cannot"),
        (WHOLE.replace("m=audio 5", "m=AUDIO x"), "no media section"),
        (WHOLE.replace("s=-", "s=\x00"), "control characters"),
        (SESSION + VIDEO * 17, "more than 16"),
        (WHOLE + "a=x\n" * MAX_OFFER_CHARS, "longer than"),
        (VIDEO_FIRST + "a=rtpmap:96 x/1\n" * 64, "more than 64 codecs"),
        (VIDEO_FIRST + "a=rtcp-fb:* a\n" * 17, "feedback for all codecs"),
        (VIDEO_FIRST + "a=ssrc:1 a:b\n" * 500, "more than 512 lines"),
        (VIDEO_FIRST.replace("s=-", "s=-" + "\na=msid-semantic: a" * 512), "more than 512 lines"),
    ],
)
def test_what_cannot_be_taken_is_refused(text: str, reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        Offer.parse(text)


def test_a_refusal_quotes_no_more_than_it_must() -> None:
    with pytest.raises(InputError) as caught:
        Offer.parse(WHOLE.replace("m=audio", "m=" + "x9" * 400))
    assert len(str(caught.value)) < 120
