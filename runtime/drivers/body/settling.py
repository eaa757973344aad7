"""The fitted body and the photo brought to agree, where the pose alone has them at odds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from bunraku.kernels import rasterise
from bunraku.runtime.drivers.body.binding import Binding
from bunraku.runtime.drivers.body.fit import Fit, kept_within
from bunraku.runtime.drivers.body.girth import main_bones
from bunraku.runtime.drivers.body.groups import ARMS, GROUP, Group, with_forearms
from bunraku.runtime.drivers.body.outlined import limb_alone
from bunraku.runtime.source.region import distance_to, nearest
from bunraku.spec.arrays import Array
from bunraku.spec.skeleton import BodyBone

BESIDE = 0.2
"""How far beside its arm the body's may stand to be moved there, in trunks."""
SEEN = 0.15
"""The share of a limb that the photo must show for the body's to be moved there."""
WHOLE = 0.7
"""The share of a limb that the photo must show to show how thick it is: of less the rest lies
behind the trunk or the other arm."""
BESIDE_ALL = 0.5
"""The share of a triangle that must stand beside the photo's person to be left out."""
ROUNDS = 6
BEHIND = 0.12
"""How far behind the body's surface the photo's own may lie and still hide it, in trunks."""
BROUGHT = 0.5
"""What lies farther behind is brought forward to this share of it."""
LIFT_PX = 5
"""How far around that goes over into nothing."""


@dataclass(frozen=True, eq=False)
class Settled:
    """The body where the photo shows it."""

    mesh: Array
    """``[v, 3]``: the template's vertices in pixels of the window."""
    given: NDArray[np.bool_]
    """``[t]``, of its triangles: False where the photo shows that there is none."""


def settle(fit: Fit, binding: Binding) -> tuple[Settled, Binding]:
    """Move the body's arms to the photo's, and the photo's pixels before the body.

    So nothing of the body hides what the photo shows, as long as nothing moves.
    """
    mesh = _with_head_behind(fit, binding, _with_arms_moved(fit, binding))
    far = BEHIND * fit.trunk_px
    given = _not_denied(fit, mesh, binding, far)
    front = rasterise(mesh, fit.template.triangles, fit.inside.shape, keep=given, cull=True)
    nearest = np.where(front.triangle >= 0, front.depth + BROUGHT * far, np.inf)
    lift = np.maximum(binding.depth - nearest, 0.0) * binding.reached
    across = 2 * round(LIFT_PX * fit.fine) + 1
    around = np.ones((across, across), np.uint8)
    wide = cv2.blur(cv2.dilate(lift.astype(np.float32), around), (across, across))
    depth = binding.depth - np.maximum(wide * (lift > 0.0), lift)
    return Settled(mesh, given), replace(binding, depth=depth.astype(np.float32))


def _with_arms_moved(fit: Fit, binding: Binding) -> Array:
    """The body's mesh with its arms within those of the photo."""
    n = len(fit.inside)
    groups = GROUP[main_bones(fit.template)]
    at = np.rint(fit.mesh[:, :2]).astype(int)
    in_window = ((at >= 0) & (at < n)).all(1)
    x, y = np.clip(at, 0, n - 1).T
    mesh = fit.mesh.copy()
    for side in (0, 1):
        arm = [Group.UPPER_ARM_L + side, Group.FOREARM_L + side, Group.HAND_L + side]
        region = np.isin(binding.group, arm)
        if not region.any():
            continue
        apart = distance_to(region)
        near = in_window & (apart[y, x] <= BESIDE * fit.trunk_px)
        upper = groups == arm[0]
        if (upper & near).any() and not _is_seen(binding.group == arm[0], mesh[upper & near]):
            near &= ~upper  # hair hangs over it: it would be drawn down into the forearm
        own = np.isin(groups, arm) & near
        behind = _behind(fit, binding, arm)
        mesh[own] = kept_within(mesh[own], region | behind)
        if behind.any():
            at_x, at_y = np.clip(np.rint(mesh[own, :2]), 0, n - 1).astype(int).T
            under = np.where(behind[at_y, at_x], binding.depth[at_y, at_x], -np.inf)
            mesh[own, 2] = np.maximum(mesh[own, 2], under)
    return mesh


def _behind(fit: Fit, binding: Binding, arm: Sequence[int]) -> NDArray[np.bool_]:
    """``[n, n]``: where trunk or other arm hides most of an upper arm or a forearm, as thick as it
    is, or the other arm nearly all of a hand."""
    other = [group for group in ARMS if group not in arm]
    result = np.zeros_like(binding.reached)
    for limb in arm:
        whole = limb_alone(fit, limb)
        seen = binding.group == limb
        share = float((seen & whole).sum()) / max(int(whole.sum()), 1)
        if limb == arm[-1]:
            hidden, hiding = share < SEEN, other
        else:
            hidden, hiding = bool(seen.any()) and share < WHOLE, [Group.TRUNK, *other]
        if hidden:
            result |= whole & binding.reached & np.isin(binding.group, hiding)
    return result


def _is_seen(region: NDArray[np.bool_], mesh: Array) -> bool:
    """Whether the photo shows so much of a limb that it tells where the body's is."""
    whole = cv2.convexHull(np.ascontiguousarray(mesh[:, :2], np.float32))
    return float(region.sum()) >= SEEN * cv2.contourArea(whole)


def _with_head_behind(fit: Fit, binding: Binding, mesh: Array) -> Array:
    """The body's head behind the photo's, whose form is the true one."""
    own = main_bones(fit.template) == BodyBone.HEAD
    front = nearest(binding.depth, binding.reached)
    x, y = np.clip(np.rint(mesh[own, :2]), 0, len(front) - 1).astype(int).T
    result = mesh.copy()
    result[own, 2] = np.maximum(mesh[own, 2], front[y, x])
    return result


def _hands_known(fit: Fit) -> NDArray[np.bool_]:
    """``[t]``: triangles of hands whose pixels are known. They do without a body behind them that
    is nearly where they are: where they do not serve, the body's own hand is drawn before all."""
    groups = GROUP[main_bones(fit.template)][fit.template.triangles].min(1)
    known = [Group.HAND_L + side for side, place in enumerate(fit.places) if place is not None]
    return np.isin(groups, known)


def _not_denied(fit: Fit, mesh: Array, binding: Binding, far: float) -> NDArray[np.bool_]:
    """``[t]``: False for triangles of an arm that would hide what the photo shows there, or stand
    where it shows nobody.

    :param far: how far behind a triangle the photo's own pixels still hide it.
    """
    triangles = fit.template.triangles
    groups = GROUP[main_bones(fit.template)][triangles[:, 0]]
    result = ~_hands_known(fit)
    arms = np.isin(groups, ARMS)
    limbs, in_photo = with_forearms(groups), with_forearms(binding.group)
    for _ in range(ROUNDS):  # behind what goes lies its other side
        front = rasterise(mesh, triangles, fit.inside.shape, keep=result, cull=True)
        there = front.triangle >= 0
        shown = there & binding.reached
        number = front.triangle[shown]
        other = arms[number] & (limbs[number] != in_photo[shown])
        hiding = number[other & (front.depth[shown] + far <= binding.depth[shown])]
        beside = np.bincount(front.triangle[there & ~binding.reached], minlength=len(triangles))
        whole = np.bincount(front.triangle[there], minlength=len(triangles))
        wrong = np.flatnonzero(arms & (beside > BESIDE_ALL * whole))
        if not len(hiding) + len(wrong):
            break
        result[hiding] = result[wrong] = False
    return result
