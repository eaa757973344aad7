"""What ``bunraku doctor`` looks at: each check says what it found and how to mend it."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import partial

from bunraku.commands.show import mebibytes
from bunraku.errors import PIP, BunrakuError


class Status(StrEnum):
    """How a check came out."""

    OK = "ok"
    # Something optional is not there.
    ABSENT = "absent"
    # Something that `bunraku animate` needs is missing or does not work.
    BROKEN = "broken"


@dataclass(frozen=True)
class Check:
    """One line of the report."""

    name: str
    status: Status
    found: str
    fix: str | None = None


_OPENCV = (
    "opencv-python-headless",
    "opencv-python",
    "opencv-contrib-python",
    "opencv-contrib-python-headless",
)
_ONNXRUNTIME = ("onnxruntime", "onnxruntime-gpu")
_NEEDED = ("numpy", "av", "numba", "pillow", "onnx", "tflite", "pip", "rich", "typer")
_ENCODERS = ("libx264", "libvpx-vp9", "aac", "libopus")


def all_checks() -> Iterator[Check]:
    """Run every check, the machine first."""
    from bunraku.commands.checks_live import live_checks

    yield Check("python", Status.OK, f"{platform.python_version()}, {sys.executable}")
    yield Check("system", Status.OK, platform.platform())
    yield _cores()
    yield _gpu()
    for name in _NEEDED:
        yield _package(name)
    yield one_of("opencv", _OPENCV, "opencv-python-headless")
    yield one_of("onnxruntime", _ONNXRUNTIME, "'bunraku[cpu]'")
    yield from _engines()
    yield _encoders()
    yield from _bundles()
    yield _guarded("pose networks", _pose_networks)
    yield _face_networks()
    yield _hand_networks()
    yield from _caches()
    yield from live_checks()
    yield from _training()


def version_of(distribution: str) -> str | None:
    """Return the installed version of a distribution, None if it is not installed."""
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return None


def one_of(name: str, distributions: tuple[str, ...], wanted: str) -> Check:
    """Check distributions that overwrite each other's files: exactly one must be installed."""
    found = {d: v for d in distributions if (v := version_of(d)) is not None}
    text = ", ".join(f"{d} {v}" for d, v in found.items())
    if not found:
        return Check(name, Status.BROKEN, "not installed", f"{PIP} install {wanted}")
    if len(found) > 1:
        keep = list(found)[-1]
        return Check(
            name,
            Status.BROKEN,
            f"{text} overwrite each other",
            f"{PIP} uninstall -y {' '.join(found)} && {PIP} install {keep}",
        )
    return Check(name, Status.OK, text)


def _package(name: str) -> Check:
    version = version_of(name)
    if version is None:
        return Check(name, Status.BROKEN, "not installed", f"{PIP} install {name}")
    return Check(name, Status.OK, version)


def _cores() -> Check:
    from bunraku.spec.cores import cores

    pages = os.sysconf("SC_PHYS_PAGES") if hasattr(os, "sysconf") else 0
    memory = f", {pages * os.sysconf('SC_PAGE_SIZE') / 2**30:.1f} GiB of memory" if pages else ""
    return Check("cores", Status.OK, f"{cores()}{memory}")


def _gpu() -> Check:
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return Check("gpu", Status.ABSENT, "no NVIDIA driver; the processor is used")
    query = [tool, "--query-gpu=name,memory.total,driver_version", "--format=csv,noheader"]
    try:
        result = subprocess.run(query, capture_output=True, text=True, timeout=20, check=True)
    except (OSError, subprocess.SubprocessError) as exc:
        return Check("gpu", Status.ABSENT, f"nvidia-smi fails: {exc}", "reinstall the driver")
    return Check("gpu", Status.OK, "; ".join(result.stdout.strip().splitlines()))


def _guarded(name: str, check: Callable[[], str]) -> Check:
    """Turn our own errors into a broken check that keeps their hint."""
    try:
        return Check(name, Status.OK, check())
    except BunrakuError as exc:
        return Check(name, Status.BROKEN, exc.message, exc.hint)
    except ImportError as exc:
        return Check(name, Status.BROKEN, f"cannot be imported: {exc}", "reinstall Bunraku")


