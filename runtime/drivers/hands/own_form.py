"""How the body's hand gets the form of the photo's own, which has other proportions."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bunraku.kernels import skin
from bunraku.runtime.drivers.body.stance import Stance
from bunraku.runtime.drivers.body.template import Template
from bunraku.runtime.drivers.body.turning import Vectors
from bunraku.runtime.drivers.hands.landmarks import WRISTS
from bunraku.runtime.drivers.hands.own_hand import OwnHand
from bunraku.runtime.drivers.hands.rigging import FINGER_BONES, HAND_BONES, fingers_moved
from bunraku.runtime.drivers.hands.sizing import HandSize
from bunraku.spec.arrays import Array
from bunraku.spec.skeleton import FINGERS

_TRACE = 1e-3


def joints_of(template: Template, placed: Array, side: int) -> Array:
    """``[5, 4, 3]``: where the joints and tips of a hand's fingers are.

    :param placed: ``[bones, 3, 4]``, of ``Stance.placed``. :param side: 0 left, 1 right.
    """
    bones = np.concatenate([np.full((FINGERS, 1), HAND_BONES[side]), FINGER_BONES[side]], 1)
    turned = (placed[bones, :, :3] @ template.fingers[side][..., None])[..., 0]
    return np.asarray(turned + placed[bones, :, 3], np.float32)


def apart_from_own(
    own: OwnHand,
    template: Template,
    vertices: NDArray[np.intp],
    placed: Array,
    stance: Stance,
    size: HandSize,
    side: int,
) -> Array:
    """``[v, 3]``: how far each vertex of the body's hand is from where it were in the photo's own,
    before it is bent as that is, and before it is as large (``size``).

    :param vertices: ``[v]``, numbers of the template's.
    :param placed: ``[bones, 3, 4]`` of ``stance``, the photo's.
    """
    fingers = FINGER_BONES[side]
    since = fingers_moved(own.shape, own.pose.bends) @ stance.unbent[side]
    hand = np.vstack([placed[HAND_BONES[side]], [0.0, 0.0, 0.0, 1.0]])
    bent = placed.copy()
    bent[fingers] = (hand @ fingers_moved(own.shape, own.pose.bends))[..., :3, :]
    turned = hand[:3, :3] @ since[..., :3, :3] @ np.linalg.inv(hand[:3, :3])

    weights, bones = template.weights[vertices], template.bones[vertices]
    at = skin(template.vertices[vertices], weights, bones, bent).astype(np.float64)
    wrist = stance.points[WRISTS[side]]
    now = np.vstack([wrist, joints_of(template, bent, side).reshape(-1, 3)])
    wanted = np.vstack([wrist, wrist + (own.points.reshape(-1, 3) - wrist) / size.times])
    far = _between(at, now, wanted - now)
    back = np.tile(np.eye(3), (len(placed), 1, 1))
    back[fingers] = np.linalg.inv(turned)
    return np.asarray(np.einsum("vk,vkij,vj->vi", weights, back[bones], far), np.float32)


def _between(places: Vectors, known: Vectors, values: Vectors) -> Vectors:
    """``[v, 3]``: values ``[k, 3]`` of known places ``[k, 3]`` at others ``[v, 3]``."""
    apart = ((places[:, None] - known) ** 2).sum(2)
    share = 1.0 / (apart + _TRACE * apart.max()) ** 2
    return np.asarray(share @ values / share.sum(1, keepdims=True))
