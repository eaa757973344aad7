"""A photo moved by a clip, into a file: the loop behind ``bunraku animate``."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Protocol

from bunraku.errors import DriverEndedError, NoPersonError
from bunraku.runtime.measure import Recorder, Spread
from bunraku.runtime.pose.turned import turned_words
from bunraku.runtime.source.place import Read
from bunraku.spec.arrays import Picture
from bunraku.stream.clip.audio import AudioTrack
from bunraku.stream.clip.options import AnimateOptions, AnimateSummary
from bunraku.stream.clip.reader import ClipFrame, ClipReader
from bunraku.stream.clip.writer import ClipWriter, writable_target
from bunraku.stream.core.encoding import even_size, size_of
from bunraku.stream.core.layout import draw_mark, recordable_photo, recordable_size, side_by_side
from bunraku.stream.core.orientation import Turn, resize
from bunraku.stream.core.output_path import check_apart


class SourceNotes(Protocol):
    """What setting a source had to say, a line each."""

    @property
    def notes(self) -> Sequence[str]: ...


class ClipPuppet(Protocol):
    """What the loop needs of :class:`bunraku.Puppet`; a fake of it serves in tests."""

    def set_source(self, photo: Picture, /) -> SourceNotes: ...

    def calibrate(self) -> None: ...

    def animate(
        self,
        frame: Picture,
        time_s: float | None = None,
        *,
        window_only: bool = False,
        i420: bool = False,
    ) -> Picture: ...

    def stats(self) -> Mapping[str, Spread]: ...

    @property
    def driver_turned_deg(self) -> int: ...

    @property
    def lost(self) -> int: ...

    @property
    def faults(self) -> int: ...


def animate_clip(
    load: Callable[[], ClipPuppet],
    options: AnimateOptions,
    *,
    on_frame: Callable[[int, int | None], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
    on_read: Callable[[int], None] | None = None,
) -> AnimateSummary:
    """Animate a photo with a clip into a file.

    The photo, the clip and the place of the file are checked before ``load`` makes the puppet.
    Memory does not depend on the clip's length. Where what drives the photo ends before the clip
    does, so does the file, with a note. When ``should_stop`` turns true the file is closed
    after the frame at hand and stays playable.

    :param load: makes the puppet.
    :param on_frame: called after each frame with the number done and, where known, the total.
    :param on_read: called before each frame is animated with its number in the clip, from 0.
    :raises InputError: see :func:`~bunraku.runtime.source.photo.read_photo`,
        ``reader.ClipReader`` and ``writer.ClipWriter``; :class:`NoPersonError` if no frame shows a
        person. No file is left then.
    """
    _check_target(options)
    photo, notes = recordable_photo(options.photo, options.max_side_px)
    with ClipReader(options.clip) as reader, ClipWriter(options.out) as writer:
        stop = options.stop
        audio = AudioTrack(
            options.clip,
            options.out.suffix.lower(),
            until_s=None if stop is None else reader.surely_over_s(stop),
            should_stop=should_stop,
        )
        writer.carry(audio)
        puppet = load()
        notes += puppet.set_source(photo).notes
        lost_before = puppet.lost
        if options.calibrate is not None:
            _calibrate(puppet, options, options.calibrate, on_read)
            lost_before = puppet.lost
        recorder = _Recorder(puppet, options, reader, writer, on_read)
        recorder.run(on_frame, should_stop)
        lost = puppet.lost - lost_before
        if recorder.frames and lost >= recorder.frames and not recorder.interrupted:
            raise NoPersonError(
                f"No person was found in any of the {recorder.frames} frames of {options.clip}.",
                "Use a clip that shows one person, at least 64 pixels tall.",
            )
        early = recorder.interrupted or recorder.ended is not None
        whole = options.stop is None and not early and reader.loss_s is None
        writer.finish(whole_audio=whole)
        spreads = {**recorder.times.spreads(), **puppet.stats()}
        return AnimateSummary(
            output=str(options.out),
            frames=recorder.frames,
            fps=round(recorder.frames / max(recorder.elapsed_s, 1e-9), 2),
            clip_fps=round(float(reader.rate), 3),
            elapsed_s=round(recorder.elapsed_s, 3),
            width=recorder.width,
            height=recorder.height,
            audio=audio.mode,
            stages_ms={
                stage: {"p50": round(spread.p50, 2), "p95": round(spread.p95, 2)}
                for stage, spread in spreads.items()
            },
            drops=max(reader.unreadable, reader.flaws.missing),
            lost_person_frames=lost,
            engine_faults=puppet.faults,
            interrupted=recorder.interrupted,
            notes=notes
            + _driver_notes(puppet, recorder.ended)
            + _clip_notes(reader, audio, lost, puppet.faults),
        )


class _Recorder:
    """The loop itself: decode, animate, lay out, encode."""

    def __init__(
        self,
        puppet: ClipPuppet,
        options: AnimateOptions,
        reader: ClipReader,
        writer: ClipWriter,
        on_read: Callable[[int], None] | None,
    ) -> None:
        self.times = Recorder()
        self.frames = 0
        self.width = self.height = 0
        self.interrupted = False
        # Why the recording ends before the clip does, if it does.
        self.ended: DriverEndedError | None = None
        self.elapsed_s = 0.0
        self._puppet = puppet
        self._options = options
        self._reader = reader
        self._writer = writer
        self._on_read = on_read
        self._origin: Fraction | None = None

    def run(
        self,
        on_frame: Callable[[int, int | None], None] | None,
        should_stop: Callable[[], bool] | None,
    ) -> None:
        if should_stop is not None and should_stop():
            raise KeyboardInterrupt  # asked to stop while the puppet was loading
        total = self._total()
        started = time.perf_counter()
        for frame in self._timed_frames():
            try:
                self._record(frame)
            except DriverEndedError as error:
                if self.frames == 0:
                    raise
                self.ended = error
                break
            self.frames += 1
            if on_frame is not None:
                on_frame(self.frames, total)
            if should_stop is not None and should_stop():
                self.interrupted = True
                break
        self.elapsed_s = time.perf_counter() - started

    def _timed_frames(self) -> Iterator[ClipFrame]:
        start, stop = self._options.start, self._options.stop
        frames = _frames(self._reader, self._options, start, stop, self._on_read)
        while True:
            with self.times.measure("decode"):
                frame = next(frames, None)
            if frame is None:
                return
            yield frame

    def _record(self, frame: ClipFrame) -> None:
        options = self._options
        with self.times.measure("animate"):
            picture = self._puppet.animate(
                *(frame.image, frame.time_s),
                window_only=options.window_only,
                i420=not (options.side_by_side or options.mark),  # which are drawn in RGB
            )
        with self.times.measure("encode"):
            if options.side_by_side:
                picture = side_by_side(frame.image, picture)
                height, width = picture.shape[:2]
                size = recordable_size(width, height, options.max_side_px)
                picture = resize(picture, *size)
            if options.mark:
                picture = draw_mark(picture)
            self.width, self.height = even_size(*size_of(picture))
            self._writer.write(
                picture,
                frame.pts,
                frame.time_base,
                duration=frame.duration,
                rate=self._reader.rate,
                origin=self._start(frame),
            )

    def _start(self, frame: ClipFrame) -> Fraction:
        """Return the second of the clip's clock at which the recording starts."""
        if self._origin is None:
            self._origin = frame.pts * frame.time_base
            if self._options.start == 0 and self._reader.start_s is not None:
                # Sound that starts before the first picture stays in step with it.
                self._origin = min(self._origin, self._reader.start_s)
        return self._origin

    def _total(self) -> int | None:
        stop, expected = self._options.stop, self._reader.expected_frames
        ends = [end for end in (stop, expected) if end is not None]
        return max(0, min(ends) - self._options.start) if ends else None


