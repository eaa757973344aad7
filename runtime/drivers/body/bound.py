"""All of a photo's person bound to bones, hair, sleeves and skirts included, and what arms hide."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from bunraku.runtime.drivers.body.at_face import AtFace, all_of, along_with_head, on_the_body
from bunraku.runtime.drivers.body.binding import Binding, bind_region, joined, put_behind, relaxed
from bunraku.runtime.drivers.body.fit import Fit
from bunraku.runtime.drivers.body.front import Front
from bunraku.runtime.drivers.body.groups import FOREARMS, GROUPS, HANDS, Group
from bunraku.runtime.drivers.body.head import Head
from bunraku.runtime.drivers.body.hidden import covers_of, fingers_on, hidden_by
from bunraku.runtime.drivers.body.lap import Lap, without_thighs
from bunraku.runtime.drivers.body.outlined import SEEN, limb_shares
from bunraku.runtime.drivers.body.parts import FINGERS, HAIR, LAP, parts_of
from bunraku.runtime.drivers.body.skull import Skull
from bunraku.runtime.drivers.body.sorting import Sorted, sort_pixels
from bunraku.runtime.drivers.body.turning import Vectors
from bunraku.runtime.drivers.body.waistline import Waistline
from bunraku.runtime.drivers.hands.held import Held
from bunraku.runtime.source.region import distance_to
from bunraku.spec.arrays import Array, Picture
from bunraku.spec.skeleton import SIDES, BodyBone

LEVEL = 0.06
"""How softly the depth of arms that are cut goes over into the trunk's, in trunks."""
UNDER = 0.05
"""How far behind what hides it a hidden cloth lies at least, in trunks."""
_UPPER_ARMS = (BodyBone.UPPER_ARM_L, BodyBone.UPPER_ARM_R)


@dataclass(frozen=True, eq=False)
class Bound:
    """All that a photo shows of its person, or hides behind what it shows."""

    whole: Binding
    """The photo's own pixels."""
    hidden: tuple[Binding, ...]
    """What its arms hide of it, a layer each."""
    head: Head
    skull: Skull | None
    """The form of its head; None of one that looks away."""
    hair: NDArray[np.bool_]
    """``[n, n]``"""
    held: Held
    """What its hands hold; it is bound to them."""
    loose: Array | None
    """``[n, n]`` in [0, 1]: how far what is beside that may be of it too; None without it."""
    covered: tuple[bool, bool]
    """Whether something hides its left and its right forearm: that is bound to the trunk."""
    at_face: tuple[bool, bool]
    """Whether its left and its right hand are at face, hair or collar: those arms are bound to head
    and trunk."""
    lap: Lap | None
    """None where no thigh is raised."""
    waistline: Waistline | None
    """None where the photo does not tell it."""


def bind_photo(
    fit: Fit,
    window: Picture,
    face: Array | None = None,
    sure: tuple[bool, bool] = (True, True),
    view: NDArray[np.bool_] | None = None,
    half: bool = False,
) -> Bound:
    """The photo's person, and what is hidden of it.

    Weights are those of the front-most surface, spread where the body does not reach, and relaxed.

    :param window: ``[n, n, 3]`` uint8.
    :param face: ``[478, 3]`` in its pixels, the points of the face; None if not known.
    :param sure: whether the left and the right wrist are seen without doubt.
    :param view: ``[n, n]``, the part of it that lies inside the photo; None for all.
    :param half: the photo's lower edge cuts the person: raised thighs stay (``Showing.sits``), no
        lap comes to light, and hands that are held up stay.
    """
    own = sort_pixels(fit, window, face, sure, view, half)
    front, hair, at_face = own.front, own.hair, own.at_face
    whole, hidden = _bind_groups(fit, own)
    whole = _with_head(whole, own.head, hair, front, fit.stance.points, at_face)
    whole = replace(whole, depth=on_the_body(whole.depth, whole.reached, at_face))
    for side, thing in enumerate(own.held):
        if thing is not None:
            whole.part[thing] = FINGERS + side  # on nothing but its hand
    if own.lap is not None:
        cloth = own.lap.cloth & (whole.bone != BodyBone.HEAD)
        whole.part[cloth] = LAP
        whole.weights[cloth] = without_thighs(whole.weights[cloth])
    of_hair = whole.weights[hair]
    whole = relaxed(fit, whole)
    whole.weights[hair] = of_hair  # what it lies on hangs on arms too
    head, skull = own.head, None
    if not head.away:
        skull = Skull.of(fit, head, hair, front.depth, front.shown, face)
        trunk = whole.reached & (whole.group == Group.TRUNK)
        whole = replace(whole, depth=np.where(trunk, skull.placed(whole.depth), whole.depth))
        head = replace(head, middle=skull.middle)
    apart = UNDER * fit.trunk_px
    whole = replace(whole, depth=_level_with_trunk(fit, whole, view))
    # A forearm that its hand hides may itself lie before what both of them hide.
    behind_all = np.isin([one.group.max() for one in hidden], FOREARMS)
    hidden = [
        put_behind(one, whole, apart if fore else 2.0 * apart)
        for one, fore in zip(hidden, behind_all, strict=True)
    ]
    stays = at_face[0] is not None, at_face[1] is not None
    return Bound(
        whole=whole,
        hidden=tuple(hidden),
        head=head,
        skull=skull,
        hair=hair,
        held=own.held,
        loose=own.loose,
        covered=own.covered,
        at_face=stays,
        lap=own.lap,
        waistline=own.waistline,
    )


