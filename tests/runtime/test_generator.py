from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest
from tests.runtime.fakes import SCALES, SIZE, WINDOW, FakeEngine, engines
from tests.runtime.torch_device import TorchDevice

from bunraku.errors import BundleError
from bunraku.kernels import NEGLIGIBLE_WEIGHT
from bunraku.runtime.engines.protocol import Engine
from bunraku.runtime.generator import Blended, Features, Generator
from bunraku.spec.arrays import Array, Tensors
from bunraku.spec.stages import Stage
from bunraku.spec.tensors import Layout

WITH_PRIOR, WITHOUT = Layout(WINDOW, SIZE, prior=True), Layout(WINDOW, SIZE, prior=False)


def random(*shape: int) -> Array:
    return np.random.default_rng(sum(shape)).random(shape, dtype=np.float32)


def surface(shift: int = 0) -> Array:
    """P of one upright rectangle of part 2."""
    result = np.zeros((1, 73, SIZE, SIZE), np.float32)
    result[:, 0] = 1.0
    inside = np.s_[0, :, 8:56, 20 + shift : 44 + shift]
    result[inside][0], result[inside][2] = 0.0, 1.0
    result[0, 26, :, 20 + shift : 44 + shift] = (np.arange(24) + 0.5) / 24
    result[0, 50, 8:56] = ((np.arange(48) + 0.5) / 48)[:, None]
    return result


def without_prior() -> dict[str, FakeEngine]:
    """A generator that makes its own surface: parts, U and V at random, an atlas of one colour."""
    moved = {f"flow_{n}": np.zeros((1, 2, n, n), np.float32) for n in SCALES}
    moved |= {f"occlusion_{n}": np.full((1, 1, n, n), 0.5, np.float32) for n in SCALES}
    moved["parts"] = random(1, 25, SIZE, SIZE)
    moved["u"], moved["v"] = random(1, 24, SIZE, SIZE), random(1, 24, SIZE, SIZE)
    moved["atlas"] = np.full((1, 24, 4, 32, 32), 2.0, np.float32)
    encoded = {f"z_{n}": random(1, 3, n, n) for n in SCALES}
    encoded |= {n: random(1, 2, 4, 4) for n in ("motion_source", "texture_conv1", "texture_conv2")}

    def blend(known: Tensors) -> dict[str, Array]:
        whole = np.ones((1, 1, WINDOW, WINDOW), np.float32)
        shown = known["warped_16"].mean() * whole
        return {"image": np.repeat(shown, 3, 1), "mask": known["z_geo"].mean() * whole}

    def shapes(tensors: Mapping[str, Array]) -> dict[str, tuple[int, ...]]:
        return {name: array.shape for name, array in tensors.items()}

    maps = {"densepose": (1, 73, SIZE, SIZE)}
    picture = {"image": (1, 3, WINDOW, WINDOW), "mask": (1, 1, WINDOW, WINDOW)}
    return {
        "source": FakeEngine("source", {**picture, **maps}, shapes(encoded), lambda _: encoded),
        "motion": FakeEngine("motion", maps, shapes(moved), lambda _: dict(moved)),
        "blend": FakeEngine(
            "blend",
            {"warped_16": (1, 3, 16, 16), "z_geo": (1, 4, SIZE, SIZE)},
            picture,
            blend,
        ),
    }


def encoded(generator: Generator) -> Features:
    image, mask = random(1, 3, WINDOW, WINDOW), np.ones((1, 1, WINDOW, WINDOW), np.float32)
    return generator.encode(image, mask, surface())


def run(generator: Generator, features: Features, shift: int = 0) -> Blended:
    moved = generator.move(features, surface(shift))
    return generator.blend(features, generator.seam(features, moved))


def test_without_the_prior_the_surface_is_the_motion_engines() -> None:
    made: Mapping[str, Engine] = without_prior()
    generator = Generator(made, WITHOUT, 1)
    features = encoded(generator)
    blended = run(generator, features)
    seam, motion = blended.seamed.seam, blended.seamed.moved.motion
    assert motion.translated is not None
    # The background's score takes no part in the texture.
    parts = motion.translated[0]
    assert np.allclose(seam.z_geo[0, 0], 2.0 * parts[0, 1:].sum(0), atol=0.06)
    for warped, z in zip(seam.warped, features.z, strict=True):
        assert np.allclose(warped, 0.5 * z, atol=1e-5)
    assert blended.seamed.moved.prior is None
    assert seam.warped_image is None
    assert blended.trust is None
    assert generator.fetch(blended).detail is None
    assert blended.mask.max() > 10


def test_with_the_prior_the_surface_is_the_drivers() -> None:
    generator = Generator(engines(), WITH_PRIOR, 1)
    features = encoded(generator)
    moved = generator.move(features, surface())
    assert moved.prior is not None
    inside = surface()[0, 2] > 0
    assert np.allclose(moved.prior[0, 2][inside], 1.0)
    assert not moved.prior[0, :, ~inside].any()
    seamed = generator.seam(features, moved)
    assert seamed.seam.flow_window is not None
    assert seamed.seam.flow_window.shape == (1, 2, WINDOW, WINDOW)
    assert seamed.seam.warped_image is not None
    assert seamed.seam.warped_image.shape == (1, 5, WINDOW, WINDOW)


def test_a_drivers_own_correspondence_takes_the_atlas_s_place() -> None:
    generator = Generator(engines(), WITH_PRIOR, 1)
    features = encoded(generator)
    own = random(1, 6, SIZE, SIZE)
    moved = generator.move(features, surface(), correspondence=own)
    assert moved.prior is not None
    assert np.array_equal(moved.prior, own)
    assert moved.prior is not own, "the driver keeps its own"


