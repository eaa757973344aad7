"""A puppet without networks: a red block is a person, and every engine is a few lines of numpy.

The person is found by colour, mapped as one rectangular part, and warped by the exact
correspondence, so that whole animations have results that can be written down.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import cv2
import numpy as np

from bunraku.errors import EngineError
from bunraku.runtime.device import Queue
from bunraku.runtime.drivers.landmarks.driver import LandmarkDriver
from bunraku.runtime.drivers.landmarks.subject import LandmarkSubject
from bunraku.runtime.engines.protocol import select
from bunraku.runtime.identity import Identity
from bunraku.runtime.measure import Recorder
from bunraku.runtime.models import Models
from bunraku.runtime.options import PuppetOptions
from bunraku.runtime.pose import Pose
from bunraku.runtime.pose.turned import turn_picture, turn_points, upright_by
from bunraku.runtime.puppet import Puppet
from bunraku.spec.arrays import Array, Picture, Tensors
from bunraku.spec.tensors import Layout

WINDOW, SIZE = 128, 64
SCALES = (16, 32, 64)
TEXELS = 32
MARK = (0, 0, 255)
TORSO_PART = 1  # index among the 24, part 2 of DensePose

# A standing person, arms hanging, in heights: x from the middle, y from the top, z towards 0.
SKELETON = np.array(
    [
        *[(0.00, 0.07), (0.01, 0.06), (0.015, 0.06), (0.02, 0.06), (-0.01, 0.06), (-0.015, 0.06)],
        *[(-0.02, 0.06), (0.04, 0.07), (-0.04, 0.07), (0.015, 0.09), (-0.015, 0.09)],
        *[(0.11, 0.18), (-0.11, 0.18), (0.13, 0.34), (-0.13, 0.34), (0.14, 0.48), (-0.14, 0.48)],
        *[(0.14, 0.52), (-0.14, 0.52), (0.14, 0.53), (-0.14, 0.53), (0.13, 0.51), (-0.13, 0.51)],
        *[(0.06, 0.47), (-0.06, 0.47), (0.06, 0.72), (-0.06, 0.72), (0.06, 0.95), (-0.06, 0.95)],
        *[(0.06, 0.98), (-0.06, 0.98), (0.08, 1.0), (-0.08, 1.0)],
    ],
    np.float32,
)
METRES = 1.75


def standing(
    top: float, height: float, middle: float, shape: tuple[int, int], mask: Array | None = None
) -> Pose:
    """A person of this height in pixels; joints outside of the picture are unseen."""
    points = SKELETON * height + np.array([middle, top], np.float32)
    inside = (points >= 0).all(1) & (points[:, 0] < shape[1]) & (points[:, 1] < shape[0])
    world = np.zeros((33, 3), np.float32)
    world[:, :2] = (SKELETON - SKELETON[[23, 24]].mean(0)) * METRES
    zeros = np.zeros(33, np.float32)
    landmarks = np.stack([points[:, 0], points[:, 1], zeros, inside.astype(np.float32)], 1)
    return Pose(landmarks, world, 0.99, mask)


def street(shape: tuple[int, int] = (240, 320)) -> Picture:
    """A background of soft blobs without red."""
    noise = np.random.default_rng(3).integers(60, 200, (shape[0] // 16, shape[1] // 16, 3))
    picture = cv2.resize(noise.astype(np.uint8), (shape[1], shape[0]))
    picture[..., 0] = np.minimum(picture[..., 0], 150)
    return np.ascontiguousarray(picture)


def with_person(
    picture: Picture, left: int, top: int, width: int = 40, height: int = 160
) -> Picture:
    """The picture with a red block, striped so that every row and column is another red."""
    result = picture.copy()
    rows, columns = np.mgrid[0:height, 0:width]
    block = np.stack([205 + (rows * 3 + columns * 5) % 50, rows % 40, columns % 40], -1)
    y, x = min(height, picture.shape[0] - top), min(width, picture.shape[1] - left)
    result[top : top + y, left : left + x] = block[:y, :x]
    return result


def red(picture: Picture) -> Array:
    """``[H, W]``: 1 where the block is."""
    found = (picture[..., 0] > 200) & (picture[..., 1] < 60) & (picture[..., 2] < 60)
    return found.astype(np.float32)


@dataclass
class FakeEstimator:
    """Finds the red block and calls it a person of four times its width."""

    size: int = SIZE
    people: int = 1
    resets: int = 0
    tracked: list[float] = field(default_factory=list)

    def count(self, picture: Picture) -> int:
        return self.people

    def tell_apart(self, picture: Picture, person: Pose) -> tuple[Pose, list[Pose]]:
        """They stand somewhere beside the picture."""
        shape = picture.shape[:2]
        away = standing(0.0, 100.0, -500.0, shape, np.zeros(shape, np.float32))
        return person, [away] * (self.people - 1)

    def observe(self, picture: Picture) -> Pose | None:
        mask = red(picture)
        rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
        if not len(rows):
            return None
        middle, width = float(columns.mean()), len(columns)
        return standing(float(rows[0]), 4.0 * width, middle, mask.shape, mask)

    def observe_in_plain_light(self, picture: Picture) -> Pose | None:
        return None

    def track(self, frame: Picture, time_s: float, *, mask: bool = True) -> Pose | None:
        self.tracked.append(time_s)
        return self.observe(frame)

    def beside(self, picture: Picture, person: Pose) -> FakeEstimator:
        """Another one, for whoever that is."""
        return FakeEstimator(self.size)

    def surface(self, landmarks: Array, mask: Array | None) -> Array:
        """One part: 1/4 of a height wide, U and V linear over it."""
        height = float(landmarks[32, 1] - landmarks[0, 1]) / 0.93
        top = float(landmarks[32, 1]) - height
        middle = float(landmarks[[31, 32], 0].mean())
        centres = (np.arange(self.size, dtype=np.float32) + 0.5) / self.size
        u = np.broadcast_to(((centres - middle) / height * 4 + 0.5)[None], (self.size,) * 2)
        v = np.broadcast_to(((centres - top) / height)[:, None], (self.size,) * 2)
        inside = ((u >= 0) & (u <= 1) & (v >= 0) & (v <= 1)).astype(np.float32)
        densepose = np.zeros((1, 73, self.size, self.size), np.float32)
        densepose[0, 0], densepose[0, 1 + TORSO_PART] = 1.0 - inside, inside
        densepose[0, 25 + TORSO_PART] = np.clip(u, 0, 1)
        densepose[0, 49 + TORSO_PART] = np.clip(v, 0, 1)
        return densepose

    def reset(self) -> None:
        self.resets += 1


class Turning(FakeEstimator):
    """Sees people in pictures that are turned as well: their way up is told by ``marked``."""

    stills = 0

    def observe(self, picture: Picture) -> Pose | None:
        self.stills += 1
        return self._seen(picture)

    def track(self, frame: Picture, time_s: float, *, mask: bool = True) -> Pose | None:
        self.tracked.append(time_s)
        return self._seen(frame)

    def _seen(self, picture: Picture) -> Pose | None:
        edges = picture[0], picture[:, -1], picture[-1], picture[:, 0]
        turned_deg = 90 * next((i for i, edge in enumerate(edges) if (edge == MARK).all()), 0)
        upright = turn_picture(picture, upright_by(turned_deg))
        pose = super().observe(upright)
        if pose is None:
            return None
        mask = pose.mask
        if mask is not None:
            mask = np.ascontiguousarray(np.rot90(mask, -turned_deg // 90))
        landmarks = turn_points(pose.landmarks, turned_deg, upright.shape)
        return replace(pose, landmarks=landmarks, mask=mask)


def marked(picture: Picture) -> Picture:
    """A copy whose upper edge tells ``Turning`` which way is up."""
    picture = picture.copy()
    picture[0] = MARK
    return picture


@dataclass
class FakeEngine:
    """A function of named arrays."""

    name: str
    inputs: Mapping[str, tuple[int, ...]]
    outputs: Mapping[str, tuple[int, ...]]
    function: Callable[[Tensors], dict[str, Array]]
    runs: int = 0
    failing: bool = False
    advice: str = "Make it anew."

    def run(
        self, feeds: Tensors, *, out: Tensors | None = None, queue: Queue | None = None
    ) -> dict[str, Array]:
        self.runs += 1
        self.fail_if_told()
        result = self.function(select(self, feeds))
        assert {n: a.shape for n, a in result.items()} == dict(self.outputs)
        if out is None:
            return {n: np.ascontiguousarray(a, np.float32) for n, a in result.items()}
        for name, values in result.items():
            out[name][...] = values
        return {name: out[name] for name in result}

    def fail_if_told(self) -> None:
        if self.failing:
            raise EngineError(f"The engine {self.name!r} failed: told to.")


def engines(window: int = WINDOW, size: int = SIZE) -> dict[str, FakeEngine]:
    """The engines of a generator with the prior that trusts the warped photo and nothing else."""
    picture, plane = (1, 3, window, window), (1, 1, window, window)
    maps = (1, 73, size, size)
    scales = (size // 4, size // 2, size)
    z = {f"z_{n}": (1, 3, n, n) for n in scales}
    prior = {
        "atlas_prior": (1, 24, 6, TEXELS, TEXELS),
        "atlas_texture": (1, 24, 4, TEXELS, TEXELS),
        "image_masked": (1, 5, window, window),
    }
    moved = {f"flow_{n}": (1, 2, n, n) for n in scales}
    moved |= {f"occlusion_{n}": (1, 1, n, n) for n in scales}
    atlas = {"atlas": (1, 24, 4, TEXELS, TEXELS)}
    warped = {f"warped_{n}": (1, 3, n, n) for n in scales}
    blend_in = {**warped, "z_geo": (1, 4, size, size), "warped_image": (1, 5, window, window)}
    return {
        "source": FakeEngine(
            "source",
            {"image": picture, "mask": plane, "densepose": maps},
            {**z, "motion_source": (1, 2, size // 2, size // 2), **prior},
            _encode(scales),
        ),
        "motion": FakeEngine(
            "motion",
            {"densepose": maps, "prior": (1, 6, size, size)},
            {**moved, **atlas},
            _move(scales),
        ),
        "blend": FakeEngine(
            "blend", blend_in, {"image": picture, "mask": plane, "trust": plane}, _blend
        ),
    }


def models(
    estimator: FakeEstimator | None = None,
    made: dict[str, FakeEngine] | None = None,
    *,
    layout: Layout | None = None,
) -> Models:
    """Models of fakes: one estimator finds, follows and maps the person."""
    seeing = estimator or FakeEstimator()

    def make_driver(options: PuppetOptions, recorder: Recorder) -> LandmarkDriver:
        return LandmarkDriver(seeing, seeing, options, recorder)

    chosen = layout or Layout(WINDOW, SIZE, prior=True)
    return Models(dict(made or engines()), chosen, seeing, make_driver, threads=1)


def puppet(
    estimator: FakeEstimator | None = None,
    made: dict[str, FakeEngine] | None = None,
    options: PuppetOptions | None = None,
) -> Puppet:
    """A puppet of fakes."""
    return Puppet(models(estimator, made), options)


def subject(identity: Identity) -> LandmarkSubject:
    """What the driver by landmarks keeps of the photo."""
    assert isinstance(identity.subject, LandmarkSubject)
    return identity.subject


def grid(side: int) -> Array:
    """``[2, side, side]``: each pixel's own centre (x, y) in [-1, 1] units."""
    centres = (np.arange(side, dtype=np.float32) * 2 + 1) / side - 1
    return np.stack(np.meshgrid(centres, centres)).astype(np.float32)


