from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from bunraku.runtime.pose.detector import (
    SIZE,
    Detection,
    Detector,
    anchors,
    decode,
    overlap,
    tile_corners,
)

# A person in units of the network's square: head box (low, high), hips, rim, shoulders, rim.
PERSON = np.array(
    [[0.45, 0.2], [0.55, 0.3], [0.5, 0.55], [0.5, 0.15], [0.5, 0.35], [0.5, 0.1]], np.float32
)
COUNT = 2254


def raw(people: list[tuple[float, np.ndarray]]) -> tuple[np.ndarray, np.ndarray]:
    """The network's output for people (score, points [6,2]), each on an anchor of its own."""
    boxes = np.zeros((COUNT, 12), np.float32)
    logits = np.full(COUNT, -100, np.float32)
    free = list(range(COUNT))
    for score, points in people:
        centre = points[:2].mean(0)
        k = free.pop(int(np.argmin(np.linalg.norm(anchors()[free] - centre, axis=1))))
        anchor = anchors()[k]
        values = [centre - anchor, points[1] - points[0], *(points[2:] - anchor)]
        boxes[k] = np.concatenate(values) * SIZE
        logits[k] = np.log(score / (1 - score))
    return boxes, logits


def answer(people: list[tuple[float, np.ndarray]]) -> Callable[[Any], dict[str, np.ndarray]]:
    boxes, logits = raw(people)
    return lambda image: {"boxes": boxes[None], "scores": logits[None, :, None]}


def test_anchors_cover_the_three_grids() -> None:
    centres = anchors()
    assert centres.shape == (COUNT, 2)
    np.testing.assert_allclose(centres[0], [0.5 / 28, 0.5 / 28])
    np.testing.assert_allclose(centres[2], [1.5 / 28, 0.5 / 28])  # two a cell, x runs first
    np.testing.assert_allclose(centres[-1], [6.5 / 7, 6.5 / 7])


def test_boxes_of_one_person_are_averaged_by_score() -> None:
    people = [(0.9, PERSON), (0.6, PERSON + 0.01), (0.8, PERSON + [0.4, 0])]
    found = decode(*raw(people), anchors(), 0.5)
    assert [round(score, 3) for score, _ in found] == [0.9, 0.8]
    np.testing.assert_allclose(found[0][1], PERSON + 0.01 * 0.6 / 1.5, atol=1e-5)
    np.testing.assert_allclose(found[1][1], PERSON + [0.4, 0], atol=1e-5)


def test_weak_scores_are_left_out_and_large_logits_do_no_harm() -> None:
    boxes, logits = raw([(0.49, PERSON)])
    assert decode(boxes, logits, anchors(), 0.5) == []
    logits[logits > -100] = 1e4
    ((score, _),) = decode(boxes, logits, anchors(), 0.5)
    assert score == pytest.approx(1)


def test_boxes_without_an_area_do_not_loop() -> None:
    flat = PERSON.copy()
    flat[1] = flat[0]
    assert len(decode(*raw([(0.9, flat), (0.8, flat)]), anchors(), 0.5)) == 2


def test_overlap() -> None:
    box = np.array([[0, 0], [2, 2]], np.float32)
    others = np.array([[[0, 0], [2, 2]], [[1, 0], [3, 2]], [[5, 5], [6, 6]]], np.float32)
    np.testing.assert_allclose(overlap(box, others), [1, 1 / 3, 0], atol=1e-6)


@pytest.mark.parametrize("shape", [(480, 640), (640, 480), (224, 224), (1080, 1920)])
def test_points_come_back_in_frame_pixels(engine: Any, shape: tuple[int, int]) -> None:
    height, width = shape
    fake = engine(answer([(0.9, PERSON)]))
    (person,) = Detector(fake).detect(np.full((*shape, 3), 128, np.uint8))
    side = max(shape)
    corner = np.array([(width - side) / 2, (height - side) / 2])  # of the square, at pixel edges
    expected = PERSON * side + corner - 0.5
    np.testing.assert_allclose(person.keypoints, expected[2:], atol=0.01)
    np.testing.assert_allclose(person.box, expected[:2].ravel(), atol=0.01)
    assert person.roi.side == pytest.approx(2.5 * 0.4 * side, rel=1e-4)
    assert person.roi.angle == pytest.approx(0, abs=1e-4)