HEAD = np.array([0.9, 0.1, 0.05, -0.1, 1.1, 0.02, 0.5], np.float32)


@pytest.mark.parametrize("own", [False, True], ids=["sampled", "correspondence"])
@pytest.mark.parametrize("head", [None, HEAD], ids=["no head", "head"])
@pytest.mark.parametrize("prior", [True, False], ids=["prior", "no prior"])
def test_tensors_pass_through_the_same_lines(prior: bool, head: Array | None, own: bool) -> None:
    made, layout = (engines, WITH_PRIOR) if prior else (without_prior, WITHOUT)
    device = TorchDevice()
    tensors = Generator(device.engines(made()), layout, 1, device=device)
    arrays = Generator(made(), layout, 1)
    driven = surface(6)
    driven[0, 23], driven[0, 2] = driven[0, 2] * 0.5, driven[0, 2] * 0.5  # half of it is a head
    correspondence = random(1, 6, SIZE, SIZE) if own else None
    shown = []
    for generator in (tensors, arrays):
        features = encoded(generator)
        moved = generator.move(features, driven, head, correspondence)
        shown.append(generator.blend(features, generator.seam(features, moved)))
    there, here = shown
    kept, seam = there.seamed.moved.lease.arrays, there.seamed.seam
    assert seam.z_geo is kept["z_geo"], "tensors stay in the frame's own memory"
    assert seam.warped[1] is kept["warped_32"]
    assert there.image is kept["image"]
    if prior:
        assert there.seamed.moved.prior is kept["prior"]
        assert seam.flow_window is kept["flow_window"]
        assert seam.warped_image is kept["warped_image"]
    for tensor, array in (
        (there.seamed.moved.prior, here.seamed.moved.prior),
        (there.seamed.seam.z_geo, here.seamed.seam.z_geo),
        (there.seamed.seam.warped_image, here.seamed.seam.warped_image),
        (there.image, here.image),
        (there.mask, here.mask),
        (there.trust, here.trust),
    ):
        assert (tensor is None) is (array is None)
        if tensor is not None and array is not None:
            assert not isinstance(tensor, np.ndarray)
            (told,) = device.download([tensor], device.queue(Stage.BLEND))
            assert np.allclose(told, array, atol=2e-3)


def test_parts_too_faint_to_be_seen_are_not_read() -> None:
    made, device = without_prior(), TorchDevice()
    motion = made["motion"].function({})
    motion["parts"][:, 5] = 0.9 * NEGLIGIBLE_WEIGHT
    motion["atlas"][:, 4] = np.nan  # the background's score comes first, and has no texture
    made["motion"].function = lambda _: dict(motion)
    for generator in (
        Generator(made, WITHOUT, 1),
        Generator(device.engines(made), WITHOUT, 1, device=device),
    ):
        features = encoded(generator)
        seamed = generator.seam(features, generator.move(features, surface()))
        assert np.isfinite(np.asarray(seamed.seam.z_geo)).all()


def test_frames_keep_their_arrays_and_leave_them_to_others() -> None:
    generator = Generator(engines(), WITH_PRIOR, 1)
    features = encoded(generator)
    first = run(generator, features)
    kept = first.image.copy()
    second = run(generator, features, 10)
    assert np.array_equal(first.image, kept), "a frame that is held is not overwritten"
    assert not np.array_equal(second.image, kept)
    where = first.image.ctypes.data
    del first
    third = run(generator, features)
    assert third.image.ctypes.data == where, "what nobody holds is used again"
    assert np.array_equal(third.image, kept)


def test_a_blend_that_failed_can_be_tried_again() -> None:
    made = engines()
    generator = Generator(made, WITH_PRIOR, 1)
    features = encoded(generator)
    expected = run(generator, features).image.copy()
    seamed = generator.seam(features, generator.move(features, surface()))
    made["blend"].failing = True
    with pytest.raises(Exception, match="told to"):
        generator.blend(features, seamed)
    made["blend"].failing = False
    assert np.array_equal(generator.blend(features, seamed).image, expected)


def test_what_is_asked_for_is_fetched() -> None:
    generator = Generator(engines(), WITH_PRIOR, 1)
    blended = run(generator, encoded(generator))
    assert generator.fetch(blended, detail=False).detail is None
    shown = generator.fetch(blended)
    assert shown.detail is not None
    assert [part.shape[1] for part in shown.detail] == [1, 5, 2]
    assert shown.image is blended.image, "the host's own arrays are not copied"


def test_engines_that_are_missing_or_lack_an_output_are_named() -> None:
    made: dict[str, FakeEngine] = engines()
    with pytest.raises(BundleError, match="'source' does not give texture_conv1, texture_conv2"):
        Generator(made, WITHOUT, 1)
    del made["blend"]
    with pytest.raises(BundleError, match="'blend' does not give image, mask, trust"):
        Generator(made, WITH_PRIOR, 1)


def test_engines_of_another_size_are_named() -> None:
    made = engines()
    made["motion"].outputs = {**made["motion"].outputs, "flow_32": (1, 2, 30, 30)}
    says = r"'motion' has 'flow_32' as \[1, 2, 30, 30\], .* make it \[1, 2, 32, 32\]"
    with pytest.raises(BundleError, match=says):
        Generator(made, WITH_PRIOR, 1)
