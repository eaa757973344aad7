"""Motion capture files: ASF/AMC (CMU) and BVH, plain or gzipped, as rotations of named segments.

Both become the same thing: per segment the rotation from its rest pose to the world, frame by
frame, and the direction in which the segment points at rest. Convention: as body.py (x to the
body's left, y backwards, z up); the files themselves are y up, z to the front.
"""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bunraku.errors import InputError
from bunraku.training.people.body import Floats

AMC_RATE, AMC_STRIDE = 120, 6
"""Frames a second of CMU's clips, and every how many-th of them is kept: 20 a second."""
_TO_Z_UP = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]])


@dataclass(frozen=True)
class Motion:
    """``rotations[segment]`` is [t,3,3]; ``directions[segment]`` [3] (not a unit vector);
    ``travel`` [t,3] is the way of the root in lengths of the skeleton's leg."""

    rotations: dict[str, Floats]
    directions: dict[str, Floats]
    travel: Floats
    frame_time_s: float

    def __len__(self) -> int:
        return len(next(iter(self.rotations.values())))


def rotation_about(axis: int, degrees: Floats) -> Floats:
    """Rotations [...,3,3] about a coordinate axis."""
    angle = np.deg2rad(degrees)
    cos, sin = np.cos(angle), np.sin(angle)
    out = np.zeros((*angle.shape, 3, 3))
    out[..., axis, axis] = 1
    i, j = (axis + 1) % 3, (axis + 2) % 3
    out[..., i, i] = out[..., j, j] = cos
    out[..., i, j], out[..., j, i] = -sin, sin
    return out


def _euler(angles: Floats) -> Floats:
    """ASF's order: x first, then y, then z, about fixed axes."""
    x, y, z = (rotation_about(axis, angles[..., axis]) for axis in range(3))
    return np.asarray(z @ y @ x)


def _turn(rotations: Floats) -> Floats:
    return np.asarray(_TO_Z_UP @ rotations @ _TO_Z_UP.T)


def read_text(path: Path) -> str:
    """Text of a plain or gzipped file."""
    if path.suffix == ".gz":
        with gzip.open(path, "rt", errors="ignore") as file:
            return file.read()
    return path.read_text(encoding="utf-8", errors="ignore")


@dataclass
class _Bone:
    direction: Floats
    length: float
    axis: Floats
    freedom: list[str]


def read_asf(path: Path) -> tuple[dict[str, _Bone], dict[str, str]]:
    """Bones and their parents of a CMU skeleton."""
    bones: dict[str, _Bone] = {}
    parents: dict[str, str] = {}
    section, name = "", ""
    for line in read_text(path).splitlines():
        words = line.replace("(", " ").replace(")", " ").split()
        if not words:
            continue
        if words[0].startswith(":"):
            section = words[0]
        elif section == ":bonedata":
            match words[0]:
                case "name":
                    name = words[1]
                    bones[name] = _Bone(np.zeros(3), 0.0, np.zeros(3), [])
                case "direction":
                    bones[name].direction = np.array(words[1:4], np.float64)
                case "length":
                    bones[name].length = float(words[1])
                case "axis":
                    bones[name].axis = np.array(words[1:4], np.float64)
                case "dof":
                    bones[name].freedom = words[1:]
        elif section == ":hierarchy" and words[0] not in ("begin", "end"):
            parents |= dict.fromkeys(words[1:], words[0])
    if not bones:
        raise InputError(f"{path} is no ASF skeleton: it lists no bones.")
    return bones, parents


def read_amc(path: Path, skeleton: Path) -> Motion:
    """A CMU clip, thinned to every ``AMC_STRIDE``-th frame."""
    bones, parents = read_asf(skeleton)
    frames: list[dict[str, list[float]]] = []
    current: dict[str, list[float]] | None = None
    count = 0
    for line in read_text(path).splitlines():
        if line.isdigit():
            current = {} if count % AMC_STRIDE == 0 else None
            count += 1
            if current is not None:
                frames.append(current)
        elif current is not None and line and line[0] not in "#:":
            words = line.split()
            current[words[0]] = [float(word) for word in words[1:]]
    frames = [frame for frame in frames if "root" in frame]
    if not frames:
        raise InputError(f"{path} is no AMC clip: it holds no frames.")
    rotations = {"root": _euler(np.array([frame["root"][3:6] for frame in frames]))}
    for name, bone in bones.items():  # parents come first in ASF files
        above = rotations[parents[name]]
        if bone.freedom:
            angles = np.zeros((len(frames), 3))
            for i, freedom in enumerate(bone.freedom):
                angles[:, "xyz".index(freedom[1])] = [frame[name][i] for frame in frames]
            own = _euler(bone.axis)
            rotations[name] = above @ (own @ _euler(angles) @ own.T)
        else:
            rotations[name] = above
    leg = sum(bones[name].length for name in ("lfemur", "ltibia") if name in bones) or 1.0
    travel = np.array([frame["root"][:3] for frame in frames]) @ _TO_Z_UP.T / leg
    return Motion(
        {name: _turn(rotation) for name, rotation in rotations.items()},
        {name: _TO_Z_UP @ bone.direction for name, bone in bones.items()},
        travel,
        AMC_STRIDE / AMC_RATE,
    )


