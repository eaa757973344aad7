from __future__ import annotations

import numpy as np
from tests.runtime.fakes import SIZE, WINDOW, FakeEstimator, puppet, street, subject, with_person

from bunraku.kernels import channels_last
from bunraku.runtime.canvas import Patch
from bunraku.runtime.options import PuppetOptions
from bunraku.runtime.source.window import crop
from bunraku.spec.arrays import Array
from bunraku.spec.landmarks import Bone

PHOTO = with_person(street(), 100, 60)


def test_everything_is_computed_once() -> None:
    p = puppet()
    p.set_source(PHOTO)
    identity = p.identity
    assert subject(identity).source is identity.source
    assert Bone.THIGH in subject(identity).proportions
    assert identity.subject.surface.shape == (1, 73, SIZE, SIZE)
    features = identity.features
    assert [z.shape[-1] for z in features.z] == [16, 32, 64]
    assert features.image_masked is not None
    assert features.atlas_prior is not None
    masked = features.image_masked
    assert np.allclose(masked[:, :3], identity.source.image(WINDOW) * masked[:, 3:4])
    read = (*features.z, masked, features.atlas_prior)
    names = ("z_16", "z_32", "z_64", "image_masked", "atlas_prior")
    for name, tensor in zip(names, read, strict=True):
        assert np.array_equal(tensor, features.tensors[name])
        assert np.shares_memory(channels_last(tensor), tensor)  # in the kernels' layout already


def test_both_canvases_hold_the_photo() -> None:
    p = puppet()
    p.set_source(PHOTO)
    assert np.array_equal(p.identity.canvas.untouched(), PHOTO)
    assert p.identity.window_canvas.untouched().shape == (WINDOW, WINDOW, 3)


def test_the_mask_is_not_asked_for_on_the_source_unless_wanted() -> None:
    asked: list[Array | None] = []

    class Asked(FakeEstimator):
        def surface(self, landmarks: Array, mask: Array | None) -> Array:
            asked.append(mask)
            return super().surface(landmarks, mask)

    for wanted in (False, True):
        puppet(Asked(), options=PuppetOptions(source_iuv_mask=wanted)).set_source(PHOTO)
    assert asked[0] is None
    assert asked[1] is not None
    assert asked[1].shape == (SIZE, SIZE)


def test_a_patch_of_the_photo_is_the_same_in_its_window() -> None:
    p = puppet()
    p.set_source(PHOTO)
    identity = p.identity
    window = identity.source.framing.window
    left, top, side = window.box
    for x, y in ((60, 40), (max(left, 0), max(top, 0)), (PHOTO.shape[1] - 20, 30)):
        patch = Patch(x, y, np.full((16, 20, 3), 250, np.uint8))
        small = identity.in_window(patch)
        found = small.on(identity.source.window)
        wanted = crop(patch.on(PHOTO), window, WINDOW)
        assert np.abs(found.astype(int) - np.asarray(wanted, int)).max() <= 1
        assert small.pixels.size < 0.3 * found.size or side <= WINDOW
