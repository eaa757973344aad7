"""The person of a photo, and the same person in a clip: a half to learn from, a half to measure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from bunraku.errors import ClipError, NoPersonError
from bunraku.runtime.source.photo import read_photo
from bunraku.training.observe import write_observation
from bunraku.training.people.records import record_path, write_record
from bunraku.training.prepare.following import Follower
from bunraku.training.prepare.frames import Frame, Frames
from bunraku.training.prepare.networks import Networks
from bunraku.training.prepare.packing import observation_of, pack, plate_of, record_of
from bunraku.training.prepare.quality import Drop, Limits
from bunraku.training.prepare.scenes import Scene, Shot
from bunraku.training.prepare.surfaces import DriverMapping

LEAST = 24
"""Frames that a clip must have of the person, both halves together."""
MEASURED = 24
"""Of the unseen half, at most: evenly spaced."""


@dataclass(frozen=True, eq=False)
class Footage:
    """What photo and clip show, in windows."""

    photo: Scene
    """Of one shot."""
    half: bool
    """Whether the clip's lower edge cuts the person."""
    seen: list[Shot]
    unseen: list[Shot]

    def write(self, folder: Path) -> None:
        """Records of the seen half and of the photo, for ``GeneratorData``.

        :raises OutputError: the folder cannot be written to.
        """
        records = pack(Scene(self.half, self.seen), folder, 0)
        pack(self.photo, folder, records)

    def write_measured(self, folder: Path) -> tuple[Path, Path]:
        """Two further records: a frame of the seen half before those of the unseen one, and the
        photo alone.

        :return: their files.
        :raises OutputError: the folder cannot be written to.
        """
        start = min(self.seen, key=lambda shot: abs(shot.yaw))
        step = -(-len(self.unseen) // MEASURED)
        shots = [start, *self.unseen[::step]]
        return (
            _write(folder, shots, half=self.half, index=0),
            _write(folder, self.photo.shots, half=self.photo.half, index=1),
        )


def shoot(photo: Path, clip: Path, networks: Networks, limits: Limits) -> Footage:
    """Follow the person.

    Args:
        photo: of the person.
        clip: of the same person; of its scenes the longest is taken.
        networks: look at both.
        limits: what is asked of the clip's frames.

    Raises:
        PhotoError: the photo cannot be read, or shows nobody.
        ClipError: the clip cannot be read, or is too short.
        NoPersonError: it shows nobody.
        EngineError: a network failed.
    """
    still = replace(limits, sharpness=0.0, fewest=1)
    scenes, dropped = _scenes([Frame(read_photo(photo), 0, 0.0)], networks, still)
    if not scenes:
        why = [reason for reason, count in dropped.items() if count]
        found = "shows nobody" if why == [Drop.LOST] else f"cannot be used ({', '.join(why)})"
        raise NoPersonError(
            f"{photo} {found}.", "Take a photo that shows the person whole, or from the hips up."
        )
    longest, dropped = _longest(Frames(clip, limits.rate_fps), networks, limits)
    if longest is None and set(dropped) <= {Drop.LOST, Drop.CUT}:
        raise NoPersonError(f"{clip} shows nobody.", "Take a clip of the person of the photo.")
    usable = 0 if longest is None else len(longest.shots)
    if longest is None or usable < LEAST:
        raise ClipError(
            f"{clip} is too short: it has {usable} usable frames in one piece, and at least "
            f"{LEAST} are needed{_reasons(dropped)}.",
            "Take some seconds in which the whole person is seen sharply and moves.",
        )
    middle = usable // 2
    return Footage(scenes[0], longest.half, longest.shots[:middle], longest.shots[middle:])


def _longest(
    frames: Iterable[Frame], networks: Networks, limits: Limits
) -> tuple[Scene | None, Counter[Drop]]:
    scenes, dropped = _scenes(frames, networks, limits)
    return max(scenes, key=lambda scene: len(scene.shots), default=None), dropped


def _scenes(
    frames: Iterable[Frame], networks: Networks, limits: Limits
) -> tuple[list[Scene], Counter[Drop]]:
    follower = Follower(networks, DriverMapping(networks.surfaces), limits, most=1)
    return list(follower.scenes(frames)), follower.dropped


def _reasons(dropped: Counter[Drop]) -> str:
    told = ", ".join(f"{count} {reason}" for reason, count in dropped.most_common() if count)
    return f" ({told})" if told else ""


def _write(folder: Path, shots: list[Shot], *, half: bool, index: int) -> Path:
    path = record_path(folder, index)
    write_observation(path, observation_of(shots))
    return write_record(folder, record_of(shots, plate_of(shots), half=half, index=index))
