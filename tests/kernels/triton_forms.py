"""Triton's forms as their tests see them, and where they can run."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import torch
from tests.kernels.harness import Call, Operator, Shape
from tests.kernels.operators import ENLARGE, PASTE, TEXTURE, WARP
from torch import Tensor

from bunraku.kernels import (
    interpolate,
    rasterise,
    read_window,
    skin,
    to_i420,
    warp_occlude_scales,
)
from bunraku.kernels.i420 import reference as i420_reference
from bunraku.kernels.raster import reference as raster_reference
from bunraku.kernels.skin import reference as skin_reference
from bunraku.kernels.window import reference as window_reference

INTERPRETED = os.environ.get("TRITON_INTERPRET") == "1"
"""Whether this process runs Triton's kernels on the processor, program after program."""
FEW_PROGRAMS = 2048
"""Pixels of a program in the interpreter, whose cost is per program."""

Tensors = Sequence[Tensor]
Options = Mapping[str, Any]


@dataclass(frozen=True)
class Form:
    """One operator's form in Triton."""

    folder: str
    """In ``kernels``."""
    operator: Operator
    """Its inputs and shapes, for arrays in a row."""
    run: Callable[[Any, Tensors, Options], Sequence[Tensor]]
    """The form's results, of its module, tensors and options."""
    expected: Callable[[Tensors, Options], Sequence[Tensor]]
    """The plain reference's."""
    gradients: Callable[[Any, Tensors, Tensors, Options], Sequence[Tensor]] | None = None
    """The form's own, of its module, tensors, pulls and options; None where it has none."""
    registers: int = 128
    """Of a thread, at most: with more, half of a GPU's threads have no room."""

    places: bool = True
    """Whether pixels say where to read, and arrays define what a place that is NaN means."""

    narrow: bool = True
    """Whether it takes less than float32."""
    batched: bool = True
    """Whether tensors begin with a batch, whose entries have nothing to do with each other."""

    def public(self, tensors: Tensors, options: Options) -> Sequence[Tensor]:
        """What callers get who know nothing of forms."""
        if self.operator is SCALES:
            return warp_occlude_scales(*_threes(tensors))
        if self.operator is WINDOW:
            frame, matrix = tensors
            return [read_window(frame, matrix, **options)]
        return [self.operator.public(*tensors, **options)]

    @property
    def name(self) -> str:
        return self.operator.name

    def module(self, monkeypatch: pytest.MonkeyPatch) -> Any:
        """The form's module, with few large programs where they are interpreted."""
        module = importlib.import_module(f"bunraku.kernels.{self.folder}.triton_cuda")
        for name in ("PIXELS", "PULLED_PIXELS", "TRIANGLES", "VERTICES"):
            if INTERPRETED and hasattr(module, name):
                monkeypatch.setattr(module, name, 64 if name == "TRIANGLES" else FEW_PROGRAMS)
        return module


@contextmanager
def poisoned_memory() -> Iterator[None]:
    """Within the block, what torch allocates is NaN, or the largest integer, until written."""
    was = torch.are_deterministic_algorithms_enabled()
    torch.use_deterministic_algorithms(True, warn_only=True)
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(was)


def _alone(operator: Operator) -> Callable[[Tensors, Options], list[Tensor]]:
    return lambda tensors, options: [operator.reference(*tensors, **options)]


def _threes(tensors: Tensors) -> tuple[list[Tensor], ...]:
    """Features, flows and occlusions of three scales, which lie in a row scale by scale."""
    return tuple(list(tensors[kind::3]) for kind in range(3))


def _in_a_row(gradients: Tensors) -> list[Tensor]:
    """And back."""
    return [gradients[kind * 3 + scale] for scale in range(3) for kind in range(3)]


def _three_scales(rng: np.random.Generator, shape: Shape) -> Call:
    """Shape: B, then C, h, w, H, W of each scale."""
    batch, *rest = shape
    calls = [WARP.call(rng, (batch, *rest[i : i + 5])) for i in (0, 5, 10)]
    return Call(tuple(array for call in calls for array in call.arrays))


