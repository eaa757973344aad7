"""A frame from moved bones to an encoder's bytes, by the public operators, where its tensors are.

On a GPU nothing waits for it meanwhile; where there is none, Triton's interpreter runs the forms
that a GPU would.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from tests.kernels.redraw.fields import random_field
from tests.kernels.triton_forms import INTERPRETED, interpreted_everywhere, nothing_waits

from bunraku import kernels
from bunraku.kernels.i420 import reference as i420_reference

pytestmark = pytest.mark.gpu

N = 16
"""Side of the window, and of the photo."""
FACE = (4, 3, 6, 5)
"""Left, top, width and height of what is drawn anew."""
FOLDERS = ("skin", "raster", "layers", "redraw", "pasting", "i420")


@pytest.fixture
def device(monkeypatch: pytest.MonkeyPatch) -> torch.device:
    pytest.importorskip("triton", reason="Triton is not installed")
    if not INTERPRETED:
        if not torch.cuda.is_available():
            pytest.skip("no GPU for CUDA here")
        return torch.device("cuda")
    interpreted_everywhere(FOLDERS, monkeypatch)
    return torch.device("cpu")


def test_a_frame_is_drawn_where_its_tensors_are(
    device: torch.device, rng: np.random.Generator
) -> None:
    frame = _frame(rng)
    expected = i420_reference.to_i420(torch.from_numpy(_drawn(frame)))
    given = {name: torch.from_numpy(array.copy()).to(device) for name, array in frame.items()}

    def encoded() -> Any:
        return kernels.to_i420(_drawn(given))

    if device.type == "cuda":
        encoded()  # kernels are compiled, which waits
    with nothing_waits():
        made = encoded()
    difference = (made.cpu().int() - expected.int()).abs()
    assert difference.max() <= 2  # face, picture and planes are rounded to levels, one by one
    assert (difference > 0).float().mean() < 0.05
    assert expected.float().std() > 10


def _frame(rng: np.random.Generator) -> dict[str, Any]:
    """Two squares of a photo, each with a bone of its own, before a third."""
    corners = [(2, 3, 7, 13, 3), (6, 2, 13, 12, 2), (1, 1, 15, 14, 9)]
    vertices = np.array([v for c in corners for v in _square(*c)], np.float32)
    square = np.array([[0, 1, 2], [0, 2, 3]], np.int32)
    transforms = np.tile(np.eye(3, 4, dtype=np.float32), (3, 1, 1))
    transforms[0, :, 3], transforms[1, :, 3] = (2, -1, 0), (-3, 2, 0)  # exact in every form
    mask = np.ones((N, N), np.float32)
    return {
        "vertices": vertices,
        "weights": np.tile(np.array([1, 0, 0, 0], np.float32), (12, 1)),
        "bones": np.repeat(np.arange(3, dtype=np.int32), 4)[:, None].repeat(4, 1),
        "transforms": transforms,
        "triangles": np.concatenate([square, square + 4]).astype(np.int32),
        "behind": square + np.int32(8),
        "groups": np.array([[True, True, False, False], [False, False, True, True]]),
        "place": np.ascontiguousarray(vertices[:, :2]),
        "cut": np.zeros(4, np.bool_),
        "picture": np.concatenate([rng.random((N, N, 3), np.float32), mask[..., None]], -1),
        "ones": mask,
        "members": rng.random((2, N, N), np.float32),
        "share": np.ones(12, np.float32),
        "plane": np.zeros((2, 2), np.int32),
        "mix": np.zeros(12, np.float32),
        "planes": rng.random((1, N, N, 3), np.float32),
        "photo": rng.integers(0, 256, (N, N, 3), np.uint8),
        "plate": rng.integers(0, 256, (N, N, 3), np.uint8),
        "field": random_field(rng, 5, 6),
        "fade": np.ones(N, np.float32),
    }


def _square(x0: int, y0: int, x1: int, y1: int, z: int) -> list[tuple[int, int, int]]:
    return [(x0, y0, z), (x1, y0, z), (x1, y1, z), (x0, y1, z)]


def _drawn(frame: dict[str, Any]) -> Any:
    """The frame's picture, of arrays or of tensors."""
    k: Any = kernels  # each takes either
    tensors = isinstance(frame["photo"], torch.Tensor)
    photo_mesh, body_mesh = (
        (k.TensorPhotoMesh, k.TensorBodyMesh) if tensors else (k.PhotoMesh, k.BodyMesh)
    )
    moved = k.skin(*(frame[name] for name in ("vertices", "weights", "bones", "transforms")))
    size, triangles = (N, N), frame["triangles"]
    sheets = [
        k.rasterise(moved, triangles, size, keep=frame["groups"][g], cull=True) for g in range(2)
    ]
    raster = k.rasterise(moved, frame["behind"], size, cull=True)
    names = ("place", "cut", "picture", "ones", "ones", "members", "share")
    photo = photo_mesh(triangles, *(frame[name] for name in names))
    body = body_mesh(frame["behind"], *(frame[n] for n in ("place", "plane", "mix", "planes")))
    made = k.compose(sheets, photo, raster, body, 1.0)
    face = frame["photo"].clone() if tensors else frame["photo"].copy()
    k.redraw(frame["photo"], frame["field"], FACE, face, (0, 0))
    return k.paste(
        *(frame["plate"], face, made.image, made.mask, (0, 0, N)),
        fade=(frame["fade"], frame["fade"]),
        detail=(made.trust, made.warped, made.flow),
        mixed=True,
    )
