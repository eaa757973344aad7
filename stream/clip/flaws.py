"""What damage in a clip costs: frames that are missing beside it, and frames that show it.

Decoders pass over much without an error: what they cannot put together is left out, or made up
from around.
"""

from __future__ import annotations

from heapq import heappop, heappush

from bunraku.stream.clip.timeline import AnyPacket

_APART = 0.6
"""Of a frame's length."""
_REORDERED = 16
"""After damage was read, frames from before it come out of a decoder: so many at most in H.264."""


class Flaws:
    """Follows the packets and frames of a clip's film, on the clip's clock.

    Frames are taken for missing where their times leave a gap beside damage, or one in which there
    were packets, as at the start of a recording that was cut off there. A gap alone says nothing:
    rates vary.
    """

    def __init__(self) -> None:
        self.missing = 0
        self.flawed = 0
        """Frames that are shown, with parts that were made up."""
        self._coming_s: list[float] = []
        """When what was read is to be shown, as a heap."""
        self._last_s: float | None = None
        self._beside = 0
        """How many of the next frames may be beside damage."""

    def read(self, packet: AnyPacket) -> None:
        """Take note of a packet that is to be decoded."""
        if packet.is_corrupt:
            self.failed()
        if packet.pts is not None and packet.time_base and not packet.is_discard:
            heappush(self._coming_s, float(packet.pts * packet.time_base))

    def failed(self) -> None:
        """Something could not be read or decoded."""
        self._beside = _REORDERED

    def decoded(self, time_s: float | None, step_s: float, *, flawed: bool) -> None:
        """Take note of a frame.

        :param time_s: when it is shown; None where the container does not say.
        :param step_s: about how long it lasts.
        """
        self.flawed += flawed
        if time_s is not None:
            self._measure(time_s, step_s, flawed=flawed)
        self._beside = _REORDERED if flawed else max(0, self._beside - 1)

    def _measure(self, time_s: float, step_s: float, *, flawed: bool) -> None:
        passed = False
        while self._coming_s and self._coming_s[0] <= time_s:
            coming_s = heappop(self._coming_s)
            if self._last_s is None:
                self._last_s = coming_s - step_s
            # Second fields and frames that are never shown are nearer to others than this.
            apart = _APART * step_s
            passed |= self._last_s + apart < coming_s < time_s - apart
        if self._last_s is not None:
            if passed or flawed or self._beside:
                self.missing += max(0, round((time_s - self._last_s) / step_s) - 1)
            time_s = max(time_s, self._last_s)  # damaged ones may come late
        self._last_s = time_s

    def words(self, unreadable: int) -> str | None:
        """What to say of it; None where nothing is damaged.

        :param unreadable: parts of the clip that could not be decoded.
        """
        told = (
            (unreadable, "part cannot be decoded", "parts cannot be decoded"),
            (self.missing, "frame is missing", "frames are missing"),
            (self.flawed, "frame has flaws", "frames have flaws"),
        )
        found = [f"{count} {one if count == 1 else many}" for count, one, many in told if count]
        return ", ".join(found) or None
