"""Triton's forms as their tests see them, and where they can run."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from inspect import getmembers
from typing import Any

import pytest
import torch
from tests.kernels.harness import Operator
from tests.kernels.operators import ENLARGE, HEAD, PASTE, TEXTURE, WARP
from tests.kernels.tensor_operators import (
    ATTRIBUTES,
    I420,
    LAYERS,
    OVERLAY,
    RASTER,
    REDRAW,
    RESTORE,
    SCALES,
    SKIN,
    STREAKS,
    TEARS,
    WINDOW,
    Options,
    Tensors,
    groups_expected,
    interpolated_expected,
    parts_of_layers,
    raster_expected,
    thirds,
)
from torch import Tensor

from bunraku.kernels import read_window, torch_operators, warp_occlude_scales

INTERPRETED = os.environ.get("TRITON_INTERPRET") == "1"
"""Whether this process runs Triton's kernels on the processor, program after program."""
FEW_PROGRAMS = 2048
"""Pixels of a program in the interpreter, whose cost is per program."""


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
        if self.operator is RASTER:
            return list(vars(RASTER.public(*tensors, **options)).values())
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
        return module_of(self.folder, monkeypatch)


def module_of(folder: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """An operator's module of Triton, with few large programs where they are interpreted."""
    module = importlib.import_module(f"bunraku.kernels.{folder}.triton_cuda")
    if INTERPRETED:
        _patch_once(monkeypatch)
        for name in ("PIXELS", "PULLED_PIXELS", "VERTICES", "BOX_PIXELS"):
            if hasattr(module, name):
                large = 256 if name == "BOX_PIXELS" else FEW_PROGRAMS
                monkeypatch.setattr(module, name, large)
    return module


def _patch_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the interpreter replace Triton's language when a kernel starts, not once more whenever
    that calls a function: all of it is looked through for what is replaced already. Let it look up
    each type's counterpart once, and no overflows that it tells nobody of unless it is debugged.
    All of it saves time alone: another Triton may do without."""
    from triton.language.core import is_builtin
    from triton.runtime import interpreter

    options: Any = getattr(interpreter.interpreter_builder, "options", None)
    if hasattr(options, "sanitize_overflow") and not options.debug:
        quiet = replace(options, sanitize_overflow=False)
        monkeypatch.setattr(interpreter.interpreter_builder, "options", quiet)
    patch = getattr(interpreter, "_patch_builtin", None)
    find = getattr(interpreter, "_get_np_dtype", None)
    if patch is None or find is None:
        return
    found: dict[str, Any] = {}

    def find_once(kind: Any) -> Any:
        name = kind.scalar.name
        if name not in found:
            found[name] = find(kind.scalar)
        return found[name]

    monkeypatch.setattr(interpreter, "_get_np_dtype", find_once)

    def patch_once(package: Any, *how: Any) -> None:
        name = _builtin_of(package)
        if name is not None and is_builtin(getattr(package, name)):
            patch(package, *how)

    monkeypatch.setattr(interpreter, "_patch_builtin", patch_once)


@cache
def _builtin_of(package: Any) -> str | None:
    """The name of one of a package's functions that the interpreter replaces."""
    from triton.language.core import is_builtin

    return next((name for name, member in getmembers(package) if is_builtin(member)), None)


def interpreted_everywhere(folders: Sequence[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the public operators of these folders take tensors of a processor to Triton's forms."""
    monkeypatch.setattr(torch_operators, "takes", lambda tensor: True)
    for folder in folders:
        module = importlib.import_module(f"bunraku.kernels.{folder}.torch_operator")
        monkeypatch.setattr(module, "suits_triton", lambda tensor: True)
        module_of(folder, monkeypatch)


@contextmanager
def nothing_waits() -> Iterator[None]:
    """Within the block, work that waits for a GPU fails."""
    if INTERPRETED:
        yield
        return
    torch.cuda.set_sync_debug_mode("error")
    try:
        yield
    finally:
        torch.cuda.set_sync_debug_mode("default")


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


def _paste(module: Any, tensors: Tensors, box: Any, mixed: bool) -> Tensor:
    plate, photo, image, mask, x, y, *detail = tensors
    made: Tensor = module.paste(
        plate, photo, image, mask, box, fade=(x, y), detail=detail or None, mixed=mixed
    )
    return made


def _raster_run(module: Any, tensors: Tensors, options: Options) -> list[Tensor]:
    vertices, triangles, keep = tensors
    groups = vertices, triangles, thirds(triangles)
    return list(module.rasterise(*groups, options["size"], keep, options["cull"]))


def _interpolated_run(module: Any, tensors: Tensors, options: Options) -> list[Tensor]:
    _, number, bary = raster_expected([t.cpu() for t in tensors[:3]], options)
    places = (tensor.to(tensors[0].device) for tensor in (number, bary))
    return [module.interpolate(*places, tensors[1], tensors[3])]


def _redrawn(module: Any, tensors: Tensors, options: Options) -> list[Tensor]:
    photo, field, out = tensors
    drawn = out.clone(memory_format=torch.contiguous_format)
    module.redraw(photo, field, options["box"], drawn, options["origin"])
    return [drawn]


def _overlaid(module: Any, tensors: Tensors, options: Options) -> list[Tensor]:
    *person, patch = tensors
    made = [planes.clone(memory_format=torch.contiguous_format) for planes in person]
    module.overlay(*made, patch, options["corner"])
    return [torch.cat(made, 1)]


def _restored(module: Any, tensors: Tensors, options: Options) -> list[Tensor]:
    picture, photo, share = tensors
    made = picture.clone(memory_format=torch.contiguous_format)
    module.restore(made, photo, share, options["box"])
    return [made]


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
        "head",
        HEAD,
        lambda module, tensors, options: [module.guide_head(*tensors)],
        _alone(HEAD),
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
    Form("raster", RASTER, _raster_run, groups_expected, places=False, batched=False, narrow=False),
    Form(
        "raster",
        ATTRIBUTES,
        _interpolated_run,
        interpolated_expected,
        places=False,
        batched=False,
        narrow=False,
    ),
    Form(
        "layers",
        LAYERS,
        lambda module, tensors, options: [module.compose(*parts_of_layers(tensors), **options)],
        _alone(LAYERS),
        places=False,
        batched=False,
        narrow=False,
    ),
    Form("redraw", REDRAW, _redrawn, _alone(REDRAW), batched=False, narrow=False),
    Form("overlay", OVERLAY, _overlaid, _alone(OVERLAY), places=False, batched=False, narrow=False),
    Form(
        "restoring",
        RESTORE,
        _restored,
        _alone(RESTORE),
        places=False,
        batched=False,
        narrow=False,
    ),
    Form(
        "streaks",
        STREAKS,
        lambda module, tensors, options: [module.unstreaked(*tensors)],
        _alone(STREAKS),
        places=False,
        batched=False,
        narrow=False,
    ),
    Form(
        "streaks",
        TEARS,
        lambda module, tensors, options: [module.untorn(*tensors)],
        _alone(TEARS),
        places=False,
        batched=False,
        narrow=False,
    ),
)