@dataclass
class _Joint:
    parent: str | None
    offset: Floats
    channels: list[str]


def read_bvh(path: Path) -> Motion:
    """A BVH clip; a joint's direction points to its first child that lies elsewhere."""
    joints: dict[str, _Joint] = {}
    stack: list[str] = []
    current = ""
    lines = iter(read_text(path).splitlines())
    for line in lines:
        words = line.split()
        match words[0] if words else "":
            case "ROOT" | "JOINT":
                current = words[1]
                joints[current] = _Joint(stack[-1] if stack else None, np.zeros(3), [])
            case "End":
                current = ""
            case "{":
                stack.append(current)
            case "}":
                stack.pop()
            case "OFFSET" if current:
                joints[current].offset = np.array(words[1:4], np.float64)
            case "CHANNELS":
                joints[current].channels = words[2:]
            case "MOTION":
                break
    rows: list[list[float]] = []
    frame_time_s = 1 / 30
    for line in lines:
        if line.startswith("Frame Time"):
            frame_time_s = float(line.split(":")[1])
        elif line.strip() and not line.startswith("Frames"):
            rows.append([float(word) for word in line.split()])
    channels = sum(len(joint.channels) for joint in joints.values())
    rows = [row for row in rows if len(row) == channels]  # the last one may be cut short
    if not joints or not rows:
        raise InputError(f"{path} is no BVH clip: it holds no joints or no frames.")
    values = np.array(rows)
    rotations: dict[str, Floats] = {}
    directions: dict[str, Floats] = {}
    places: dict[str, Floats] = {}
    travel = np.zeros((len(values), 3))
    column = 0
    for name, joint in joints.items():
        local = np.broadcast_to(np.eye(3), (len(values), 3, 3))
        for channel in joint.channels:
            if channel.endswith("rotation"):
                local = local @ rotation_about("XYZ".index(channel[0]), values[:, column])
            elif joint.parent is None:
                travel[:, "XYZ".index(channel[0])] = values[:, column]
            column += 1
        parent = joint.parent
        rotations[name] = local if parent is None else rotations[parent] @ local
        places[name] = joint.offset if parent is None else places[parent] + joint.offset
        if parent is not None and parent not in directions and joint.offset.any():
            directions[parent] = joint.offset
    basis = _basis(places)
    return Motion(
        {name: basis @ rotation @ basis.T for name, rotation in rotations.items()},
        {name: basis @ direction for name, direction in directions.items()},
        travel @ basis.T / _leg_length(directions),
        frame_time_s,
    )


def _leg_length(directions: dict[str, Floats]) -> float:
    """Length of thigh and shin in the file's units."""
    for names in (("LeftUpLeg", "LeftLeg"), ("LeftHip", "LeftKnee")):
        if all(name in directions for name in names):
            return float(sum(np.linalg.norm(directions[name]) for name in names))
    return 1.0


def _basis(places: dict[str, Floats]) -> Floats:
    """Rotation from a BVH file's axes to ours, from where hips and head are in its rest pose."""
    left, right, head = (
        next((places[name] for name in places if name.lower() in names), None)
        for names in (
            ("lefthip", "leftupleg", "upperleg01.l"),
            ("righthip", "rightupleg", "upperleg01.r"),
            ("head",),
        )
    )
    if left is None or right is None or head is None:
        return _TO_Z_UP
    up = head - (left + right) / 2
    # Files are upright along one of their axes; the body's own lean must not tilt the world.
    up = np.sign(up) * (np.abs(up) == np.abs(up).max())
    across = left - right
    across = np.sign(across) * (np.abs(across) == np.abs(across).max())
    return np.array([across, np.cross(up, across), up], np.float64)
