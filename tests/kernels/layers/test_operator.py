from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from tests.kernels.harness import assert_close, strided
from tests.kernels.layers.scenes import scene
from tests.kernels.tensor_operators import LAYERS, parts_of_layers

from bunraku.kernels import (
    BodyMesh,
    Composed,
    PhotoMesh,
    Raster,
    TensorBodyMesh,
    TensorPhotoMesh,
    TensorRaster,
    compose,
    rasterise,
)
from bunraku.kernels.layers import reference
from bunraku.kernels.layers.terms import AROUND

Array = NDArray[np.float32]
N = 24
ONE = np.array([[0, 1, 2], [0, 2, 3]], np.int32)
RESULTS = ("image", "mask", "trust", "warped", "flow")


def rectangle(x0: float, y0: float, x1: float, y1: float, z: float) -> Array:
    """Corners, clockwise; triangles are ``ONE``."""
    return np.array([[x0, y0, z], [x1, y0, z], [x1, y1, z], [x0, y1, z]], np.float32)


def moved_by(mesh: Array, x: float, y: float, z: float) -> Array:
    return mesh + np.array([x, y, z], np.float32)


def photo_of(meshes: list[Array], *, mask: Any = 1.0, cut: bool = False) -> PhotoMesh:
    """A photo whose colours are x, y and 0.5 in shares of the window; a group each mesh."""
    y, x = np.mgrid[:N, :N].astype(np.float32) / N
    alpha = np.broadcast_to(np.float32(mask), (N, N))
    half = np.full((N, N), 0.5, np.float32)
    return PhotoMesh(
        np.concatenate([ONE + 4 * k for k in range(len(meshes))]).astype(np.int32),
        np.ascontiguousarray(np.concatenate(meshes)[:, :2]),
        np.full(2 * len(meshes), cut),
        np.stack([x, y, half, alpha], -1),
        alpha.copy(),
        np.ones((N, N), np.float32),
        np.full((len(meshes), N, N), 0.5, np.float32),
        np.ones(4 * len(meshes), np.float32),
    )


def sheets_of(photo: PhotoMesh, moved: list[Array]) -> list[Raster]:
    group = np.repeat(np.arange(len(moved)), 2)
    return [
        rasterise(np.concatenate(moved), photo.triangles, (N, N), keep=group == k, tight=True)
        for k in range(len(moved))
    ]


def body_of(mesh: Array, colour: float = 0.25) -> BodyMesh:
    planes = np.full((1, N, N, 3), colour, np.float32)
    place = np.ascontiguousarray(mesh[:, :2])
    return BodyMesh(ONE, place, np.zeros((2, 2), np.int32), np.zeros(4, np.float32), planes)


NOWHERE = rectangle(-9, -9, -8, -8, 0)


def composed(
    photo: PhotoMesh, moved: list[Array], body: Array = NOWHERE, behind: float = 1.0
) -> Composed:
    return compose(
        sheets_of(photo, moved),
        photo,
        rasterise(body, ONE, (N, N), tight=True),
        body_of(body),
        behind,
    )


@pytest.mark.parametrize(("n", "groups"), [(2, 1), (9, 2), (31, 5)])
def test_gives_what_the_reference_gives(n: int, groups: int, rng: np.random.Generator) -> None:
    for _ in range(6):
        given = scene(rng, n, groups)
        found, wanted = compose(*given), reference.compose(*given)
        for name in RESULTS:
            assert_close(getattr(found, name), getattr(wanted, name))


@pytest.mark.parametrize("threads", [1, 2, 3, 40])
def test_any_number_of_threads_gives_the_same(threads: int, rng: np.random.Generator) -> None:
    given = scene(rng, 31, 5)
    found, wanted = compose(*given, threads=threads), compose(*given, threads=1)
    for name in RESULTS:
        np.testing.assert_array_equal(getattr(found, name), getattr(wanted, name))


