from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bunraku.errors import InputError
from bunraku.training.people.motion import read_amc, read_asf, read_bvh, rotation_about

BVH = """HIERARCHY
ROOT Hips
{{
  OFFSET 0 0 0
  CHANNELS 6 Xposition Yposition Zposition Zrotation Xrotation Yrotation
  JOINT LeftUpLeg
  {{
    OFFSET {left}
    CHANNELS 3 Zrotation Xrotation Yrotation
    JOINT LeftLeg
    {{
      OFFSET {down}
      CHANNELS 3 Zrotation Xrotation Yrotation
      End Site
      {{
        OFFSET {down}
      }}
    }}
  }}
  JOINT RightUpLeg
  {{
    OFFSET {right}
    CHANNELS 3 Zrotation Xrotation Yrotation
  }}
  JOINT Head
  {{
    OFFSET {up}
    CHANNELS 3 Zrotation Xrotation Yrotation
  }}
}}
MOTION
Frames: 2
Frame Time: 0.04
0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0
0 0 0 {turn} 0 0 0 0 0 0 0 0 0 0 0 0 0 0
0 0 0 1
"""


def test_rotation_about_axes() -> None:
    assert np.allclose(rotation_about(2, np.array(90.0)) @ [1, 0, 0], [0, 1, 0])
    assert np.allclose(rotation_about(0, np.array(90.0)) @ [0, 1, 0], [0, 0, 1])
    assert rotation_about(1, np.zeros((4, 2))).shape == (4, 2, 3, 3)


@pytest.mark.parametrize(
    ("axes", "upright_turn"),
    [
        ({"left": "1 -1 0", "right": "-1 -1 0", "down": "0 -4 0", "up": "0 5 0"}, False),
        ({"left": "1 0 -1", "right": "-1 0 -1", "down": "0 0 -4", "up": "0 0 5"}, True),
    ],
)
def test_bvh_of_either_upright_axis(
    tmp_path: Path, axes: dict[str, str], upright_turn: bool
) -> None:
    path = tmp_path / "a.bvh"
    path.write_text(BVH.format(**axes, turn=90))
    motion = read_bvh(path)
    assert len(motion) == 2
    assert motion.frame_time_s == pytest.approx(0.04)
    assert np.allclose(motion.directions["LeftUpLeg"], [0, 0, -4])
    assert np.allclose(motion.directions["Hips"], [1, 0, -1])
    assert np.allclose(motion.rotations["LeftLeg"][0], np.eye(3))
    # The second frame turns about the file's z axis: upright in one file, ahead in the other.
    axis = np.array([0, 0, 1]) if upright_turn else np.array([0, -1, 0])
    assert np.allclose(motion.rotations["LeftLeg"][1] @ axis, axis)
    assert np.trace(motion.rotations["LeftLeg"][1]) == pytest.approx(1)


def test_bvh_without_frames_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.bvh"
    path.write_text("HIERARCHY\nMOTION\nFrames: 0\nFrame Time: 0.1\n")
    with pytest.raises(InputError, match="is no BVH clip"):
        read_bvh(path)


def test_amc_of_the_wardrobe(assets: Path) -> None:
    folder = assets / "cmu_mocap/02"
    bones, parents = read_asf(folder / "02.asf.gz")
    assert parents["lowerback"] == "root"
    assert bones["lfemur"].freedom == ["rx", "ry", "rz"]
    motion = read_amc(folder / "02_05.amc.gz", folder / "02.asf.gz")
    assert len(motion) == 30
    assert motion.frame_time_s == pytest.approx(0.05)
    for rotation in motion.rotations.values():
        assert np.allclose(rotation @ rotation.transpose(0, 2, 1), np.eye(3), atol=1e-6)
    thigh = motion.rotations["lfemur"][0] @ motion.directions["lfemur"]
    assert thigh[2] < -0.5  # points down: z is up


def test_amc_without_frames_is_refused(assets: Path, tmp_path: Path) -> None:
    path = tmp_path / "a.amc"
    path.write_text(":FULLY-SPECIFIED\n:DEGREES\n")
    with pytest.raises(InputError, match="holds no frames"):
        read_amc(path, assets / "cmu_mocap/02/02.asf.gz")


def test_asf_without_bones_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.asf"
    path.write_text("nothing")
    with pytest.raises(InputError, match="lists no bones"):
        read_asf(path)
