"""One unbroken clock out of those of a clip's parts, for pictures and sound alike."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeAlias, cast

from av.container import InputContainer
from av.format import Flags
from av.packet import Packet
from av.stream import Disposition, Stream

from bunraku.stream.clip.adts import AdtsTimes
from bunraku.stream.core.tolerance import INDEXED, STREAMED

AnyPacket: TypeAlias = "Packet[Any]"

# FFmpeg does not call FLV one of them, yet recordings of broadcasts start over in it, too.
_STREAMED_TOO = frozenset({"flv"})
# Where a pause follows, a packet may be said to last until its end.
_MAX_FRAME_S = 1.0
# A track goes on without a gap if its next packet is no further off.
_TIGHT_S = 0.25
# Orders of frames that were guessed are wrong by so many frames at most.
_MAX_REORDERED = 3
# How long packets are held at a joint until all tracks have passed it.
_HELD_S = 1.0
_MAX_HELD = 256
# Parts are cut where a picture ends, and their sound goes on a little: at a joint, so much of the
# next one's is left out rather than that the pictures halt.
_OVERLAP_S = 0.1
# Sound that overlaps less than this does so by rounding.
_ROUNDING_S = 0.002


@dataclass
class _Track:
    """Where one stream is in its newest part, in seconds of the container's clock."""

    part: int
    # When the last packet was to be decoded, and the next one is expected to be.
    last_s: float
    next_s: float
    # When what came is shown, and how long all of it lasts.
    first_shown_s: float
    end_shown_s: float
    length_s: float


@dataclass
class _Joint:
    """A part whose place is not fixed yet."""

    first_s: float
    newest_s: float
    # What would put the part at the end of each track that has passed the joint.
    pictures: list[float] = field(default_factory=list)
    sounds: list[float] = field(default_factory=list)
    waiting: set[int] = field(default_factory=set)