def test_the_memory_of_the_inputs_makes_no_difference(rng: np.random.Generator) -> None:
    sheets, photo, raster, body, behind = scene(rng, 31, 3)
    wanted = compose(sheets, photo, raster, body, behind)
    gapped = [
        replace(s, depth=strided(s.depth), triangle=strided(s.triangle), bary=strided(s.bary))
        for s in (*sheets, raster)
    ]
    meshes = [
        replace(mesh, **{name: strided(array) for name, array in vars(mesh).items()})
        for mesh in (photo, body)
    ]
    found = compose(gapped[:-1], meshes[0], gapped[-1], meshes[1], behind)
    for name in RESULTS:
        np.testing.assert_array_equal(getattr(found, name), getattr(wanted, name))


def test_what_has_moved_is_read_where_it_was() -> None:
    there = rectangle(5, 6, 15, 16, 3)
    photo = photo_of([there])
    found = composed(photo, [moved_by(there, 4, -3, 0)])
    inside = np.s_[3:14, 9:20]
    assert_close(found.image[0].transpose(1, 2, 0)[inside], photo.picture[6:17, 5:16, :3])
    within = np.s_[4:13, 10:19]
    assert (found.mask[0, 0][within] == 1).all()
    assert (found.trust[0, 0][within] == 1).all()
    assert_close(found.flow[0, 0][inside], np.full((11, 11), -4 * 2 / N, np.float32))
    assert_close(found.flow[0, 1][inside], np.full((11, 11), 3 * 2 / N, np.float32))
    assert (found.mask[0, 0] > 0.3).sum() == 121


def test_an_outline_that_has_moved_amid_the_body_fades_into_it() -> None:
    there = rectangle(5, 6, 15, 16, 3)
    photo = photo_of([there])
    photo.core[:, 14] = 0.25  # its right edge has the background's colours
    lower = moved_by(there, 0, 3, 0)
    amid, beside = (rectangle(2, 2, x, 21, 9) for x in (20, 15.5))

    def trust(moved: Array, body: Array) -> list[float]:
        found = composed(photo, [moved], body, behind=0.0)
        return [float(value) for value in found.trust[0, 0][14, 13:15]]

    assert trust(lower, amid) == pytest.approx([1.0, 0.25], abs=1e-3)
    assert trust(lower, beside) == pytest.approx([1.0, 1.0], abs=1e-3)
    assert trust(there, amid) == pytest.approx([1.0, 1.0], abs=1e-3)


def test_colours_go_on_for_a_pixel_where_nothing_is_shown() -> None:
    there = rectangle(5, 5, 9, 9, 3)
    found = composed(photo_of([there]), [there])
    for down, right in AROUND:
        y, x = 7 + 3 * down, 7 + 3 * right
        assert found.mask[0, 0, y, x] < 0.5 * found.mask[0, 0, y - down, x - right]
        assert found.trust[0, 0, y, x] == pytest.approx(1.0)
        assert (found.warped[0, :, y, x] == found.warped[0, :, y - down, x - right]).all()
        assert found.flow[0, :, y, x].tolist() == found.flow[0, :, y - down, x - right].tolist()


def test_a_soft_edge_lets_the_group_behind_it_be_seen_and_not_the_body() -> None:
    """Whichever shows more of the pixel is read sharply, the other as the window has it."""
    far, near = rectangle(2, 2, 20, 20, 5), rectangle(2, 2, 20, 20, 1)
    photo = photo_of([far, near])
    photo.picture[:12, :, 3] = 0.3
    photo.rim[...] = 0.0
    moved = [moved_by(far, 0, -9, 0), moved_by(near, 2, 0, 0)]
    found = composed(photo, moved, moved_by(far, 0, 0, 4))
    y, x = 8, 10
    assert found.mask[0, 0, y, x] == pytest.approx(1.0)
    expected = 0.3 * photo.picture[y, x - 2] + 0.7 * photo.picture[y + 9, x]
    assert_close(found.image[0, :, y, x], expected[:3].astype(np.float32))
    assert found.trust[0, 0, y, x] == pytest.approx(0.7, abs=1e-3)
    assert found.flow[0, 1, y, x] == pytest.approx(9 * 2 / N)


