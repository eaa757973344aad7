"""The preview's overlay, and the mark that all see."""

from __future__ import annotations

import threading

import numpy as np
from tests.stream.fakes import FakeClock, FakeSink, picture

from bunraku.stream.core.controls import Controls
from bunraku.stream.core.frame import MICROSECONDS, LiveFrame
from bunraku.stream.core.preview import SAID_S, STATS_EVERY_S, MarkStage, PreviewSink
from bunraku.stream.core.stats import Meter, Stats


class Asked:
    """Numbers, and how often somebody wanted them."""

    def __init__(self, clock: FakeClock) -> None:
        self.times = 0
        self._meter = Meter(clock)

    def __call__(self) -> Stats:
        self.times += 1
        return self._meter.snapshot(0)


def frame() -> LiveFrame:
    made = LiveFrame(picture(90, (320, 240)), 0, MICROSECONDS, 0.0)
    made.shown = made.picture()
    return made


async def test_with_nothing_to_draw_frames_pass_untouched() -> None:
    clock = FakeClock()
    sink, asked = FakeSink("window", clock), Asked(clock)
    preview = PreviewSink(sink, Controls(), asked, clock)
    given = frame()
    await preview.open()
    await preview.write(given)
    await preview.close()
    assert sink.frames == [given]
    assert (preview.name, sink.opened, sink.closed, asked.times) == ("window", 1, 1, 0)


async def test_a_preview_takes_i420_while_nothing_is_drawn() -> None:
    clock, controls = FakeClock(), Controls()
    sink = FakeSink("browser", clock, takes_i420=True)
    preview = PreviewSink(sink, controls, Asked(clock), clock)
    assert preview.takes_i420
    preview.say("hello")
    assert not preview.takes_i420
    await clock.advance(SAID_S)
    assert preview.takes_i420
    controls.overlay = True
    assert not preview.takes_i420
    sink.takes_i420 = controls.overlay = False
    assert not preview.takes_i420
    await preview.close()


async def test_others_who_hold_the_frame_see_no_overlay() -> None:
    clock = FakeClock()
    sink = FakeSink("window", clock)
    preview = PreviewSink(sink, Controls(help_shown=True), Asked(clock), clock)
    given = frame()
    await preview.write(given)
    assert (given.shown_picture() == 90).all()
    assert (sink.frames[0].shown_picture() != 90).any()
    await preview.close()


async def test_numbers_change_four_times_a_second() -> None:
    clock = FakeClock()
    asked = Asked(clock)
    preview = PreviewSink(FakeSink("window", clock), Controls(overlay=True), asked, clock)
    for _ in range(20):
        await preview.write(frame())
        await clock.advance(STATS_EVERY_S / 5)
    assert asked.times == 4
    await preview.close()


async def test_a_message_stands_for_a_while_and_the_newest_wins() -> None:
    clock = FakeClock()
    sink = FakeSink("window", clock)
    preview = PreviewSink(sink, Controls(), Asked(clock), clock)
    preview.say("Photo 1: a.jpg.")
    await preview.write(frame())
    preview.say("Stopping.")
    await preview.write(frame())
    await clock.advance(SAID_S)
    await preview.write(frame())
    first, second, last = (shown.shown_picture() for shown in sink.frames)
    assert (first != 90).any()
    assert not np.array_equal(first, second)
    assert (last == 90).all()
    await preview.close()


async def test_the_mark_leaves_the_picture_it_was_given_alone() -> None:
    stage, given = MarkStage(), frame()
    before = given.shown_picture()
    await stage.run(given)
    await stage.close()
    assert (before == 90).all()
    assert (given.shown_picture()[200:, 200:] != 90).any()
    assert not [t for t in threading.enumerate() if t.name == "bunraku-mark"]
