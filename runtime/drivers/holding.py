"""Parts that do not follow the driver: as the photo has them, on the trunk that carries them.

A trunk that does not follow stays where the photo has it, and what follows hangs on it as it hangs
on the driver's own: of who leans with arms held out a still person with arms held out is left.

Convention: landmarks are ``[33, 3 or more]``, x, y, z of one scale, of photo and driver alike.
"""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np

from bunraku.runtime.drivers.body.trunk import trunk_frames
from bunraku.runtime.drivers.body.turning import Vectors, about
from bunraku.runtime.drivers.shares import Following
from bunraku.runtime.parts import Part
from bunraku.spec.arrays import Array
from bunraku.spec.landmarks import (
    HEAD,
    LEFT_ARM,
    LEFT_HIP,
    LEFT_LEG,
    LEFT_SHOULDER,
    RIGHT_ARM,
    RIGHT_HIP,
    RIGHT_LEG,
    RIGHT_SHOULDER,
    TRUNK,
)
from bunraku.spec.smoothstep import smoothstep

GUESSED_DEG, SURE_DEG = 20.0, 90.0
"""How far a trunk turns out of the picture for none of it to carry the head, and for all: much of
smaller turns is a guess, a face shows it, and who turns a little goes on looking ahead."""


class _Hanging(NamedTuple):
    """What hangs on the trunk as one part."""

    part: Part
    on: tuple[int, ...]
    """The landmarks on whose middle it hangs."""
    frame: int
    """Which turn of the trunk carries it."""
    points: tuple[int, ...]


_CHEST, _PELVIS, _NECK = 0, 1, 2
_HANGING = (
    _Hanging(Part.HEAD, (LEFT_SHOULDER, RIGHT_SHOULDER), _NECK, HEAD),
    _Hanging(Part.ARMS, (LEFT_SHOULDER,), _CHEST, LEFT_ARM),
    _Hanging(Part.ARMS, (RIGHT_SHOULDER,), _CHEST, RIGHT_ARM),
    _Hanging(Part.LEGS, (LEFT_HIP,), _PELVIS, LEFT_LEG),
    _Hanging(Part.LEGS, (RIGHT_HIP,), _PELVIS, RIGHT_LEG),
)


def hold(photo: Array | Vectors, driver: Array, following: Following, size: float = 1.0) -> Array:
    """A driver's landmarks with the parts that do not follow held; arms take their hands along.

    :param photo: the photo's person.
    :param driver: ``[33, 4]``; visibility is kept.
    :param following: how far each part follows.
    :param size: how much larger the driver's landmarks are than the photo's.
    """
    if all(following[part] >= 1.0 for part in (Part.TRUNK, *(h.part for h in _HANGING))):
        return driver
    was, now = np.asarray(photo[:, :3], np.float64), driver[:, :3].astype(np.float64)
    trunk = following[Part.TRUNK]
    turns = trunk_frames(now) @ trunk_frames(was).transpose(0, 2, 1)
    turns = np.concatenate([turns, _at_neck(turns[_CHEST])[None]])
    carried = np.stack([_share_of(turn, trunk) for turn in turns])
    back = carried @ turns.transpose(0, 2, 1)
    held = now.copy()
    held[TRUNK] = was[TRUNK] + (now[TRUNK] - was[TRUNK]) * trunk
    for part, on, frame, points in _HANGING:
        joint, own = held[list(on)].mean(0), list(points)
        follows = (now[own] - now[list(on)].mean(0)) @ back[frame].T * size ** (trunk - 1.0)
        rides = (was[own] - was[list(on)].mean(0)) @ carried[frame].T * size**trunk
        held[own] = joint + rides + (follows - rides) * following[part]
    return np.concatenate([held, driver[:, 3:]], 1).astype(np.float32)


def _at_neck(turn: Vectors) -> Vectors:
    """The turn of a head ``[3, 3]`` that is carried by a chest which turns so."""
    angle = 2.0 * np.arctan2(turn[1, 0] - turn[0, 1], 1.0 + np.trace(turn))
    in_picture = about(np.array([[0.0, 0.0, 1.0]]), np.array([angle]))[0]
    out = cv2.Rodrigues(turn @ in_picture.T)[0]
    far = (np.rad2deg(np.linalg.norm(out)) - GUESSED_DEG) / (SURE_DEG - GUESSED_DEG)
    known = float(np.clip(far, 0.0, 1.0))
    return np.asarray(cv2.Rodrigues(out * smoothstep(known))[0] @ in_picture)


def _share_of(turn: Vectors, share: float) -> Vectors:
    """A rotation ``[3, 3]`` gone through by a share of its angle."""
    if share in (0.0, 1.0):
        return turn if share else np.eye(3)
    return np.asarray(cv2.Rodrigues(cv2.Rodrigues(turn)[0] * share)[0], np.float64)
