"""Fetching of the pose networks: wheel, conversion, cache."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bunraku.errors import FetchError
from bunraku.export.pose.download import PipRunner, Progress, download_wheel, run_pip
from bunraku.export.pose.wheel import MEMBERS, REQUIREMENT, read_members
from bunraku.runtime.pose.networks import FORMAT, MANIFEST, PoseNetworks, pose_folder

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
        return fetch_pose_networks(progress=progress)


def fetch_pose_networks(
    wheel: Path | None = None,
    force: bool = False,
    progress: Progress | None = None,
    run: PipRunner = run_pip,
) -> PoseNetworks:
    """Fetch, convert and cache the pose networks; nothing to do if they are there.

    Args:
        wheel: a local MediaPipe 0.10.21 wheel; by default BUNRAKU_POSE_WHEEL names it, else pip
            downloads it.
        force: fetch although the cache is whole.
        progress: told what is being done.
        run: runs pip; another one in tests.

    Raises:
        FetchError: no connection, a wrong or broken wheel, or a cache that cannot be written.
    """
    folder = pose_folder()
    if not force:
        try:
            return PoseNetworks.find(folder)
        except FetchError:
            pass
    if wheel is None and os.environ.get(WHEEL_VARIABLE):
        wheel = Path(os.environ[WHEEL_VARIABLE]).expanduser()
    report = progress or _silent
    with _workshop(folder) as workshop:
        if wheel is None:
            wheel = download_wheel(workshop, report, run)
        _convert_into(workshop, wheel, report)
        try:
            # The manifest goes last: until it is there, nobody takes the files for whole.
            (folder / MANIFEST).unlink(missing_ok=True)
            for name in [*(member.onnx for member in MEMBERS), MANIFEST]:
                (workshop / name).replace(folder / name)
        except OSError as e:
            raise _unwritable(folder, e) from e
    return PoseNetworks.find(folder)


def _convert_into(workshop: Path, wheel: Path, report: Progress) -> None:
    from bunraku.export.pose.convert import convert

    files: dict[str, dict[str, str | int]] = {}
    for done, (member, data) in enumerate(read_members(wheel).items()):
        report("Converting the pose networks", done, len(MEMBERS))
        name = member.onnx.removesuffix(".onnx")
        model = convert(data, name, dict(member.outputs)).SerializeToString()
        try:
            (workshop / member.onnx).write_bytes(model)
        except OSError as e:
            raise _unwritable(workshop, e) from e
        files[member.onnx] = {
            "sha256": hashlib.sha256(model).hexdigest(),
            "bytes": len(model),
            "tflite_sha256": member.sha256,
        }
    manifest = {
        "format": FORMAT,
        "source": REQUIREMENT,
        "licence": "Apache-2.0",
        "files": files,
    }
    try:
        (workshop / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
    except OSError as e:
        raise _unwritable(workshop, e) from e
    report("Converting the pose networks", len(MEMBERS), len(MEMBERS))


@contextmanager
def _workshop(folder: Path) -> Iterator[Path]:
    """A folder on the cache's own disk, so that finished files can be moved; removed at the end."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        workshop = Path(tempfile.mkdtemp(prefix=".fetch-", dir=folder))
    except OSError as e:
        raise _unwritable(folder, e) from e
    try:
        yield workshop
    finally:
        shutil.rmtree(workshop, ignore_errors=True)


def _unwritable(folder: Path, error: OSError) -> FetchError:
    hint = "Free some space or make it writable, or name another folder in BUNRAKU_CACHE."
    return FetchError(f"The cache folder {folder} cannot be written: {error.strerror}.", hint)


def _silent(what: str, done: int, total: int) -> None:
    pass
