"""Framing: which square of the photo the networks see, and which square of the camera matches it.

Convention: see ``window``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bunraku.runtime.pose import Pose
from bunraku.runtime.source.window import Window
from bunraku.spec.arrays import Array
from bunraku.spec.few import mean_of
from bunraku.spec.landmarks import (
    FEET,
    HEAD,
    LEFT_ANKLE,
    LEFT_HIP,
    LEFT_SHOULDER,
    RIGHT_ANKLE,
    RIGHT_HIP,
    RIGHT_SHOULDER,
    VISIBLE,
    Bone,
)

# Sizes of people, in torsos (middle of the shoulders to middle of the hips).
STANDING = 3.5
"""Height of a standing person."""
ARM_SPAN = 3.8
"""From fingertips to fingertips of spread arms."""
REACH_UP = 1.45
"""From the shoulders to the fingertips of a raised arm."""
SHOULDERS = 0.72
"""Width of the shoulders."""

SAME_SHAPE = 0.02
"""Pictures whose aspect ratios differ by less than this share show the same scene, scaled."""
LIFT_MAX = 0.08
"""How far, in windows, the driver is lifted or lowered to stand on the source's ground."""
SQUAT_MAX = 0.4
"""The same where one of them squats or sits and the other stands."""

SHORTENED = 0.85
"""A bone that the picture shows shorter than this share of its length is taken to be turned away;
above, the picture is the better measure."""

ROOM_ABOVE = 1.3
"""A full-body window, in heights of the standing person: room for raised arms and jumps."""
FEET_AT = 0.955
"""Where a standing person's feet are in a full-body window."""
ROOM_AROUND = 1.08
"""A window is never smaller than the person times this."""
EDGE = 0.015
"""A person this near to the photo's lower edge, in photo heights, is taken to be cut by it."""


@dataclass(frozen=True)
class Framing:
    """How a photo is framed."""

    window: Window
    """On whole pixels of the photo."""
    half: bool
    """The photo's lower edge cuts the person: the window ends there."""
    unit: Bone
    """What a driver is matched by: the torso, the shoulders where the hips are unseen, or the head
    where nothing else is there to move."""


def source_framing(pose: Pose, shape: tuple[int, int]) -> Framing:
    """The window of a photo: the whole person, with room to move.

    :param pose: the photo's person, with a mask.
    :param shape: the photo's height and width.
    """
    height, width = shape
    x0, y0, x1, y1 = person_box(pose, shape)
    unit = Bone.TORSO if hips_seen(pose.landmarks, shape) else Bone.SHOULDERS
    torso, (anchor_x, _) = measure(pose, unit)
    if unit is Bone.SHOULDERS:
        torso /= SHOULDERS
    # What is beyond the photo, or beyond the reach of the arms, would only cost resolution.
    largest = max(float(height), min(float(width), ARM_SPAN * torso))
    around = ROOM_AROUND * max(x1 - x0, y1 - y0)
    half = y1 > height * (1.0 - EDGE) and not feet_seen(pose.landmarks, height)
    if half:
        shoulder_y = float(pose.landmarks[[LEFT_SHOULDER, RIGHT_SHOULDER], 1].mean())
        wanted = height - (shoulder_y - REACH_UP * torso)
    else:
        wanted = ROOM_ABOVE * STANDING * torso
    side = max(min(max(wanted, around), largest), ROOM_AROUND * (x1 - x0), y1 - y0)
    centre_x = _pull_inside(anchor_x, x0, x1, side, width)
    if half:
        left, _, whole = Window(centre_x, 0.0, side).box
        return Framing(Window.of_box(left, height - whole, whole), half, unit)
    bottom = y1 + (1.0 - FEET_AT) * side
    centre_y = _pull_inside(bottom - side / 2, y0, y1, side, height)
    return Framing(Window(centre_x, centre_y, side).snapped(), half, unit)


def driving_window(source: Pose, source_window: Window, driver: Pose, unit: Bone) -> Window:
    """The camera's window in which the driver's trunk stands where the source's does.

    :param source: the photo's person, in pixels of the photo.
    :param driver: the driver, in pixels of the camera, in the frame of the calibration.
    :param unit: what both are measured by.
    """
    length, (x, y) = measure(source, unit)
    driving_length, (driving_x, driving_y) = measure(driver, unit)
    # The scale of all that is seen is steadier than any one length: a torso looks a fifth longer
    # or shorter as the camera is held.
    body, driving_body = pixels_per_metre(source), pixels_per_metre(driver)
    if unit is Bone.HEAD:  # the rest is guessed
        body = driving_body = 0.0
    scale = driving_body / body if body and driving_body else driving_length / length
    return Window(
        driving_x + (source_window.cx - x) * scale,
        driving_y + (source_window.cy - y) * scale,
        source_window.side * scale,
    )


