"""Poses: motion capture brought onto the body, and people before a webcam made up at random.

A pose is one world rotation per bone, [104,3,3], relative to the rest pose of anny.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.spatial.transform import Rotation

from bunraku.errors import InputError
from bunraku.training.people.body import BodyModel, Floats
from bunraku.training.people.motion import Motion

_SPINE = ("spine05", "spine04", "spine03", "spine02", "spine01")
_NECK = ("neck01", "neck02", "head")

# What a segment is called in CMU's ASF files, and in BVH files of different makers.
_ALIASES: dict[str, tuple[str, ...]] = {
    "root": ("root", "Hips"),
    "lowerback": ("lowerback", "Spine"),
    "upperback": ("upperback", "Spine1", "Chest"),
    "thorax": ("thorax", "Spine3", "Spine2", "Chest2"),
    "lowerneck": ("lowerneck", "Neck"),
    "upperneck": ("upperneck", "Neck"),
    "head": ("head", "Head"),
    **{
        f"{s}{name}": (f"{s}{name}", *(side + joint for joint in joints))
        for s, side in (("l", "Left"), ("r", "Right"))
        for name, joints in {
            "femur": ("UpLeg", "Hip"),
            "tibia": ("Leg", "Knee"),
            "foot": ("Foot", "Ankle"),
            # Makers disagree on whether LeftShoulder is the collar bone or the upper arm.
            "clavicle": ("Collar", "Shoulder"),
            "humerus": ("Arm", "Shoulder"),
            "radius": ("ForeArm", "Elbow"),
            "wrist": ("Hand", "Wrist"),
        }.items()
    },
}


def unit(vector: Floats) -> Floats:
    """The vector at length 1."""
    return np.asarray(vector / np.linalg.norm(vector))


def turn(axis: Floats, angle: float) -> Floats:
    """Rotation [3,3] by ``angle`` radians about a unit axis."""
    return np.asarray(Rotation.from_rotvec(np.asarray(axis, np.float64) * angle).as_matrix())


def between(a: Floats, b: Floats) -> Floats:
    """Smallest rotation that brings direction ``a`` to direction ``b``."""
    a, b = unit(a), unit(b)
    cross, cos = np.cross(a, b), float(a @ b)
    if cos < -0.9999:
        return turn(unit(np.cross(a, [0.31, 0.87, 0.38])), np.pi)
    skew = np.array([[0, -cross[2], cross[1]], [cross[2], 0, -cross[0]], [-cross[1], cross[0], 0]])
    return np.asarray(np.eye(3) + skew + skew @ skew / (1 + cos))


@dataclass(frozen=True)
class Skeleton:
    """Kinematics of one person: the body model's bones with this person's rest joints."""

    body: BodyModel
    joints: Floats  # [104,3]

    def joint(self, name: str) -> Floats:
        """Rest place [3] of a bone's head."""
        return np.asarray(self.joints[self.body.bone(name)], np.float64)

    @cached_property
    def below(self) -> dict[str, np.ndarray]:
        """For each bone a mask [104] of itself and everything that hangs on it."""
        masks = {}
        for i, name in enumerate(self.body.bones):
            mask = np.zeros(len(self.body.bones), bool)
            mask[i] = True
            for k in range(i + 1, len(mask)):
                mask[k] = mask[self.body.parents[k]]
            masks[name] = mask
        return masks

    def rest_pose(self) -> Floats:
        """The pose of the rest shape: arms half lifted."""
        return np.broadcast_to(np.eye(3), (len(self.joints), 3, 3)).copy()

    def place(self, pose: Floats, root: Floats) -> tuple[Floats, Floats]:
        """Transforms [104,3,4] for skinning and joint places [104,3], the root at ``root``."""
        places = np.empty_like(self.joints, np.float64)
        for i, parent in enumerate(self.body.parents):
            if parent < 0:
                places[i] = root
            else:
                places[i] = places[parent] + pose[parent] @ (self.joints[i] - self.joints[parent])
        transforms = np.empty((len(places), 3, 4))
        transforms[:, :, :3] = pose
        transforms[:, :, 3] = places - np.einsum("bij,bj->bi", pose, self.joints)
        return transforms, places

    def spread(self, rotations: dict[str, Floats]) -> Floats:
        """Complete a pose: bones that are not named follow their parents."""
        pose = self.rest_pose()
        for i, name in enumerate(self.body.bones):
            parent = self.body.parents[i]
            if name in rotations:
                pose[i] = rotations[name]
            elif parent >= 0:
                pose[i] = pose[parent]
        return pose


