"""What other libraries lose against the reference, on the networks that are really used."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bunraku.export.pose.fetch import ensure
from bunraku.runtime.bench.engines import OWN, TOLERANCES, Pictures, candidates, generated
from bunraku.runtime.bench.media import read_clip
from bunraku.runtime.bench.options import BenchOptions
from bunraku.runtime.bench.scene import Scene, found_scene
from bunraku.runtime.drivers.hands.landmarks import SIZE, HandLandmarker, hand_rois
from bunraku.runtime.drivers.hands.networks import HandNetworks
from bunraku.runtime.engines.libraries import LIBRARIES, EngineKind
from bunraku.runtime.engines.present import computes_in_bf16
from bunraku.runtime.engines.protocol import Precision
from bunraku.runtime.engines.registry import AUTO, REFERENCE, EngineFactory
from bunraku.runtime.pose.landmarks import Landmarker, Landmarks
from bunraku.runtime.pose.roi import Roi
from bunraku.runtime.source.photo import read_photo
from bunraku.spec.arrays import Picture

EXAMPLES = Path(__file__).parents[3] / "examples"
PHOTO, CLIP = EXAMPLES / "photo.jpg", EXAMPLES / "clip.mp4"
OPTIONS = BenchOptions(bundle="live", frames=2, threads=1)
MOST_PX = 0.02
"""Of a landmark, in pixels of the photo."""


@pytest.fixture(scope="module")
def photo() -> Picture:
    return read_photo(PHOTO)


def looked(photo: Picture, engine: str) -> Landmarks:
    height, width = photo.shape[:2]
    roi = Roi(width / 2, height / 2, max(height, width), 0.0)
    return Landmarker.load(ensure(), EngineFactory(engine, 1)).run(photo, roi)


@pytest.fixture(scope="module")
def landmarks(photo: Picture) -> Landmarks:
    """What the reference sees."""
    return looked(photo, REFERENCE)


@pytest.fixture(scope="module")
def scene(photo: Picture) -> Scene:
    """The example photo's window, and surfaces of frames of the example clip."""
    return found_scene(OPTIONS, REFERENCE, photo, read_clip(CLIP)[::25])


@pytest.fixture(scope="module")
def pictures(scene: Scene) -> Pictures:
    """What torch makes of them in float32."""
    return generated(OPTIONS, "torch:f32", scene)[0]


@pytest.mark.parametrize("engine", ["openvino", "torch", AUTO])
def test_landmarks_stay_where_they_are(photo: Picture, landmarks: Landmarks, engine: str) -> None:
    """No library may round them by its own choice: with bf16 they move by half a pixel."""
    found = looked(photo, engine)
    assert np.abs(found.points - landmarks.points).max() < MOST_PX
    assert np.abs(found.world - landmarks.world).max() < 1e-3
    assert found.mask is not None
    assert landmarks.mask is not None
    assert np.abs(found.mask - landmarks.mask).max() < 1e-2


@pytest.mark.parametrize("engine", ["openvino", "torch", AUTO])
def test_fingers_move_less_than_where_the_crop_is_elsewhere_by_half_a_pixel(
    photo: Picture, landmarks: Landmarks, engine: str
) -> None:
    """That is what a library may round them by of its own choice, as OpenVINO does with bf16."""
    reference, other = (
        HandLandmarker.load(HandNetworks.find(), EngineFactory(name, 1))
        for name in (REFERENCE, engine)
    )
    apart, moved = [], []
    for roi in hand_rois(landmarks.points.astype(np.float32)):
        half = 0.5 * roi.side / SIZE
        told, near, shifted = (
            reference.run(photo, roi),
            other.run(photo, roi),
            reference.run(photo, replace(roi, x=roi.x + half, y=roi.y + half)),
        )
        assert told.presence > 0.5
        assert abs(near.presence - told.presence) < 0.1
        assert np.abs(near.world - told.world).max() < 0.01
        apart.append(np.abs(near.points - told.points).mean() / roi.side)
        moved.append(np.abs(shifted.points - told.points).mean() / roi.side)
    assert np.mean(apart) < np.mean(moved)


@pytest.mark.parametrize(
    ("kind", "precision"),
    [
        (kind, precision)
        for kind, precision in candidates()
        if (kind, precision) != (EngineKind.TORCH, Precision.F32)
        if LIBRARIES[kind].lacking() is None and kind != EngineKind.TORCH_COMPILED
        if precision != OWN or kind == EngineKind.OPENVINO  # the others' own is their float32
    ],
)
def test_the_generators_pictures_are_within_the_table(
    scene: Scene, pictures: Pictures, kind: str, precision: str
) -> None:
    """Of every library and precision that can run here, by the table of ``bench engines``."""
    if precision == Precision.BF16 and kind == EngineKind.OPENVINO and not computes_in_bf16():
        pytest.skip("this processor has no instructions for bfloat16")
    name = kind if precision == OWN else f"{kind}:{precision}"
    made = generated(OPTIONS, name, scene)[0]
    assert len(made) == OPTIONS.frames
    apart = [np.abs(one - other).mean() for one, other in zip(made, pictures, strict=True)]
    assert max(apart) <= TOLERANCES[precision]
