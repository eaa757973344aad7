"""From the options of the command line to a source of driving frames."""

from __future__ import annotations

import re
import stat
import sys
from dataclasses import dataclass
from pathlib import Path

from bunraku.errors import ClipError, InputError, SourceError
from bunraku.runtime.source.place import Read, check_kind, path_of
from bunraku.stream.core.clock import Clock
from bunraku.stream.core.output_path import mode_of
from bunraku.stream.core.protocols import Source
from bunraku.stream.sources.cameras import list_cameras
from bunraku.stream.sources.file import FileSource, Pace
from bunraku.stream.sources.pattern import PatternKind, PatternSource
from bunraku.stream.sources.url import SCHEMES, Transport, UrlOptions, UrlSource
from bunraku.stream.sources.webcam import WebcamBackend, WebcamSource

_PATTERN = "pattern"
_DEVICES = "/dev/"
_FILE = re.compile("file:/", re.IGNORECASE)
_ADDRESS = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*://")
_RTSP = ("rtsp:", "rtsps:")


@dataclass(frozen=True)
class SourceOptions:
    """What was said of the source; the first webcam where nothing was."""

    # A webcam's number, a part of its name, or its path.
    camera: str | None = None
    # A file, a URL, or "pattern" or "pattern:KIND".
    place: str | None = None
    # Read a file as fast as possible, dropping nothing.
    fast: bool = False
    # Start a file over when it ends.
    loop: bool = False
    # Width and height in pixels, frames a second: of webcams and test patterns.
    size: tuple[int, int] | None = None
    rate: float | None = None
    # Which library opens webcams; None: OpenCV.
    backend: WebcamBackend | None = None
    # What carries RTSP; None: TCP.
    transport: Transport | None = None


def choose_source(options: SourceOptions, *, clock: Clock | None = None) -> Source:
    """Make the source that is meant; nothing is opened yet.

    :raises InputError: the options contradict each other or mean nothing; a file that is not there
        is told at once.
    """
    place = options.place
    if options.backend is not None and not is_camera(options):
        raise InputError("--backend is for webcams only.", "Leave it out.")
    if options.transport is not None and not (place or "").lower().startswith(_RTSP):
        raise InputError("--rtsp-transport is for rtsp URLs only.", "Leave it out.")
    if place is not None and options.camera is not None:
        raise InputError(
            "A camera and another source are given at once.", "Give --camera or --from."
        )
    if place is None or _is_device(place):
        _refuse_file_options(options)
        device = place or options.camera or _first_camera()
        return WebcamSource(
            int(device) if device.isdecimal() else device,
            size=options.size,
            rate=options.rate,
            backend=options.backend or WebcamBackend.OPENCV,
            clock=clock,
        )
    if place.partition(":")[0] == _PATTERN:
        _refuse_file_options(options)
        return _pattern(place, options, clock)
    if options.size is not None or options.rate is not None:
        raise InputError(
            "--size and --rate are for cameras and the test pattern.",
            "Leave them out: files and streams have their own.",
        )
    if _is_address(place):
        _refuse_file_options(options)
        url_options = UrlOptions(transport=options.transport or Transport.TCP)
        return UrlSource(place, options=url_options, clock=clock)
    clip = file_of(options)
    _check_clip(clip)
    pace = Pace.FAST if options.fast else Pace.OWN
    return FileSource(clip, pace=pace, loop=options.loop, clock=clock)


def _first_camera() -> str:
    # Containers see all cameras of their host listed, and have the nodes of some.
    here = [one for one in list_cameras() if sys.platform != "linux" or mode_of(Path(one.address))]
    return str(here[0].index) if here else "0"


def is_camera(options: SourceOptions) -> bool:
    """Whether a person looks into it as into a mirror."""
    return options.place is None or _is_device(options.place)


def is_file(options: SourceOptions) -> bool:
    """Whether it has a time of its own, which a recording should keep."""
    return options.place is not None and stat.S_ISREG(mode_of(file_of(options)))


def file_of(options: SourceOptions) -> Path:
    """The path of the file, where one is meant.

    :raises SourceError: it is the address of a file on another machine.
    """
    place = options.place or ""
    try:
        return path_of(place, Read.CLIP) if _FILE.match(place) else Path(place)
    except ClipError as error:
        raise SourceError(error.message, error.hint) from error


def _is_address(place: str) -> bool:
    if _FILE.match(place):
        return False
    # Also one that lacks its slashes, unless it is the name of a file.
    said = place.partition(":")[0].lower() in SCHEMES and not mode_of(Path(place))
    return said or _ADDRESS.match(place) is not None


def _is_device(place: str) -> bool:
    # There are files in memory (/dev/shm) and pipes (/dev/fd) too.
    mode = mode_of(Path(place))
    return place.startswith(_DEVICES) and not (stat.S_ISREG(mode) or stat.S_ISFIFO(mode))


def _check_clip(path: Path) -> None:
    hint = "Name a clip, the URL of a stream, or `pattern`."
    try:
        check_kind(path, Read.CLIP)
    except InputError as error:
        raise SourceError(error.message, error.hint) from error
    except PermissionError:
        raise SourceError(f"{path} cannot be opened: permission denied.", hint) from None
    except OSError:
        raise SourceError(f"There is no file {path} to take driving frames from.", hint) from None


def _pattern(place: str, options: SourceOptions, clock: Clock | None) -> PatternSource:
    kind = place.partition(":")[2] or PatternKind.BARS
    if kind not in set(PatternKind):
        kinds = " or ".join(f"{_PATTERN}:{kind}" for kind in PatternKind)
        raise InputError(f"There is no test pattern {kind!r}.", f"Choose {kinds}.")
    return PatternSource(
        PatternKind(kind), size=options.size or (640, 480), rate=options.rate or 30.0, clock=clock
    )


def _refuse_file_options(options: SourceOptions) -> None:
    if options.fast or options.loop:
        said = "--fast" if options.fast else "--loop"
        raise InputError(f"{said} is for files only.", "Leave it out, or name a clip with --from.")
