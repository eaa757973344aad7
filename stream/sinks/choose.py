"""From the options of the command line to the sinks that finished frames go to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from bunraku.errors import InputError
from bunraku.stream.core.clock import Clock
from bunraku.stream.core.output_path import check_folder, mode_of
from bunraku.stream.core.protocols import Sink
from bunraku.stream.sinks.null import NullSink
from bunraku.stream.sinks.push import PushSink
from bunraku.stream.sinks.push_target import PushTarget
from bunraku.stream.sinks.recording import FileSink, Timing
from bunraku.stream.sinks.virtual_camera import VirtualCameraSink
from bunraku.stream.sinks.window import WindowSink

TITLE = "Bunraku: ? shows the keys"
DEFAULT_RATE = 30.0
DEFAULT_KBPS = 2500


@dataclass(frozen=True)
class SinkOptions:
    """What was said of the sinks."""

    window: bool = True
    # A file to record to from the first frame to the last.
    out: Path | None = None
    # Whether recorded pictures keep the source's own time, as of a clip.
    source_time: bool = False
    virtual_camera: bool = False
    # Its name or path; None for the first.
    virtual_camera_name: str | None = None
    # Addresses, or HLS playlists.
    push: tuple[str, ...] = ()
    # Of those; None: 2500.
    bitrate_kbps: int | None = None
    # Frames a second, about; None where unknown.
    rate: float | None = None
    # Whether pictures may also go nowhere, as for measuring.
    nowhere: bool = False


def choose_sinks(
    options: SinkOptions, *, on_key: Callable[[str], None], clock: Clock | None = None
) -> list[Sink]:
    """Make the sinks that are meant, the one to look at first; nothing is opened yet.

    :param on_key: told which keys are pressed in the window.
    :raises InputError: there is none, or one cannot be.
    """
    rate, bitrate_kbps = options.rate or DEFAULT_RATE, options.bitrate_kbps
    if bitrate_kbps is not None and not options.push:
        raise InputError("--bitrate-kbps is for --push only.", "Leave it out.")
    sinks: list[Sink] = []
    if options.window:
        sinks.append(WindowSink(TITLE, on_key=on_key))
    if options.out is not None:
        sinks.append(FileSink(options.out, rate=rate, timing=_timing(options.source_time)))
    if options.virtual_camera or options.virtual_camera_name is not None:
        sinks.append(VirtualCameraSink(options.virtual_camera_name, rate=rate))
    for address, name in zip(options.push, _push_names(options.push), strict=True):
        sinks.append(
            PushSink(
                address,
                rate=rate,
                bitrate_kbps=bitrate_kbps or DEFAULT_KBPS,
                name=name,
                clock=clock,
            )
        )
    if not sinks and options.nowhere:
        sinks.append(NullSink())
    if not sinks:
        raise InputError(
            "There is nowhere to send the pictures.",
            "Leave --no-window out, or give --out, --virtual-camera or --push.",
        )
    return sinks


def _push_names(addresses: tuple[str, ...]) -> list[str]:
    """A name for each, as the secret parts that tell them apart cannot be told.

    :raises InputError: two are the same.
    """
    targets = [PushTarget.parse(address) for address in addresses]
    named: Counter[str] = Counter()
    places: set[str] = set()
    names = []
    for target in targets:
        if target.address in places:
            raise InputError(f"{target.shown} is given more than once.", "Give each place once.")
        places.add(target.address)
        named[target.shown] += 1
        number = named[target.shown]
        names.append(target.shown if number == 1 else f"{target.shown} #{number}")
    return names


class Recordings:
    """Names the file of each recording after the time at which it begins.

    :param folder: for all of them.
    :param source_time: whether pictures keep the source's own time.
    :param taken: names that another file has, in whatever folder.
    :param now: the wall clock.
    :raises OutputError: the folder does not exist, or nothing can be written there.
    """

    def __init__(
        self,
        folder: Path,
        *,
        rate: float | None = None,
        source_time: bool = False,
        taken: Collection[str] = (),
        now: Callable[[], datetime] = datetime.now,
    ) -> None:
        check_folder(folder)
        self._folder = folder
        self._rate, self._timing = rate or DEFAULT_RATE, _timing(source_time)
        self._taken = taken
        self._now = now

    def __call__(self) -> FileSink:
        """The next recording, in a file that is not there yet.

        :raises OutputError: the folder is gone.
        """
        stem = f"synthetic-{self._now():%Y%m%d-%H%M%S}"
        path = self._folder / f"{stem}.mp4"
        number = 1
        while mode_of(path) or path.name in self._taken:
            number += 1
            path = self._folder / f"{stem}-{number}.mp4"
        return FileSink(path, rate=self._rate, timing=self._timing)


def _timing(source_time: bool) -> Timing:
    return Timing.SOURCE if source_time else Timing.CAPTURE
