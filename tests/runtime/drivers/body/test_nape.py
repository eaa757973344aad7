"""Necks are narrow, and hair that hangs covers their backs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.runtime.drivers.body.test_hair import (
    BROWN,
    LONG,
    PERSON,
    SHIRT,
    SKIN,
    N,
    fitted,
    painted,
)

from bunraku.runtime.drivers.body.bound import Bound, bind_photo
from bunraku.runtime.drivers.body.cloths import BACK, Cloth
from bunraku.runtime.drivers.body.drawing import Body
from bunraku.runtime.drivers.body.fit import Fit
from bunraku.runtime.drivers.body.girth import main_bones
from bunraku.runtime.drivers.body.making import make_body
from bunraku.runtime.drivers.body.nape import NARROW, Nape
from bunraku.runtime.source.source import Source
from bunraku.spec.arrays import Array
from bunraku.spec.landmarks import NOSE
from bunraku.spec.skeleton import BodyBone

SHORT, _ = painted(BROWN, SHIRT, short=True)
NECK = (PERSON[[7, 8], :2].mean(0) + PERSON[[11, 12], :2].mean(0)) / 2
SHOULDERS_PX = int(PERSON[[11, 12], 1].mean())


@dataclass(frozen=True, eq=False)
class _Person:
    fit: Fit
    bound: Bound
    nape: Nape

    @classmethod
    def of(cls, source: Source) -> _Person:
        fit = fitted(source)
        bound = bind_photo(fit, source.window)
        return cls(fit, bound, Nape.of(fit, bound.head, bound.hair))


@pytest.fixture(scope="module")
def long() -> _Person:
    return _Person.of(LONG)


@pytest.fixture(scope="module")
def short() -> _Person:
    return _Person.of(SHORT)


def _plane(body: Body, number: int) -> Array:
    return np.asarray(body.textures.planes.reshape(-1, N, N, 3)[number])


def _alike(colours: Array, other: tuple[int, int, int]) -> NDArray[np.bool_]:
    return np.asarray(np.abs(colours - np.array(other) / 255.0).sum(-1) < 0.25)


def test_a_neck_is_narrow_and_ends_at_the_clothes(short: _Person) -> None:
    nape, unit = short.nape, short.bound.head.unit_px
    x, y = NECK.round().astype(int)
    assert nape.skin[y, x] == 1.0
    assert nape.skin[y].sum() <= 2.0 * NARROW[1] * unit
    assert not nape.skin[SHOULDERS_PX].any()


def test_a_neck_ends_in_a_line(short: _Person) -> None:
    x, y = NECK.round().astype(int)
    for line in (short.nape.skin[y], short.nape.skin[:, x]):
        between = (line > 0.02) & (line < 0.98)
        assert between.sum() <= 2 * 0.15 * short.bound.head.unit_px + 2


def test_short_hair_does_not_hang(short: _Person) -> None:
    assert not short.nape.hair.any()


def test_hair_over_a_shoulder_hangs_over_the_back_of_the_neck(long: _Person) -> None:
    x, y = NECK.round().astype(int)
    assert long.nape.hair[y, x] > 0.9
    assert not long.nape.hair[SHOULDERS_PX + 50 :].any()


def test_skin_is_told_from_the_clothes_below_it(short: _Person) -> None:
    bound, colours = short.bound, SHORT.window.astype(np.float32) / np.float32(255.0)
    trunk = (SHORT.mask > 0.5) & (bound.head.down > 1.0)
    tone = np.array(SKIN, np.float32) / np.float32(255.0)
    cloth = short.nape.clothed(bound.head, trunk, colours, tone)
    assert _alike(colours[trunk], SKIN).any()
    assert not _alike(colours[cloth], SKIN).any()
    assert short.nape.clothed(bound.head, trunk, colours, None) is trunk


def test_a_collar_up_to_the_chin_stays(short: _Person) -> None:
    trunk = (SHORT.mask > 0.5) & (short.bound.head.down > 1.0)
    tone = np.array(SKIN, np.float32) / np.float32(255.0)
    for cloth in (np.array(SHIRT, np.float32) / np.float32(255.0), np.float32(0.2) * tone):
        colours = np.broadcast_to(cloth, (N, N, 3))
        assert short.nape.clothed(short.bound.head, trunk, colours, tone) is trunk


def test_bare_shoulders_stay_bare(short: _Person) -> None:
    trunk = (SHORT.mask > 0.5) & (short.bound.head.down > 1.0)
    tone = np.array(SKIN, np.float32) / np.float32(255.0)
    colours = np.broadcast_to(tone, (N, N, 3))
    assert short.nape.clothed(short.bound.head, trunk, colours, tone) is trunk


@pytest.mark.parametrize("number", [Cloth.TRUNK, BACK])
def test_beside_a_neck_there_are_clothes(short: _Person, number: int) -> None:
    plane = _plane(make_body(SHORT, short.fit), number)
    x, y = NECK.round().astype(int)
    beside = round(1.5 * NARROW[1] * short.bound.head.unit_px)
    for column in (x - beside, x + beside):
        assert not _alike(plane[y : SHOULDERS_PX + 20, column], SKIN).any()
    assert _alike(plane[y, x], SKIN)


def test_the_back_of_a_neck_below_long_hair_is_hair(long: _Person) -> None:
    body, template = make_body(LONG, long.fit), long.fit.template
    x, y = NECK.round().astype(int)
    assert _alike(_plane(body, BACK)[y, x], BROWN)
    low = SHOULDERS_PX + 25
    assert not _alike(_plane(body, Cloth.TRUNK)[low], BROWN).any()
    at_x, at_y = np.clip(np.rint(long.fit.mesh[:, :2]), 0, N - 1).astype(int).T
    behind = (template.normals[:, 2] > 0.1) & (long.nape.hair[at_y, at_x] > 0.9)
    head = main_bones(template) == BodyBone.HEAD
    nape = head & behind & (template.vertices[:, 1] > template.landmarks[NOSE, 1])
    own = nape[template.triangles].any(1) & behind[template.triangles].all(1)
    shown = body.layer.cloth[: len(own)][own]
    assert own.any()
    assert (shown[:, 1] != Cloth.FACE).all()
