"""The template: the body that is posed, as it stands at rest.

Made once by ``bunraku train template``; it ships as ``weights/body``, a file of arrays and a
manifest that says what is in it and where it comes from.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bunraku.errors import BundleError, OutputError
from bunraku.runtime.engines.bundle import REINSTALL, weights_folder
from bunraku.spec.arrays import Array
from bunraku.spec.landmarks import LANDMARKS
from bunraku.spec.skeleton import BONES, FINGERS, JOINTS, SIDES
from bunraku.spec.surface import PARTS

FOLDER = "body"
FILE = "template.npz"
MANIFEST = "template.json"
FORMAT = 1


@dataclass(frozen=True)
class Template:
    """A closed skin mesh at rest, and what each place of it belongs to. Its arrays are read-only.

    Convention: metres; the person faces the camera: x right in the picture, which is the body's
    left, y down, z away from the camera. Corners of a triangle run clockwise seen from outside, so
    that ``rasterise(…, cull=True)`` keeps what faces the camera.
    """

    vertices: Array
    """``[n,3]``."""
    normals: Array
    """``[n,3]``, unit, outwards."""
    triangles: NDArray[np.int32]
    """``[m,3]``."""
    weights: Array
    """``[n,4]``, of the bones that a vertex hangs on, the heaviest first; they sum to 1."""
    bones: NDArray[np.int32]
    """``[n,4]``: those bones (``spec.skeleton.BodyBone``)."""
    parts: NDArray[np.int32]
    """``[m]``: the part of the surface, 1 to 24, that a triangle lies in (``spec.surface``)."""
    uv: Array
    """``[m,3,2]``: U and V, in [0, 1], of a triangle's corners in the chart of its part. They stand
    for each corner alone, since a vertex at a seam has a place in two charts."""
    landmarks: Array
    """``[33,3]``: BlazePose's landmarks of this body."""
    fingers: Array
    """``[2,5,4,3]``: by side (left, right) and finger (thumb first), where its three bones start,
    and its tip."""


_SHAPES: Mapping[str, tuple[tuple[int | str, ...], type[np.generic]]] = {
    "vertices": (("n", 3), np.float32),
    "normals": (("n", 3), np.float32),
    "triangles": (("m", 3), np.uint16),
    "weights": (("n", 4), np.float32),
    "bones": (("n", 4), np.uint8),
    "parts": (("m",), np.uint8),
    "uv": (("m", 3, 2), np.float32),
    "landmarks": ((LANDMARKS, 3), np.float32),
    "fingers": ((SIDES, FINGERS, JOINTS + 1, 3), np.float32),
}
"""The arrays as they are stored; whole numbers are int32 once they are loaded."""


def load_template(folder: Path | None = None) -> Template:
    """The template that ships with Bunraku, or the one in a folder.

    :raises BundleError: it is missing, damaged, or of another format.
    """
    folder = weights_folder() / FOLDER if folder is None else folder
    path = folder / FILE
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        if manifest["format"] != FORMAT:
            raise BundleError(
                f"{folder} holds a template of format {manifest['format']!r}; "
                f"this Bunraku reads format {FORMAT}.",
                REINSTALL,
            )
        if hashlib.sha256(path.read_bytes()).hexdigest() != manifest["sha256"]:
            raise BundleError(f"{path} is damaged: its SHA-256 is not the manifest's.", REINSTALL)
        with np.load(path, allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in _SHAPES}
        return _checked(arrays)
    except (OSError, KeyError, TypeError, ValueError, zipfile.BadZipFile) as error:
        told = f"{type(error).__name__}: {error}".splitlines()[0]
        raise BundleError(
            f"The body's template in {folder} cannot be read ({told}).", REINSTALL
        ) from error


def save_template(template: Template, folder: Path, provenance: Mapping[str, Any]) -> Path:
    """Write a template and its manifest; the same template gives the same bytes.

    :param provenance: goes into the manifest as it is.
    :return: the file of the arrays.
    :raises OutputError: the folder cannot be written; what it held is then left as it was.
    """
    arrays = {name: getattr(template, name).astype(kind) for name, (_, kind) in _SHAPES.items()}
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    data = buffer.getvalue()
    manifest = {
        "format": FORMAT,
        "file": FILE,
        "sha256": hashlib.sha256(data).hexdigest(),
        "bytes": len(data),
        "vertices": len(template.vertices),
        "triangles": len(template.triangles),
        **provenance,
    }
    files = {FILE: data, MANIFEST: (json.dumps(manifest, indent=2) + "\n").encode()}
    partial = {name: folder / f".{name}.part" for name in files}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            partial[name].write_bytes(content)
        for name, path in partial.items():
            path.replace(folder / name)
    except OSError as error:
        for path in partial.values():
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)
        raise OutputError(
            f"The template cannot be written to {folder}: {error.strerror or error}.",
            "Name a folder on a disk with enough space that you may write to.",
        ) from error
    return folder / FILE


def _checked(arrays: dict[str, NDArray[Any]]) -> Template:
    """The template of stored arrays; ValueError unless they fit each other."""
    sizes = {"n": len(arrays["vertices"]), "m": len(arrays["triangles"])}
    for name, (shape, kind) in _SHAPES.items():
        wanted = tuple(sizes[side] if isinstance(side, str) else side for side in shape)
        array = arrays[name]
        if array.shape != wanted or array.dtype != kind:
            raise ValueError(f"{name} is {array.dtype} {list(array.shape)}, not {list(wanted)}")
        whole = np.issubdtype(kind, np.integer)
        arrays[name] = np.ascontiguousarray(array, np.int32 if whole else np.float32)
        if not np.isfinite(array).all():
            raise ValueError(f"{name} is not finite")
        arrays[name].flags.writeable = False
    for name, limit in (("triangles", sizes["n"]), ("bones", BONES), ("parts", PARTS + 1)):
        if (arrays[name] >= limit).any():
            raise ValueError(f"{name} has numbers above {limit - 1}")
    return Template(**arrays)
