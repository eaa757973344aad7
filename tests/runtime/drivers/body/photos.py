"""A photo of a person made by code who stands as the template does, and the body fitted to it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from tests.runtime.drivers.body.people import silhouette
from tests.runtime.fakes import street

from bunraku.runtime.drivers.body.fit import Fit, fit_body
from bunraku.runtime.drivers.body.rig import Rig
from bunraku.runtime.drivers.body.template import load_template
from bunraku.runtime.later import Later
from bunraku.runtime.pose import Pose
from bunraku.runtime.source.framing import Framing
from bunraku.runtime.source.plate import Plate
from bunraku.runtime.source.source import Source
from bunraku.runtime.source.window import Window
from bunraku.spec.arrays import Array, Picture
from bunraku.spec.landmarks import Bone

N = 256
SCALE = 110.0
TEMPLATE = load_template()
RIG = Rig(TEMPLATE.landmarks)
SURE = np.ones(33, np.float32)
"""How surely each landmark is seen."""


def _person() -> Array:
    points = TEMPLATE.landmarks * SCALE
    points[:, :2] += np.array([128.0, 118.0]) - points[[23, 24], :2].mean(0)
    return np.concatenate([points, np.ones((33, 1), np.float32)], 1).astype(np.float32)


PERSON = _person()
"""``[33, 4]`` in pixels of the window."""
OUTLINE = silhouette(PERSON, (N, N), SCALE)


def fitted(outline: NDArray[np.uint8]) -> Fit:
    """The body of a person of this outline."""
    return fitted_to(PERSON, outline.astype(np.float32))


def fitted_to(landmarks: Array, mask: Array, rig: Rig = RIG) -> Fit:
    """The body of a person who stands like this."""
    fit = fit_body(TEMPLATE, rig, landmarks, mask)
    assert fit is not None
    return fit


def posed(fit: Fit, landmarks: Array, rig: Rig = RIG) -> Array:
    """The bones of a body as a driver holds them whose landmarks are all seen."""
    return rig.transforms(fit.stance, landmarks, SURE)


def source_of(photo: Picture, left: int = 0, *, half: bool = False) -> Source:
    """A photo whose window begins at this column of it."""
    mask = OUTLINE.astype(np.float32)
    pose = Pose(PERSON, PERSON[:, :3] / SCALE, 0.99, mask)
    framing = Framing(Window.of_box(left, 0, N), half, Bone.TORSO)
    return Source(photo, pose, 1, framing, street((N, N)), mask, Later.of(Plate(photo)))
