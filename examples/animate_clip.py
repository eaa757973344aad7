"""A photo moved by a clip, into a file, through the public API.

    python examples/animate_clip.py examples/photo.jpg examples/clip.mp4 out.mp4

`bunraku animate` does the same from the command line.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import bunraku


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the arguments, animate, and tell how it went; returns the exit status."""
    parser = argparse.ArgumentParser(
        description="Move the person of a photo as the person of a clip moves.",
        epilog="Only animate people who have agreed to it; the file is marked as synthetic.",
    )
    parser.add_argument("photo", type=Path, help="picture of the person to move")
    parser.add_argument("clip", type=Path, help="video of the person whose movement is taken")
    parser.add_argument("out", type=Path, help="file to write: .mp4, .mov, .mkv or .webm")
    parser.add_argument("--frames", type=int, metavar="N", help="only the first N frames")
    parser.add_argument("--side-by-side", action="store_true", help="show the clip to the left")
    told = parser.parse_args(arguments)
    try:
        options = bunraku.AnimateOptions(
            told.photo, told.clip, told.out, stop=told.frames, side_by_side=told.side_by_side
        )
        summary = bunraku.animate_clip(
            # Called once the photo, the clip and the place of the file are known to be good.
            lambda: bunraku.Puppet.load("live"),
            options,
            on_frame=lambda done, total: print(f"\rframe {done} of {total or '?'}", end=""),
        )
    except bunraku.BunrakuError as error:  # its text says what is wrong and what to do
        print(error, file=sys.stderr)
        return 2
    print(f"\r{summary.output}: {summary.frames} frames, {summary.fps} a second")
    for stage, spread in summary.stages_ms.items():
        print(f"  {stage:<8}{spread['p50']:7.1f} ms")
    for note in summary.notes:
        print(f"  note: {note}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