def _engines() -> Iterator[Check]:
    """Each library, and which of them ``auto`` takes."""
    from bunraku.errors import MissingExtraError
    from bunraku.runtime.engines.libraries import LIBRARIES
    from bunraku.runtime.engines.registry import AUTO, choose
    from bunraku.runtime.options import DRIVER, bears_eight_bits

    for kind, library in LIBRARIES.items():
        reason = library.lacking()
        if reason is None:
            yield _guarded(f"engine {kind}", partial(_run_tiny_engine, kind))
        else:
            yield Check(f"engine {kind}", Status.ABSENT, reason, library.install)
    try:
        yield Check(
            f"engine {AUTO}", Status.OK, str(choose(AUTO, eight_bits=bears_eight_bits(DRIVER)))
        )
    except MissingExtraError as exc:
        yield Check(f"engine {AUTO}", Status.BROKEN, exc.message, exc.hint)


def _run_tiny_engine(kind: str) -> str:
    """Double one number in the engine: that it imports says little."""
    import numpy as np
    import onnx
    from onnx import TensorProto, helper

    from bunraku.errors import EngineError
    from bunraku.runtime.engines.registry import EngineFactory

    shape = [1]
    graph = helper.make_graph(
        [helper.make_node("Add", ["x", "x"], ["y"])],
        "tiny",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, shape)],
    )
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=onnx.IR_VERSION_2021_7_30
    )
    engine = EngineFactory(kind, 1).make(model.SerializeToString(), "tiny")
    result = engine.run({"x": np.ones(1, np.float32)})["y"]
    if float(result[0]) != 2.0:
        raise EngineError(f"{kind} computes 1 + 1 = {float(result[0])}.", "Reinstall it.")
    return "works"


def _encoders() -> Check:
    import av

    missing = [name for name in _ENCODERS if name not in av.codecs_available]
    if missing:
        fix = f"{PIP} install --force-reinstall --only-binary av av"
        return Check("encoders", Status.BROKEN, f"av lacks {', '.join(missing)}", fix)
    return Check("encoders", Status.OK, ", ".join(_ENCODERS))


def _bundles() -> Iterator[Check]:
    for name in ("live", "iuv"):
        yield _guarded(f"bundle {name}", partial(_describe_bundle, name))


def _describe_bundle(name: str) -> str:
    from bunraku.errors import BundleError
    from bunraku.runtime.engines.bundle import Bundle, shipped

    if name not in shipped():
        raise BundleError("not in this installation", "reinstall Bunraku")
    bundle = Bundle.load(name)
    size = sum(engine.bytes for engine in bundle.manifest.engines.values())
    count = len(bundle.manifest.engines)
    return f"{count} engine{'s' * (count != 1)}, {mebibytes(size)}, whole"


def _pose_networks() -> str:
    from bunraku.runtime.pose.networks import PoseNetworks

    return f"whole, in {PoseNetworks.find().landmarks.parent}"


def _face_networks() -> Check:
    from bunraku.errors import FetchError
    from bunraku.runtime.drivers.face.networks import FaceNetworks

    name = "face networks"
    try:
        return Check(name, Status.OK, f"whole, in {FaceNetworks.find().landmarks.parent}")
    except FetchError as exc:
        return Check(name, Status.ABSENT, exc.message, exc.hint)


def _hand_networks() -> Check:
    from bunraku.errors import FetchError
    from bunraku.runtime.drivers.hands.networks import HandNetworks

    name = "hand networks"
    try:
        return Check(name, Status.OK, f"whole, in {HandNetworks.find().landmarks.parent}")
    except FetchError as exc:
        return Check(name, Status.ABSENT, exc.message, exc.hint)


def _caches() -> Iterator[Check]:
    from bunraku.runtime.cache import cache_folder

    folder = cache_folder()
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    yield Check("cache", Status.OK, f"{folder}, {mebibytes(size)}")
    compiled = os.environ.get("NUMBA_CACHE_DIR", "beside the kernels")
    yield Check("compiled kernels", Status.OK, compiled)


def _training() -> Iterator[Check]:
    fix = f"{PIP} install 'bunraku[train]'"
    for name in ("torch", "anny", "moderngl"):
        version = version_of(name)
        if version is None:
            yield Check(name, Status.ABSENT, "not installed; only training needs it", fix)
        else:
            yield Check(name, Status.OK, version)
    if version_of("moderngl") is not None:
        yield _egl()


def _egl() -> Check:
    import ctypes

    try:
        ctypes.CDLL("libEGL.so.1")
    except OSError:
        fix = "apt-get install libegl1 libgl1-mesa-dri"
        return Check("EGL", Status.ABSENT, "not installed; only `bunraku synth` needs it", fix)
    return Check("EGL", Status.OK, "installed")
