"""People in a picture: MediaPipe's BlazePose detector.

Source: mediapipe/modules/pose_detection/pose_detection_cpu.pbtxt (anchors, score threshold,
weighted non-maximum suppression). Pixels count from the centre of the top-left pixel.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bunraku.runtime.engines.protocol import Engine
from bunraku.runtime.pose.roi import Roi, crop, to_network
from bunraku.spec.arrays import Array, Picture

SIZE = 224
_GRIDS = ((28, 2), (14, 2), (7, 6))  # cells a side, anchors a cell
_KEYPOINTS = 4
SURE_SCORE = 0.5
"""Of what is somebody, most times."""
CERTAIN_SCORE = 0.75
"""Of what is somebody, and where the detector says."""
_MIN_TILE_SCORE = CERTAIN_SCORE  # a tile shows parts of people and things that look like people
_MIN_PROPOSED = 0.1  # what the landmark network decides about; real people score 0.17 and less
MOST_PROPOSED = 5
_MIN_OVERLAP = 0.3  # of boxes that show the same person
_TILE_OVERLAP = 1 / 3
_MOST_TILES = 120  # a picture that needs more is a strip without people


@dataclass(frozen=True, eq=False)
class Detection:
    """One person."""

    score: float
    """0..1"""
    box: npt.NDArray[np.float32]
    """[4], left, top, right, bottom of the head, frame pixels"""
    keypoints: npt.NDArray[np.float32]
    """[4,2], frame pixels: hip centre, rim of the circle around the body, shoulder centre, rim of
    the circle around the upper body"""

    @property
    def roi(self) -> Roi:
        """The square that the landmark network wants to see."""
        return Roi.around(self.keypoints[0], self.keypoints[1])

    def prominence(self, width: int) -> float:
        """How much there is to see of somebody: large, clear, and not cut by a side of the picture.

        :param width: the picture's, in pixels.
        """
        middle, rim = self.keypoints[2:]
        reach = max(float(np.linalg.norm(rim - middle)), 1.0)
        left, right = max(float(middle[0]) - reach, 0.0), min(float(middle[0]) + reach, width)
        return self.roi.side * self.score * max(right - left, 0.0) / (2 * reach)


class Detector:
    """Finds people with one network call a picture; for several threads at once."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._anchors = anchors()

    def detect(self, frame: Picture, depth: int = 2, first: int = 0) -> list[Detection]:
        """Find the people in a picture.

        Args:
            frame: RGB u8 [H,W,3].
            depth: how often to look again, if nobody is found, at overlapping parts of half the
                size, where small people are larger: 0 never, 1 some ten more calls, 2 some fifty.
            first: the depth to begin with.

        Returns:
            Detections, the person of whom most is to be seen first.
        """
        found = [] if first else self._detect(frame, SURE_SCORE)
        height, width = frame.shape[:2]
        for level in range(max(first, 1), depth + 1):
            tiles = tile_corners(height, width, 2**level)
            if found or len(tiles) > _MOST_TILES:
                break
            for y, x, side in tiles:
                part = frame[y : y + side, x : x + side]
                found += [_moved(d, x, y) for d in self._detect(part, _MIN_TILE_SCORE)]
            found = _distinct(found)
        return sorted(found, key=lambda d: d.prominence(width), reverse=True)

    def propose(self, frame: Picture, most: int = MOST_PROPOSED) -> list[Detection]:
        """Where somebody might be, however unlikely, the best first; see ``proposals``."""
        return self._detect(frame, _MIN_PROPOSED)[:most]

    def _detect(self, frame: Picture, min_score: float) -> list[Detection]:
        height, width = frame.shape[:2]
        whole = Roi((width - 1) / 2, (height - 1) / 2, max(height, width), 0.0)
        image = np.empty((1, 3, SIZE, SIZE), np.float32)
        to_network(crop(frame, whole, SIZE), image[0], 2 / 255, -1)
        said = self._engine.run({"image": image})
        found = decode(said["boxes"][0], said["scores"][0, :, 0], self._anchors, min_score)
        people = []
        for score, unit in found:
            points = whole.points_to_frame(unit).astype(np.float32)
            people.append(Detection(score, points[:2].ravel(), points[2:]))
        return people


