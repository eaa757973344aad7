"""A person made by code, in front of a wall, bound to the shipped template and drawn."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from tests.runtime.drivers.body.people import silhouette
from tests.runtime.fakes import street

from bunraku.runtime.canvas import Canvas
from bunraku.runtime.drivers.body.bound import bind_photo
from bunraku.runtime.drivers.body.cloths import Cloth
from bunraku.runtime.drivers.body.drawing import Body
from bunraku.runtime.drivers.body.edge import lower_edge
from bunraku.runtime.drivers.body.fit import Fit, covered, fit_body
from bunraku.runtime.drivers.body.girth import main_bones, measure_girth
from bunraku.runtime.drivers.body.grid import make_grid
from bunraku.runtime.drivers.body.groups import ARMS, GROUP, Group
from bunraku.runtime.drivers.body.lines import Lines
from bunraku.runtime.drivers.body.making import make_body
from bunraku.runtime.drivers.body.rig import Rig
from bunraku.runtime.drivers.body.template import Template, load_template
from bunraku.runtime.later import Later
from bunraku.runtime.pose import Pose
from bunraku.runtime.source.framing import Framing
from bunraku.runtime.source.plate import Plate
from bunraku.runtime.source.source import Source
from bunraku.runtime.source.window import Window
from bunraku.spec.arrays import Array, Picture
from bunraku.spec.landmarks import Bone
from bunraku.spec.skeleton import BodyBone

N = 256
SURE = np.ones(33, np.float32)
SCALE = 110.0


@pytest.fixture(scope="module")
def template() -> Template:
    return load_template()


@pytest.fixture(scope="module")
def landmarks(template: Template) -> Array:
    points = template.landmarks * SCALE
    points[:, :2] += np.array([128.0, 118.0]) - points[[23, 24], :2].mean(0)
    return np.concatenate([points, np.ones((33, 1), np.float32)], 1).astype(np.float32)


def outline(landmarks: Array) -> Array:
    """The person in the window, with a soft edge."""
    drawn = silhouette(landmarks, (N, N), SCALE).astype(np.float32)
    return np.asarray(cv2.GaussianBlur(drawn, (0, 0), 0.8), np.float32)


def photo_of(landmarks: Array, mask: Array) -> Picture:
    """A person of stripes in front of a street."""
    rows, columns = np.mgrid[:N, :N]
    person = np.stack([120 + rows % 100, 40 + columns % 150, (rows + columns) % 200], -1)
    wall = street((N, N)).astype(np.float32)
    mixed = wall + (person - wall) * mask[..., None]
    return mixed.round().astype(np.uint8)


@pytest.fixture(scope="module")
def source(landmarks: Array) -> Source:
    mask = outline(landmarks)
    photo = photo_of(landmarks, mask)
    window = Window.of_box(0, 0, N)
    pose = Pose(landmarks, landmarks[:, :3] / SCALE, 0.99, mask)
    plate = street((N, N))
    return Source(
        photo, pose, 1, Framing(window, False, Bone.TORSO), photo, mask, Later.of(Plate(plate))
    )


@pytest.fixture(scope="module")
def rig(template: Template) -> Rig:
    return Rig(template.landmarks)


@pytest.fixture(scope="module")
def fit(template: Template, rig: Rig, landmarks: Array, source: Source) -> Fit:
    found = fit_body(template, rig, landmarks, source.mask)
    assert found is not None
    return found


@pytest.fixture(scope="module")
def body(source: Source, fit: Fit) -> Body:
    return make_body(source, fit)


def pasted(source: Source, body: Body, transforms: Array) -> Picture:
    drawn = body.draw(transforms, SURE)
    canvas = Canvas(source.photo, source.plate, source.framing.window)
    return canvas.paste(drawn.image, drawn.mask, drawn.detail)


def test_the_fit_finds_the_size_and_stays_in_the_outline(fit: Fit) -> None:
    assert fit.stance.size == pytest.approx(SCALE, rel=0.01)
    at = np.clip(fit.mesh[:, :2].round().astype(int), 0, N - 1)
    assert fit.inside[at[:, 1], at[:, 0]].mean() > 0.98


def test_wide_clothes_make_a_wide_body(
    template: Template, rig: Rig, landmarks: Array, source: Source, fit: Fit
) -> None:
    wider = cv2.dilate(fit.inside.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    narrow, wide = (measure_girth(template, fit.stance, m) for m in (fit.inside, wider))
    for bone in (BodyBone.FOREARM_L, BodyBone.THIGH_R):
        assert wide[bone] > narrow[bone]


def test_a_wide_trunk_is_less_deep_than_it_is_wide(
    template: Template, rig: Rig, landmarks: Array, source: Source, fit: Fit
) -> None:
    wider = np.asarray(cv2.dilate(source.mask, np.ones((9, 9), np.uint8)), np.float32)
    wide = fit_body(template, rig, landmarks, wider)
    assert wide is not None
    trunk = np.isin(main_bones(template), [BodyBone.PELVIS])
    grown = np.ptp(wide.mesh[trunk], 0) / np.ptp(fit.mesh[trunk], 0)
    assert grown[0] > 1.05
    assert 1.0 < grown[2] < 0.6 * grown[0] + 0.4


def test_a_pose_that_is_not_the_outlines_is_refused(
    template: Template, rig: Rig, landmarks: Array, source: Source
) -> None:
    elsewhere = landmarks.copy()
    elsewhere[:, 0] += 90.0
    inside = source.mask > 0.3
    assert covered(landmarks, inside, np.ones_like(inside)) > 0.95
    assert fit_body(template, rig, elsewhere, source.mask) is None
    assert fit_body(template, rig, landmarks, np.zeros_like(source.mask)) is None
    heap = np.full_like(landmarks, 128.0)
    assert fit_body(template, rig, heap, source.mask) is None
    unknown = np.full_like(landmarks, np.nan)
    assert fit_body(template, rig, unknown, source.mask) is None


def test_every_pixel_of_the_person_has_bones(fit: Fit, source: Source, landmarks: Array) -> None:
    binding = bind_photo(fit, source.window).whole
    assert binding.reached[fit.inside].mean() > 0.999
    assert np.allclose(binding.weights[binding.reached].sum(-1), 1.0, atol=1e-4)
    for landmark, bone in ((0, BodyBone.HEAD), (25, BodyBone.THIGH_L), (28, BodyBone.SHIN_R)):
        x, y = landmarks[landmark, :2].round().astype(int)
        assert GROUP[binding.bone[y - 3, x]] == GROUP[bone]


def test_nothing_is_stretched_across_a_cut(fit: Fit, source: Source) -> None:
    binding = bind_photo(fit, source.window).whole
    even = Lines.over(np.zeros((N, N), np.bool_))
    grid = make_grid(binding, fit.trunk_px, None, even)
    groups = GROUP[grid.bone[grid.triangles]]
    apart = (groups == Group.FOREARM_L).any(1) & (groups == Group.LEG_L).any(1)
    assert not apart.any()  # no triangle between a hanging hand and the thigh
    assert grid.whole(grid.vertices).all()
    pulled = grid.vertices.copy()
    pulled[grid.bone == BodyBone.SHIN_L, 1] += 40.0
    assert not grid.whole(pulled).all()
    assert np.allclose(grid.share(grid.vertices), 1.0)
    stretched = grid.vertices * np.array([1.0, 9.5, 1.0], np.float32)
    assert not grid.share(stretched).any()
    half = grid.vertices * np.array([3.25, 1.0, 1.0], np.float32)
    assert np.allclose(grid.share(half)[grid.bone == BodyBone.SHIN_L], 0.5, atol=1e-3)
    assert np.allclose(grid.share(half)[grid.vertices[:, 1].argmin()], 1.0)  # on the head
    assert grid.vertices[:, :2].max() <= N - 1
    assert not grid.hold.any()


def test_a_photo_driven_by_itself_is_the_photo(
    source: Source, body: Body, rig: Rig, landmarks: Array
) -> None:
    still = rig.transforms(body.fit.stance, landmarks, SURE)
    drawn = body.draw(still, SURE)
    surface = body.surface(still, SURE, 128)
    assert surface.shape == (1, 73, 128, 128)
    covered = surface[0, 0] == 0
    assert (covered == (surface[0, 1:25].sum(0) == 1)).all()
    assert 0.5 < covered.sum() * 4 / source.mask.sum() < 1.1
    assert np.abs(drawn.flow).max() < 1e-3
    person = source.mask > 0.5
    assert drawn.mask[0, 0][source.mask > 0.99].mean() > 0.99
    off = np.abs(pasted(source, body, still).astype(float) - source.photo)[person].mean() / 255.0
    assert off <= 0.01


def test_a_shifted_driver_shifts_the_person(
    source: Source, body: Body, rig: Rig, landmarks: Array
) -> None:
    there = landmarks.copy()
    there[:, 0] += 20.0
    moved = pasted(source, body, rig.transforms(body.fit.stance, there, SURE))
    sure = cv2.erode((source.mask > 0.99).astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    sure[:, N - 20 :] = False
    expected = np.roll(source.photo, 20, 1)[np.roll(sure, 20, 1)]
    assert np.abs(moved[np.roll(sure, 20, 1)].astype(int) - expected).mean() < 2.0
    reach = cv2.dilate((source.mask > 0.01).astype(np.uint8), np.ones((7, 7), np.uint8)) > 0
    left = sure & ~np.roll(reach, 20, 1)
    assert np.array_equal(moved[left], source.plate[left])


def test_what_an_arm_hid_is_the_trunks_and_never_a_hole(
    source: Source, body: Body, rig: Rig, landmarks: Array
) -> None:
    raised = landmarks.copy()
    arm = [13, 15, 17, 19, 21]
    raised[arm, 1] = 2.0 * raised[11, 1] - raised[arm, 1]
    drawn = body.draw(rig.transforms(body.fit.stance, raised, SURE), SURE)
    x, y = raised[15, :2].round().astype(int)
    assert drawn.mask[0, 0, y, x] > 0.9
    trunk = landmarks[[11, 12, 23, 24], :2].mean(0).round().astype(int)
    assert drawn.mask[0, 0, trunk[1], trunk[0]] > 0.99


def test_a_photo_that_ends_at_the_waist_is_held_there(fit: Fit, source: Source) -> None:
    row = 130
    half = replace(source, photo=source.photo[:row])
    edge = lower_edge(half)
    assert edge == row - 2
    assert lower_edge(source) is None  # the photo goes on below the feet
    body = make_body(half, fit)
    assert body.grid.hold.max() == 1.0
    arms = np.isin(GROUP[body.grid.bone], ARMS)
    assert not body.grid.hold[arms].any()
    lifted = np.repeat(np.eye(4, dtype=np.float32)[None, :3], len(BodyBone), 0)
    lifted[:, 1, 3] = -15.0
    drawn = body.draw(lifted, SURE)
    assert drawn.mask[0, 0, row - 3, int(fit.stance.points[23, 0])] > 0.9


def test_what_neither_shows_is_not_made_up(body: Body) -> None:
    blind = replace(
        body,
        textures=replace(
            body.textures, known=body.textures.known & (np.arange(len(Cloth)) != Cloth.HAND_L)
        ),
    )
    still = np.repeat(np.eye(4, dtype=np.float32)[None, :3], len(BodyBone), 0)
    hidden = SURE.copy()
    hidden[15] = 0.0
    with_hand, without = body.surface(still, SURE, 128), blind.surface(still, hidden, 128)
    assert without[0, 4].sum() < 0.3 * with_hand[0, 4].sum()  # part 4, the left hand
    assert blind.draw(still, hidden).mask.sum() <= body.draw(still, SURE).mask.sum()