def measure(pose: Pose, unit: Bone) -> tuple[float, tuple[float, float]]:
    """A person's size in pixels, at least 1, and the point (x, y) that stands for the trunk.

    The size is the length of ``Bone.TORSO`` or ``Bone.SHOULDERS`` as the picture shows it; where
    a lean or a turn shortens it, the bone's length in metres at the body's scale counts. Of
    ``Bone.HEAD`` it is how far its landmarks spread, and their middle the point.
    """
    if unit is Bone.HEAD:
        return _measure_head(pose)
    start, end = _ends(pose.landmarks, unit)
    length = float(np.linalg.norm(end[:2] - start[:2]))
    world_start, world_end = _ends(pose.world, unit)
    metres = float(np.linalg.norm(world_end - world_start))
    length = max(length, SHORTENED * metres * pixels_per_metre(pose), 1.0)
    return length, (float(start[0] + end[0]) / 2, float(start[1] + end[1]) / 2)


def pixels_per_metre(pose: Pose) -> float:
    """The body's scale: the least-squares fit of its metres to its pixels, over what is seen."""
    seen = pose.landmarks[:, 3] >= VISIBLE
    if seen.sum() < 4:
        return 0.0
    pixels, metres = pose.landmarks[seen, :2], pose.world[seen, :2]
    pixels, metres = pixels - mean_of(pixels), metres - mean_of(metres)
    return max(0.0, float((pixels * metres).sum() / max((metres * metres).sum(), 1e-9)))


def _measure_head(pose: Pose) -> tuple[float, tuple[float, float]]:
    pixels, metres = pose.landmarks[list(HEAD), :2], pose.world[list(HEAD)]
    shown, spread = (float(np.linalg.norm(p - p.mean(0))) for p in (pixels, metres))
    x, y = pixels.mean(0).tolist()
    return max(shown, SHORTENED * spread * pixels_per_metre(pose), 1.0), (x, y)


def _ends(points: Array, unit: Bone) -> tuple[Array, Array]:
    if unit is Bone.SHOULDERS:
        return points[LEFT_SHOULDER], points[RIGHT_SHOULDER]
    half = np.float32(0.5)
    return (
        (points[LEFT_SHOULDER] + points[RIGHT_SHOULDER]) * half,
        (points[LEFT_HIP] + points[RIGHT_HIP]) * half,
    )


def person_box(pose: Pose, shape: tuple[int, int]) -> tuple[float, float, float, float]:
    """Left, top, right and bottom edge of the person's visible part, within the picture."""
    height, width = shape
    seen = pose.landmarks[pose.landmarks[:, 3] >= VISIBLE, :2]
    points = [np.clip(seen, 0.0, [width - 1.0, height - 1.0])] if len(seen) else []
    if pose.mask is not None and (pose.mask > 0.5).any():
        rows = np.flatnonzero((pose.mask > 0.5).any(1))
        columns = np.flatnonzero((pose.mask > 0.5).any(0))
        points.append(np.array([[columns[0], rows[0]], [columns[-1], rows[-1]]], np.float32))
    if not points:
        return 0.0, 0.0, float(width), float(height)
    every = np.concatenate(points)
    low, high = every.min(0), every.max(0)
    return float(low[0]), float(low[1]), float(high[0]) + 1.0, float(high[1]) + 1.0


def hips_seen(landmarks: Array, shape: tuple[int, int]) -> bool:
    """Whether both hips of ``[33, 4]`` landmarks are visible and inside the picture."""
    return all(_joint_seen(landmarks[i], shape) for i in (LEFT_HIP, RIGHT_HIP))


def shoulders_seen(landmarks: Array, shape: tuple[int, int]) -> bool:
    """Whether a shoulder of ``[33, 4]`` landmarks is visible and inside the picture."""
    return any(_joint_seen(landmarks[i], shape) for i in (LEFT_SHOULDER, RIGHT_SHOULDER))


def _joint_seen(joint: Array, shape: tuple[int, int]) -> bool:
    x, y, _, visibility = joint
    inside = 0.0 <= x <= shape[1] - 1.0 and 0.0 <= y <= shape[0] * (1.0 - EDGE)
    return bool(visibility >= VISIBLE and inside)


def head_seen(landmarks: Array, shape: tuple[int, int]) -> bool:
    """Whether half of a head's landmarks or more are visible and inside the picture."""
    x, y, seen = landmarks[list(HEAD)][:, [0, 1, 3]].T
    inside = (x >= 0.0) & (x <= shape[1] - 1.0) & (y >= 0.0) & (y <= shape[0] - 1.0)
    return bool((inside & (seen >= VISIBLE)).sum() * 2 >= len(HEAD))


def feet_seen(landmarks: Array, height: int) -> bool:
    """Whether the feet of ``[33, 4]`` landmarks are visible, above a picture's lower edge."""
    lowest = landmarks[list(FEET), 1].max()
    visible = landmarks[[LEFT_ANKLE, RIGHT_ANKLE], 3].max() >= VISIBLE
    return bool(visible and lowest < height)


def _pull_inside(centre: float, low: float, high: float, side: float, size: int) -> float:
    """A window's centre, in pixel coordinates, along one axis.

    As near to ``centre`` as keeps the person ``low..high`` in, and then as much of the window
    inside the picture as goes.
    """
    left = centre + 0.5 - side / 2
    spare = size - side  # negative where the window is larger than the picture
    left = min(max(left, min(spare, 0.0)), max(spare, 0.0))
    left = min(max(left, high - side), low)
    return left + side / 2 - 0.5