def retarget(skeleton: Skeleton, motion: Motion, frame: int) -> Floats:
    """One frame of a motion on this skeleton, whatever skeleton it was recorded on.

    Files that use MakeHuman's own bones are copied; of others, limbs take the direction and twist
    of the recorded segment.
    """
    if "upperleg01.L" in motion.rotations:
        return skeleton.spread({name: r[frame] for name, r in motion.rotations.items()})
    found = {
        segment: next((alias for alias in aliases if alias in motion.rotations), "")
        for segment, aliases in _ALIASES.items()
    }
    missing = [segment for segment, own in found.items() if not own]
    if missing:
        raise InputError(f"The motion has no segments for {', '.join(missing)}.")

    def of(segment: str) -> Floats:
        return np.asarray(motion.rotations[found[segment]][frame])

    def limb(segment: str, start: str, end: str) -> None:
        # Some skeletons end at the wrist, which then has no direction and follows the forearm.
        direction = motion.directions.get(found[segment])
        if direction is not None:
            rest = skeleton.joint(end) - skeleton.joint(start)
            world[start] = of(segment) @ between(rest, direction)

    world: dict[str, Floats] = {
        "root": of("root"), "spine05": of("root"), "spine04": of("lowerback"),
        "spine03": of("upperback"), "spine02": of("thorax"), "neck01": of("lowerneck"),
        "neck02": of("upperneck"), "head": of("head"),
    }  # fmt: skip
    for side, s in ((".L", "l"), (".R", "r")):
        world[f"pelvis{side}"] = of("root")
        limb(f"{s}femur", f"upperleg01{side}", f"lowerleg01{side}")
        limb(f"{s}tibia", f"lowerleg01{side}", f"foot{side}")
        limb(f"{s}foot", f"foot{side}", f"toe3-1{side}")
        world[f"clavicle{side}"] = of(f"{s}clavicle")
        limb(f"{s}humerus", f"upperarm01{side}", f"lowerarm01{side}")
        limb(f"{s}radius", f"lowerarm01{side}", f"wrist{side}")
        limb(f"{s}wrist", f"wrist{side}", f"finger3-1{side}")
    return skeleton.spread(world)


def face_front(pose: Floats) -> Floats:
    """The pose turned about the vertical so that its hips face the camera."""
    return np.asarray(to_front(pose) @ pose)


def to_front(pose: Floats) -> Floats:
    """The turn [3,3] about the vertical that makes the pose's hips face the camera."""
    x, y, _ = pose[0] @ np.array([0.0, -1.0, 0.0])
    return turn(np.array([0.0, 0.0, 1.0]), -float(np.arctan2(x, -y)))


def stand(skeleton: Skeleton, rng: np.random.Generator) -> Floats:
    """Legs of someone who stands at ease."""
    pose = skeleton.rest_pose()
    for side in (".L", ".R"):
        leg = (
            turn(np.array([0.0, 1, 0]), rng.normal() * 0.07)
            @ turn(np.array([1.0, 0, 0]), rng.normal() * 0.12)
            @ turn(np.array([0.0, 0, 1]), rng.normal() * 0.12)
        )
        pose[skeleton.below[f"upperleg01{side}"]] = leg
        knee = turn(np.array([1.0, 0, 0]), abs(rng.normal()) * 0.2)
        pose[skeleton.below[f"lowerleg01{side}"]] = leg @ knee
        pose[skeleton.below[f"foot{side}"]] = leg
    return pose


def bend(skeleton: Skeleton, pose: Floats, bones: tuple[str, ...], rotation_vector: Floats) -> None:
    """Turn a chain of bones in place, each by its share of a rotation vector (radians)."""
    share = Rotation.from_rotvec(rotation_vector / len(bones)).as_matrix()
    for name in bones:
        mask = skeleton.below[name]
        pose[mask] = share @ pose[mask]


def move_torso(skeleton: Skeleton, pose: Floats, rng: np.random.Generator, amount: float) -> None:
    """Lean and twist the spine in place."""
    bend(skeleton, pose, _SPINE, rng.normal(size=3) * [0.13, 0.09, 0.25] * amount)


def move_head(skeleton: Skeleton, pose: Floats, rng: np.random.Generator, amount: float) -> None:
    """Nod, tilt and turn the head in place."""
    bend(skeleton, pose, _NECK, rng.normal(size=3) * [0.16, 0.1, 0.35] * amount)
