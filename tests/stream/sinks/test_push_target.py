from __future__ import annotations

from pathlib import Path

import pytest

from bunraku.errors import OutputError
from bunraku.stream.sinks.push_target import PushTarget


@pytest.mark.parametrize(
    ("address", "container", "shown"),
    [
        ("rtmp://live.example.org/app/KEY", "flv", "rtmp://live.example.org"),
        ("RTMPS://live.example.org:443/app/KEY", "flv", "rtmps://live.example.org:443"),
        ("rtsp://me:KEY@example.org:8554/x", "rtsp", "rtsp://example.org:8554"),
        ("rtsp://me:12/KEY@example.org/x", "rtsp", "rtsp://me"),
        ("srt://[::1]:9000?passphrase=KEY", "mpegts", "srt://[::1]:9000"),
        ("udp://239.0.0.1:5000", "mpegts", "udp://239.0.0.1:5000"),
        ("https://example.org/KEY/live.m3u8?t=KEY", "hls", "https://example.org"),
    ],
)
def test_addresses(address: str, container: str, shown: str) -> None:
    target = PushTarget.parse(address)
    assert (target.format, target.shown) == (container, shown)
    assert target.host is not None
    assert target.host in shown
    assert target.address.startswith(address)
    assert "KEY" not in repr(target)


@pytest.mark.parametrize(
    ("address", "sent"),
    [
        ("udp://127.0.0.1:5000", "udp://127.0.0.1:5000?pkt_size=1316"),
        ("udp://127.0.0.1:5000?ttl=2", "udp://127.0.0.1:5000?ttl=2&pkt_size=1316"),
        ("udp://127.0.0.1:5000?pkt_size=188", "udp://127.0.0.1:5000?pkt_size=188"),
    ],
)
def test_udp_packets_hold_whole_ones(address: str, sent: str) -> None:
    assert PushTarget.parse(address).address == sent


def test_a_playlist_in_a_folder(tmp_path: Path) -> None:
    target = PushTarget.parse(str(tmp_path / "live.m3u8"))
    assert (target.format, target.shown, target.host) == ("hls", "live.m3u8", None)
    assert "delete_segments" in target.options["hls_flags"]


@pytest.mark.parametrize(
    ("address", "text"),
    [
        ("file:///etc/KEY", r"Nothing can be pushed to 'file' addresses\. Use one of rtmp, rtmps,"),
        ("concat:KEY|b.ts", "Nothing can be pushed to 'concat' addresses"),
        ("tee:KEY", "Nothing can be pushed to 'tee' addresses"),
        ("rtmp:///KEY", r"is incomplete\. Write it as rtmp://HOST/"),
        ("udp://example.org/KEY", r"is incomplete\. Write it as udp://HOST:PORT/"),
        ("srt://example.org?streamid=KEY", "incomplete"),
        ("rtmp://example.org:port/KEY", "malformed"),
        ("rtmp://[::1/KEY", "malformed"),
        ("rtmp://example.org/KEY\n--x", "malformed"),
        ("rtmp://example.org/a KEY", "malformed"),
        ("https://example.org/KEY", r"https://example\.org is pushed to as HLS\. Let the address"),
        ("KEY.mp4", r"neither an address nor an HLS playlist\. Write rtmp://HOST/"),
        ("C:/KEY.mp4", "neither an address nor"),
        ("/no/such/folder/KEY.m3u8", "The folder /no/such/folder does not exist"),
        ("", "neither an address nor"),
    ],
)
def test_what_is_refused(address: str, text: str) -> None:
    with pytest.raises(OutputError, match=text) as caught:
        PushTarget.parse(address)
    assert "KEY" not in str(caught.value)
    assert caught.value.__cause__ is None
