"""Frames of sound, of whatever rate and channels, brought to one form."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import av.error
from av.audio.frame import AudioFrame
from av.filter import Graph


class Mixer:
    """Mixes frames of one form; frames that do not ``fit`` want another mixer."""

    def __init__(self, first: AudioFrame, rate_hz: int, *, mono: bool) -> None:
        """:param first: tells the form; it is not mixed yet.
        :param rate_hz: of what comes out, in float32, one or two channels.
        :raises av.error.FFmpegError, ValueError: FFmpeg cannot mix this.
        """
        self._form = _form(first)
        target = "mono" if mono else "stereo"
        wanted = f"sample_rates={rate_hz}:sample_fmts=flt:channel_layouts={target}"
        try:
            self._graph = _graph(first, [("aformat", wanted)])
        except (av.error.FFmpegError, ValueError):
            # Channels that stand for no place cannot be mixed by it.
            joined = ("pan", f"mono|c0={_joined(first)}")
            self._graph = _graph(first, [joined, ("aformat", wanted)])

    def fits(self, frame: AudioFrame) -> bool:
        """Whether the frame has the form of the first."""
        return _form(frame) == self._form

    def mix(self, frame: AudioFrame | None) -> Iterator[AudioFrame]:
        """Mix a frame; None brings out what is still held back."""
        self._graph.push(frame)
        while True:
            try:
                mixed = self._graph.pull()
            except (av.error.BlockingIOError, av.error.EOFError):
                return
            assert isinstance(mixed, AudioFrame)
            yield mixed


def _form(frame: AudioFrame) -> tuple[int, str, str, Fraction]:
    time_base = frame.time_base or Fraction(1, frame.sample_rate)
    return frame.sample_rate, frame.layout.name, frame.format.name, time_base


def _joined(frame: AudioFrame) -> str:
    """All channels alike; of ambisonics the first, which is what hears all around."""
    name, channels = frame.layout.name, frame.layout.nb_channels
    if name.startswith("ambisonic"):
        return "c0"
    return "+".join(f"{1 / channels:.6f}*c{index}" for index in range(channels))


def _graph(first: AudioFrame, steps: list[tuple[str, str]]) -> Graph:
    rate_hz, layout, sample_format, time_base = _form(first)
    graph = Graph()
    last = graph.add(
        "abuffer",
        sample_rate=str(rate_hz),
        sample_fmt=sample_format,
        channel_layout=layout,
        time_base=str(time_base),
    )
    for name, arguments in [*steps, ("abuffersink", None)]:
        following = graph.add(name, arguments)
        last.link_to(following)
        last = following
    graph.configure()
    return graph
