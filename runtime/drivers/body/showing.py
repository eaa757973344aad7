"""What a photo shows of its person: which limbs can move, and what the user is told of the others.

A limb that the photo hides (behind a desk, below its edge) is not made up, and one that is inside
of something wide (a gown) would tear it: such limbs go with what they hang on, as the photo has
them. A head that is much larger than the body's, and a costume with all that it holds, are no more
than pieces of the picture: they are shifted and lean as the driver's trunk does. So the same fit
serves from the whole body down to head and shoulders.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from bunraku.kernels import rasterise
from bunraku.runtime.drivers.body.cloths import Cloth
from bunraku.runtime.drivers.body.drawing import Body
from bunraku.runtime.drivers.body.fit import Fit
from bunraku.runtime.drivers.body.free_arm import FreeArm
from bunraku.runtime.drivers.body.girth import main_bones
from bunraku.runtime.drivers.body.keeping import lean_since
from bunraku.runtime.drivers.body.limbs import LIMBS, POSED_BY
from bunraku.runtime.drivers.body.outlined import CARRIED, SEEN, limb_shares, shows_raised_thigh
from bunraku.runtime.drivers.body.regions import nearest_reached
from bunraku.runtime.drivers.body.stance import Stance
from bunraku.runtime.drivers.body.turning import Vectors, about
from bunraku.runtime.source.region import distance_to
from bunraku.spec.arrays import Array
from bunraku.spec.landmarks import HIPS, LANDMARKS, SHOULDERS
from bunraku.spec.skeleton import BODY_BONES, TRUNK_BONES, BodyBone

TRACE = 0.2
"""Of a bone's line: as much of it lies in the person's outline if it is to be drawn."""
FAR = 0.2
"""Of the trunk's length: what is farther from the body than that belongs to something wide."""
DEEP = 0.12
"""Of the trunk's length: what is behind a trunk without limbs lies so far within its outline."""
LEAN_DEG = 45.0
"""How far a piece leans at most: nobody hangs upside down in a costume."""

NOT_FITTED = "no body fits the person of this photo; all but the face stays as it is"
WRAPPED = "what the photo's person wears hides the body; it is moved as one piece"
HEAD_ALONE = "the photo cuts the shoulders off; the head moves alone"
BUST = "the photo shows head and shoulders alone; arms stay as they are"
ARMLESS = "the photo's arms cannot be told from what is around them; they stay as they are"
COVERED = "something in the photo hides an arm of its person; that arm stays as it is"
AT_FACE = "a hand is at face, hair or collar in the photo; its arm stays as it is"
AT_TABLE = "arms of the photo's person lie on a table or hold something; they stay as they are"
SIDEWAYS = "the photo shows its person from the side; arms stay as they are"
GOWN = "the photo's legs cannot be told from what is around them; they stay as they are"
LEGLESS = "the photo hides the legs; what the driver's do is left out"
LARGE_HEAD = "the photo's head is much larger than a person's; it leans as the trunk does"

_ARMS = tuple(range(BodyBone.UPPER_ARM_L, BodyBone.HAND_R + 1))
_LEGS = tuple(range(BodyBone.THIGH_L, BodyBone.FOOT_R + 1))
_THIGHS = (BodyBone.THIGH_L, BodyBone.THIGH_R)
_WIDE = (((BodyBone.HEAD,), 0.4), (_ARMS, 0.25), (_LEGS, 0.06))
"""Bones that share one thing around them, and the share of it that may be far: hair and what
hands hold often are, skirts that legs can move in are not."""


