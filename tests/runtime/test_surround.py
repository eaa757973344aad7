from __future__ import annotations

import cv2
import numpy as np
import pytest
from tests.runtime.fakes import red, street, with_person

from bunraku.runtime.canvas import Canvas, Detail
from bunraku.runtime.source.plate import make_plate
from bunraku.runtime.source.window import Window, crop
from bunraku.runtime.surround import Surround
from bunraku.spec.arrays import Array, Picture

N = 64
SIDE = 256


class Scene:
    """A red person before a street, whose plate is of another colour in a band around them."""

    def __init__(self) -> None:
        self.photo: Picture = with_person(street((SIDE, SIDE)), 100, 60)
        self.person = red(self.photo)
        self.plate = make_plate(self.photo, self.person).picture
        self.band = cv2.dilate(self.person, np.ones((7, 7))) - self.person > 0
        self.plate[self.band] = (0, 255, 0)
        self.window = Window.of_box(0, 0, SIDE)
        self.mask = np.asarray(crop(self.person, self.window, N), np.float32)
        small = np.asarray(crop(self.photo, self.window, N), np.float32) / np.float32(255)
        self.image = np.ascontiguousarray(small.transpose(2, 0, 1)[None])

    def pasted(self, move: int, *, trust: float = 1.0, surround: bool = True) -> Picture:
        """The person moved to the right by pixels of the window."""
        around = Surround.of(self.mask) if surround else None
        canvas = Canvas(self.photo, self.plate, self.window, surround=around)
        image = np.roll(self.image, move, -1)
        mask = np.roll(self.mask[None, None], move, -1)
        return canvas.paste(image, mask, self.detail(image, move, trust))

    @staticmethod
    def detail(image: Array, move: int, trust: float) -> Detail:
        ones = np.ones((1, 1, N, N), np.float32)
        flow = np.concatenate([ones * (-2.0 * move / N), 0 * ones], 1).astype(np.float32)
        warped = np.concatenate([image * np.float32(1.001), ones, 0 * ones], 1)
        return ones * np.float32(trust), warped, flow

    def green(self, picture: Picture) -> float:
        """The share of the band that shows the plate."""
        return float((picture[self.band].astype(int) @ [-1, 1, -1] > 100).mean())

    def error(self, picture: Picture) -> float:
        """Levels in the band around the person."""
        return float(np.abs(picture[self.band].astype(int) - self.photo[self.band]).mean())


def test_who_stands_still_gives_the_photo_back() -> None:
    scene = Scene()
    assert scene.error(scene.pasted(0, surround=False)) > 50  # the band is the plate's
    made = scene.pasted(0)
    assert scene.error(made) < 0.5
    assert np.abs(made.astype(int) - scene.photo).mean() < 1.0


@pytest.mark.parametrize("n", [96, 40])
def test_the_person_may_be_painted_in_other_pixels_than_the_mask_has(n: int) -> None:
    scene = Scene()
    finer = Surround.of(np.asarray(cv2.resize(scene.mask, (n, n)), np.float32))
    canvas = Canvas(scene.photo, scene.plate, scene.window, surround=finer)
    mask = scene.mask[None, None]
    made = canvas.paste(scene.image, mask, scene.detail(scene.image, 0, 1.0))
    assert scene.error(made) < 4.0
    assert finer is not None
    assert finer.sized(n) is finer
    assert finer.sized(N) is finer.sized(N)


def test_who_has_moved_leaves_the_plate_behind() -> None:
    scene = Scene()
    made, plain = scene.pasted(12), scene.pasted(12, surround=False)
    assert np.array_equal(made, plain)
    assert scene.green(made) > 0.4


def test_what_is_behind_returns_by_degrees() -> None:
    scene = Scene()
    shares = [scene.green(scene.pasted(move)) for move in (0, 1, 2, 4)]
    assert shares == sorted(shares)
    assert shares[0] == 0.0


def test_photo_and_plate_meet_the_softer_the_farther_from_the_person() -> None:
    """Two limbs that move a little otherwise draw no edge through the wall beside them."""
    mask = np.zeros((N, N), np.float32)
    mask[:, :4] = 1.0
    around = Surround.of(mask)
    assert around is not None
    ones = np.ones((1, 1, N, N), np.float32)
    nothing, shown = np.zeros((1, 5, N, N), np.float32), []
    for moved_px in np.linspace(0.0, 8.0, 33, dtype=np.float32):
        flow = np.full((1, 2, N, N), moved_px * np.float32(2.0 / N), np.float32)
        shown.append(around.still(mask[None, None], (ones, nothing, flow))[N // 2])
    beside = np.array(shown)[:, around.part[1]][:, around.share[N // 2] == 1.0]
    assert beside.max(0).min() == 1.0
    assert beside[-1].max() == 0.0
    most = (beside[:-1] - beside[1:]).max(0) / 0.25  # for each pixel of a move
    assert most[0] > most[-1]
    assert most[-1] < 0.5


@pytest.mark.parametrize("n", [N, 512])
def test_nothing_of_the_photo_stays_where_the_person_has_gone_far(n: int) -> None:
    """However fine they are painted, and so however far from them the band ends."""
    mask = np.zeros((n, n), np.float32)
    mask[:, : n // 8] = 1.0
    around = Surround.of(mask)
    assert around is not None
    ones = np.ones((1, 1, n, n), np.float32)
    flow = np.full((1, 2, n, n), 0.5, np.float32)
    shown = around.still(mask[None, None], (ones, np.zeros((1, 5, n, n), np.float32), flow))
    assert shown.max() == 0.0


def test_what_is_made_up_does_not_tell_that_it_stands_still() -> None:
    scene = Scene()
    made, plain = scene.pasted(0, trust=0.0), scene.pasted(0, trust=0.0, surround=False)
    assert np.array_equal(made, plain)


def test_a_limb_that_moves_takes_the_photo_away_beside_itself_alone() -> None:
    mask = np.zeros((N, N), np.float32)
    mask[10:60, 10:20] = 1.0
    mask[10:60, 40:50] = 1.0
    around = Surround.of(mask)
    assert around is not None
    ones = np.ones((1, 1, N, N), np.float32)
    flow = np.zeros((1, 2, N, N), np.float32)
    flow[..., 30:] = 0.5
    still = around.still(mask[None, None], (ones, np.zeros((1, 5, N, N), np.float32), flow))
    assert min(still[30, 8], still[30, 21]) > 0.99
    assert max(still[30, 38], still[30, 51]) == 0.0
    assert still[30, 15] == 0.0  # covered by the person, whatever happens


def test_where_nobody_is_there_is_no_band() -> None:
    assert Surround.of(np.zeros((N, N), np.float32)) is None


def test_it_reaches_as_far_as_the_plate_is_not_the_photo() -> None:
    photo = with_person(street((240, 320)), 100, 60)
    plate = make_plate(photo, red(photo)).picture
    window = Window.of_box(40, 0, 240)
    mask = np.asarray(crop(red(photo), window, 120), np.float32)
    around = Surround.of(mask)
    assert around is not None
    ones = np.ones((1, 1, 120, 120), np.float32)
    nothing = np.zeros((1, 7, 120, 120), np.float32)
    still = around.still(mask[None, None], (ones, nothing[:, :5], nothing[:, 5:]))
    changed = (plate != photo).any(-1) & (red(photo) == 0)
    shown = cv2.resize(still, (240, 240))
    assert shown[changed[:, 40:280]].min() > 0.9
