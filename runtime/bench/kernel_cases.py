"""The operators that are timed, each in its forms and at the sizes of a frame."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from typing import Any

import numpy as np

from bunraku import kernels
from bunraku.runtime.bench import kernel_inputs as inputs
from bunraku.runtime.bench.kernel_inputs import BOX, FACE, HAND, WINDOW, Arrays, Make, Weights
from bunraku.spec.surface import HEAD_SCORE


@dataclass(frozen=True)
class Case:
    """One operator at one size."""

    name: str
    make: Make
    """Its arrays; tensors of the same for the forms of torch and Triton."""
    public: Callable[..., Any]
    """What callers use: it chooses the form by what it is given."""
    plain: Callable[[], Callable[..., Any]] | None
    """Gives the plain torch form, and imports torch; None where that is plain numpy."""
    arrays: bool = True
    """Whether it has a form for arrays, in Numba."""
    threaded: bool = True
    """Whether that is told how many threads it may use."""
    narrow: bool = False
    """Whether its tensors may be of float16 and bfloat16."""
    touched: Callable[[Sequence[Any]], int] | None = None
    """Bytes of its arrays that must be read; None for all of them."""
    tolerance: float = 0.0
    """How far its forms may be off, beside a result's own size, where that is by design; 0 for what
    the precision allows."""

    def must_move(self, given: Arrays, results: Sequence[Any]) -> int:
        """The least that any form reads and writes, in bytes: each value that counts, once."""
        read = self.touched(given) if self.touched else sum(array.nbytes for array in given)
        return int(read + sum(array.nbytes for array in results))


def _reference(folder: str, name: str) -> Callable[[], Callable[..., Any]]:
    def load() -> Callable[..., Any]:
        form: Callable[..., Any] = getattr(
            import_module(f"bunraku.kernels.{folder}.reference"), name
        )
        return form

    return load


def _texture_touched(given: Sequence[Any]) -> int:
    """All weights; coordinates and texels only where a weight is not nothing."""
    atlas, weights, across, _ = given
    active = int((weights > kernels.NEGLIGIBLE_WEIGHT).sum())
    texels = min(atlas.nbytes, 4 * active * atlas.shape[2] * atlas.itemsize)
    return int(weights.nbytes + 2 * active * across.itemsize + texels)


def _scales(*arrays: Any, threads: int | None = None) -> Any:
    """Warping at several scales, whose arrays lie in a row scale by scale."""
    of_all: Any = kernels.warp_occlude_scales
    return of_all(*(list(arrays[kind::3]) for kind in range(3)), threads=threads)


def _plain_scales() -> Callable[..., Any]:
    one = _reference("warp", "warp_occlude")()
    return lambda *arrays: [one(*arrays[i : i + 3]) for i in range(0, len(arrays), 3)]


def _flat(form: Callable[..., Any]) -> Callable[..., Any]:
    """Pasting, with its arrays in a row."""

    def flat(*arrays: Any, **how: Any) -> Any:
        return form(*arrays[:4], BOX, fade=tuple(arrays[4:6]), detail=tuple(arrays[6:9]), **how)

    return flat


def _enlarge(form: Callable[..., Any]) -> Callable[..., Any]:
    return lambda flow, **how: form(flow, 2 * flow.shape[3], **how)


def _raster(vertices: Any, triangles: Any) -> list[Any]:
    rasterise: Any = kernels.rasterise
    made = rasterise(vertices, triangles, (WINDOW, WINDOW))
    return [made.depth, made.triangle, made.bary]


def _layers(*arrays: Any) -> list[Any]:
    """Composing, with its arrays in a row and the groups' rasters in one array each."""
    compose: Any = kernels.compose
    raster, photo, body = (
        (kernels.Raster, kernels.PhotoMesh, kernels.BodyMesh)
        if isinstance(arrays[0], np.ndarray)
        else (kernels.TensorRaster, kernels.TensorPhotoMesh, kernels.TensorBodyMesh)
    )
    sheets = [raster(*one) for one in zip(*arrays[:3], strict=True)]
    made = compose(sheets, photo(*arrays[3:11]), raster(*arrays[11:14]), body(*arrays[14:]), 4.0)
    return list(vars(made).values())


def _redraw(photo: Any, field: Any, out: Any, **how: Any) -> Any:
    redraw: Any = kernels.redraw
    redraw(photo, field, FACE, out, FACE[:2], **how)
    return out


def _overlay(*arrays: Any) -> list[Any]:
    """Overlaying, and the part of each plane that it is laid on."""
    overlay: Any = kernels.overlay
    top, left, side = HAND
    overlay(*arrays, (top, left))
    return [planes[..., top : top + side, left : left + side] for planes in arrays[:5]]


