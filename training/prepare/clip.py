"""One clip from its file to its records."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from bunraku.errors import InputError, OutputError
from bunraku.runtime.drivers.iuv_images.reading import IuvImages
from bunraku.runtime.pose.turned import turned_words
from bunraku.training.prepare.following import Follower
from bunraku.training.prepare.frames import Frames
from bunraku.training.prepare.layouts import Clip, pictures_of
from bunraku.training.prepare.manifest import Outcome
from bunraku.training.prepare.networks import Networks
from bunraku.training.prepare.packing import RECORDS, pack
from bunraku.training.prepare.quality import Drop, Limits
from bunraku.training.prepare.surfaces import DriverMapping, ImagesMapping, Mapping


def stamp(clip: Clip) -> tuple[int, int]:
    """Size in bytes and time of the last change in ns: what changes when a clip does.

    Its IUV images count with it. Zeros where it cannot be looked at: why is told when it is read.
    """
    files = []
    try:
        for path in (clip.path, clip.iuv):
            if path is not None:
                files += [path, *pictures_of(path)] if path.is_dir() else [path]
        found = [path.stat() for path in files]
    except OSError:
        return 0, 0
    return sum(one.st_size for one in found), max(one.st_mtime_ns for one in found)


def prepare_clip(clip: Clip, number: int, networks: Networks, limits: Limits, out: Path) -> Outcome:
    """Write a clip's records, and say what became of it.

    What is wrong with the clip is told in the outcome, not raised.

    Args:
        clip: which.
        number: its own in the folder.
        networks: look at it.
        limits: what is asked of its frames.
        out: the folder; it holds nothing of this clip's.

    Raises:
        OutputError: the folder cannot be written to, or the disk is full.
        EngineError: a network failed.
    """
    size, modified = stamp(clip)
    outcome = Outcome(
        clip=str(clip.path),
        iuv=None if clip.iuv is None else str(clip.iuv),
        number=number,
        bytes=size,
        modified_ns=modified,
        when=datetime.now(UTC).isoformat(timespec="seconds"),
    )
    try:
        return _prepared(clip, outcome, networks, limits, out)
    except OutputError:
        raise
    except InputError as exc:
        return replace(outcome, refused=str(exc))


def _prepared(
    clip: Clip, outcome: Outcome, networks: Networks, limits: Limits, out: Path
) -> Outcome:
    mapping: Mapping
    if clip.iuv is None:
        mapping = DriverMapping(networks.surfaces)
    else:
        mapping = ImagesMapping(IuvImages(clip.iuv), networks.surfaces.size)
    frames = Frames(clip.path, limits.rate_fps)
    # IUV images are of the frames as they are.
    follower = Follower(networks, mapping, limits, upright=clip.iuv is None)
    first, kept, scenes, records = RECORDS * outcome.number, 0, 0, 0
    crowded, beside = 0, 0
    notes = []
    for scene in follower.scenes(frames):
        if records + len(scene.shots) > RECORDS:
            notes.append("only its beginning was taken, as it is very long")
            break
        records += pack(scene, out, first + records, runs=True)
        kept += len(scene.shots)
        scenes += 1
        crowded += scene.people > 1
        beside += not scene.first
    if follower.turned_deg:
        notes.append(f"the person {turned_words(follower.turned_deg)}: turned upright")
    if crowded:
        notes.append(
            f"several people in {crowded} of {scenes} scenes; {beside} of others than the largest"
        )
    return replace(
        outcome,
        read=follower.read,
        kept=kept,
        scenes=scenes,
        records=records,
        dropped=_told(follower.dropped),
        notes=tuple(frames.notes + notes),
        refused=None if records else _nothing(clip, follower),
    )


_ADVICE = {
    Drop.SMALL: "Take a clip in which the person is larger, or lower --smallest.",
    Drop.BLURRED: "--sharpness 0 keeps blurred frames.",
    Drop.SHORT: "Take a longer clip, or raise --rate.",
}
"""What to do where most frames are left out for such a reason."""


def _told(dropped: Counter[Drop]) -> dict[str, int]:
    return {str(reason): count for reason, count in dropped.most_common() if count}


def _nothing(clip: Clip, follower: Follower) -> str:
    dropped = _told(follower.dropped)
    if set(dropped) <= {Drop.LOST, Drop.CUT}:
        return f"{clip.path} shows nobody who is found in its {follower.read} frames."
    reasons = ", ".join(f"{count} {reason}" for reason, count in dropped.items())
    frames = "1 frame" if follower.read == 1 else f"{follower.read} frames"
    told = f"{clip.path} has no scene to learn from; of {frames}: {reasons}."
    ((most, _),) = follower.dropped.most_common(1)
    return f"{told} {_ADVICE[most]}" if most in _ADVICE else told
