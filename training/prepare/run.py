"""Many clips at once, each as far as it goes: what is done is kept, and a killed run goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path

from bunraku.errors import BunrakuError, InputError
from bunraku.runtime.pose.networks import PoseModel
from bunraku.training.folders import make_folder
from bunraku.training.people.records import IUV_SIZE, check_side
from bunraku.training.prepare.clip import prepare_clip, stamp
from bunraku.training.prepare.layouts import Clip, find_clips
from bunraku.training.prepare.manifest import Manifest, Outcome
from bunraku.training.prepare.networks import Networks
from bunraku.training.prepare.packing import clear
from bunraku.training.prepare.quality import Limits
from bunraku.training.workers import in_processes, progress_bar

Load = Callable[[PoseModel, str, int], Networks]
"""As ``Networks.load``."""


@dataclass(frozen=True)
class PrepareOptions:
    """One run."""

    out: Path
    """Folder of the records and of ``manifest.json``."""
    limits: Limits = field(default_factory=Limits)
    pose: PoseModel = PoseModel.FULL
    """Which landmark network looks."""
    iuv_bundle: str = "iuv"
    """Name or folder of the bundle that maps clips without IUV images."""
    surface: int = IUV_SIZE
    """Side of the IUV maps in pixels, one of ``records.IUV_SIZES``."""
    workers: int = 1
    """Processes."""


def prepare(
    places: Sequence[Path],
    options: PrepareOptions,
    log: Callable[[str], None],
    load: Load = Networks.load,
) -> Manifest:
    """Make records of all clips that ``out`` does not hold yet, or that have changed since.

    A clip that cannot be used costs one line, and the others go on.

    Args:
        places: clips, and folders of clips.
        options: see there.
        log: is told of each clip, in one line.
        load: gives each process its networks; of a module.

    Returns:
        The folder's manifest.

    Raises:
        InputError: there are no clips, none of them can be used, or the folder was begun with
            other settings or networks, or holds other people; no records have such surfaces.
        OutputError: the folder cannot be written to, or the disk is full.
        FetchError: the pose networks have not been fetched yet.
        BunrakuError: a process died.
    """
    check_side(options.surface)
    clips = find_clips(places)
    networks = load(options.pose, options.iuv_bundle, options.surface)
    manifest = _begin(options, networks)
    todo = _todo(clips, manifest)
    manifest = manifest.without({clip.key for clip, _ in todo})
    manifest.write(options.out)
    clear(options.out, {outcome.number for outcome in manifest.clips.values()})
    done = len(clips) - len(todo)
    if done:
        log(f"{done} of {len(clips)} clips are done already")
    with progress_bar("clips", len(todo), "frames") as advance:
        for key, outcome in _outcomes(todo, networks, options, load):
            manifest = manifest.added(key, outcome)
            manifest.write(options.out)
            log(outcome.line)
            advance(outcome.read)
    if not any(outcome.records for outcome in manifest.clips.values()):
        now = {clip.key for clip, _ in todo}
        for clip in clips:
            if clip.key not in now:  # told of so far in the run that left it out
                log(manifest.clips[clip.key].line)
        those = "The clip cannot" if len(clips) == 1 else f"None of the {len(clips)} clips can"
        raise InputError(
            f"{those} be learned from.",
            f"Why is told above, and in {options.out / 'manifest.json'}.",
        )
    return manifest


def _begin(options: PrepareOptions, networks: Networks) -> Manifest:
    out = options.out
    make_folder(out)
    others = any(out.glob("person_*.npz"))
    settings = {
        **asdict(options.limits),
        "pose": str(options.pose),
        "surface": options.surface,
    }
    versions = dict(networks.versions)
    known = Manifest.read(out)
    if known is None:
        if others:
            raise InputError(
                f"{out} holds people that are of no clips.", "Choose an empty folder for clips'."
            )
        return Manifest(version("bunraku"), settings, versions)
    for what, there, here in (
        ("settings", known.settings, settings),
        ("networks", known.networks, versions),
    ):
        if there != here:
            differing = {name for name in {*there, *here} if there.get(name) != here.get(name)}
            raise InputError(
                f"{out} was begun with other {what} ({', '.join(sorted(differing))}).",
                "Choose an empty folder, or the same as then.",
            )
    return known


def _todo(clips: Sequence[Clip], manifest: Manifest) -> list[tuple[Clip, int]]:
    """What is left to do, and each clip's number."""
    free = 1 + max((outcome.number for outcome in manifest.clips.values()), default=-1)
    found = []
    for clip in clips:
        known = manifest.clips.get(clip.key)
        if known is None:
            found.append((clip, free))
            free += 1
        elif not _is_of(known, clip):
            found.append((clip, known.number))
    return found


def _is_of(outcome: Outcome, clip: Clip) -> bool:
    """Whether an outcome is of the clip as it is now."""
    same_iuv = outcome.iuv == (None if clip.iuv is None else str(clip.iuv))
    return same_iuv and (outcome.bytes, outcome.modified_ns) == stamp(clip)


def _outcomes(
    todo: Sequence[tuple[Clip, int]], networks: Networks, options: PrepareOptions, load: Load
) -> Iterator[tuple[str, Outcome]]:
    if min(options.workers, len(todo)) > 1:
        jobs = [(clip, number, options) for clip, number in todo]
        yield from in_processes(_prepare, jobs, options.workers, _start_worker, (options, load))
        return
    for clip, number in todo:
        yield clip.key, prepare_clip(clip, number, networks, options.limits, options.out)


_networks: Networks | BunrakuError | None = None


def _start_worker(options: PrepareOptions, load: Load) -> None:
    global _networks
    import cv2

    cv2.setNumThreads(1)
    try:
        _networks = load(options.pose, options.iuv_bundle, options.surface)
    except BunrakuError as exc:
        _networks = exc  # told by the first job


def _prepare(clip: Clip, number: int, options: PrepareOptions) -> tuple[str, Outcome]:
    if not isinstance(_networks, Networks):
        raise _networks or BunrakuError("The worker was not started.")
    return clip.key, prepare_clip(clip, number, _networks, options.limits, options.out)
