"""Operators that only the tests of Triton's forms know: they take tensors, or give several."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from tests.kernels.harness import Call, Operator, Shape
from tests.kernels.layers.scenes import scene
from tests.kernels.operators import WARP
from tests.kernels.redraw.fields import random_field
from torch import Tensor

from bunraku.kernels import (
    BodyMesh,
    PhotoMesh,
    Raster,
    TensorBodyMesh,
    TensorPhotoMesh,
    TensorRaster,
    compose,
    interpolate,
    overlay,
    rasterise,
    rasterise_groups,
    redraw,
    restore,
    skin,
    to_i420,
    unstreaked,
    untorn,
)
from bunraku.kernels.i420 import reference as i420_reference
from bunraku.kernels.layers import reference as layers_reference
from bunraku.kernels.overlay import reference as overlay_reference
from bunraku.kernels.raster import reference as raster_reference
from bunraku.kernels.redraw import reference as redraw_reference
from bunraku.kernels.restoring import reference as restoring_reference
from bunraku.kernels.skin import reference as skin_reference
from bunraku.kernels.streaks import reference as streaks_reference
from bunraku.kernels.window import reference as window_reference

Tensors = Sequence[Tensor]
Options = Mapping[str, Any]


def _three_scales(rng: np.random.Generator, shape: Shape) -> Call:
    """Shape: B, then C, h, w, H, W of each scale."""
    batch, *rest = shape
    calls = [WARP.call(rng, (batch, *rest[i : i + 5])) for i in (0, 5, 10)]
    return Call(tuple(array for call in calls for array in call.arrays))


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
    ((2, 2), (6, 34), (18, 4), (7, 4), (6, 33), (1, 1)),
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


def raster_expected(tensors: Tensors, options: Options) -> list[Tensor]:
    vertices, triangles, keep = (tensor.numpy() for tensor in tensors)
    made = raster_reference.rasterise(vertices, triangles, keep=keep, **options)
    return [torch.from_numpy(array) for array in made]


def thirds(triangles: Any) -> list[int]:
    """Where three groups of triangles end, the second of which has none."""
    return [0, len(triangles) // 3, len(triangles) // 3, len(triangles)]


def groups_expected(tensors: Tensors, options: Options) -> list[Tensor]:
    vertices, triangles, keep = (tensor.numpy() for tensor in tensors)
    given = vertices, triangles, thirds(triangles)
    made = raster_reference.rasterise_groups(*given, keep=keep, **options)
    return [torch.from_numpy(array) for array in made]


def interpolated_expected(tensors: Tensors, options: Options) -> list[Tensor]:
    _, number, bary = (tensor.numpy() for tensor in raster_expected(tensors[:3], options))
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
    lambda vertices, triangles, keep, **options: rasterise_groups(
        vertices, triangles, thirds(triangles), keep=keep, **options
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


def _layers(rng: np.random.Generator, shape: Shape) -> Call:
    """Shape: n, groups. The sheets, all of the window; the photo, the body's raster, the body."""
    n, groups = shape
    sheets, photo, raster, body, behind = scene(rng, n, groups)
    whole = [_in_window(one, n) for one in (*sheets, raster)]
    piled = [np.stack(arrays) for arrays in zip(*whole[:-1], strict=True)]
    arrays = (*piled, *vars(photo).values(), *whole[-1], *vars(body).values())
    return Call(arrays, {"behind": behind})


def _in_window(raster: Raster, n: int) -> list[Any]:
    (top, left), (height, width) = raster.origin, raster.triangle.shape
    part = np.s_[top : top + height, left : left + width]
    depth, bary = np.full((n, n), np.inf, np.float32), np.zeros((n, n, 2), np.float32)
    triangle = np.full((n, n), -1, np.int32)
    depth[part], triangle[part], bary[part] = raster.depth, raster.triangle, raster.bary
    return [depth, triangle, bary]


def parts_of_layers(tensors: Tensors) -> list[list[Tensor]]:
    """Of the sheets, the photo, the body's raster and the body."""
    return [list(tensors[i:j]) for i, j in ((0, 3), (3, 11), (11, 14), (14, 19))]


def _composed(*tensors: Tensor, behind: float) -> Tensor:
    piled, photo, raster, body = parts_of_layers(tensors)
    sheets = [TensorRaster(*one) for one in zip(*piled, strict=True)]
    meshes = TensorPhotoMesh(*photo), TensorRaster(*raster), TensorBodyMesh(*body)
    return torch.cat(list(vars(compose(sheets, *meshes, behind)).values()), 1)


def _layers_reference(*tensors: Tensor, behind: float) -> Tensor:
    given: Any = ([t.numpy() for t in part] for part in parts_of_layers(tensors))
    piled, photo, raster, body = given
    sheets = [Raster(*one) for one in zip(*piled, strict=True)]
    meshes = PhotoMesh(*photo), Raster(*raster), BodyMesh(*body)
    made = layers_reference.compose(sheets, *meshes, behind)
    return torch.cat([torch.from_numpy(plane) for plane in vars(made).values()], 1)


LAYERS = Operator(
    "layers",
    _composed,
    _layers_reference,
    _layers,
    ((2, 1), (23, 9), (19, 5), (9, 2)),  # the last is interpreted most often
    differentiable=False,
)


def _redraw(rng: np.random.Generator, shape: Shape) -> Call:
    """Shape: H, W, h, w, left, top, width, height; what is drawn into has a pixel around."""
    height, width, rows, columns, *box = shape
    left, top, across, down = box
    photo = rng.integers(0, 256, (height, width, 3), np.uint8)
    out = rng.integers(0, 256, (down + 2, across + 2, 3), np.uint8)
    options = {"box": (left, top, across, down), "origin": (left - 1, top - 1)}
    return Call((photo, random_field(rng, rows, columns), out), options)


