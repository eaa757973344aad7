"""What the shipped networks make of a few photos and clips, as numbers that can be kept.

Equal to the bit only where processor and libraries are the same; elsewhere about equal.
"""

from __future__ import annotations

import base64
import hashlib
import io
import os
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from importlib.metadata import version
from pathlib import Path

import cv2
import numpy as np
from PIL import Image
from tests.stream.fakes import FakeClock

from bunraku.runtime.models import Models
from bunraku.runtime.puppet import Puppet
from bunraku.runtime.source.photo import read_photo
from bunraku.spec.arrays import Picture
from bunraku.stream.clip.reader import ClipReader
from bunraku.stream.core.controls import Command, Controls
from bunraku.stream.core.frame import LiveFrame
from bunraku.stream.core.session import make_photo
from bunraku.stream.core.stages import puppet_stages

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
REAL = Path(os.environ.get("BUNRAKU_REAL", ROOT.parent / "shared" / "real"))
"""Photos that are looked at and not kept with the project; they may be absent."""
REAL_PHOTOS = ("astronaut.png", "fewshot_man.jpg", "anyone_woman_shorts.png")
REAL_FRAMES = 12
FRAMES = 48
KEPT = 6
"""Frames of which a small picture is kept."""
SIDE = 8
"""Of the small pictures, in pixels."""
DATA = Path(__file__).parents[1] / "data"
SHOWN = ("example", "live", "landmarks")
"""Those of which pictures are kept for people to look at: of nobody who lives."""
SHOWN_SHRUNK, SHOWN_QUALITY = 2, 85
"""How many times smaller they are, and their quality as JPEG."""


def clip(frames: int) -> list[tuple[Picture, float]]:
    """Frames of the example clip, and their times."""
    with ClipReader(EXAMPLES / "clip.mp4") as reader:
        return [(frame.image, frame.time_s) for frame in reader.frames(0, frames)]


def animated(models: Models, photo: Path, frames: int) -> list[Picture]:
    """A photo moved by the example clip."""
    puppet = Puppet(models)
    puppet.set_source(photo)
    return [puppet.animate(picture, time_s) for picture, time_s in clip(frames)]


async def live(models: Models) -> list[Picture]:
    """A session in which the user calibrates, changes the photo, mirrors, passes through, shows
    the window alone and freezes."""
    puppet, clock = Puppet(models), FakeClock()
    photo = read_photo(EXAMPLES / "photo.jpg")
    turned_over = np.ascontiguousarray(photo[:, ::-1])
    made = [make_photo(puppet.make_identity, one, "photo") for one in (photo, turned_over)]
    controls = Controls(photos=made)
    commands: dict[int, Callable[[], object]] = {
        10: lambda: controls.apply(Command.CALIBRATE),
        20: lambda: controls.apply(Command.PHOTO, 2),
        28: lambda: controls.apply(Command.MIRROR),
        34: lambda: controls.apply(Command.PASSTHROUGH),
        36: lambda: controls.apply(Command.PASSTHROUGH),
        40: lambda: setattr(controls, "window_only", True),
        44: lambda: controls.apply(Command.FREEZE),
    }
    stages = puppet_stages(puppet, controls, clock=clock)
    shown = []
    for index, (picture, time_s) in enumerate(clip(FRAMES)):
        commands.get(index, lambda: None)()
        pts = round(time_s * 1e6)
        frame = LiveFrame(picture, pts, Fraction(1, 1_000_000), 100.0 + time_s, index=index)
        for stage in stages:
            await stage.run(frame)
        shown.append(frame.shown_picture().copy())
    for stage in stages:
        await stage.close()
    return shown


def digest(pictures: Sequence[Picture]) -> str:
    """Of every bit."""
    joined = hashlib.sha256()
    for picture in pictures:
        joined.update(np.ascontiguousarray(picture).tobytes())
    return joined.hexdigest()


def small(pictures: Sequence[Picture]) -> Iterator[str]:
    """``KEPT`` of them at ``SIDE`` × ``SIDE`` pixels, as base64."""
    for picture in kept_of(pictures):
        yield base64.b64encode(reduced(picture).tobytes()).decode()


def kept_of(pictures: Sequence[Picture]) -> list[Picture]:
    """``KEPT`` of them, from the first to the last."""
    numbers = np.linspace(0, len(pictures) - 1, KEPT).round().astype(int)
    return [pictures[i] for i in numbers]


def reduced(picture: Picture) -> Picture:
    """``SIDE`` × ``SIDE`` pixels of it."""
    return np.asarray(cv2.resize(picture, (SIDE, SIDE), interpolation=cv2.INTER_AREA), np.uint8)


def from_small(text: str) -> Picture:
    """The reverse of ``small``."""
    return np.frombuffer(base64.b64decode(text), np.uint8).reshape(SIDE, SIDE, 3)


def shown_path(name: str, number: int) -> Path:
    """Where the picture of a kept frame lies."""
    return DATA / "golden" / f"{name}-{number}.jpg"


def shown(picture: Picture) -> bytes:
    """A JPEG for people to look at."""
    height, width = picture.shape[:2]
    size = (width // SHOWN_SHRUNK, height // SHOWN_SHRUNK)
    data = io.BytesIO()
    smaller = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    Image.fromarray(np.asarray(smaller, np.uint8)).save(data, "JPEG", quality=SHOWN_QUALITY)
    return data.getvalue()


def machine() -> str:
    """What equality to the bit depends on."""
    names = ("numpy", "numba", "onnxruntime", "opencv-python-headless", "av")
    if not Path("/proc/cpuinfo").exists():
        return "unknown"
    facts: dict[str, str] = {}
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        name, _, value = line.partition(":")
        facts.setdefault(name.strip(), value.strip())
    sets = [flag for flag in ("avx2", "fma", "avx512f", "avx512_bf16") if flag in facts["flags"]]
    model = " ".join([facts["model name"], facts["cpu family"], facts["model"], *sets])
    return ", ".join([model, *(f"{name} {version(name)}" for name in names)])
