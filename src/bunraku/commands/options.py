"""Options that several commands share, and how their values are read."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from bunraku.errors import InputError, OutputError
from bunraku.runtime.options import LIVE_RESOLUTION, RESOLUTION, STRONGEST_FACE

BundleOption: TypeAlias = Annotated[
    str, typer.Option(help="Networks: one that ships, or a folder of `bunraku export`.")
]
IuvBundleOption: TypeAlias = Annotated[
    str, typer.Option(help="The net that maps the body's surface: likewise.")
]
SurfaceOption: TypeAlias = Annotated[
    int,
    typer.Option(
        metavar="128|256",
        help="Side of the IUV maps in pixels; `bunraku train generator --preset paper256` needs "
        "256.",
    ),
]
EngineOption: TypeAlias = Annotated[
    str,
    typer.Option(
        metavar="auto|LIBRARY[:PRECISION]",
        help="What runs the networks: auto for the best that is installed and can run here; "
        "`bunraku doctor` lists them.",
    ),
]
LiveDriverOption: TypeAlias = Annotated[
    str, typer.Option(help="What moves the photo: landmarks or body.")
]
PoseOption: TypeAlias = Annotated[
    str,
    typer.Option(
        metavar="lite|full|heavy|auto",
        help="The network that finds the body; lite and heavy after `bunraku fetch --pose`. "
        "auto is heavy where it has been fetched and nobody waits, else full.",
    ),
]
ResolutionOption: TypeAlias = Annotated[
    int | None,
    typer.Option(
        metavar="PX",
        min=128,
        max=1024,
        help="Side of the square in which the body is drawn, at most: finer outlines for more "
        f"time. By default {RESOLUTION}, live {LIVE_RESOLUTION}.",
    ),
]
InceptionOption: TypeAlias = Annotated[
    str | None,
    typer.Option(
        metavar="FILE|torchvision",
        help="ONNX network whose features FID is taken of; torchvision for that library's "
        "Inception, which downloads its weights (104 MB) the first time.",
    ),
]
# What is far beyond the cores takes gigabytes and minutes to begin with.
MAX_THREADS = 256

ThreadsOption: TypeAlias = Annotated[
    int | None,
    typer.Option(min=1, max=MAX_THREADS, help="Processor threads; by default all cores."),
]
StageThreadsOption: TypeAlias = Annotated[
    int | None,
    typer.Option(
        min=1,
        max=MAX_THREADS,
        help="Threads of each network; by default the stages share the cores.",
    ),
]
WindowOnlyOption: TypeAlias = Annotated[
    bool, typer.Option("--window-only", help="Only the square around the person.")
]
MarkOption: TypeAlias = Annotated[
    bool, typer.Option("--mark", help='Write "synthetic" into the corner.')
]
RotateOption: TypeAlias = Annotated[
    str,
    typer.Option(
        metavar="auto|0|90|180|270",
        help="Turn the driving frames clockwise by so many degrees; auto turns them once, at the "
        "calibration, if the driver is upside down or on the side, and says so.",
    ),
]

FaceOption: TypeAlias = Annotated[
    float,
    typer.Option(
        "--face",
        metavar=f"0..{STRONGEST_FACE:g}",
        min=0.0,
        max=STRONGEST_FACE,
        help="How strongly the photo's face does what the driver's does: 1 as it is, 0 not at all.",
    ),
]
NoFaceOption: TypeAlias = Annotated[
    bool, typer.Option("--no-face", help="Leave the photo's face as it is, whatever --face says.")
]

HandsOption: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--hands/--no-hands",
        help="Whether hands and fingers do what the driver's do; with --driver body.",
    ),
]

PartsOption: TypeAlias = Annotated[
    str,
    typer.Option(
        "--parts",
        metavar="PART,...",
        help="What follows the driver, of head, face, trunk, arms, hands, legs and all; -head is "
        "all but the head. The rest stays as the photo has it.",
    ),
]

AUTO = "auto"

# Python itself reads no more than some thousand.
_DIGITS = 18


def parse_rotation(text: str) -> int | None:
    """Read "90"; None for "auto".

    :raises InputError: it is something else.
    """
    if text == AUTO:
        return None
    if text not in ("0", "90", "180", "270"):
        raise InputError(f"--rotate {text} is not a turn.", "Use auto, 0, 90, 180 or 270.")
    return int(text)


def whole_number(text: str) -> int | None:
    """Read "12"; None for what is no such number, or one of more digits than anything counts."""
    return int(text) if text.isdecimal() and len(text) <= _DIGITS else None


def parse_size(text: str) -> tuple[int, int]:
    """Read "640x480".

    :raises InputError: it is something else.
    """
    across, _, down = text.casefold().partition("x")
    width, height = whole_number(across), whole_number(down)
    if width is None or height is None:
        raise InputError(f"--size {text} is not WxH.", "Write it as in 640x480")
    return width, height


def photo_path(text: str) -> Path:
    """Read the place of a photo.

    :raises PhotoError: it is an address, told as it was spelled; a Path would lose slashes.
    """
    from bunraku.runtime.source.place import Read, path_of

    return path_of(text, Read.PHOTO)


def clip_path(text: str) -> Path:
    """Read the place of a clip, likewise.

    :raises ClipError: it is an address.
    """
    from bunraku.runtime.source.place import Read, path_of

    return path_of(text, Read.CLIP)


def iuv_path(text: str) -> Path:
    """Read the place of IUV images, likewise.

    :raises InputError: it is an address.
    """
    from bunraku.runtime.source.place import Read, path_of

    return path_of(text, Read.IUV)


def out_path(text: str) -> Path:
    """Read the place of a clip that is to be written, likewise.

    :raises OutputError: it is an address.
    """
    from bunraku.runtime.source.place import path_or_address

    told = path_or_address(text)
    if isinstance(told, str):
        raise OutputError(
            f"{told} is an address, and --out names a file.",
            "Name one, or stream live: `bunraku live PHOTO --push URL` takes addresses.",
        )
    return told
