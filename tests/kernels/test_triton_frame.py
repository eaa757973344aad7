"""A frame from moved bones to an encoder's bytes, by the public operators, where its tensors are.

On a GPU nothing waits for it meanwhile; where there is none, Triton's interpreter runs the forms
that a GPU would.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

import numpy as np
import pytest
import torch
from tests.kernels.redraw.fields import random_field
from tests.kernels.tensor_operators import WINDOW
from tests.kernels.test_tensor_out import CALLS, Call
from tests.kernels.triton_forms import INTERPRETED, interpreted_everywhere, nothing_waits

from bunraku import kernels
from bunraku.kernels.i420 import reference as i420_reference
from bunraku.kernels.warp import reference as warp_reference

pytestmark = pytest.mark.gpu

N = 16
"""Side of the window, and of the photo."""
FACE = (4, 3, 6, 5)
"""Left, top, width and height of what is drawn anew."""
GATHER_OF = {
    "sample_texture": "texture",
    "warp_occlude": "warp",
    "enlarge_flow": "enlarge",
    "guide_head": "head",
}
GATHERS = tuple(GATHER_OF.values())
FOLDERS = ("skin", "raster", "layers", "redraw", "pasting", "i420", "window", *GATHERS)


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


@pytest.mark.parametrize(("operator", "given"), CALLS)
def test_a_form_writes_where_it_is_told_to_and_once(
    operator: Call, given: tuple[Any, ...], device: torch.device, monkeypatch: pytest.MonkeyPatch
) -> None:
    if given[0].dtype == torch.float64:
        pytest.skip("the reference takes it")
    for folder in GATHERS:
        module = import_module(f"bunraku.kernels.{folder}.torch_operator")
        monkeypatch.setattr(module, "kept", lambda made, out: pytest.fail("it is written again"))
    there = [one.to(device) if isinstance(one, torch.Tensor) else one for one in given]
    expected = _plain(operator, given)
    out = torch.full_like(expected, torch.nan, device=device)
    assert operator(*there, out=out) is out
    torch.testing.assert_close(out.cpu(), expected, atol=1e-4, rtol=1e-4)
    with pytest.raises(ValueError, match="out must be"):
        operator(*there, out=out[:, :, :1].contiguous())


def test_all_scales_are_written_where_they_are_wanted(
    device: torch.device, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = import_module("bunraku.kernels.warp.torch_operator")
    made = torch.Generator().manual_seed(3)
    kinds = [[torch.rand(1, c, n, n, generator=made) for n in (4, 8)] for c in (5, 2, 1)]
    expected = [warp_reference.warp_occlude(*scale) for scale in zip(*kinds, strict=True)]
    there = [[one.to(device) for one in kind] for kind in kinds]
    out: Any = [torch.full_like(one, torch.nan, device=device) for one in expected]
    with monkeypatch.context() as patch:
        patch.setattr(module, "kept", lambda made, out: pytest.fail("it is written again"))
        results = kernels.warp_occlude_scales(*there, out=out)
    for result, buffer, wanted in zip(results, out, expected, strict=True):
        assert result is buffer
        torch.testing.assert_close(result.cpu(), wanted, atol=1e-4, rtol=1e-4)
    some = kernels.warp_occlude_scales(*there, out=[None, out[1].zero_()])
    assert some[1] is out[1]
    torch.testing.assert_close(out[1].cpu(), expected[1], atol=1e-4, rtol=1e-4)


def test_a_window_is_written_where_it_is_wanted(
    device: torch.device, monkeypatch: pytest.MonkeyPatch, rng: np.random.Generator
) -> None:
    module = import_module("bunraku.kernels.window.torch_operator")
    monkeypatch.setattr(module, "kept", lambda made, out: pytest.fail("it is written again"))
    call = WINDOW.call(rng, WINDOW.shapes[1])
    frame, matrix = (tensor.to(device) for tensor in call.tensors())
    expected = WINDOW.reference(*call.tensors(), **call.options)
    out = torch.full(expected.shape, torch.nan, device=device)
    assert kernels.read_window(frame, matrix, **call.options, out=out) is out
    torch.testing.assert_close(out.cpu(), expected, atol=1e-4, rtol=1e-4)


def _plain(operator: Call, given: tuple[Any, ...]) -> torch.Tensor:
    name = operator.__name__
    module = import_module(f"bunraku.kernels.{GATHER_OF[name]}.reference")
    made: torch.Tensor = getattr(module, name)(*given)
    return made


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