@dataclass(frozen=True, eq=False)
class Showing:
    """What can be moved of a photo's person."""

    landmarks: Array
    """``[33]``: 0 for those of limbs that stay as the photo has them, 1 for all others."""
    carrier: NDArray[np.intp]
    """``[len(BodyBone)]``: the bone with which each is moved, itself or what it hangs on."""
    pieces: NDArray[np.bool_]
    """``[len(BodyBone)]``: which are moved as a piece of the picture."""
    hidden: NDArray[np.bool_]
    """``[15]``: limbs that are not in the photo, and are drawn nowhere."""
    cut: NDArray[np.bool_]
    """``[15]``: thighs that the photo's lower edge cuts where they begin: they are drawn as far as
    they come to be seen, for the trunk has no end of its own."""
    grounded: bool
    """Whether a leg is among what moves."""
    head_alone: bool
    """Whether the trunk stays as it is."""
    measured: bool
    """Whether the body in it is seen well enough to tell how large it is."""
    note: str | None
    """What the user should know, in one line."""
    sits: bool = False
    """Whether the raised legs of who sits are cut by the photo, or before the trunk: they go on
    sitting."""
    stays: bool = False
    """Whether nothing moves."""

    @property
    def bust(self) -> bool:
        """Whether head and shoulders move alone."""
        return not _any_moves(self.carrier)

    def carry(self, transforms: Array, photo: Stance, landmarks: Array) -> Array:
        """``[bones, 3, 4]`` of ``Rig.transforms`` for bones that do not all move by themselves.

        :param photo: how the photo's person stands.
        :param landmarks: ``[33, 4]``, the driver's that posed the bones.
        """
        if self.stays:
            return np.tile(np.eye(3, 4, dtype=transforms.dtype), (len(transforms), 1, 1))
        result = np.ascontiguousarray(transforms[self.carrier])
        if self.sits:  # hips that turn, or look narrower, would turn and shorten thighs
            hips, pelvis = photo.points[HIPS].mean(0), transforms[BodyBone.PELVIS]
            carried = pelvis[:, :3] @ hips + pelvis[:, 3]
            result[list(_LEGS), :, :3] = np.eye(3)
            result[list(_LEGS), :, 3] = carried - hips
        if self.pieces.any():
            result[self.pieces] = _shift_and_lean(photo.points, landmarks[:, :3].astype(np.float64))
        return result

    def without_hidden(self, body: Body) -> Body:
        """The body with nothing made up for what the photo hides, nor for arms that stay, nor
        behind who stays. Of head and shoulders that move alone the trunk uncovers nothing: what is
        behind it fills cracks, and near its outline would stand out as soon as it stirs."""
        known = body.textures.known & ~self.hidden | self.cut
        given = body.layer.given & np.bool_(not self.stays)
        if self.bust:
            given = given & ((body.layer.limb == Cloth.FACE) | _deep_within(body))
        free = tuple(map(self._as_it_moves, body.layer.free))
        arms = tuple(replace(arm, form=self._as_it_moves(arm.form)) for arm in body.layer.arms)
        return replace(
            body,
            textures=replace(body.textures, known=known),
            layer=replace(body.layer, free=free, arms=arms, given=given),
            fading=tuple(replace(one, form=self._as_it_moves(one.form)) for one in body.fading),
        )

    def _as_it_moves(self, arm: FreeArm) -> FreeArm:
        bone = BodyBone.FOREARM_L + arm.side
        stays = bool(self.carrier[bone] != bone)
        return replace(arm, when=replace(arm.when, stays=stays))


def shown_by(
    fit: Fit,
    known: NDArray[np.bool_],
    half: bool,
    covered: tuple[bool, bool] = (False, False),
    at_face: tuple[bool, bool] = (False, False),
    *,
    head_alone: bool = False,
    sideways: bool = False,
    at_table: bool = False,
    fits: bool = True,
) -> Showing:
    """Judge a fit.

    :param known: ``[n, n]``, the part of the window that lies inside the photo.
    :param half: the photo's lower edge cuts the person, of which the user is told already.
    :param covered: whether something before them hides the left and the right forearm.
    :param at_face: whether the left and the right hand hide its face, or are at hair or collar.
    :param head_alone: the photo's edges cut the shoulders off.
    :param sideways: it shows the person from the side, one arm before the trunk.
    :param at_table: ``arms_at_table``; it counts where the photo goes on below, or the legs are in
        something wide.
    :param fits: whether pose and outline make a body: else one of them is of somebody else, and all
        stays.
    """
    outline = fit.inside & known
    shares, wide = limb_shares(fit, outline), _wide(fit, outline)
    shares[[BodyBone.FOREARM_L, BodyBone.FOREARM_R]] *= ~np.array(covered) & ~np.array(at_face)
    wrapped = bool(wide[_ARMS[0]] and wide[_LEGS[0]])
    pieces = np.full(len(BodyBone), wrapped)
    pieces[BodyBone.HEAD] |= wide[BodyBone.HEAD]
    held = wide | (shares < SEEN) | head_alone
    at_table &= not half or bool(wide[_LEGS[0]])
    held[list(_ARMS)] |= sideways or at_table
    sits = (half or sideways or at_table) and shows_raised_thigh(fit, shares)
    held[list(_LEGS)] |= sits or at_table  # whose knees are guessed
    for bone, parent in zip(LIMBS.bones, LIMBS.parents, strict=True):
        held[parent] |= held[bone] and parent not in TRUNK_BONES  # else a stump would be moved
    hidden = shares < TRACE
    carrier = np.arange(len(BodyBone))
    landmarks = np.ones(LANDMARKS, np.float32)
    for bone, parent, end in zip(LIMBS.bones, LIMBS.parents, LIMBS.ends, strict=True):
        hidden[bone] |= hidden[parent]
        if held[bone] or carrier[parent] != parent:
            carrier[bone] = carrier[parent]
            landmarks[list(CARRIED.get(bone, (end,)))] = 0.0
    # Fingers that a hand of its own carries move by themselves.
    carrier = np.where(carrier[POSED_BY] == POSED_BY, np.arange(len(BodyBone)), carrier[POSED_BY])
    if not _any_moves(carrier):
        carrier[BodyBone.PELVIS] = BodyBone.CHEST  # at a waist that bends arms would part from it
    cut = hidden & half & np.isin(np.arange(BODY_BONES), _THIGHS)
    grounded = bool((carrier[list(_LEGS)] == _LEGS).any())
    note = _note(wide, carrier, half)
    if note in (None, BUST, ARMLESS) and (sideways or any(at_face)):
        note = SIDEWAYS if sideways else AT_FACE
    elif at_table and note in (None, BUST, ARMLESS):
        note = AT_TABLE
    elif note is None and any(covered):
        note = COVERED
    if head_alone:
        note = HEAD_ALONE
    if not fits:
        note = NOT_FITTED
        landmarks[:] = 0.0
    return Showing(
        landmarks,
        carrier,
        pieces,
        hidden,
        cut,
        grounded,
        head_alone,
        measured=fits and not wrapped,
        note=note,
        sits=sits,
        stays=not fits,
    )


