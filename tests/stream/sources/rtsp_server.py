"""An RTSP server as a camera. Run by the system's Python: rtsp_server.py PORT PASSWORD FOLDER.

/h264 sends the files of the folder, one access unit each, over and over; /mjpeg sends a ball. Tells
its port; with a password, only user "me" may look.
"""

from __future__ import annotations

import itertools
import sys
from pathlib import Path
from typing import Any

import gi  # type: ignore[import-not-found]

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer  # type: ignore[import-not-found]  # noqa: E402

INTERVAL_MS = 40
# Only what Debian's packages "base" and "good" hold: those have no encoder for H.264.
PIPELINES = {
    "/h264": "appsrc name=units is-live=true do-timestamp=true format=time "
    "caps=video/x-h264,stream-format=byte-stream,alignment=au ! "
    "rtph264pay name=pay0 pt=96 config-interval=-1",
    "/mjpeg": "videotestsrc is-live=true pattern=ball ! "
    "video/x-raw,width=192,height=128,framerate=25/1 ! videoconvert ! video/x-raw,format=I420 ! "
    "jpegenc ! rtpjpegpay name=pay0 pt=26",
}


def feed(factory: Any, media: Any) -> None:
    """Push an access unit each interval, for as long as somebody looks."""
    source = media.get_element().get_by_name("units")
    units = itertools.cycle([path.read_bytes() for path in sorted(Path(sys.argv[3]).iterdir())])

    def push() -> bool:
        buffer = Gst.Buffer.new_wrapped(next(units))
        return bool(source.emit("push-buffer", buffer) == Gst.FlowReturn.OK)

    GLib.timeout_add(INTERVAL_MS, push)


Gst.init(None)
server = GstRtspServer.RTSPServer()
server.set_address("127.0.0.1")
server.set_service(sys.argv[1])
if sys.argv[2]:
    auth = GstRtspServer.RTSPAuth()
    token = GstRtspServer.RTSPToken()
    token.set_string("media.factory.role", "viewer")
    auth.add_basic(GstRtspServer.RTSPAuth.make_basic("me", sys.argv[2]), token)
    server.set_auth(auth)
for path, pipeline in PIPELINES.items():
    factory = GstRtspServer.RTSPMediaFactory()
    factory.set_launch(f"( {pipeline} )")
    factory.set_shared(True)
    if path == "/h264":
        factory.connect("media-configure", feed)
    if sys.argv[2]:
        allowed = "viewer, media.factory.access=(boolean)true, "
        allowed += "media.factory.construct=(boolean)true"
        factory.add_role_from_structure(Gst.Structure.from_string(allowed)[0])
    server.get_mount_points().add_factory(path, factory)
if not server.attach(None):
    sys.exit("the port is taken")
sys.stdout.write(f"{server.get_bound_port()}\n")
sys.stdout.flush()
GLib.MainLoop().run()
