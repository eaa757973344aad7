"""Arms of people before a webcam: hanging, talking, waving, crossed, on the hips, at the face.

Motion capture of walks keeps the hands below the belt. Here a hand is put where people hold
theirs, the elbow follows by two-bone inverse kinematics, and what would run through the torso or
the head is tried again.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from bunraku.training.people.body import Floats
from bunraku.training.people.poses import Skeleton, between, turn, unit


class Gesture(StrEnum):
    """Where a hand is held."""

    HANG = "hang"
    ANYWHERE = "anywhere"
    CHEST = "chest"
    HIP = "hip"
    FACE = "face"
    WAVE = "wave"
    CROSSED = "crossed"
    CLASPED = "clasped"
    FORWARD = "forward"
    BACK = "back"
    UP = "up"


_SHARES = {
    Gesture.HANG: 0.17, Gesture.ANYWHERE: 0.24, Gesture.CHEST: 0.18, Gesture.HIP: 0.08,
    Gesture.FACE: 0.09, Gesture.WAVE: 0.08, Gesture.CROSSED: 0.04, Gesture.CLASPED: 0.05,
    Gesture.FORWARD: 0.04, Gesture.BACK: 0.01, Gesture.UP: 0.02,
}  # fmt: skip
# Metres between arm and torso; where the arm touches, the torso's ellipse is a little too large.
_CLEARANCE = {
    Gesture.HIP: -0.015, Gesture.CROSSED: -0.015, Gesture.BACK: -0.015, Gesture.HANG: -0.03,
}  # fmt: skip
_BOTH = (Gesture.CROSSED, Gesture.CLASPED)


@dataclass(frozen=True)
class _Room:
    """What an arm must keep out of: the torso as an upright ellipse, the head as a ball."""

    skeleton: Skeleton
    half_width: float
    half_depth: float

    def blocked(self, point: Floats, margin: float) -> bool:
        neck, hips = self.skeleton.joint("neck01"), self.skeleton.joint("spine05")
        if point[2] < neck[2] + 0.02:
            x = point[0] / (self.half_width + margin)
            y = (point[1] - hips[1]) / (self.half_depth + margin)
            return bool(x * x + y * y < 1)
        return bool(np.linalg.norm(point - neck - [0, -0.02, 0.12]) < 0.12 + margin)


def pick_gestures(rng: np.random.Generator) -> dict[str, Gesture]:
    """A gesture for each side; crossed and clasped arms come in pairs."""
    kinds, shares = list(_SHARES), np.array(list(_SHARES.values()))
    left, right = (kinds[i] for i in rng.choice(len(kinds), 2, p=shares / shares.sum()))
    if left in _BOTH or right in _BOTH:
        left = right = left if left in _BOTH else right
    elif rng.random() < 0.2:
        right = left
    return {".L": left, ".R": right}


def move_arms(
    skeleton: Skeleton,
    pose: Floats,
    gestures: dict[str, Gesture],
    rng: np.random.Generator,
    torso: tuple[float, float] = (0.17, 0.13),
) -> None:
    """Put both arms of a pose in place; ``torso``: half width and half depth in metres."""
    room = _Room(skeleton, *torso)
    chest = pose[skeleton.body.bone("spine01")].copy()
    shared = rng.uniform([-0.06, -0.3, -0.42], [0.06, -0.2, -0.12])  # where clasped hands meet
    for side, gesture in gestures.items():
        for _ in range(40):
            arm = _try_arm(skeleton, room, side, gesture, shared, rng)
            if arm is not None:
                _apply_arm(skeleton, pose, side, chest, *arm, rng)
                break


def _target(skeleton: Skeleton, gesture: Gesture, sign: int, shared: Floats, depth: float,
            rng: np.random.Generator) -> Floats:  # fmt: skip
    """Where the wrist goes, in the rest frame of the chest; sign +1 for the left arm."""
    neck = skeleton.joint("neck01")
    outwards = np.array([sign, 1.0, 1.0])
    match gesture:
        case Gesture.CHEST:
            low, high = [-0.08, -0.22 - depth, -0.4], [0.3, -0.03 - depth, 0.0]
        case Gesture.HIP:
            hip = skeleton.joint("upperleg01.L")
            return np.asarray(
                hip * [0, 1, 1] + rng.uniform([0.17, -0.1, -0.02], [0.24, 0.06, 0.16]) * outwards
            )
        case Gesture.FACE:
            low, high = [0.03, -0.26, -0.02], [0.16, -0.12, 0.2]
        case Gesture.WAVE:
            low, high = [0.28, -0.3, -0.1], [0.5, -0.02, 0.25]
        case Gesture.CROSSED:
            low, high = [-0.2, -0.1 - depth, -0.36], [-0.08, -0.03 - depth, -0.2]
        case Gesture.CLASPED:
            return np.asarray(neck + shared + [0.035 * sign, 0.0, 0.0])
        case Gesture.FORWARD:
            low, high = [-0.05, -0.58, -0.3], [0.25, -0.4, 0.1]
        case Gesture.BACK:
            low, high = [0.0, 0.05 + depth, -0.5], [0.12, 0.12 + depth, -0.35]
        case _:  # UP
            low, high = [0.05, -0.2, 0.3], [0.4, 0.05, 0.55]
    return np.asarray(neck + rng.uniform(low, high) * outwards)


_Arm = tuple[Floats, Floats, float]


def _try_arm(skeleton: Skeleton, room: _Room, side: str, gesture: Gesture, shared: Floats,
             rng: np.random.Generator) -> _Arm | None:  # fmt: skip
    """Rotations of upper and lower arm in the chest's frame and the hand's twist, or None."""
    sign = 1 if side == ".L" else -1
    shoulder, elbow0, wrist0 = (
        skeleton.joint(name + side) for name in ("upperarm01", "lowerarm01", "wrist")
    )
    upper0, lower0 = elbow0 - shoulder, wrist0 - elbow0
    upper_length, lower_length = (float(np.linalg.norm(v)) for v in (upper0, lower0))
    rotation: Floats
    if gesture in (Gesture.HANG, Gesture.ANYWHERE):
        hang = gesture is Gesture.HANG
        rise = np.deg2rad(rng.uniform(-88, -66) if hang else rng.uniform(-75, 60))
        sweep = np.deg2rad(rng.uniform(-35, 75) if hang else rng.uniform(-25, 100))
        flat = np.cos(rise)
        upper = np.array([flat * np.cos(sweep) * sign, -flat * np.sin(sweep), np.sin(rise)])
        flexion = np.deg2rad(rng.uniform(4, 40) if hang else rng.uniform(5, 140))
        axis = unit(np.cross(unit(lower0), [0, -1.0, 0]))
        rotation = turn(upper, rng.uniform(-0.9, 0.9) * (0.4 if hang else 1)) @ between(
            upper0, upper
        )
        forearm = rotation @ turn(axis, flexion)
        elbow = shoulder + rotation @ upper0
    else:
        goal = _target(skeleton, gesture, sign, shared, room.half_depth, rng) - shoulder
        reach = float(np.linalg.norm(goal))
        longest, shortest = (
            0.995 * (upper_length + lower_length),
            0.42 * (upper_length + lower_length),
        )
        goal *= np.clip(reach, shortest, longest) / reach
        reach = float(np.linalg.norm(goal))
        cos = (upper_length**2 + reach**2 - lower_length**2) / (2 * upper_length * reach)
        along = unit(goal)
        # Elbows hang outwards and down; the swivel turns them about shoulder to wrist.
        hint = np.array([0.55 * sign, 0.25, -0.8])
        out = turn(along, rng.normal() * 0.5) @ unit(hint - along * (hint @ along))
        upper = along * cos + out * np.sqrt(max(1 - cos * cos, 0))
        elbow = shoulder + upper * upper_length
        # The hinge of the elbow stays across both bones.
        lower = unit(shoulder + goal - elbow)
        rotation = _hinged(upper0, lower0, upper, lower)
        forearm = rotation @ between(lower0, rotation.T @ lower)
    wrist = elbow + forearm @ lower0
    tip = elbow + forearm @ lower0 * (1.15 if gesture not in _BOTH else 1.0)
    near = _CLEARANCE.get(gesture, 0.025)
    points = [shoulder + (elbow - shoulder) * t for t in (0.7, 1.0)]
    points += [elbow + (wrist - elbow) * t for t in (0.35, 0.7, 1.0)] + [tip]
    if any(room.blocked(point, near) for point in points):
        return None
    return rotation, forearm, float(rng.uniform(-1.2, 1.2))


def _hinged(upper0: Floats, lower0: Floats, upper: Floats, lower: Floats) -> Floats:
    """Rotation of the upper arm that also turns the elbow's hinge the right way."""
    first = between(upper0, upper)
    bent0 = first @ unit(np.cross(unit(lower0), [0, -1.0, 0]))  # flexion at rest: towards front
    bent = np.cross(upper, lower)
    if np.linalg.norm(bent) < 0.05:
        return first
    flat0 = bent0 - upper * (bent0 @ upper)
    flat = bent - upper * (bent @ upper)
    angle = np.arctan2(np.cross(flat0, flat) @ upper, flat0 @ flat)
    return np.asarray(turn(upper, float(np.clip(angle, -1.7, 1.7))) @ first)


