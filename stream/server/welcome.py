"""What a page is told when it comes in: who it is, what it may do, how to connect."""

from __future__ import annotations

from typing import Any

from bunraku.stream.rtc.options import IceServer
from bunraku.stream.server.protocol import Message
from bunraku.stream.server.recordings import recording_json
from bunraku.stream.server.service import Service
from bunraku.stream.server.sessions import Session


def welcome(service: Service, session: Session) -> Message:
    """The answer to a hello. It holds secrets of this one visitor: the session's id, and the
    passwords of TURN servers.
    """
    options, limits, peer = service.options, service.options.limits, service.options.peer
    width, height = options.size
    return {
        "type": "welcome",
        "session": session.id,
        "limits": {
            "photo_bytes": limits.photo_bytes,
            "photo_pixels": limits.photo_pixels,
            "photos": limits.photos,
            "session_s": limits.session_s,
            "idle_s": limits.idle_s,
            "grace_s": limits.grace_s,
            "recording_s": limits.recording_s,
            "recording_bytes": limits.recording_bytes,
            "max_side_px": peer.max_side_px,
            "max_rate": peer.max_rate,
        },
        "ice_servers": [_ice_json(server) for server in peer.ice_servers],
        "video": {
            "width": width,
            "height": height,
            "rate": options.rate,
            "max_side_px": peer.max_side_px,
            "start_kbps": peer.start_kbps,
            "max_kbps": peer.max_kbps,
            "codec": peer.codec,
        },
        "photos": service.photos_json(session),
        "recording": True,
        "recordings": [recording_json(one) for one in session.recordings.values()],
    }


def _ice_json(server: IceServer) -> dict[str, Any]:
    told: dict[str, Any] = {"urls": list(server.urls)}
    if server.username is not None:
        told |= {"username": server.username, "credential": server.credential}
    return told
