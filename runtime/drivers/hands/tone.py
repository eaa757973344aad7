"""The colour of a photo's hands, by what it shows of them and of the face."""

from __future__ import annotations

import cv2
import numpy as np

from bunraku.runtime.drivers.body.cloths import HANDS, SHADED, SHADOW
from bunraku.runtime.drivers.body.colours import ENOUGH, SKIN_LIKE, hue_of, is_skin
from bunraku.runtime.drivers.body.drawing import Body
from bunraku.runtime.drivers.body.groups import GROUP, GROUPS
from bunraku.runtime.drivers.hands.rigging import HAND_BONES
from bunraku.spec.arrays import Array
from bunraku.spec.landmarks import HEAD
from bunraku.spec.skeleton import SIDES

AT_WRIST = 0.1
"""Share of a forearm's vertex that hangs on the hand, from which it is at the wrist."""
AS_BRIGHT = 0.82, 1.25
"""How much darker or lighter than the face a hand is."""
PALE = 0.5
"""How far from a face's hue a hand's may be, of how far grey is: a pale face is not far from it."""
WHOLLY = 0.9
"""A hand's own, from which a pixel shows nothing else."""
FACE_SURE = 0.9
"""Of the mask, from which a pixel shows the face alone."""


def colour_hands(body: Body) -> Array:
    """The colour of a body's hands; what looks out from behind the photo's gets it as well."""
    n = len(body.photo.picture)
    bones, weights = body.fit.template.bones, body.fit.template.weights
    tones = []
    members = body.textures.members.reshape(GROUPS, n, n)
    for side, hand in enumerate(HAND_BONES):
        own = (members[GROUP[hand]] > WHOLLY) & (body.photo.picture[..., 3] > WHOLLY)
        if body.fit.places[side] is not None and own.sum() >= ENOUGH:
            tones.append(np.median(body.photo.picture[own][:, :3], axis=0))
            continue
        at_wrist = ((bones == hand) * weights).sum(1) > AT_WRIST
        for bone in (hand, hand - SIDES):
            plane = body.textures.planes[bone * n : (bone + 1) * n]
            place = body.fit.mesh[(bones[:, 0] == bone) & at_wrist, :2]
            place = np.clip(np.rint(place), 0, n - 1).astype(int)
            tones.append(np.median(plane[place[:, 1], place[:, 0]], axis=0))
    tone = skin_tone(np.stack(tones), face_tone(body))
    # A hand has the colour of the arm that it is on, if that is made anew.
    arms = [arm.sleeve.skin for arm in body.layer.arms if arm.sleeve is not None]
    tone = np.asarray(np.mean(arms + [tone] * (SIDES - len(arms)), axis=0), np.float32)
    for cloth in HANDS:
        lit, dark = cloth * n, SHADED[cloth] * n
        body.textures.planes[lit : lit + n] = tone
        body.textures.planes[dark : dark + n] = tone * body.light.tint(SHADOW)
    return tone


def skin_tone(shown: Array, face: Array | None) -> Array:
    """The colour of hands ``[3]`` by what the photo shows at hands and wrists ``[k, 3]``.

    What counts as theirs may be a sleeve, or what they hold: they have the face's hue, and are not
    much darker or lighter.

    :param face: ``[3]``, None where it is not seen.
    """
    if face is None or not is_skin(face):
        alike = [tone for tone in shown if is_skin(tone)]
        return np.asarray(np.mean(alike or shown, axis=0), np.float32)
    apart = min(SKIN_LIKE, PALE * float(np.abs(hue_of(face) - 1.0 / 3.0).sum()))
    own = [tone for tone in shown if np.abs(hue_of(tone) - hue_of(face)).sum() < apart]
    if not own:
        return np.asarray(face, np.float32)
    return as_bright(np.mean(own, axis=0), face)


def as_bright(tone: Array, face: Array | None) -> Array:
    """A hand's tone ``[3]``, not much darker or lighter than the face."""
    share = 1.0
    if face is not None:
        low, high = AS_BRIGHT
        share = float(np.clip(tone.mean() / face.mean(), low, high)) * face.mean() / tone.mean()
    return np.asarray(np.clip(tone * share, 0.0, 1.0), np.float32)


def face_tone(body: Body) -> Array | None:
    """The median of the face between brows and mouth; None outside of the window."""
    n = len(body.photo.picture)
    points = body.fit.stance.points[list(HEAD), :2].astype(np.float32)
    hull = cv2.convexHull(points[:, None])
    within = np.zeros((n, n), np.uint8)
    cv2.fillConvexPoly(within, np.rint(hull).astype(np.int32), 1)
    sure = (within > 0) & (body.photo.picture[..., 3] > FACE_SURE)
    if sure.sum() < ENOUGH:
        return None
    return np.asarray(np.median(body.photo.picture[sure][:, :3], axis=0), np.float32)
