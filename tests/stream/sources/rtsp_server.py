"""An RTSP server with a moving picture. Run by the system's Python: rtsp_server.py PORT PASSWORD.

Tells its port; with a password, only user "me" may look.
"""

from __future__ import annotations

import sys

import gi  # type: ignore[import-not-found]

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer  # type: ignore[import-not-found]  # noqa: E402

SOURCE = "videotestsrc is-live=true pattern=ball ! video/x-raw,width=192,height=128,framerate=25/1"
ENCODERS = {
    "/h264": "openh264enc gop-size=10 ! rtph264pay name=pay0 pt=96 config-interval=1",
    "/mjpeg": "jpegenc ! rtpjpegpay name=pay0 pt=26",
}

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
for path, encoder in ENCODERS.items():
    factory = GstRtspServer.RTSPMediaFactory()
    raw = "videoconvert ! video/x-raw,format=I420"
    factory.set_launch(f"( {SOURCE} ! {raw} ! {encoder} )")
    factory.set_shared(True)
    if sys.argv[2]:
        factory.add_role_from_structure(
            Gst.Structure.from_string(
                "viewer, media.factory.access=(boolean)true, media.factory.construct=(boolean)true"
            )[0]
        )
    server.get_mount_points().add_factory(path, factory)
if not server.attach(None):
    sys.exit("the port is taken")
sys.stdout.write(f"{server.get_bound_port()}\n")
sys.stdout.flush()
GLib.MainLoop().run()