def test_the_two_sides_of_a_cut_are_whole_together() -> None:
    left, right = rectangle(2, 2, 20, 20, 1), rectangle(2, 2, 20, 20, 5)
    found = composed(photo_of([left, right], cut=True), [left, right], moved_by(left, 0, 0, 2))
    assert found.mask[0, 0, 10, 10] == pytest.approx(1.0)
    assert found.trust[0, 0, 10, 10] == pytest.approx(1.0)


def test_the_edge_of_a_cut_moves_as_far_as_its_side() -> None:
    """Read from pixel to pixel it would jump, and one that turns would have teeth."""
    there = rectangle(2, 2, 20, 20, 1)
    photo = photo_of([there], cut=True)
    photo.members[0] = np.clip(0.5 + (10.0 - np.arange(N)) / 6.0, 0.0, 1.0)

    def end(shift: float) -> float:
        return float(composed(photo, [moved_by(there, shift, 0, 0)]).mask[0, 0, 10, 6:16].sum())

    assert [end(shift) - end(0.0) for shift in (0.3, 0.5, 0.8)] == pytest.approx(
        [0.3, 0.5, 0.8], abs=0.06
    )


def test_the_body_fills_what_is_open_and_hides_what_is_far_behind_it() -> None:
    there, body = rectangle(2, 2, 10, 20, 5), rectangle(6, 2, 20, 20, 3)
    photo = photo_of([there])
    both, hidden = (composed(photo, [there], body, behind) for behind in (2.5, 1.5))
    for found in (both, hidden):
        assert found.mask[0, 0, 10, 3:20].min() == pytest.approx(1.0)
        assert found.image[0, 0, 10, 15] == pytest.approx(0.25)
        assert found.trust[0, 0, 10, 15] == 0
        assert found.trust[0, 0, 10, 3] == pytest.approx(1.0)
    assert both.trust[0, 0, 10, 8] == pytest.approx(1.0)
    assert hidden.trust[0, 0, 10, 8] == 0
    assert 0.3 < hidden.trust[0, 0, 10, 6] < 0.7  # at its edge without a step


def test_the_edge_of_a_limb_of_the_body_before_the_photo_is_soft_on_both_sides() -> None:
    """Of what of the body lies behind the photo nothing is seen there."""
    there = rectangle(1, 1, 22, 22, 5)
    limb, trunk = rectangle(6, 2, 14, 20, 1), rectangle(2, 2, 20, 20, 9)
    photo = photo_of([there])
    mesh, triangles = np.concatenate([limb, trunk]), np.concatenate([ONE, ONE + 4])
    body = replace(
        body_of(mesh),
        triangles=triangles,
        plane=np.array([[0, 0]] * 2 + [[1, 1]] * 2, np.int32),
        mix=np.zeros(8, np.float32),
        planes=np.stack([np.full((N, N, 3), colour, np.float32) for colour in (0.25, 0.9)]),
    )
    raster = rasterise(mesh, triangles, (N, N), tight=True)
    found = compose(sheets_of(photo, [there]), photo, raster, body, 1.0)
    of_photo = np.array([1.0, 2 / 3, 1 / 3, 0.0])
    assert found.trust[0, 0, 10, 4:8] == pytest.approx(of_photo, abs=1e-3)
    assert found.image[0, 2, 10, 4:8] == pytest.approx(0.25 + 0.25 * of_photo, abs=1e-3)
    assert found.mask[0, 0, 10, 4:8] == pytest.approx(1.0)