def _bind_groups(fit: Fit, own: Sorted) -> tuple[Binding, list[Binding]]:
    """The pixels of all groups, each bound to its own surface, and what arms hide of the others."""
    groups, front, triangles = own.groups, own.front, fit.template.triangles
    may_go = None if own.loose is None else own.loose > 0.0
    bound: list[Binding] = []
    hidden: list[Binding] = []
    hands = np.isin(groups, HANDS)
    covers = covers_of(fit, groups, np.isin(parts_of(fit, own.bone), _UPPER_ARMS))
    for group in range(GROUPS):
        some = triangles[(own.of_vertex[triangles] == group).any(1)]
        # Without its hand a forearm is an open tube, which the camera may look into.
        cull = group in FOREARMS
        alone = Front.of(fit, own.weights, np.ascontiguousarray(some), cull=cull)
        seen = groups == group
        kept = seen & (own.fitted == group) & front.shown
        shown = kept if group in FOREARMS and kept.any() else kept | alone.shown
        alone.weights[kept] = front.weights[kept]  # megabytes that nobody else has
        surface = Front(shown, alone.weights, np.where(kept, front.depth, alone.depth))
        bound.append(bind_region(fit, surface, seen, group))
        if group in covers:
            fingers = fingers_on(groups, group)
            behind = hidden_by(fit, covers[Group(group)], seen, alone.shown, fingers, hands, may_go)
            if behind.any():
                hidden.append(relaxed(fit, bind_region(fit, surface, behind, group)))
    return joined(bound), hidden


def _level_with_trunk(fit: Fit, whole: Binding, view: NDArray[np.bool_] | None) -> Array:
    """``Binding.depth`` in which arms that the photo cuts above the forearm lie as deep as the
    trunk where they border on it: they go along with that (``Showing.carrier``), and would part
    from it as it turns.

    :param view: ``[n, n]``, the part of the window that lies inside the photo; None for all.
    """
    shares = limb_shares(fit, fit.inside if view is None else fit.inside & view)
    depth, group, soft = whole.depth, whole.group, LEVEL * fit.trunk_px
    for side in range(SIDES):
        if shares[BodyBone.FOREARM_L + side] >= SEEN:
            continue
        arm = np.isin(group, [one + side for one in (Group.UPPER_ARM_L, Group.FOREARM_L)])
        trunk = group == Group.TRUNK
        if not (arm.any() and trunk.any()):
            continue
        both = (arm | trunk).astype(np.float32)
        even = cv2.GaussianBlur(depth * both, (0, 0), soft)
        even /= np.maximum(cv2.GaussianBlur(both, (0, 0), soft), 1e-6)
        border = np.where(arm, distance_to(trunk), distance_to(arm))
        share = np.clip(2.0 - border / (2.0 * soft), 0.0, 1.0) * both
        depth = (depth + (even - depth) * share).astype(np.float32)
    return depth


def _with_head(
    whole: Binding,
    head: Head,
    hair: NDArray[np.bool_],
    front: Front,
    points: Vectors,
    at_face: AtFace,
) -> Binding:
    """The trunk's pixels with a head that goes over into it softly, hands at its face, and hair
    before all.

    :param points: the photo's landmarks. :param at_face: of ``hands_at_face``.
    """
    own = whole.reached & (whole.group == Group.TRUNK)
    carried = head.carry(whole.weights, whole.bone == BodyBone.HEAD, hair)
    carried = along_with_head(carried, at_face, points)
    weights = np.where(own[..., None], carried, whole.weights)
    nearer = carried[..., BodyBone.HEAD] >= 0.5
    on_chest = (whole.bone == BodyBone.HEAD) | all_of(at_face, own.shape)
    kept = np.where(on_chest, BodyBone.CHEST, whole.bone)
    bone = np.where(own, np.where(nearer, BodyBone.HEAD, kept), whole.bone).astype(np.int32)
    part = np.where(own, np.where(hair, HAIR, bone), whole.part).astype(np.int32)
    on_top = own & hair & front.shown
    depth = np.where(on_top, np.minimum(whole.depth, front.depth), whole.depth)
    return replace(whole, weights=weights, bone=bone, part=part, depth=depth.astype(np.float32))