def _overlay_touched(given: Sequence[Any]) -> int:
    """The patch, and of the person image, mask and trust where it lies."""
    return int(given[-1].nbytes / len(given[-1]) * (len(given[-1]) + 5))


def _restore(picture: Any, photo: Any, share: Any, **how: Any) -> Any:
    """Restoring, and the columns in which something is restored."""
    restore: Any = kernels.restore
    restore(picture, photo, share, BOX, **how)
    left, _, side = BOX
    return picture[:, left + side // 4 : left + side // 2]


def _restore_touched(given: Sequence[Any]) -> int:
    """The map, and the photo where it is shown."""
    _, photo, share = given
    return int(share.nbytes + photo.shape[0] * 3 * (BOX[2] // 4))


def _head_touched(given: Sequence[Any]) -> int:
    """All of the prior, and of the surface the scores of the head."""
    prior, surface, told = given
    return int(prior.nbytes + surface[:, HEAD_SCORE].nbytes + told.nbytes)


def _redraw_touched(given: Sequence[Any]) -> int:
    """The field, and the photo twice where it is drawn anew: its skin, and what lies over it."""
    _, field, out = given
    return int(field.nbytes + 2 * out.nbytes)


def _window(form: Callable[..., Any], **how: Any) -> Callable[..., Any]:
    return lambda frame, matrix: form(frame, matrix, WINDOW, samples=3, **how)


def _plain_window() -> Callable[..., Any]:
    import torch

    how = {"scale": 1 / 255, "offset": 0.0, "dtype": torch.float32}
    return _window(_reference("window", "read_window")(), **how)


def _texture(name: str, side: int, texels: int, weights: Weights) -> Case:
    return Case(
        name,
        inputs.texture(side, texels, 16, weights),
        partial(kernels.sample_texture, minimum_weight=kernels.NEGLIGIBLE_WEIGHT),
        _reference("texture", "sample_texture"),
        narrow=True,
        touched=_texture_touched,
        tolerance=TEXTURE_TOLERANCE,
    )


TEXTURE_TOLERANCE = 1e-2
"""Weights up to ``NEGLIGIBLE_WEIGHT`` are left out, as a frame leaves them out."""

CASES = (
    _texture("texture paper", 128, 128, inputs.likely),
    _texture("texture paper, all parts", 128, 128, inputs.shared(24)),
    _texture("texture live", 128, 64, inputs.shared(2)),
    Case(
        "warp paper, three scales",
        inputs.scales((32, 64, 128), (256, 128, 64)),
        _scales,
        _plain_scales,
        narrow=True,
    ),
    Case(
        "warp live, three scales",
        inputs.scales((32, 64, 128), (64, 32, 16)),
        _scales,
        _plain_scales,
        narrow=True,
    ),
    Case(
        "warp live, photo",
        inputs.warp(256, 5),
        kernels.warp_occlude,
        _reference("warp", "warp_occlude"),
        narrow=True,
    ),
    Case(
        "enlarge",
        lambda rng: (inputs.flow(rng, 128),),
        _enlarge(kernels.enlarge_flow),
        lambda: _enlarge(_reference("enlarge", "enlarge_flow")()),
        narrow=True,
    ),
    Case(
        "head",
        inputs.head(128),
        kernels.guide_head,
        _reference("head", "guide_head"),
        narrow=True,
        touched=_head_touched,
    ),
    Case(
        "paste",
        inputs.paste(256),
        _flat(kernels.paste),
        lambda: _flat(_reference("pasting", "paste")()),
    ),
    Case("window", inputs.frame, _window(kernels.read_window), _plain_window, arrays=False),
    Case("i420", inputs.picture, kernels.to_i420, _reference("i420", "to_i420"), arrays=False),
    Case("skin", inputs.body, kernels.skin, None, threaded=False),
    Case("raster", inputs.sheet, _raster, None, threaded=False),
    Case("streaks", inputs.drawn_out, kernels.unstreaked, None, threaded=False),
    Case("tears", inputs.pulled, kernels.untorn, None, threaded=False),
    Case("layers", inputs.layers, _layers, None, threaded=False),
    Case("overlay", inputs.hand, _overlay, None, threaded=False, touched=_overlay_touched),
    Case("restore", inputs.around, _restore, None, touched=_restore_touched),
    Case("redraw", inputs.face, _redraw, None, touched=_redraw_touched),
)
"""In the order in which a frame meets them, but for those that enter and leave the GPU."""