def _paste(module: Any, tensors: Tensors, box: Any, mixed: bool) -> Tensor:
    plate, photo, image, mask, x, y, *detail = tensors
    made: Tensor = module.paste(
        plate, photo, image, mask, box, fade=(x, y), detail=detail or None, mixed=mixed
    )
    return made


SCALES = Operator(
    "warp-scales",
    WARP.public,
    WARP.reference,
    _three_scales,
    (
        (1, *(1, 1, 1, 1, 1), *(5, 4, 4, 8, 8), *(3, 16, 16, 16, 16)),
        (2, *(17, 3, 4, 5, 6), *(2, 9, 7, 7, 9), *(4, 6, 11, 12, 5)),
    ),
)


def _window(rng: np.random.Generator, shape: Shape) -> Call:
    """Shape: H, W, size, samples, 1 for I420."""
    height, width, size, samples, planar = shape
    frame = rng.integers(
        0, 256, (height * 3 // 2, width) if planar else (height, width, 3), np.uint8
    )
    turn, zoom = rng.uniform(-0.4, 0.4), 1.3 * max(height, width) / size
    x, y = zoom * np.cos(turn), zoom * np.sin(turn)
    matrix = np.array([[x, -y, -0.1 * width], [y, x, -0.2 * height]], np.float32)
    return Call((frame, matrix), {"size": size, "samples": samples, "scale": 0.01, "offset": -1.0})


def _window_of_tensors(frame: Tensor, matrix: Tensor, **options: Any) -> Tensor:
    return window_reference.read_window(frame, matrix, **options, dtype=matrix.dtype)


WINDOW = Operator(
    "window",
    lambda *arrays, **options: _window_of_tensors(*map(torch.as_tensor, arrays), **options),
    _window_of_tensors,
    _window,
    (
        (1, 1, 1, 1, 0),
        (2, 2, 3, 1, 1),
        (9, 14, 11, 3, 0),
        (30, 18, 16, 1, 0),
        (20, 34, 13, 2, 1),
    ),
    differentiable=False,
)
I420 = Operator(
    "i420",
    to_i420,
    i420_reference.to_i420,
    lambda rng, shape: Call((rng.integers(0, 256, (*shape, 3), np.uint8),)),
    ((2, 2), (6, 34), (18, 4)),
    differentiable=False,
)


def _skin(rng: np.random.Generator, shape: Shape) -> Call:
    """Shape: vertices, bones."""
    n, bones = shape
    weights = rng.random((n, 4), np.float32) * (rng.random((n, 4)) < 0.6).astype(np.float32)
    arrays = rng.standard_normal((n, 3), np.float32), weights
    transforms = rng.standard_normal((bones, 3, 4), np.float32)
    return Call((*arrays, rng.integers(0, bones, (n, 4)).astype(np.int32), transforms))


def _skin_reference(*tensors: Tensor) -> Tensor:
    return torch.from_numpy(skin_reference.skin(*(tensor.numpy() for tensor in tensors)))


def _raster(rng: np.random.Generator, shape: Shape) -> Call:
    """Shape: vertices, triangles, h, w, 1 to cull. Some corners on centres, one that is no number,
    and a triangle twice."""
    n, m, height, width, cull = shape
    vertices = rng.uniform(-10, 45, (n, 3)).astype(np.float32)
    vertices[: n // 3] = np.round(vertices[: n // 3])
    vertices[-1], vertices[-2] = np.nan, 1e6
    triangles = rng.integers(0, n, (m, 3)).astype(np.int32)
    triangles[m // 2] = triangles[0]
    arrays = (vertices, triangles, rng.random(m) < 0.8)
    return Call(arrays, {"size": (height, width), "cull": bool(cull)})


def _raster_expected(tensors: Tensors, options: Options) -> list[Tensor]:
    vertices, triangles, keep = (tensor.numpy() for tensor in tensors)
    made = raster_reference.rasterise(vertices, triangles, keep=keep, **options)
    return [torch.from_numpy(array) for array in made]


def _raster_run(module: Any, tensors: Tensors, options: Options) -> list[Tensor]:
    return list(module.rasterise(*tensors[:2], options["size"], tensors[2], options["cull"]))


def _interpolated_run(module: Any, tensors: Tensors, options: Options) -> list[Tensor]:
    _, number, bary = _raster_expected([t.cpu() for t in tensors[:3]], options)
    places = (tensor.to(tensors[0].device) for tensor in (number, bary))
    return [module.interpolate(*places, tensors[1], tensors[3])]


def _interpolated_expected(tensors: Tensors, options: Options) -> list[Tensor]:
    _, number, bary = (tensor.numpy() for tensor in _raster_expected(tensors[:3], options))
    triangles, attributes = tensors[1].numpy(), tensors[3].numpy()
    made = raster_reference.interpolate(number, bary, triangles, attributes)
    return [torch.from_numpy(made)]


def _attributes(rng: np.random.Generator, shape: Shape) -> Call:
    """As ``_raster``, with what its vertices carry."""
    call = _raster(rng, shape)
    return Call((*call.arrays, rng.standard_normal((shape[0], 7), np.float32)), call.options)


SKIN = Operator(
    "skin", skin, _skin_reference, _skin, ((1, 1), (50, 7), (203, 3)), differentiable=False
)
RASTER = Operator(
    "raster",
    lambda vertices, triangles, keep, **options: (
        rasterise(vertices, triangles, keep=keep, **options).depth
    ),
    _skin_reference,
    _raster,
    ((3, 1, 1, 1, 0), (30, 43, 8, 41, 1), (30, 40, 33, 29, 0)),
    differentiable=False,
)
ATTRIBUTES = Operator(
    "interpolate",
    lambda vertices, triangles, keep, attributes, **options: interpolate(
        rasterise(vertices, triangles, keep=keep, **options), triangles, attributes
    ),
    _skin_reference,
    _attributes,
    ((30, 40, 33, 29, 0),),
    differentiable=False,
)

FORMS = (
    Form(
        "texture",
        TEXTURE,
        lambda module, tensors, options: [module.sample_texture(*tensors, 0.0)],
        _alone(TEXTURE),
        lambda module, tensors, pulls, options: module.gradients(
            *tensors, pulls[0], 0.0, (True,) * 4
        ),
    ),
    Form(
        "warp",
        WARP,
        lambda module, tensors, options: module.warp_occlude(*([tensor] for tensor in tensors)),
        _alone(WARP),
        lambda module, tensors, pulls, options: module.gradients(
            *([tensor] for tensor in tensors), pulls
        ),
    ),
    Form(
        "warp",
        SCALES,
        lambda module, tensors, options: module.warp_occlude(*_threes(tensors)),
        lambda tensors, options: [
            WARP.reference(*scale) for scale in zip(*_threes(tensors), strict=True)
        ],
        lambda module, tensors, pulls, options: _in_a_row(
            module.gradients(*_threes(tensors), pulls)
        ),
        places=False,
    ),
    Form(
        "enlarge",
        ENLARGE,
        lambda module, tensors, options: [module.enlarge_flow(*tensors, **options)],
        _alone(ENLARGE),
        places=False,
    ),
    Form(
        "pasting",
        PASTE,
        lambda module, tensors, options: [_paste(module, tensors, **options)],
        _alone(PASTE),
        batched=False,
    ),
    Form(
        "window",
        WINDOW,
        lambda module, tensors, options: [
            module.read_window(*tensors, **options, dtype=tensors[1].dtype)
        ],
        _alone(WINDOW),
        batched=False,
    ),
    Form(
        "i420",
        I420,
        lambda module, tensors, options: [module.to_i420(*tensors)],
        _alone(I420),
        batched=False,
    ),
    Form(
        "skin",
        SKIN,
        lambda module, tensors, options: [module.skin(*tensors)],
        _alone(SKIN),
        places=False,
        batched=False,
        narrow=False,
    ),
    Form(
        "raster", RASTER, _raster_run, _raster_expected, places=False, batched=False, narrow=False
    ),
    Form(
        "raster",
        ATTRIBUTES,
        _interpolated_run,
        _interpolated_expected,
        places=False,
        batched=False,
        narrow=False,
    ),
)