def _check_target(options: AnimateOptions) -> None:
    writable_target(options.out, replaced=True)
    # A folder in their place is told of as such where they are read.
    inputs = [
        (path, what)
        for path, what in ((options.photo, "photo"), (options.clip, "clip"))
        if not path.is_dir()
    ]
    if options.iuv is not None:
        inputs.append((options.iuv, Read.IUV))
    check_apart(options.out, inputs)


def _frames(
    reader: ClipReader,
    options: AnimateOptions,
    start: int,
    stop: int | None,
    on_read: Callable[[int], None] | None,
) -> Iterator[ClipFrame]:
    """The clip's frames, turned as was asked for."""
    turn = Turn.from_degrees(-(options.rotate_deg or 0))
    for frame in reader.frames(start, stop):
        if on_read is not None:
            on_read(frame.index)
        yield replace(frame, image=turn.apply(frame.image))


def _calibrate(
    puppet: ClipPuppet,
    options: AnimateOptions,
    index: int,
    on_read: Callable[[int], None] | None,
) -> None:
    """Fix the framing at one frame of the clip, read apart from the rest."""
    with ClipReader(options.clip) as reader:
        for frame in _frames(reader, options, index, index + 1, on_read):
            lost = puppet.lost
            puppet.calibrate()
            puppet.animate(frame.image, frame.time_s)
            if puppet.lost > lost:
                raise NoPersonError(
                    f"No person was found in frame {index} of {options.clip} to calibrate on.",
                    "Choose a frame that shows the person clearly.",
                )


def _driver_notes(puppet: ClipPuppet, ended: DriverEndedError | None) -> list[str]:
    notes = []
    turned_deg = puppet.driver_turned_deg
    if turned_deg:
        notes.append(
            f"the driver {turned_words(turned_deg)} where the clip starts: its frames were turned "
            "upright; --rotate 0 leaves them as they are"
        )
    if ended is not None:
        notes.append(f"the recording ends early: {ended.message.rstrip('.')}")
    return notes


def _clip_notes(reader: ClipReader, audio: AudioTrack, lost: int, faults: int) -> list[str]:
    notes = []
    if reader.damage is not None:
        notes.append(f"the clip is damaged: {reader.damage}")
    if reader.loss_s is not None:
        read_s, whole_s = reader.loss_s
        notes.append(f"the clip ends early: {read_s:.1f} s of {whole_s:.1f} s could be read")
    if reader.resized:
        fitted = _count(reader.resized, "frame")
        notes.append(f"{fitted} of another size had to be fitted to the first one's")
    for number, what in ((lost, "no person was found"), (faults, "an engine failed")):
        if number:
            frames = _count(number, "frame")
            notes.append(f"{what} in {frames}; the last good picture stands in")
    if audio.note is not None:
        notes.append(audio.note)
    return notes


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
