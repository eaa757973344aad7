from __future__ import annotations

import pytest

from bunraku.errors import SourceError
from bunraku.stream.sources.address import PROTOCOLS, StreamAddress


@pytest.mark.parametrize(("url", "name"), [
    ("rtsp://cam.local/stream1", "rtsp://cam.local/stream1"),
    ("rtsp://cam.local:8554/", "rtsp://cam.local:8554"),
    ("RTSP://Cam.Local/Stream1", "rtsp://cam.local/Stream1"),
    ("rtsp://admin:hunter2@10.0.0.5:554/h264", "rtsp://10.0.0.5:554/h264"),
    ("rtsp://hunter2@10.0.0.5/h264", "rtsp://10.0.0.5/h264"),
    ("rtsp://admin:hunter2%40%2F@10.0.0.5/h264", "rtsp://10.0.0.5/h264"),
    ("rtsp://10.0.0.5/user=admin&password=hunter2&channel=1", "rtsp://10.0.0.5/…"),
    ("rtsp://10.0.0.5/user=admin_password=hunter2_stream=0.sdp", "rtsp://10.0.0.5/…"),
    ("http://cam/video.mjpg?token=hunter2", "http://cam/video.mjpg"),
    ("https://cam/video.mjpg#hunter2", "https://cam/video.mjpg"),
    ("http://[fe80::1]:8080/video", "http://[fe80::1]:8080/video"),
    ("udp://@:1234", "udp://:1234"),
    ("udp://127.0.0.1:1234?overrun_nonfatal=1", "udp://127.0.0.1:1234"),
    ("srt://host:9000?passphrase=hunter2", "srt://host:9000"),
])  # fmt: skip
def test_names_without_secrets(url: str, name: str) -> None:
    address = StreamAddress.parse(url)
    assert address.name == name
    # FFmpeg knows its protocols by small letters alone.
    assert address.url == url.replace("RTSP:", "rtsp:")
    assert "hunter2" not in repr(address)


@pytest.mark.parametrize("url", [
    "file:///etc/passwd", "/etc/passwd", "concat:a.mp4|b.mp4", "concatf:list", "data:text,x",
    "subfile,,start,0,end,9,,:/etc/passwd", "pipe:0", "fd:", "tee:x", "gopher://h/", "cache:x",
    "crypto:file:///x", "lavfi", "async:http://x/", "ftp://h/x", "", "rtmp://h/x", "tls://h:1",
])  # fmt: skip
def test_other_schemes_are_refused(url: str) -> None:
    with pytest.raises(SourceError, match=r"http://, https://, rtsp://"):
        StreamAddress.parse(url)


@pytest.mark.parametrize("url", [
    "rtsp:", "rtsp://", "rtsp:///path", "http:cam/video", "http://cam:port/", "http://cam:99999/",
    "udp://127.0.0.1", "srt://host", "http://cam/vid eo", "http://cam/\n", "http://[::1/",
    # The password holds "/" and "@" as they are: its end must not be shown as the path.
    "rtsp://admin:hunt/er2@10.0.0.5/h264",
])  # fmt: skip
def test_malformed_addresses_are_refused(url: str) -> None:
    with pytest.raises(SourceError) as caught:
        StreamAddress.parse(url)
    assert "is not a" in str(caught.value)
    assert "er2" not in str(caught.value)


def test_no_scheme_opens_files() -> None:
    for protocols in PROTOCOLS.values():
        assert not set(protocols.split(",")) & {"file", "concat", "data", "pipe", "subfile", "fd"}