def test_where_the_body_is_before_itself_its_edge_has_no_step() -> None:
    """As of a lower arm that is made up, before the photo's own shirt, and before a made-up one,
    with what the photo has behind both, or nothing."""
    far, near = rectangle(2, 2, 21, 21, 8), rectangle(10, 2, 21, 21, 1)
    mesh = np.concatenate([far, near])
    behind = BodyMesh(
        np.concatenate([ONE, ONE + 4]).astype(np.int32),
        np.ascontiguousarray(mesh[:, :2]),
        np.array([[0, 0]] * 2 + [[1, 1]] * 2, np.int32),
        np.zeros(8, np.float32),
        np.stack([np.full((N, N, 3), colour, np.float32) for colour in (0.25, 1.0)]),
    )
    raster = rasterise(mesh, behind.triangles, (N, N), tight=True)
    seen = []
    for there in (far, moved_by(far, 0, 0, 8), NOWHERE):
        photo = photo_of([there])
        photo.picture[..., :3] = 0.25
        made = compose(sheets_of(photo, [there]), photo, raster, behind, 2.0)
        assert made.mask[0, 0, 10, 3:20] == pytest.approx(1.0), "nothing is let through"
        seen.append(made)
    shares = np.array([0, 3 / 9, 6 / 9, 1])  # of the arm, from column 8 on
    assert seen[0].trust[0, 0, 10, 8:12] == pytest.approx(1.0 - shares, abs=2e-4)
    for made in seen:
        assert made.image[0, 0, 10, 8:12] == pytest.approx(0.25 + 0.75 * shares, abs=1e-3)


def test_where_the_body_comes_out_of_the_photo_there_is_no_step() -> None:
    there = rectangle(2, 2, 20, 20, 5)
    body = np.array([[2, 2, 14], [20, 2, -4], [20, 20, -4], [2, 20, 14]], np.float32)
    found = composed(photo_of([there]), [there], body, behind=0.5)  # at column 11.5
    assert found.trust[0, 0, 10, 10:14] == pytest.approx([1.0, 2 / 3, 1 / 3, 0.0], abs=2e-4)


def test_the_edge_of_a_sheet_is_soft_but_not_at_the_windows_own() -> None:
    there = rectangle(0, 4, 15, 16, 3)
    mask = composed(photo_of([there]), [there]).mask[0, 0]
    assert mask[4, 8] == mask[10, 15] == pytest.approx(6 / 9)
    assert mask[4, 15] == pytest.approx(4 / 9)
    assert mask[10, 16] == mask[3, 8] == pytest.approx((6 / 9) ** 2 * 3 / 9)
    assert mask[10, 17] == mask[2, 8] == 0
    assert mask[10, 0] == 1
    assert mask[4, 0] == pytest.approx(4 / 6)


def test_the_body_goes_over_from_one_plane_into_another() -> None:
    there = rectangle(2, 2, 20, 20, 3)
    body = body_of(there)
    planes = np.concatenate([body.planes, np.full_like(body.planes, 0.75)])
    mix = np.array([0.0, 1.0, 1.0, 0.0], np.float32)  # from its left to its right
    body = replace(body, planes=planes, plane=np.array([[0, 1]] * 2, np.int32), mix=mix)
    photo = photo_of([NOWHERE])
    found = compose(sheets_of(photo, [NOWHERE]), photo, rasterise(there, ONE, (N, N)), body, 1.0)
    assert found.image[0, 0, 11, [2, 11, 20]] == pytest.approx([0.25, 0.5, 0.75], abs=1e-6)


def test_what_stands_still_has_its_rim() -> None:
    there = rectangle(2, 2, 20, 20, 1)
    photo = replace(photo_of([there], mask=0.4), rim=np.full((N, N), 0.9, np.float32))
    assert composed(photo, [there]).mask[0, 0, 10, 10] == pytest.approx(0.9)
    moved = composed(photo, [moved_by(there, 3, 0, 0)])
    assert moved.mask[0, 0, 10, 10] == pytest.approx(0.4)


def test_what_has_less_of_a_share_lets_the_body_through() -> None:
    front, back = rectangle(4, 4, 20, 20, 5), rectangle(4, 4, 20, 20, 9)
    photo = photo_of([front])
    for share in (0.0, 0.25, 1.0):
        part = replace(photo, share=np.full(4, share, np.float32))
        found = composed(part, [front], back)
        assert found.mask[0, 0, 12, 12] == pytest.approx(1.0)
        assert found.trust[0, 0, 12, 12] == pytest.approx(share, abs=2e-4)
        expected = share * 0.5 + (1.0 - share) * 0.25  # the blue of photo and body
        assert found.image[0, 2, 12, 12] == pytest.approx(expected, abs=1e-3)


