"""A live loop of your own: a webcam's frames in, the moved photo into a window or a file.

    python examples/webcam_loop.py me.jpg                                      # Ctrl-C ends it
    python examples/webcam_loop.py me.jpg --from examples/clip.mp4 --out live.mp4

`bunraku live` works on several frames at once, and has keys and an overlay; this is the smallest
loop, to build upon: between `read` and `write` every picture is a numpy array of yours.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

import bunraku
from bunraku.stream.core.protocols import Sink, SinkClosed, Source
from bunraku.stream.sinks.null import NullSink
from bunraku.stream.sinks.recording import FileSink
from bunraku.stream.sinks.window import WindowSink
from bunraku.stream.sources.choose import choose_source


async def move(puppet: bunraku.Puppet, source: Source, sink: Sink, most: int | None = None) -> int:
    """Show each frame's picture until the source or the window ends; returns how many."""
    shown = 0
    try:
        await source.open()
        await sink.open()
        while shown != most and (frame := await source.read()) is not None:  # the newest frame
            # [H,W,3] uint8 RGB in and out. A thread, so that the window is heard meanwhile.
            frame.shown = await asyncio.to_thread(puppet.animate, frame.picture(), frame.time_s)
            await sink.write(frame)
            shown += 1
    except SinkClosed:
        pass  # the user has closed the window
    finally:
        await source.close()
        await sink.close()
    return shown


def choose_sink(out: Path | None, *, window: bool) -> Sink:
    """Where the pictures go; others stand in `bunraku.stream.sinks`."""
    if out is not None:
        return FileSink(out)
    return WindowSink("Bunraku") if window else NullSink()


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the arguments, load the puppet and run the loop; returns the exit status."""
    parser = argparse.ArgumentParser(description="Move a photo's person as a webcam's moves.")
    parser.add_argument("photo", type=Path, help="picture of a person who has agreed to it")
    parser.add_argument("--camera", help="webcam, by number or name; by default the first")
    parser.add_argument("--from", dest="place", help="a clip, a URL or `pattern` instead")
    shown_by = parser.add_mutually_exclusive_group()
    shown_by.add_argument("--out", type=Path, help="record to this file instead of a window")
    shown_by.add_argument("--no-window", action="store_true", help="show nothing, only count")
    parser.add_argument("--frames", type=int, metavar="N", help="stop after so many")
    told = parser.parse_args(arguments)
    try:
        source = choose_source(bunraku.SourceOptions(camera=told.camera, place=told.place))
        sink = choose_sink(told.out, window=not told.no_window)
        puppet = bunraku.Puppet.load("live")
        for note in puppet.set_source(told.photo).notes:
            print(f"note: {note}")
        shown = asyncio.run(move(puppet, source, sink, told.frames))
    except bunraku.BunrakuError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:  # the loop has closed source and sink
        return 130
    print(f"{shown} pictures; nobody was found in {puppet.lost} frames")
    return 0


if __name__ == "__main__":
    sys.exit(main())
