"""Whose each pixel of the photo's person is: an arm's, a hand's, the trunk's with head and hair.

The fitted body says it first, then the picture: edges, colours, and what hides what.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bunraku.runtime.drivers.body.at_face import AtFace, all_of, face_by_pose, hands_at_face
from bunraku.runtime.drivers.body.covered import covered_forearms, without_forearms
from bunraku.runtime.drivers.body.crossed import with_watches, without_tucked_hands
from bunraku.runtime.drivers.body.fit import Fit
from bunraku.runtime.drivers.body.front import Front, body_weights, nearest_bone
from bunraku.runtime.drivers.body.groups import GROUP, UPPER_ARMS, Group, Groups
from bunraku.runtime.drivers.body.guessed import without_unseen
from bunraku.runtime.drivers.body.hair import find_hair
from bunraku.runtime.drivers.body.head import Head
from bunraku.runtime.drivers.body.held_up import hands_held_up
from bunraku.runtime.drivers.body.lap import Lap, find_lap
from bunraku.runtime.drivers.body.parting import follow_edges
from bunraku.runtime.drivers.body.pocketed import without_pocketed_hands
from bunraku.runtime.drivers.body.waistline import Waistline, find_waistline, without_lower_cloth
from bunraku.runtime.drivers.hands.held import Held, beside_held, find_held
from bunraku.runtime.drivers.hands.shape import without
from bunraku.spec.arrays import Array, Picture
from bunraku.spec.skeleton import BodyBone


@dataclass(frozen=True, eq=False)
class Sorted:
    """The pixels of a photo's person, and the fitted body that they were sorted by."""

    weights: Array
    """``[v, 15]``, of the template's vertices."""
    of_vertex: NDArray[np.int32]
    """``[v]``: the group of each."""
    front: Front
    """The surface of the fitted body that is seen."""
    bone: NDArray[np.int32]
    """``[n, n]``: the bone whose surface is nearest; -1 beyond the outline."""
    fitted: Groups
    """``[n, n]``: whose each pixel would be if the body fitted to the pixel."""
    groups: Groups
    """``[n, n]``: whose it is."""
    head: Head
    hair: NDArray[np.bool_]
    """``[n, n]``; it is the trunk's, as the head is."""
    at_face: AtFace
    """Arms at face, hair or collar, and those held up: the trunk's."""
    held: Held
    """What hands hold; theirs."""
    loose: Array | None
    """``[n, n]`` in [0, 1]: how far what is beside that may be of it too; None without it."""
    covered: tuple[bool, bool]
    """Whether something hides the left and the right forearm: the trunk's."""
    lap: Lap | None
    """None where no thigh is raised."""
    waistline: Waistline | None
    """None where the photo does not tell it."""


def sort_pixels(
    fit: Fit,
    window: Picture,
    face: Array | None,
    sure: tuple[bool, bool],
    view: NDArray[np.bool_] | None,
    half: bool,
) -> Sorted:
    """Whose each pixel is; told as ``bind_photo`` is."""
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
    groups[head.face & np.isin(groups, UPPER_ARMS)] = Group.TRUNK  # the far arm, of a profile
    around = face_by_pose(points, head.away) if face is None else face
    at_face = hands_at_face(groups, around, seen)
    if half:
        left_up, right_up = hands_held_up(groups, points, around, fit.inside, fit.trunk_px, seen)
        at_face = at_face[0] or left_up, at_face[1] or right_up
    groups[all_of(at_face, groups.shape)] = Group.TRUNK
    groups = without_unseen(groups, GROUP[list(fit.unseen)], window, fit.trunk_px)
    hair = find_hair(fit, head, groups, window)
    groups[hair] = Group.TRUNK
    places = without(fit.places, (at_face[0] is not None, at_face[1] is not None))
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
    return Sorted(
        weights=weights,
        of_vertex=of_vertex,
        front=front,
        bone=bone,
        fitted=fitted,
        groups=groups,
        head=head,
        hair=hair,
        at_face=at_face,
        held=held,
        loose=loose,
        covered=covered,
        lap=lap,
        waistline=waistline,
    )