def test_inputs_that_do_not_fit_are_refused() -> None:
    there = rectangle(2, 2, 20, 20, 1)
    photo, body = photo_of([there]), body_of(there)
    sheets, raster = sheets_of(photo, [there]), rasterise(there, ONE, (N, N))
    with pytest.raises(ValueError, match=r"the members must be \[2, 24, 24\], not \[1, 24, 24\]"):
        compose([*sheets, *sheets], photo, raster, body, 1.0)
    with pytest.raises(ValueError, match="the raster shows triangle 1, but there are 1"):
        compose(sheets, photo, raster, replace(body, triangles=ONE[:1], plane=body.plane[:1]), 1.0)
    with pytest.raises(ValueError, match="reaches out of the window of 24 pixels"):
        compose(sheets, photo, replace(raster, origin=(1, 0)), body, 1.0)
    with pytest.raises(ValueError, match=r"the body's planes must be \[1, 24, 24, 3\]"):
        compose(sheets, photo, raster, replace(body, planes=body.planes[:, 1:]), 1.0)
    with pytest.raises(ValueError, match="the body's plane must be 0 to 0"):
        compose(sheets, photo, raster, replace(body, plane=body.plane + 1), 1.0)
    with pytest.raises(ValueError, match=r"the picture must be \[n,n,4\], not \[24\]"):
        compose(sheets, replace(photo, picture=photo.picture[:, 0, 0]), raster, body, 1.0)
    with pytest.raises(TypeError, match="cut must be bool, not uint8"):
        compose(sheets, replace(photo, cut=photo.cut.view(np.uint8)), raster, body, 1.0)
    with pytest.raises(TypeError, match="planes must be float32, not float64"):
        compose(sheets, photo, raster, replace(body, planes=body.planes.astype(float)), 1.0)


def test_tensors_give_what_arrays_give(rng: np.random.Generator) -> None:
    call = LAYERS.call(rng, (21, 3))
    found, behind = LAYERS.public(*call.tensors(), **call.options), call.options["behind"]
    sheets, photo, raster, body = parts_of_layers(call.tensors())
    assert_close(found, LAYERS.reference(*call.tensors(), behind=behind))
    out = torch.full_like(found, torch.nan)
    meshes = TensorPhotoMesh(*photo), TensorRaster(*raster), TensorBodyMesh(*body)
    made = compose(TensorRaster(*sheets), *meshes, behind, out=out)
    assert torch.equal(out, found), "of groups in one raster too"
    assert made.mask.data_ptr() == out[:, 3:].data_ptr()
    torch.library.opcheck(
        torch.ops.bunraku.compose.default,
        (sheets, photo, raster, body, behind),
        test_utils=("test_schema", "test_faketensor"),
    )


def test_tensors_that_do_not_fit_are_refused(rng: np.random.Generator) -> None:
    call = LAYERS.call(rng, (9, 2))
    sheets, photo, raster, body = parts_of_layers(call.tensors())
    piled = [TensorRaster(*one) for one in zip(*sheets, strict=True)]
    given = piled, TensorPhotoMesh(*photo), TensorRaster(*raster), TensorBodyMesh(*body)

    def refuses(error: type[Exception], message: str, at: int, **changed: Any) -> None:
        form: Any = compose
        arguments: list[Any] = list(given)
        arguments[at] = replace(arguments[at], **changed)
        with pytest.raises(error, match=message):
            form(*arguments, 1.0)

    refuses(TypeError, "rim must be float32, not torch.float64", 1, rim=photo[4].double())
    refuses(TypeError, "plane must be int32, not torch.int64", 3, plane=body[2].long())
    refuses(TypeError, "planes must be a tensor like the others", 3, planes=body[4].numpy())
    refuses(ValueError, r"a raster's triangle must be \[9, 9\]", 2, triangle=raster[1][1:])
