"""The shape of an arm that is made anew: how thick it is, and how it lies behind the photo's."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bunraku.runtime.drivers.body.binding import Binding
from bunraku.runtime.drivers.body.fit import Fit
from bunraku.runtime.drivers.body.groups import Group
from bunraku.runtime.drivers.body.regions import grown, nearest_reached
from bunraku.runtime.drivers.body.sleeves import LONGEST, Sleeve
from bunraku.runtime.drivers.body.thickness import ArmSeen, beside
from bunraku.runtime.drivers.body.turning import Vectors, cross, unit
from bunraku.runtime.drivers.body.unrolled import Unrolled
from bunraku.runtime.source.region import Region
from bunraku.spec.arrays import Array
from bunraku.spec.skeleton import ARM_BONES

"""The left one's, from the shoulder to the wrist."""
THICKEST, THINNEST = (1.18, 1.06), 0.75
"""How thick a bare upper arm and forearm may be, in the template's, and how thin."""
BEFORE_WRIST, WRIST = (1.85, 1.95), 1.1
"""Where along an arm it is as thick as its wrist, and how much thicker that is anywhere."""
HEM = 0.1
"""Below its end a sleeve's width goes over into the arm's within so much, in lengths of a bone."""

WIDENS = 0.1, 0.4
"""Where along an arm its sleeve begins to be wider than it, and where it is: at the shoulder, where
the trunk goes on, it is not."""
INWARDS_PX = 2
"""How far within the photo's arm what lies behind it stays hidden as that turns a little, in pixels
of the window."""
_PLACES = np.array([(i, j, 6 - i - j) for i in range(7) for j in range(7 - i)], np.float32) / 6.0
"""``[28, 3]``, evenly on a triangle, by its corners."""


def as_thick(
    fit: Fit, unrolled: Unrolled, sleeve: Sleeve, seen: ArmSeen, side: int
) -> tuple[Array, float]:
    """``Fit.placed`` with a bare arm no thicker than it may be: at the end of a forearm the outline
    is that of the hand before it; and how many times thicker its sleeve is.

    :param seen: of what the photo shows. :param side: 0 for the left one, 1 for the right one.
    """
    result = fit.placed.copy()
    if sleeve.end > LONGEST:
        return result, 1.0
    along = np.diff(unrolled.ends, axis=0)
    girths = [_girth(fit, bone + side, way) for bone, way in zip(ARM_BONES, along, strict=True)]
    radius = unrolled.radius / unrolled.scale
    upper = min(girths[0], THICKEST[0])
    if seen.bare:
        upper = min(upper, max(girths[0] * seen.bare / radius, THINNEST))
    thick = upper, min(girths[1], THICKEST[1], upper)
    wider = max(seen.sleeve / (radius * upper / girths[0]), 1.0)
    for bone, girth, own in zip(ARM_BONES, girths, thick, strict=True):
        share, number = own / girth, bone + side
        frames, inverse = fit.stance.frames[number], fit.stance.inverse[number]
        thinner = frames @ np.diag([1.0, share, share, 1.0]) @ inverse
        result[number] = thinner[:3, :3] @ fit.placed[number]
        result[number, :, 3] += thinner[:3, 3]
    return result, wider


def _girth(fit: Fit, bone: int, along: Vectors) -> float:
    """How thick the fitted body's bone is, in the template's.

    :param along: ``[3]``, at rest.
    """
    across = unit(cross(along, np.array([0.0, 0.0, 1.0]))[None])[0]
    return float(np.linalg.norm(fit.placed[bone, :, :3] @ across)) / fit.stance.size


def with_sleeve(
    rest: Array, along: Array, unrolled: Unrolled, sleeve: Sleeve, wider: float
) -> Array:
    """An arm's vertices at rest ``[v, 3]``, farther out as far down as its sleeve goes: it is as
    wide as the photo has it, whatever the arm in it is.

    :param along: ``[v]``: where on the arm each lies (``Unrolled``).
    :param wider: how many times as wide as the arm the sleeve is.
    """
    middle = _middles(rest, *unrolled.ends[:2])
    low, high = WIDENS
    covered = np.clip((sleeve.end + HEM - along) / HEM, 0.0, 1.0)
    covered = (covered * np.clip((along - low) / (high - low), 0.0, 1.0))[:, None]
    return np.asarray(rest + (wider - 1.0) * covered * (rest - middle), np.float32)


