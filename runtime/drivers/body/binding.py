"""Which bones carry each pixel of the photo's person, hair, sleeves and skirts included."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from bunraku.kernels import spread
from bunraku.runtime.drivers.body.at_face import (
    AtFace,
    all_of,
    along_with_head,
    face_by_pose,
    hands_at_face,
    on_the_body,
)
from bunraku.runtime.drivers.body.bending import bend
from bunraku.runtime.drivers.body.covered import covered_forearms, without_forearms
from bunraku.runtime.drivers.body.crossed import with_watches, without_tucked_hands
from bunraku.runtime.drivers.body.fit import Fit
from bunraku.runtime.drivers.body.front import Front, body_weights, nearest_bone
from bunraku.runtime.drivers.body.groups import FOREARMS, GROUP, GROUPS, HANDS, Group, Groups
from bunraku.runtime.drivers.body.guessed import without_unseen
from bunraku.runtime.drivers.body.hair import find_hair
from bunraku.runtime.drivers.body.head import Head
from bunraku.runtime.drivers.body.held_up import hands_held_up
from bunraku.runtime.drivers.body.hidden import covers_of, fingers_on, hidden_by
from bunraku.runtime.drivers.body.lap import Lap, find_lap, without_thighs
from bunraku.runtime.drivers.body.outlined import SEEN, limb_shares
from bunraku.runtime.drivers.body.parting import follow_edges
from bunraku.runtime.drivers.body.parts import FINGERS, HAIR, LAP, part_known_hands, parts_of
from bunraku.runtime.drivers.body.pocketed import without_pocketed_hands
from bunraku.runtime.drivers.body.regions import nearest_reached
from bunraku.runtime.drivers.body.skull import Skull
from bunraku.runtime.drivers.body.turning import Vectors
from bunraku.runtime.drivers.body.waistline import Waistline, find_waistline, without_lower_cloth
from bunraku.runtime.drivers.hands.held import Held, beside_held, find_held
from bunraku.runtime.drivers.hands.shape import without
from bunraku.runtime.source.region import distance_to
from bunraku.spec.arrays import Array, Picture
from bunraku.spec.skeleton import BODY_BONES, SIDES, BodyBone

DEPTH_STEP = 0.22
"""Depths that differ by more, in lengths of the trunk, are of two surfaces."""
LEVEL = 0.06
"""How softly the depth of arms that are cut goes over into the trunk's, in trunks."""
UNDER = 0.05
"""How far behind what hides it a hidden cloth lies at least, in trunks."""
_UPPER_ARMS = (BodyBone.UPPER_ARM_L, BodyBone.UPPER_ARM_R)