def _deep_within(body: Body) -> NDArray[np.bool_]:
    """``[t]``: triangles of the mesh behind that lie well within the photo's outline."""
    inside, layer = body.fit.inside, body.layer
    deep = distance_to(~np.pad(inside, 1)) > DEEP * body.fit.trunk_px
    columns, rows = np.clip(np.rint(layer.vertices[:, :2]) + 1, 0, len(inside) + 1).astype(int).T
    return np.asarray(deep[rows, columns][layer.triangles].all(1))


def _any_moves(carrier: NDArray[np.intp]) -> bool:
    """Whether a limb moves by itself."""
    limbs = [*_ARMS, *_LEGS]
    return bool((carrier[limbs] == limbs).any())


def _shift_and_lean(photo: Vectors, points: Vectors) -> Array:
    """``[3, 4]``: how the driver's trunk has gone in the picture since the photo."""
    most = np.deg2rad(LEAN_DEG)
    lean = np.clip(lean_since(photo, points), -most, most)
    turn = about(np.array([[0.0, 0.0, 1.0]]), np.array([lean]))[0]
    before, now = (p[SHOULDERS].mean(0) * (1.0, 1.0, 0.0) for p in (photo, points))
    return np.column_stack([turn, now - turn @ before]).astype(np.float32)


def _note(wide: NDArray[np.bool_], carrier: NDArray[np.intp], half: bool) -> str | None:
    arms, legs = ((carrier[list(bones)] == bones).any() for bones in (_ARMS, _LEGS))
    if wide[_ARMS[0]] and wide[_LEGS[0]]:
        return WRAPPED
    if not arms and not legs:
        return BUST
    if not arms:
        return ARMLESS
    if wide[_LEGS[0]]:
        return GOWN
    if not legs and not half:
        return LEGLESS
    return LARGE_HEAD if wide[BodyBone.HEAD] else None


def _wide(fit: Fit, outline: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """``[15]``: bones of which much of what is nearest to them is far from the body."""
    n, triangles = len(outline), fit.template.triangles
    result = np.zeros(BODY_BONES, np.bool_)
    raster = rasterise(fit.mesh, triangles, (n, n))
    covered = raster.triangle >= 0
    if not covered.any():
        return result
    nearest = nearest_reached(covered)
    bone = main_bones(fit.template)[triangles[raster.triangle.ravel()[nearest], 0]]
    y, x = np.mgrid[:n, :n]
    far = np.hypot(y - nearest // n, x - nearest % n) > FAR * fit.trunk_px
    for bones, most in _WIDE:
        own = outline & np.isin(bone, bones)
        result[list(bones)] = (own & far).sum() > most * own.sum()
    return result
