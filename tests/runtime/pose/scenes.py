"""Made-up scenes: people are places, and the networks see them or not."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from bunraku.runtime.pose.detector import MOST_PROPOSED, Detection, Detector
from bunraku.runtime.pose.landmarks import Landmarker, Landmarks
from bunraku.runtime.pose.roi import Roi
from bunraku.runtime.pose.tracker import PoseTracker
from bunraku.spec.arrays import Picture
from bunraku.spec.landmarks import LANDMARKS

STEP_S = 1 / 30
FRAME: Picture = np.zeros((400, 600, 3), np.uint8)
FRAME[0, -1] = 1  # is at the left in a mirror
LIGHT: Picture = np.full_like(FRAME, 200)
LIGHT[0, 0] = 0


@dataclass
class Person:
    """Hips at x, y; the circle around the body has this radius."""

    x: float
    y: float
    radius: float
    presence: float = 0.95
    score: float = 0.9
    torn: bool = False
    """whether the network sees another body each time it looks from somewhere else"""
    clothes: tuple[int, int, int] = (200, 0, 0)

    @property
    def roi(self) -> Roi:
        return Roi(self.x, self.y, self.radius * 2.5, 0)


@dataclass
class Scene:
    people: list[Person] = field(default_factory=list)
    small: list[Person] = field(default_factory=list)
    """seen only in tiles"""
    suspected: list[Person] = field(default_factory=list)
    """too unlike people for the detector to be sure of"""
    calls: list[str] = field(default_factory=list)

    def count(self, call: str) -> int:
        return sum(c.startswith(call) for c in self.calls)


class SceneDetector(Detector):
    def __init__(self, scene: Scene) -> None:
        self._scene = scene

    def detect(self, frame: Picture, depth: int = 2, first: int = 0) -> list[Detection]:
        self._scene.calls.append(f"detect {depth}")
        people = [] if first else self._scene.people
        people = people or (self._scene.small if depth else [])
        return sorted((detection(p, p.score) for p in people), key=lambda d: -d.roi.side)

    def propose(self, frame: Picture, most: int = MOST_PROPOSED) -> list[Detection]:
        self._scene.calls.append("propose")
        if frame.shape != FRAME.shape or frame[0, 0, 0]:
            return []  # turned, with a margin or in a mirror
        return [detection(p, 0.2) for p in self._scene.suspected]


def detection(p: Person, score: float) -> Detection:
    points = [[p.x, p.y], [p.x, p.y - p.radius], [p.x, p.y - p.radius / 2], [p.x, 0]]
    return Detection(score, np.zeros(4, np.float32), np.array(points, np.float32))


class SceneLandmarker(Landmarker):
    def __init__(self, scene: Scene) -> None:
        self._scene = scene

    def run(self, frame: Picture, roi: Roi, mask: bool = True) -> Landmarks:
        self._scene.calls.append("landmarks" if mask else "landmarks without mask")
        points, presence = np.zeros((39, 3)), 0.05
        for p in self._scene.people + self._scene.small + self._scene.suspected:
            x = frame.shape[1] - 1 - p.x if frame[0, 0, 0] else p.x
            if np.hypot(x - roi.x, p.y - roi.y) < roi.side / 4:
                points[:, :2] = x, p.y
                if p.torn:
                    points[:33, :2] += (roi.x - x, roi.y - p.y)
                points[34] = x, p.y - p.radius, 0
                presence = p.presence
        out = np.ones((256, 256), np.float32) if mask else None
        return Landmarks(points, np.ones(LANDMARKS), np.zeros((LANDMARKS, 3)), presence, out, roi)


def track(tracker: PoseTracker, frame: int) -> tuple[float, float] | None:
    pose = tracker.track(FRAME, frame * STEP_S)
    return None if pose is None else (float(pose.landmarks[0, 0]), float(pose.landmarks[0, 1]))