def anchors() -> Array:
    """Centres (x, y) of the 2254 anchors in units of the network's square, [2254,2]."""
    parts = []
    for cells, repeat in _GRIDS:
        centre = (np.arange(cells, dtype=np.float32) + 0.5) / cells
        y, x = np.meshgrid(centre, centre, indexing="ij")
        parts.append(np.repeat(np.stack([x.ravel(), y.ravel()], axis=1), repeat, axis=0))
    return np.concatenate(parts)


def decode(
    boxes: Array, logits: Array, anchor: Array, min_score: float
) -> list[tuple[float, Array]]:
    """Turn the network's output into people: weighted non-maximum suppression.

    Args:
        boxes: [N,12], centre, size and four keypoints, relative to the anchors, in input pixels.
        logits: [N].
        anchor: [N,2] in units of the square.
        min_score: 0..1.

    Returns:
        For each person the score and the points [6,2] (two box corners, four keypoints) in units
        of the square, the best first. Boxes of one person are averaged by their scores.
    """
    scores = 1 / (1 + np.exp(-np.clip(logits, -80, 80)))
    good = np.flatnonzero(scores > min_score)
    good = good[np.argsort(-scores[good], kind="stable")]
    scores = scores[good]
    values = boxes[good].reshape(-1, 2 + _KEYPOINTS, 2) / np.float32(SIZE)
    centre, half = values[:, :1] + anchor[good, None], values[:, 1:2] / 2
    points = np.concatenate([centre - half, centre + half, values[:, 2:] + anchor[good, None]], 1)
    people = []
    while len(points):
        same = overlap(points[0, :2], points[:, :2]) > _MIN_OVERLAP
        same[0] = True
        weight = scores[same, None, None]
        people.append((float(scores[0]), (points[same] * weight).sum(0) / weight.sum()))
        points, scores = points[~same], scores[~same]
    return people


def overlap(box: Array, boxes: Array) -> Array:
    """Intersection over union of one box [2,2] (corners) with boxes [N,2,2]."""
    low = np.maximum(box[0], boxes[:, 0])
    high = np.minimum(box[1], boxes[:, 1])
    common = np.clip(high - low, 0, None).prod(1)
    union = (box[1] - box[0]).prod() + (boxes[:, 1] - boxes[:, 0]).prod(1) - common
    return np.asarray(common / np.maximum(union, 1e-9), dtype=np.float32)


def tile_corners(height: int, width: int, parts: int) -> list[tuple[int, int, int]]:
    """Overlapping squares (top, left, side) that cover a picture, its short side / parts each."""
    side = -(-min(height, width) // parts)

    def starts(length: int) -> list[int]:
        count = 1 + int(np.ceil((length - side) / (side * (1 - _TILE_OVERLAP))))
        return [int(s) for s in np.linspace(0, length - side, count)]

    return [(y, x, side) for y in starts(height) for x in starts(width)]


def _moved(detection: Detection, x: int, y: int) -> Detection:
    shift = np.array([x, y], np.float32)
    box = detection.box + np.tile(shift, 2)
    return Detection(detection.score, box, detection.keypoints + shift)


def _distinct(found: list[Detection]) -> list[Detection]:
    """Of detections of one person in several tiles, keep the best."""
    kept: list[Detection] = []
    for d in sorted(found, key=lambda d: d.score, reverse=True):
        near = [
            np.hypot(d.roi.x - k.roi.x, d.roi.y - k.roi.y) < 0.25 * max(d.roi.side, k.roi.side)
            for k in kept
        ]
        if not any(near):
            kept.append(d)
    return kept
