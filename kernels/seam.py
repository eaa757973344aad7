"""The seam between the networks that move and the network that blends: every gather, in one place.

For numpy arrays and torch tensors alike: training, the parity report and the runtime pass through
the same lines.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, cast

from bunraku.kernels.enlarge.operator import enlarge_flow
from bunraku.kernels.texture.operator import sample_texture
from bunraku.kernels.warp.operator import warp_occlude, warp_occlude_scales
from bunraku.spec import tensors as names
from bunraku.spec.surface import PART, part_charts
from bunraku.spec.tensors import Layout

A = TypeVar("A")
"""numpy arrays of float32, or torch tensors."""

# Typed for arrays and for tensors, not for what may be either; they choose by what they are given.
_sample, _warp, _warp_scales, _enlarge = (
    cast(Any, operator)
    for operator in (sample_texture, warp_occlude, warp_occlude_scales, enlarge_flow)
)


@dataclass(frozen=True, eq=False)
class Moved(Generic[A]):
    """What the motion network makes of one driving surface; tuples go from coarse to fine."""

    flow: tuple[A, A, A]
    """f_i ``[B, 2 (x, y), n, n]``, displacement in the window's [-1, 1] units."""
    occlusion: tuple[A, A, A]
    """o_i ``[B, 1, n, n]`` in [0, 1]: 1 where the warped source is to be used."""
    atlas: A
    """T_d ``[B, 24, c, h, w]``."""
    translated: tuple[A, A, A] | None = None
    """S ``[B, 25, n, n]``, the background first, U and V ``[B, 24, n, n]``, as the networks
    translate the surface; None with the prior, which samples at the driving surface itself."""


def moved_of(tensors: Mapping[str, A], layout: Layout) -> Moved[A]:
    """What the motion engine gave, out of tensors by their names (spec/tensors.py)."""
    flow = [tensors[names.flow(n)] for n in layout.scales]
    occlusion = [tensors[names.occlusion(n)] for n in layout.scales]
    translated = None
    if not layout.prior:
        scores, u, v = (tensors[name] for name in names.TRANSLATED)
        translated = scores, u, v
    return Moved(
        (flow[0], flow[1], flow[2]),
        (occlusion[0], occlusion[1], occlusion[2]),
        tensors[names.ATLAS],
        translated,
    )


def named(moved: Moved[A], layout: Layout) -> dict[str, A]:
    """The other way round: what the motion engine gives, by name."""
    given = {names.flow(n): flow for n, flow in zip(layout.scales, moved.flow, strict=True)}
    shares = zip(layout.scales, moved.occlusion, strict=True)
    given |= {names.occlusion(n): occlusion for n, occlusion in shares}
    given[names.ATLAS] = moved.atlas
    if moved.translated is not None:
        given |= dict(zip(names.TRANSLATED, moved.translated, strict=True))
    return given


@dataclass(frozen=True, eq=False)
class Seamed(Generic[A]):
    """What the kernels gather along it."""

    warped: tuple[A, A, A]
    """Warp(z_i, f_i) · o_i, coarse to fine (eq. 3)."""
    z_geo: A
    """``[B, c, n, n]``: Σ_k S_k · sample(T_k; U_k, V_k) (eq. 6 and 7)."""
    flow_window: A | None = None
    """With the prior, the finest flow at the window's size, ``[B, 2, w, w]``."""
    warped_image: A | None = None
    """With the prior, photo × mask, mask and mask outside of P_s along it, ``[B, 5, w, w]``."""


def gather(
    moved: Moved[A],
    surface: A,
    z: Sequence[A],
    image_masked: A | None,
    *,
    everywhere: A | None = None,
    minimum_weight: float | None = None,
    threads: int | None = None,
    out: Seamed[A] | None = None,
) -> Seamed[A]:
    """Every gather of one driving surface.

    :param surface: P_d ``[B, 73, n, n]``, at which the atlas is sampled unless it is translated.
    :param z: the source's features ``[B, c, n, n]``, coarse to fine.
    :param image_masked: with the prior, ``[B, 5, w, w]``; None without.
    :param everywhere: with the prior, ones ``[B, 1, w, w]``.
    :param minimum_weight: of ``sample_texture``: parts of a pixel up to this are not read.
    :param threads: of the array form; None for every core that is allowed.
    :param out: what is written into.
    """
    into = out or Seamed[A | None]((None, None, None), None)
    warped: list[A] = _warp_scales(z, moved.flow, moved.occlusion, threads=threads, out=into.warped)
    if moved.translated is None:
        weights, u, v = part_charts(surface)
    else:
        scores, u, v = moved.translated
        weights = cast(Any, scores)[:, PART]
    z_geo: A = _sample(
        *(moved.atlas, weights, u, v),
        minimum_weight=minimum_weight,
        threads=threads,
        out=into.z_geo,
    )
    if image_masked is None:
        return Seamed((warped[0], warped[1], warped[2]), z_geo)
    window = cast(Any, image_masked).shape[-1]
    flow_window: A = _enlarge(moved.flow[2], window, threads=threads, out=into.flow_window)
    warped_image: A = _warp(
        image_masked, flow_window, everywhere, threads=threads, out=into.warped_image
    )
    return Seamed((warped[0], warped[1], warped[2]), z_geo, flow_window, warped_image)