def in_its_place(
    rest: Array, along: Array, unrolled: Unrolled, placed: Array, aside: float
) -> Array:
    """An arm's vertices at rest ``[v, 3]``, the upper arm's as far beside the line from shoulder to
    elbow as the photo's lies: a joint is only guessed beneath a sleeve.

    :param along: as of ``with_sleeve``. :param placed: ``[3, 4]``, of the upper arm's bone.
    :param aside: of ``ArmSeen``.
    """
    across = beside(unrolled.line)
    own = (rest @ placed[:2, :3].T + placed[:2, 3] - unrolled.line[0]) @ across
    start, whole = WIDENS
    middle = float(np.median(own[(along > whole) & (along < 1.0)]))
    way = np.linalg.solve(placed[:, :3], np.append((aside - middle) * across, 0.0))
    share = np.clip((along - start) / (whole - start), 0.0, 1.0)
    share *= np.clip((1.0 - along) / (1.0 - whole), 0.0, 1.0)
    return np.asarray(rest + share[:, None] * way, np.float32)


def without_thumb(rest: Array, along: Array, unrolled: Unrolled) -> Array:
    """An arm's vertices at rest ``[v, 3]``, beyond the wrist no farther out than before it: there
    it lies within the hand, whose thumb may be held otherwise.

    :param along: as of ``with_sleeve``.
    """
    middle = _middles(rest, *unrolled.ends[1:])
    far = np.linalg.norm(rest - middle, axis=1)
    low, high = BEFORE_WRIST
    most = WRIST * float(np.median(far[(along > low) & (along < high)]))
    share = np.where(along > high, most / np.maximum(far, most), 1.0)[:, None]
    return np.asarray(middle + share * (rest - middle), np.float32)


def _middles(points: Array, start: Vectors, end: Vectors) -> Array:
    """``[v, 3]``: where a bone's line is nearest to points ``[v, 3]``."""
    axis = unit((end - start)[None])[0]
    return np.asarray(start + np.outer((points - start) @ axis, axis))


def tucked(
    mesh: Array,
    region: NDArray[np.bool_],
    binding: Binding,
    held: NDArray[np.bool_],
    apart: float,
) -> Array:
    """A mesh within a region of the window, behind the photo's own pixels, the trunk's too: its
    triangles reach across what lies between the pieces of the region.

    :param held: ``[v]``: what stays where it is. :param apart: how far behind the trunk's front.
    """
    n = len(region)
    x, y = np.clip(np.rint(mesh[:, :2]), 0, n - 1).astype(int).T
    at = nearest_reached(region)[y, x]
    result = mesh.copy()
    beside = ~(region[y, x] | held)
    result[beside, 0], result[beside, 1] = at[beside] % n, at[beside] // n
    trunk = binding.depth[binding.reached & (binding.group == Group.TRUNK)]
    back = float(np.median(trunk)) if len(trunk) else -np.inf
    behind = np.maximum(np.maximum(result[:, 2], binding.depth.ravel()[at]), back + apart)
    result[:, 2] = np.where(held, result[:, 2], behind)
    return result


def hidden_while_in(
    triangles: NDArray[np.integer],
    behind: Array,
    loose: Array,
    binding: Binding,
    inside: Region,
    side: int,
) -> NDArray[np.bool_]:
    """``[t]``: which triangles of an arm the photo's person hides while it is tucked in. Others
    reach across what the arm is bent around, or stand out as soon as the photo's arm turns a
    little, or its hand, which is drawn by itself.

    :param triangles: ``[t, 3]``. :param behind: ``[v, 3]``, where it is tucked in.
    :param loose: ``[v, 1]``, of ``FreeArm``: what is not wholly so closes the armpit.
    :param inside: ``[n, n]``, the photo's person. :param side: 0 for the left one, 1 for the right.
    """
    arm = np.isin(binding.group, [Group.UPPER_ARM_L + side, Group.FOREARM_L + side])
    deep = ~grown(~arm, INWARDS_PX) | (binding.group == Group.TRUNK)
    places = _PLACES @ behind[triangles, :2]
    x, y = np.clip(np.rint(places), 0, len(inside) - 1).astype(int).transpose(2, 0, 1)
    near_trunk = loose[triangles, 0].min(1, keepdims=True) < 1.0
    return np.asarray((inside[y, x] & (deep[y, x] | near_trunk)).all(1))