class ClipTimeline:
    """The packets of a clip in the demuxer's order, with times that go on where its clock jumps.

    A clip's clock jumps where files were joined end to end (each starts anew), or where a recording
    was interrupted. Each part then follows on the one before, at its own length, all its tracks
    moved alike. What counts is the time of decoding: unlike that of showing it always grows, track
    by track, whatever the order of the pictures; tracks pass a joint one after the other, and some
    are ahead. Two readers of one clip find the same joints, since both look at all its tracks.

    Times before the first joint stay as they are.

    A recording can be looked at before it is shown: packets wait at a joint, and no arrival says
    how long a gap was. Live streams can do neither; theirs is
    :class:`bunraku.stream.sources.timeline.Timeline`, over frames and arrivals. What both share is
    what counts as a jump: :mod:`bunraku.stream.core.tolerance`.
    """

    def __init__(self, container: InputContainer) -> None:
        names = set(container.format.name.split(","))
        self._streamed = has_restarts(container) or bool(names & _STREAMED_TOO)
        self._adts = AdtsTimes()
        self._tolerance = STREAMED if self._streamed else INDEXED
        self._tracks: dict[int, _Track] = {}
        # The earliest time of the first part so far.
        self.first_s = math.inf
        # What to add to the times of each part, in seconds.
        self._shifts_s = [0.0]
        self._joint: _Joint | None = None
        self._held: list[tuple[AnyPacket, int]] = []
        # By stream of sound: its part, where it is, and where the part before ended (clip's clock).
        self._sound_s: dict[int, tuple[int, float, float]] = {}

    def follow(self, packets: Iterable[AnyPacket]) -> Iterator[AnyPacket]:
        """Yield the packets with their times moved.

        :param packets: those of all streams of the container, as it gives them.
        """
        for packet in packets:
            if self._streamed:
                self._adts.mend(packet)
            self._held.append((packet, self._part_of(packet)))
            if self._joint is None or self._passed(self._joint):
                yield from self._released()
        yield from self._released()

    def _part_of(self, packet: AnyPacket) -> int:
        """Return the part that a packet belongs to, and follow its track."""
        track = self._tracks.get(packet.stream.index)
        newest = len(self._shifts_s) - 1
        length_s = min(float((packet.duration or 0) * (packet.time_base or 0)), _MAX_FRAME_S)
        if packet.dts is None or not _is_timed(packet.stream):
            if track is None:
                return newest
            track.next_s += length_s
            track.length_s += length_s
            track.end_shown_s = max(track.end_shown_s, track.first_shown_s + track.length_s)
            return track.part
        time_s = float(packet.dts * packet.time_base)
        shown_s = time_s if packet.pts is None else float(packet.pts * packet.time_base)
        if track is None:
            part = self._open(time_s) if self._is_apart(time_s) else newest
        else:
            part = self._continued(track, packet, time_s)
            if part != track.part:
                self._pass(track, packet.stream, shown_s)
        if part == 0:
            self.first_s = min(self.first_s, shown_s)
        if track is None or part != track.part:
            track = _Track(part, time_s, time_s, shown_s, shown_s, 0.0)
            self._tracks[packet.stream.index] = track
        track.last_s, track.next_s = time_s, time_s + length_s
        track.end_shown_s = max(track.end_shown_s, shown_s + length_s)
        track.length_s += length_s
        if self._joint is not None and part == len(self._shifts_s) - 1:
            self._joint.newest_s = max(self._joint.newest_s, time_s)
        return part

    def _is_apart(self, time_s: float) -> bool:
        """Whether the first packet of a track is of another clock than the tracks so far."""
        if not self._streamed or not self._tracks:
            return False
        return not any(self._beside(part, time_s) for part in range(len(self._shifts_s)))

    def _continued(self, track: _Track, packet: AnyPacket, time_s: float) -> int:
        newest = len(self._shifts_s) - 1
        jumped = self._jumped(track, packet, time_s)
        goes_on = not jumped and time_s - track.next_s <= _TIGHT_S
        if track.part < newest and not goes_on and self._beside(newest, time_s):
            # The others have passed a joint, and what is near them is behind it, too.
            return newest
        return self._open(time_s) if jumped else track.part

    def _jumped(self, track: _Track, packet: AnyPacket, time_s: float) -> bool:
        pictures = packet.stream.type == "video"
        # Parts begin with a key frame, and it may be their only one.
        if self._streamed and pictures and packet.is_keyframe and time_s <= track.last_s:
            return True
        reordered_s = (track.next_s - track.last_s) * _MAX_REORDERED if pictures else 0.0
        if not self._tolerance.jumped(time_s, track.next_s, track.last_s - reordered_s):
            return False
        # A track that paused comes back to where the others have gone meanwhile.
        return time_s < track.last_s or not self._beside(track.part, time_s)

    def _beside(self, part: int, time_s: float) -> bool:
        """Whether some track of the part is about there."""
        tracks = [track for track in self._tracks.values() if track.part == part]
        return any(abs(time_s - track.last_s) <= STREAMED.ahead_s for track in tracks)

    def _open(self, time_s: float) -> int:
        if self._joint is not None:
            self._settle(self._joint)
        waiting = {i for i, track in self._tracks.items() if track.part == len(self._shifts_s) - 1}
        self._joint = _Joint(time_s, time_s, waiting=waiting)
        self._shifts_s.append(0.0)
        return len(self._shifts_s) - 1

    def _pass(self, track: _Track, stream: Stream, shown_s: float) -> None:
        if self._joint is not None:
            shift_s = self._shifts_s[track.part] + track.end_shown_s - shown_s
            sound = stream.type == "audio"
            (self._joint.sounds if sound else self._joint.pictures).append(shift_s)
            self._joint.waiting.discard(stream.index)

    def _passed(self, joint: _Joint) -> bool:
        return (
            not joint.waiting
            or joint.newest_s - joint.first_s > _HELD_S
            or len(self._held) >= _MAX_HELD
        )

    def _settle(self, joint: _Joint) -> None:
        """Put the newest part where no track of it overlaps with what came before."""
        if joint.pictures:
            sounds = [shift_s - _OVERLAP_S for shift_s in joint.sounds]
            shift_s = max(joint.pictures + sounds)
        elif joint.sounds:
            shift_s = max(joint.sounds)
        else:
            ends_s = [
                self._shifts_s[track.part] + track.end_shown_s
                for track in self._tracks.values()
                if track.part < len(self._shifts_s) - 1
            ]
            shift_s = max(ends_s) - joint.first_s
        self._shifts_s[-1] = shift_s
        self._joint = None

    def _released(self) -> Iterator[AnyPacket]:
        if self._joint is not None:
            self._settle(self._joint)
        held, self._held = self._held, []
        for packet, part in held:
            if part and packet.time_base:
                ticks = round(self._shifts_s[part] / float(packet.time_base))
                packet.pts = None if packet.pts is None else packet.pts + ticks
                packet.dts = None if packet.dts is None else packet.dts + ticks
            if not self._overlaps(packet, part):
                yield packet

    def _overlaps(self, packet: AnyPacket, part: int) -> bool:
        """Whether the sound of another part goes on where this packet's would be."""
        if packet.stream.type != "audio" or packet.pts is None:
            return False
        start_s = float(packet.pts * packet.time_base)
        last, end_s, until_s = self._sound_s.get(packet.stream.index, (0, -math.inf, -math.inf))
        if part != last:
            until_s = end_s
        if start_s < until_s - _ROUNDING_S:
            return True
        end_s = start_s + float((packet.duration or 0) * packet.time_base)
        self._sound_s[packet.stream.index] = part, end_s, until_s
        return False


def packets_of(container: InputContainer, stream: Stream) -> Iterator[AnyPacket]:
    """Yield the packets of one stream of a clip, read from its start, on the clip's clock."""
    for packet in ClipTimeline(container).follow(container.demux()):
        if packet.stream.index == stream.index:
            yield packet


def has_restarts(container: InputContainer) -> bool:
    """Whether FFmpeg says of the format that its clock may start anew at any point."""
    return bool(container.format.flags & cast(int, Flags.ts_discont.value))


def _is_timed(stream: Stream) -> bool:
    # Subtitles come when something is said, and covers at no time at all.
    cover = stream.disposition & Disposition.attached_pic
    return stream.type in ("video", "audio") and not cover