def _apply_arm(skeleton: Skeleton, pose: Floats, side: str, chest: Floats, upper: Floats,
               forearm: Floats, twist: float, rng: np.random.Generator) -> None:  # fmt: skip
    below, bone = skeleton.below, skeleton.body.bone
    along = unit(skeleton.joint("wrist" + side) - skeleton.joint("lowerarm01" + side))
    pose[below["upperarm01" + side]] = chest @ upper
    for name, share in (("lowerarm01", 0.0), ("lowerarm02", 0.5)):
        pose[below[name + side]] = chest @ forearm @ turn(along, twist * share)
    hand = chest @ forearm @ turn(along, twist)
    hand = hand @ turn(unit(rng.normal(size=3)), float(rng.normal() * 0.3))
    pose[below["wrist" + side]] = hand
    curl = float(rng.uniform(-0.15, 1.0) if rng.random() < 0.55 else rng.uniform(0, 0.3))
    knuckle, middle, tip = (
        skeleton.joint(name + side) for name in ("wrist", "finger3-1", "finger3-3")
    )
    hinge = unit(np.cross(middle - knuckle, tip - middle))
    for finger in range(1, 6):
        turned = hand
        own = curl * (0.3 if finger == 1 else 0.9) + float(rng.normal() * 0.08)
        for joint in range(1, 4):
            turned = turned @ turn(hinge, own)
            pose[bone(f"finger{finger}-{joint}{side}")] = turned