@dataclass(frozen=True, eq=False)
class Binding:
    """A layer of the photo's person, pixel by pixel."""

    reached: NDArray[np.bool_]
    """``[n, n]``: the outline and a little more; the rest of the arrays counts there."""
    weights: Array
    """``[n, n, 15]``, of the bones; they sum to 1."""
    bone: NDArray[np.int32]
    """``[n, n]``: the bone whose surface is nearest; -1 elsewhere."""
    part: NDArray[np.int32]
    """``[n, n]``, of ``HANGING``; -1 elsewhere."""
    depth: Array
    """``[n, n]``, in pixels."""
    distance: Array
    """``[n, n]``: how far that surface is, in pixels; 0 on it."""

    @property
    def group(self) -> Groups:
        """``[n, n]``: to which limb each pixel belongs."""
        return np.where(self.bone >= 0, GROUP[np.maximum(self.bone, 0)], Group.NOBODY)


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
    triangles = fit.template.triangles
    weights = body_weights(fit)
    front = Front.of(fit, weights, triangles)
    bone = nearest_bone(fit, front)
    fitted = np.where(bone >= 0, GROUP[bone], Group.NOBODY).astype(np.int32)
    left, right = (None if place is None else place.pixels for place in fit.places)
    points = fit.stance.points
    of_vertex = GROUP[weights.argmax(1)]
    groups, tips = without_tucked_hands(fit, fitted, bone, of_vertex, window)
    groups = without_pocketed_hands(fit, groups, bone, of_vertex, window)
    groups = follow_edges(groups, fit.inside, window, points, fit.trunk_px, (left, right))
    groups = np.where(tips != Group.NOBODY, tips, groups)
    groups = with_watches(groups, points, fit.trunk_px)
    seen = bool(sure[0] or left is not None), bool(sure[1] or right is not None)
    covered = covered_forearms(groups, fit.inside, window, seen)
    head = Head.of(fit, view)
    groups = without_forearms(groups, covered)
    around = face_by_pose(points, head.away) if face is None else face
    before_face = hands_at_face(groups, around, seen)
    if half:
        left_up, right_up = hands_held_up(groups, points, around, fit.inside, fit.trunk_px, seen)
        before_face = before_face[0] or left_up, before_face[1] or right_up
    at_face = before_face[0] is not None, before_face[1] is not None
    groups[all_of(before_face, groups.shape)] = Group.TRUNK
    groups = without_unseen(groups, GROUP[list(fit.unseen)], window, fit.trunk_px)
    hair = find_hair(fit, head, groups, window)
    groups[hair] = Group.TRUNK
    places = without(fit.places, at_face)
    held = find_held(places, fit.inside, groups, window, points)
    for side, thing in enumerate(held):
        if thing is not None:
            groups[thing] = Group.HAND_L + side
    bald = np.where(hair, Group.NOBODY, groups).astype(np.int32)
    lap = None if half else find_lap(fit, bald, bone, window)
    waistline = None if half or lap is not None else find_waistline(fit, bald, bone, window)
    if waistline is not None:
        groups = np.where(hair, groups, without_lower_cloth(fit, bald, waistline)).astype(np.int32)
    if lap is not None:
        groups[lap.cloth] = Group.TRUNK
    loose = beside_held(places, held)
    if loose is not None:
        loose[hair | (bone == BodyBone.HEAD)] = 0.0
    may_go = None if loose is None else loose > 0.0
    bound: list[Binding] = []
    hidden: list[Binding] = []
    hands = np.isin(groups, HANDS)
    covers = covers_of(fit, groups, np.isin(parts_of(fit, bone), _UPPER_ARMS))
    for group in range(GROUPS):
        own = triangles[(of_vertex[triangles] == group).any(1)]
        # Without its hand a forearm is an open tube, which the camera may look into.
        alone = Front.of(fit, weights, np.ascontiguousarray(own), cull=group in FOREARMS)
        seen = groups == group
        kept = seen & (fitted == group) & front.shown
        shown = kept if group in FOREARMS and kept.any() else kept | alone.shown
        alone.weights[kept] = front.weights[kept]  # megabytes that nobody else has
        surface = Front(shown, alone.weights, np.where(kept, front.depth, alone.depth))
        bound.append(_bind(fit, surface, seen, group))
        if group in covers:
            fingers = fingers_on(groups, group)
            behind = hidden_by(fit, covers[Group(group)], seen, alone.shown, fingers, hands, may_go)
            if behind.any():
                hidden.append(_relaxed(fit, _bind(fit, surface, behind, group)))
    whole = _with_head(_joined(bound), head, hair, front, points, before_face)
    whole = replace(whole, depth=on_the_body(whole.depth, whole.reached, before_face))
    for side, thing in enumerate(held):
        if thing is not None:
            whole.part[thing] = FINGERS + side  # on nothing but its hand
    if lap is not None:
        own = lap.cloth & (whole.bone != BodyBone.HEAD)
        whole.part[own] = LAP
        whole.weights[own] = without_thighs(whole.weights[own])
    own = whole.weights[hair]
    whole = _relaxed(fit, whole)
    whole.weights[hair] = own  # what it lies on hangs on arms too
    skull = None
    if not head.away:
        skull = Skull.of(fit, head, hair, front.depth, front.shown, face)
        own = whole.reached & (whole.group == Group.TRUNK)
        whole = replace(whole, depth=np.where(own, skull.placed(whole.depth), whole.depth))
        head = replace(head, middle=skull.middle)
    apart = UNDER * fit.trunk_px
    whole = replace(whole, depth=_level_with_trunk(fit, whole, view))
    # A forearm that its hand hides may itself lie before what both of them hide.
    behind_all = np.isin([one.group.max() for one in hidden], FOREARMS)
    hidden = [
        _put_behind(one, whole, apart if fore else 2.0 * apart)
        for one, fore in zip(hidden, behind_all, strict=True)
    ]
    told = covered, at_face, lap, waistline
    return Bound(whole, tuple(hidden), head, skull, hair, held, loose, *told)


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


def _bind(fit: Fit, surface: Front, region: NDArray[np.bool_], group: int) -> Binding:
    """A region that belongs to one group of bones, each pixel to the nearest of its surface."""
    known = surface.shown & region
    known = known if known.any() else surface.shown
    origin, distance = spread(region, known)
    far = region & (origin < 0)
    if far.any() and known.any():  # an island of its own
        origin = np.where(far, nearest_reached(known), origin)
        distance = np.where(far, distance_to(known), distance)
    reached = origin >= 0
    at = origin[reached]  # of a limb a small part of the window
    own = surface.weights.reshape(-1, BODY_BONES).take(at, 0)
    weights = np.zeros((*region.shape, BODY_BONES), own.dtype)
    weights[reached] = own
    bone = np.full(region.shape, -1, np.int32)
    bone[reached] = np.where(group == GROUP, own, -1.0).argmax(-1)
    depth = np.zeros(region.shape, np.float32)
    depth[reached] = surface.depth.ravel().take(at)
    part_known_hands(fit, weights, bone)
    far_off = np.where(reached, distance, np.inf).astype(np.float32)
    return Binding(reached, weights, bone, parts_of(fit, bone), depth, far_off)


def _joined(layers: list[Binding]) -> Binding:
    """Layers that do not lie over each other as one: the first, written into."""
    first, *others = layers
    for layer in others:
        for field in fields(Binding):
            getattr(first, field.name)[layer.reached] = getattr(layer, field.name)[layer.reached]
    return first


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


def _put_behind(layer: Binding, whole: Binding, apart: float) -> Binding:
    """What is hidden lies behind what hides it, whatever the fitted depths say."""
    under = layer.reached & whole.reached & (whole.group != layer.group)
    depth = np.where(under, np.maximum(layer.depth, whole.depth + np.float32(apart)), layer.depth)
    return replace(layer, depth=depth)


def _relaxed(fit: Fit, layer: Binding) -> Binding:
    """Weights and depth smoothed within what hangs together."""
    weights, depth = bend(
        layer.weights,
        layer.depth,
        layer.reached,
        layer.part,
        DEPTH_STEP * fit.trunk_px,
        fit.trunk_px,
    )
    # Where the body is seen its pixels lie on it, not behind: it would show through.
    depth = np.where(layer.distance == 0, np.minimum(depth, layer.depth), depth)
    return replace(layer, weights=weights, depth=depth)
