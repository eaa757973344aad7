from __future__ import annotations

import numpy as np
import pytest
from tests.runtime.fakes import Turning, marked, street, with_person
from tests.training.contenders import contender

from bunraku.errors import InputError, NoPersonError
from bunraku.runtime.options import PuppetOptions
from bunraku.runtime.pose.networks import PoseModel
from bunraku.runtime.pose.turned import turn_picture
from bunraku.runtime.source.window import Window
from bunraku.training.contender import (
    Candidate,
    check_names,
    close_up,
    in_picture,
    windowed,
)

PHOTO = with_person(street(), 140, 60)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "new=bundles/live,driver=landmarks",
            Candidate("new", "bundles/live", driver="landmarks"),
        ),
        ("my 2.=live,iuv=b/iuv", Candidate("my 2.", "live", "b/iuv")),
        ("body=live,driver=body", Candidate("body", driver="body")),
        ("ref=live,engine=onnxruntime:f32", Candidate("ref", engine="onnxruntime:f32")),
        ("new=live,pose=heavy", Candidate("new", pose=PoseModel.HEAVY)),
        ("raw=live,no-retarget", Candidate("raw", "live", options=PuppetOptions(retarget=False))),
        (
            "m=live,face=1.5,source-iuv-mask,no-head",
            Candidate("m", "live", options=PuppetOptions(True, head=False, face=1.5)),
        ),
    ],
)
def test_parsed(text: str, expected: Candidate) -> None:
    assert Candidate.parse(text) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("live", "'live' is not NAME=BUNDLE. Give a short name"),
        ("=live", "is not NAME=BUNDLE"),
        ("new=", "is not NAME=BUNDLE"),
        ("a|b=live", "is not NAME=BUNDLE"),
        ("unmoved source=live", "is not NAME=BUNDLE"),
        (
            "new=live,fast",
            "'new' has no part 'fast'. Use iuv=BUNDLE, engine=ENGINE, driver=DRIVER, pose=MODEL, "
            "face=1, or with or without ",
        ),
        ("new=live,face=much", "has no part 'face=much'"),
        ("new=live,retarget=1", "has no part 'retarget=1'"),
        ("new=live,iuv=", "has no part 'iuv='"),
        ("new=live,pose=best", "has no part 'pose=best'"),
        ("new=live,driver=strings", "'new' has no driver 'strings'. Use driver=landmarks or"),
        (
            "new=bundles/live",
            "'new' names the bundle 'bundles/live', and a body is drawn without networks that "
            "paint. Add driver=landmarks to it, or name the body new=live.",
        ),
    ],
)
def test_what_is_no_candidate(text: str, message: str) -> None:
    with pytest.raises(InputError) as raised:
        Candidate.parse(text)
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)


def test_names_are_their_own() -> None:
    check_names([Candidate("a"), Candidate("b")])
    with pytest.raises(InputError, match="Two candidates are called 'a'"):
        check_names([Candidate("a"), Candidate("b"), Candidate("a")])


def test_a_photo_driven_by_itself() -> None:
    made = contender()
    made.take(PHOTO)
    window = made.follow_self()
    assert window.shape == (256, 256, 3)
    assert made.whole().shape == PHOTO.shape
    own = made.own_error()
    assert 0.0 < own.l1 < own.person_l1 < 0.02
    # Driven by somebody 20 pixels further, it is another picture.
    made.follow(with_person(street(), 160, 60), 0.1)
    assert made.own_error().person_l1 > 0.05


def test_a_turned_photo_is_handled_upright() -> None:
    made = contender(estimator=Turning(size=128))
    photo = marked(PHOTO)
    made.take(turn_picture(photo, 270))
    np.testing.assert_array_equal(made.photo, photo)
    made.follow_self()
    assert made.own_error().person_l1 < 0.02
    np.testing.assert_array_equal(made.upright(turn_picture(photo, 270)), photo)
    driver = made.driver(turn_picture(photo, 270))
    assert driver is not None
    np.testing.assert_array_equal(driver[0], photo)


def test_a_border_is_no_part_of_what_is_compared() -> None:
    cut = with_person(street(), 100, 60, height=180)
    photo = np.zeros((300, 320, 3), np.uint8)
    photo[:240] = cut
    made, alone = contender(), contender()
    made.take(photo)
    alone.take(cut)
    np.testing.assert_array_equal(made.photo, cut)
    np.testing.assert_array_equal(made.upright(photo), cut)
    assert made.window == alone.window
    np.testing.assert_array_equal(made.whole(), cut)
    made.follow_self()
    assert made.own_error().person_l1 < 0.02


def test_lost_frames() -> None:
    made = contender()
    made.take(PHOTO)
    assert made.driver(PHOTO) is None
    np.testing.assert_array_equal(made.whole(), PHOTO)
    good = made.follow(PHOTO, 0.0)
    again = made.follow(street(), 0.1)
    np.testing.assert_array_equal(good, again)
    assert made.lost == 1
    made.calibrate()
    assert made.lost == 0


def test_a_photo_of_nobody() -> None:
    with pytest.raises(NoPersonError):
        contender().take(street())


def test_close_ups_end_with_the_picture() -> None:
    picture = np.arange(10 * 20 * 3, dtype=np.uint8).reshape(10, 20, 3)
    np.testing.assert_array_equal(close_up(picture, Window.of_box(4, 2, 6)), picture[2:8, 4:10])
    np.testing.assert_array_equal(close_up(picture, Window.of_box(-3, -5, 12)), picture[:7, :9])
    np.testing.assert_array_equal(close_up(picture, Window.of_box(2, -4, 18)), picture[:, 2:])


def test_points_of_a_window_in_its_picture() -> None:
    window = Window.of_box(30, -20, 128)
    picture = np.zeros((200, 200, 3), np.uint8)
    picture[40, 90] = 255
    y, x = np.argwhere(windowed(picture, window)[..., 0] > 100).mean(0)
    points = in_picture(np.array([[x, y, 7.0, 1.0]], np.float32), window)
    np.testing.assert_allclose(points, [[90.0, 40.0, 7.0, 1.0]], atol=0.01)


def test_the_engine_of_all_is_that_of_each_unless_it_names_one() -> None:
    assert Candidate.parse("a=live", "openvino").engine == "openvino"
    assert Candidate.parse("a=live,engine=onnxruntime", "openvino").engine == "onnxruntime"