def test_the_network_sees_the_whole_picture_between_black_borders(engine: Any) -> None:
    fake = engine(answer([(0.9, PERSON)]))
    Detector(fake).detect(np.full((100, 200, 3), 255, np.uint8))
    (image,) = fake.images
    assert image.shape == (1, 3, SIZE, SIZE)
    assert image[0, :, :50].max() == -1
    assert image[0, :, 60:160, 1:-1].min() == pytest.approx(1)


def test_the_largest_person_comes_first(engine: Any) -> None:
    small = (PERSON - [0.3, 0]) * [1, 0.5]
    fake = engine(answer([(0.99, small), (0.7, PERSON)]))
    first, second = Detector(fake).detect(np.zeros((300, 300, 3), np.uint8))
    assert first.score == pytest.approx(0.7)
    assert first.roi.side > second.roi.side


def bright(image: np.ndarray) -> dict[str, np.ndarray]:
    """Sees a person where a white square fills at least a tenth of the picture's width."""
    rows, columns = np.nonzero(image[0, 0] > 0.5)
    if not len(rows) or np.ptp(columns) < SIZE / 10:
        return answer([])(image)
    middle = np.array([columns.mean(), rows.mean()]) / SIZE + 0.5 / SIZE
    return answer([(0.9, (PERSON - 0.5) * 0.3 + middle.astype(np.float32))])(image)


@pytest.mark.parametrize(("side", "depth"), [(60, 0), (36, 1), (16, 2)])
def test_small_people_are_found_in_tiles(engine: Any, side: int, depth: int) -> None:
    frame = np.zeros((400, 500, 3), np.uint8)
    frame[200 : 200 + side, 150 : 150 + side] = 255
    detector = Detector(engine(bright))
    if depth:
        assert detector.detect(frame, depth - 1) == []
    found = detector.detect(frame, depth)
    assert len(found) == 1
    hips = (PERSON[2] - 0.5) * 0.3
    scale = 500 if depth == 0 else 400 / 2**depth
    expected = np.array([150, 200]) + side / 2 - 0.5 + hips * scale
    np.testing.assert_allclose(found[0].keypoints[0], expected, atol=2)


def test_a_long_strip_is_not_searched_in_a_thousand_tiles(engine: Any) -> None:
    fake = engine(answer([]))
    assert Detector(fake).detect(np.zeros((20, 20_000, 3), np.uint8)) == []
    assert len(fake.images) == 1


@pytest.mark.parametrize("shape", [(480, 640), (641, 359), (1, 1), (3, 1000)])
@pytest.mark.parametrize("parts", [2, 4])
def test_tiles_cover_the_picture_and_overlap(shape: tuple[int, int], parts: int) -> None:
    covered = np.zeros(shape, int)
    for y, x, side in tile_corners(*shape, parts):
        assert y >= 0
        assert x >= 0
        assert y + side <= shape[0]
        assert x + side <= shape[1]
        covered[y : y + side, x : x + side] += 1
    assert covered.min() >= 1


def of_size(radius: float, score: float = 0.9, x: float = 300) -> Detection:
    points = [[x, 200], [x, 200 - radius], [x, 150], [x, 150 - 0.6 * radius]]
    return Detection(score, np.zeros(4, np.float32), np.array(points, np.float32))


@pytest.mark.parametrize(
    ("more", "less"),
    [
        (of_size(100), of_size(80)),
        (of_size(90), of_size(100, score=0.6)),
        (of_size(90), of_size(100, x=10)),  # half of whom is outside
        (of_size(100, x=550), of_size(40)),  # but large all the same
    ],
)
def test_of_whom_most_is_to_be_seen(more: Detection, less: Detection) -> None:
    assert more.prominence(600) > less.prominence(600)


def test_the_most_prominent_comes_first(engine: Any) -> None:
    cut = np.array([PERSON[:, 0] * 1.2 - 0.5, PERSON[:, 1] * 1.2], np.float32).T
    found = Detector(engine(answer([(0.95, cut), (0.9, PERSON)]))).detect(
        np.zeros((224, 224, 3), np.uint8)
    )
    assert [round(d.score, 2) for d in found] == [0.9, 0.95]
    assert found[0].roi.side < found[1].roi.side
