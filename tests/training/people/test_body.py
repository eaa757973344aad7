from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bunraku.errors import BunrakuError
from bunraku.training.people.body import BodyModel, load_body


def test_neutral_body_stands_upright_and_faces_the_camera(body: BodyModel) -> None:
    vertices, joints = body.neutral
    skin = vertices[np.unique(body.faces)]
    assert 1.5 < np.ptp(skin[:, 2]) < 2.0
    assert joints[body.bone("head"), 2] > joints[body.bone("foot.L"), 2] + 1
    assert joints[body.bone("wrist.L"), 0] > 0.3
    # Toes and eyes lie in front of ankles and neck, that is towards -y.
    assert joints[body.bone("toe1-2.L"), 1] < joints[body.bone("foot.L"), 1]
    assert joints[body.bone("eye.L"), 1] < joints[body.bone("neck01"), 1]


def test_phenotype_changes_what_its_name_says(body: BodyModel) -> None:
    def skin(**values: float) -> np.ndarray:
        neutral = dict.fromkeys(body.phenotype_names, 0.5) | {"age": 0.7}
        return np.asarray(body.rest(neutral | values)[0][np.unique(body.faces)])

    assert np.ptp(skin(height=0.9)[:, 2]) > np.ptp(skin(height=0.1)[:, 2]) + 0.1
    waist = (np.abs(skin()[:, 2] - 0.3) < 0.03) & (np.abs(skin()[:, 0]) < 0.25)
    assert np.ptp(skin(weight=0.95)[waist, 1]) > np.ptp(skin(weight=0.1)[waist, 1]) * 1.1
    assert np.ptp(skin(gender=0.0)[:, 2]) > np.ptp(skin(gender=1.0)[:, 2])


def test_values_outside_of_the_range_are_clamped(body: BodyModel) -> None:
    low, high = ({"age": 0.7, "weight": value} for value in (1.0, 7.0))
    assert np.array_equal(body.rest(low)[0], body.rest(high)[0])


def test_details_act_in_both_directions_and_on_both_sides(body: BodyModel) -> None:
    phenotype = {"age": 0.7}
    plain = body.rest(phenotype)[0]
    wider, narrower = (
        body.rest(phenotype, {"nose-scale-horiz": value})[0] - plain for value in (1.0, -1.0)
    )
    moved = np.abs(wider).max(1) > 1e-4
    assert 0 < moved.sum() < 4000
    assert (wider[moved, 0] * narrower[moved, 0]).sum() < 0
    ears = body.rest(phenotype, {"ear-scale": 1.0})[0] - plain
    moved = np.abs(ears).max(1) > 1e-4
    assert plain[moved, 0].min() < -0.05
    assert plain[moved, 0].max() > 0.05


def test_expression_moves_the_face_only(body: BodyModel) -> None:
    movement = body.expression({"jawOpen": 1.0, "mouthSmileLeft": 0.5})
    moved = np.abs(movement).max(1) > 1e-4
    assert moved.any()
    neck = body.neutral[1][body.bone("neck01"), 2]
    assert body.neutral[0][moved, 2].min() > neck - 0.05


def test_skin_weights_sum_to_one(body: BodyModel) -> None:
    total = np.asarray(body.weights.sum(1)).ravel()
    assert np.allclose(total[np.unique(body.faces)], 1, atol=1e-4)


def test_damaged_cache_is_named(tmp_path: Path) -> None:
    (tmp_path / "body-v1.npz").write_bytes(b"PK broken")
    with pytest.raises(BunrakuError, match=r"body-v1\.npz is damaged\. Delete it"):
        load_body(tmp_path)
