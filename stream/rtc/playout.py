"""Asks the browser to show pictures as soon as they are decoded.

The RTP header extension `playout-delay` tells a receiver how long it may hold pictures back for
evenness' sake. Chromium, told 0 to 0, leaves out its render delay and its smoothing, some 15 ms;
aiortc does not know the extension.
"""

from __future__ import annotations

import re

from aiortc import RTCRtpTransceiver, rtp
from aiortc.rtcrtpparameters import RTCRtpHeaderExtensionParameters, RTCRtpParameters

URI = "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay"
_NO_DELAY = b"\x00\x00\x00"  # 12 bits for the least, 12 for the most, in hundredths of a second
_LARGEST_ID = 14  # with more, every extension would need the longer form
_OFFERED = re.compile(rf"^a=extmap:(\d{{1,5}})(?:/\w+)? {re.escape(URI)}\s*$", re.MULTILINE)


class PlayoutMap(rtp.HeaderExtensionsMap):
    """A sender's header extensions, with that one in every packet once it is negotiated."""

    def __init__(self) -> None:
        super().__init__()
        self._id: int | None = None

    def configure(self, parameters: RTCRtpParameters) -> None:
        """Learn the number that the browser gave it."""
        super().configure(parameters)
        for extension in parameters.headerExtensions:
            if extension.uri == URI:
                self._id = extension.id

    def set(self, values: rtp.HeaderExtensions) -> tuple[int, bytes]:
        """The profile and the bytes of a packet's extensions."""
        profile, packed = super().set(values)
        if self._id is None:
            return profile, packed
        extensions = list(rtp.unpack_header_extensions(profile, packed))
        return rtp.pack_header_extensions([*extensions, (self._id, _NO_DELAY)])


def accept(transceiver: RTCRtpTransceiver, offer: str) -> None:
    """Accept the extension where the browser's offer has it, before the answer is made."""
    found = _OFFERED.search(offer)
    if found is not None and 1 <= int(found[1]) <= _LARGEST_ID:
        extension = RTCRtpHeaderExtensionParameters(id=int(found[1]), uri=URI)
        transceiver._headerExtensions.append(extension)