def _redrawn(photo: Any, field: Any, out: Any, box: Any, origin: Any) -> Any:
    """What is drawn into a copy of ``out``."""
    drawn = out.copy() if isinstance(out, np.ndarray) else out.contiguous().clone()
    redraw(photo, field, box, drawn, origin)
    return drawn


def _redraw_reference(*tensors: Tensor, box: Any, origin: Any) -> Tensor:
    photo, field, out = (tensor.numpy().copy() for tensor in tensors)
    redraw_reference.redraw(photo, field, box, out, origin)
    return torch.from_numpy(out)


REDRAW = Operator(
    "redraw",
    _redrawn,
    _redraw_reference,
    _redraw,
    (
        (2, 2, 1, 1, 0, 0, 1, 1),
        (9, 14, 2, 3, 3, 2, 11, 7),
        (3, 40, 20, 30, -4, -3, 30, 21),  # beyond the photo
        (40, 50, 9, 7, 7, 6, 30, 20),
    ),
    differentiable=False,
)


def _streaks(rng: np.random.Generator, shape: Shape) -> Call:
    """Shape: vertices, triangles."""
    v, t = shape
    vertices = rng.uniform(0, 9, (v, 3)).astype(np.float32)
    triangles = np.stack([rng.permutation(v)[:3] for _ in range(t)]).astype(np.int32)
    a, b, c = vertices[triangles, :2].astype(np.float64).transpose(1, 0, 2)
    back = np.linalg.inv(np.stack([b - a, c - a], -1)).astype(np.float32)
    start = rng.uniform(1, 4, t)
    limits = np.stack([start, start + rng.uniform(0.5, 4, t)], -1).astype(np.float32)
    return Call((vertices + rng.normal(0, 6, (v, 3)).astype(np.float32), triangles, back, limits))


def _tears(rng: np.random.Generator, shape: Shape) -> Call:
    """Shape: vertices, triangles."""
    moved, triangles, *_ = _streaks(rng, shape).arrays
    limits = rng.uniform(0, 200, triangles.shape).astype(np.float32)
    limits[rng.random(limits.shape) < 0.3] = np.inf
    return Call((moved, triangles, limits))


def _plain(reference: Any) -> Any:
    """A reference of plain numpy, of tensors."""
    return lambda *tensors: torch.from_numpy(reference(*(tensor.numpy() for tensor in tensors)))


STREAKS = Operator(
    "streaks",
    unstreaked,
    _plain(streaks_reference.unstreaked),
    _streaks,
    ((3, 1), (12, 30), (40, 25), (5, 300)),
    differentiable=False,
)
TEARS = Operator(
    "tears",
    untorn,
    _plain(streaks_reference.untorn),
    _tears,
    ((3, 1), (40, 130)),
    differentiable=False,
)


def _restore(rng: np.random.Generator, shape: Shape) -> Call:
    """Shape: H, W, n, left, top, side. Whole, none and between."""
    height, width, n, *box = shape
    picture, photo = rng.integers(0, 256, (2, height, width, 3), np.uint8)
    share = np.clip(rng.uniform(-1.0, 2.0, (n, n)), 0.0, 1.0).astype(np.float32)
    return Call((picture, photo, share), {"box": tuple(box)})


def _restored(picture: Any, photo: Any, share: Any, box: Any) -> Any:
    """A copy of the picture with the photo restored."""
    made = picture.copy() if isinstance(picture, np.ndarray) else picture.contiguous().clone()
    restore(made, photo, share, box)
    return made


def _restore_reference(*tensors: Tensor, box: Any) -> Tensor:
    picture, photo, share = (tensor.numpy().copy() for tensor in tensors)
    restoring_reference.restore(picture, photo, share, box)
    return torch.from_numpy(picture)


RESTORE = Operator(
    "restore",
    _restored,
    _restore_reference,
    _restore,
    (
        (1, 1, 2, 0, 0, 1),
        (20, 17, 5, -7, -3, 40),  # beyond the photo
        (9, 9, 4, 30, 0, 5),  # beside it
        (30, 41, 16, 3, 6, 21),
    ),
    differentiable=False,
)


def _overlay(rng: np.random.Generator, shape: Shape) -> Call:
    """Shape: n, planes, h, w, top, left."""
    n, planes, height, width, top, left = shape
    person = [rng.random((1, count, n, n), np.float32) for count in (3, 1, 1, 5, 2)]
    patch = rng.random((planes, height, width), np.float32)
    patch[3] *= rng.random((height, width)) < 0.7
    return Call((*person, patch), {"corner": (top, left)})


def _overlaid(*given: Any, corner: Any) -> Any:
    """A person with a patch on it, as planes in a row."""
    arrays = isinstance(given[0], np.ndarray)
    made = [planes.copy() if arrays else planes.contiguous().clone() for planes in given[:-1]]
    form: Any = overlay
    form(*made, given[-1], corner)
    return np.concatenate(made, 1) if arrays else torch.cat(made, 1)


def _overlay_reference(*tensors: Tensor, corner: Any) -> Tensor:
    made = [planes.numpy().copy() for planes in tensors]
    form: Any = overlay_reference.overlay
    form(*made, corner)
    return torch.cat([torch.from_numpy(planes) for planes in made[:-1]], 1)


OVERLAY = Operator(
    "overlay",
    _overlaid,
    _overlay_reference,
    _overlay,
    ((1, 5, 1, 1, 0, 0), (9, 5, 3, 7, 6, 2), (33, 7, 12, 21, 0, 12)),
    differentiable=False,
)