def _encode(scales: tuple[int, ...]) -> Callable[[Tensors], dict[str, Array]]:
    def encode(known: Tensors) -> dict[str, Array]:
        image, densepose = known["image"][0].transpose(1, 2, 0), known["densepose"][0]
        result: dict[str, Array] = {}
        for n in scales:
            small = cv2.resize(image, (n, n), interpolation=cv2.INTER_AREA)
            result[f"z_{n}"] = np.asarray(small.transpose(2, 0, 1)[None], np.float32)
        # The part's rectangle of the window, so that texel (u, v) knows its window position.
        inside = densepose[1 + TORSO_PART] > 0.5
        u, v = densepose[25 + TORSO_PART][inside], densepose[49 + TORSO_PART][inside]
        atlas = np.zeros((1, 24, 6, TEXELS, TEXELS), np.float32)
        texel = (np.arange(TEXELS) + 0.5) / TEXELS
        position = grid(densepose.shape[-1])
        for axis, coordinate, shape in ((0, u, (1, TEXELS)), (1, v, (TEXELS, 1))):
            slope, offset = np.polyfit(coordinate, position[axis][inside], 1)
            atlas[0, TORSO_PART, axis] = (slope * texel + offset).reshape(shape)
        atlas[0, TORSO_PART, 2] = 1.0
        result["atlas_prior"] = atlas
        person, nothing = known["mask"], np.zeros_like(known["mask"])
        side = densepose.shape[-1] // 2
        result["motion_source"] = np.zeros((1, 2, side, side), np.float32)
        result["atlas_texture"] = np.zeros((1, 24, 4, TEXELS, TEXELS), np.float32)
        result["image_masked"] = np.concatenate([known["image"] * person, person, nothing], 1)
        return result

    return encode


def _move(scales: tuple[int, ...]) -> Callable[[Tensors], dict[str, Array]]:
    def move(known: Tensors) -> dict[str, Array]:
        prior = known["prior"][0]
        sure = prior[2] > 0.5
        flow = np.where(sure, prior[:2] - grid(prior.shape[-1]), 0.0).astype(np.float32)
        if sure.any():  # beyond the silhouette the flow goes on
            flow[:, ~sure] = np.median(flow[:, sure], axis=1)[:, None]
        result: dict[str, Array] = {"atlas": np.zeros((1, 24, 4, TEXELS, TEXELS), np.float32)}
        for n in scales:
            step = prior.shape[-1] // n
            result[f"flow_{n}"] = flow[None, :, ::step, ::step]
            result[f"occlusion_{n}"] = np.ones((1, 1, n, n), np.float32)
        return result

    return move


def _blend(known: Tensors) -> dict[str, Array]:
    warped = known["warped_image"]
    mask = warped[:, 3:4]
    return {"image": warped[:, :3] / (mask + 1e-3), "mask": mask, "trust": mask}
