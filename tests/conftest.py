"""Real clips, made on the spot, and a puppet that needs no networks."""

from __future__ import annotations

import os

# Before numpy is loaded, whatever the shell says: on more threads it sums products in another
# order, which golden pictures show, and threads of several processes wait for each other.
os.environ["OMP_NUM_THREADS"] = "1"

import gc
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import cast

import av
import hypothesis
import numpy as np
import pytest
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.video.frame import VideoFrame
from numpy.typing import NDArray
from PIL import Image
from tests.remembered import remember

from bunraku.runtime.measure import Spread
from bunraku.spec.stages import Step

# A stall of the machine is no failure, and what fails does so again.
hypothesis.settings.register_profile("steady", deadline=None, derandomize=True)
hypothesis.settings.load_profile("steady")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files whose tests are given longer come first: begun last, one process would end alone."""
    long = {item.path for item in items if item.get_closest_marker("timeout")}
    items.sort(key=lambda item: item.path not in long)


def pytest_collection_finish() -> None:
    """Full collections need not look at what stays anyway: they stall every thread meanwhile."""
    remember()
    gc.collect()
    gc.freeze()


def pytest_unconfigure() -> None:
    """Libraries that count what is left of theirs at the end (Triton's) find nothing."""
    gc.unfreeze()


Picture = NDArray[np.uint8]
AUDIO_RATE_HZ = 48_000


def frame_picture(index: int, size: tuple[int, int]) -> Picture:
    """A grey picture that tells its frame's number: red corner top left, grey level 8 a frame."""
    width, height = size
    picture = np.full((height, width, 3), 20 + 8 * (index % 25), np.uint8)
    picture[: height // 4, : width // 4] = (255, 0, 0)
    return picture


@pytest.fixture
def make_clip(tmp_path: Path) -> Callable[..., Path]:
    """Make a clip of ``frame_picture``s; ``times_ms`` gives it a variable frame rate."""

    def make(
        name: str = "clip.mp4",
        *,
        frames: int = 6,
        size: tuple[int, int] = (64, 48),
        times_ms: Sequence[int] | None = None,
        rotation: int | None = None,
        audio: str | None = None,
        audio_s: float | None = None,
        audio_rate_hz: int = AUDIO_RATE_HZ,
        aspect: Fraction | None = None,
        options: Mapping[str, str] | None = None,
    ) -> Path:
        path = tmp_path / name
        with av.open(str(path), "w", options=dict(options or {})) as container:
            video = container.add_stream("libx264", rate=25)
            video.width, video.height = size
            video.pix_fmt = "yuv420p"
            times = times_ms or range(frames)
            time_base = Fraction(1, 1000) if times_ms else Fraction(1, 25)
            video.codec_context.time_base = time_base
            if aspect is not None:
                video.codec_context.sample_aspect_ratio = aspect
            if rotation is not None:
                video.set_display_rotation(rotation)
            sound: AudioStream | None = None
            if audio is not None:
                sound = cast(AudioStream, container.add_stream(audio, rate=audio_rate_hz))
                sound.codec_context.layout = "stereo"
            for index, pts in enumerate(times):
                frame = VideoFrame.from_ndarray(frame_picture(index, size), format="rgb24")
                frame.pts, frame.time_base = pts, time_base
                container.mux(video.encode(frame))
            container.mux(video.encode())
            if sound is not None:
                seconds = audio_s or float((times[-1] + 1) * time_base)
                for tone in _tones(seconds, audio_rate_hz, sound.codec_context.format.name):
                    container.mux(sound.encode(tone))
                container.mux(sound.encode())
        return path

    return make


def _tones(seconds: float, rate_hz: int, format_name: str) -> list[AudioFrame]:
    resampler = av.AudioResampler(format_name, "stereo", rate_hz, frame_size=960)
    wave = np.sin(np.arange(round(seconds * rate_hz)) * 440 * 2 * np.pi / rate_hz)
    frame = AudioFrame.from_ndarray(
        np.tile((wave * 8000).astype(np.int16), (2, 1)), format="s16p", layout="stereo"
    )
    frame.sample_rate = rate_hz
    frame.pts = 0
    frame.time_base = Fraction(1, rate_hz)
    return [*resampler.resample(frame), *resampler.resample(None)]


@pytest.fixture
def make_photo(tmp_path: Path) -> Callable[..., Path]:
    """Save a picture, by default a blue one of 40 x 30, and return its path."""

    def make(name: str = "photo.png", picture: Picture | None = None) -> Path:
        if picture is None:
            picture = np.full((30, 40, 3), (30, 60, 200), np.uint8)
        path = tmp_path / name
        Image.fromarray(picture).save(path)
        return path

    return make


@dataclass(frozen=True)
class FakeReport:
    notes: tuple[str, ...] = ()


@dataclass
class FakePuppet:
    """Paints the photo in the driving frame's middle colour; frames in ``absent`` show nobody."""

    absent: frozenset[int] = frozenset()
    notes: tuple[str, ...] = ()
    lost: int = 0
    faults: int = 0
    driver_turned_deg: int = 0
    times_s: list[float | None] = field(default_factory=list)
    drives: list[Picture] = field(default_factory=list)
    calibrated_at: list[int] = field(default_factory=list)
    photo: Picture | None = None

    def set_source(self, photo: Picture) -> FakeReport:
        self.photo = photo
        return FakeReport(self.notes)

    def news(self) -> list[str]:
        return []

    def calibrate(self) -> None:
        self.calibrated_at.append(len(self.drives))

    def animate(
        self,
        frame: Picture,
        time_s: float | None = None,
        *,
        window_only: bool = False,
        i420: bool = False,
    ) -> Picture:
        assert self.photo is not None
        self.lost += len(self.drives) in self.absent
        self.drives.append(frame)
        self.times_s.append(time_s)
        shape = (32, 32, 3) if window_only else self.photo.shape
        colour = frame[frame.shape[0] // 2, frame.shape[1] // 2]
        return np.broadcast_to(colour, shape).astype(np.uint8)

    def stats(self) -> Mapping[str, Spread]:
        return {str(Step.POSE): Spread(1.0, 2.0, 0.5, max(1, len(self.drives)))}


@pytest.fixture
def make_puppet() -> Callable[..., FakePuppet]:
    """Make a fake puppet; see :class:`FakePuppet`."""
    return FakePuppet
