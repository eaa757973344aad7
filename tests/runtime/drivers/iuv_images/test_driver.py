"""The driver as its callers see it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tests.runtime.drivers.iuv_images.people import Iuv, facing, in_mirror, write_folder

from bunraku.errors import DriverEndedError, InputError
from bunraku.runtime.drivers.iuv_images.driver import IuvImagesDriver
from bunraku.runtime.drivers.iuv_images.order import FrameOrder
from bunraku.runtime.drivers.iuv_images.reading import IuvImages
from bunraku.runtime.drivers.iuv_images.surface import sample
from bunraku.runtime.drivers.protocol import Driver, Subject
from bunraku.runtime.later import Later
from bunraku.runtime.parts import ALL_PARTS, Part
from bunraku.runtime.pose import Pose
from bunraku.runtime.source.framing import Framing
from bunraku.runtime.source.plate import Plate
from bunraku.runtime.source.source import Source
from bunraku.runtime.source.window import Window
from bunraku.spec.arrays import Array
from bunraku.spec.landmarks import Bone

SIZE = 64
WINDOW = Window.of_box(0, 0, 200)
FRAME = np.zeros((200, 200, 3), np.uint8)


def person(left: int = 50) -> Iuv:
    return facing(left=left, shape=(200, 200))


def source() -> Source:
    pose = Pose(np.zeros((33, 4), np.float32), np.zeros((33, 3), np.float32), 1.0, None)
    return Source(
        photo=FRAME,
        pose=pose,
        people=1,
        framing=Framing(WINDOW, half=False, unit=Bone.TORSO),
        window=FRAME,
        mask=np.ones((200, 200), np.float32),
        backdrop=Later.of(Plate(FRAME)),
    )


def own_surface(_: Source) -> Array:
    return sample(person(), WINDOW, SIZE)


def driver(folder: Path, images: list[Iuv], first: int = 0) -> IuvImagesDriver:
    iuv = IuvImages(write_folder(folder / "iuv", images))
    return IuvImagesDriver(iuv, own_surface, SIZE, index_of=FrameOrder(first))


def shown(
    driver: Driver, subject: Subject, time_s: float, *, mirrored: bool = False
) -> Array | None:
    driving = driver.follow(FRAME, time_s, subject, mirrored=mirrored)
    if driving is None:
        return None
    assert driving.landmarks is None
    assert driving.hints.head is None
    return driving.surface


def middle(surface: Array | None) -> float:
    """Column of the middle of the trunk, in window units."""
    assert surface is not None
    return float((np.nonzero(surface[0, 2])[1].mean() + 0.5) / SIZE)


def test_a_driver_who_stands_as_the_photo_does(tmp_path: Path) -> None:
    stage = driver(tmp_path, [person()])
    subject = stage.prepare(source())
    np.testing.assert_array_equal(subject.surface, own_surface(source()))
    surface = shown(stage, subject, 0.0)
    assert surface is not None
    same = surface[0, :25].argmax(0) == subject.surface[0, :25].argmax(0)
    assert same.mean() > 0.97
    assert stage.window is not None
    assert stage.window.side == pytest.approx(200, rel=0.03)


def test_the_way_through_the_picture_survives(tmp_path: Path) -> None:
    stage = driver(tmp_path, [person(50), person(70), person(30)])
    subject = stage.prepare(source())
    places = [middle(shown(stage, subject, time)) for time in (0.0, 0.5, 0.6)]
    assert places == pytest.approx([0.5, 0.6, 0.4], abs=0.02)


def test_a_calibration_on_demand(tmp_path: Path) -> None:
    stage = driver(tmp_path, [person(50), person(70), person(70)])
    subject = stage.prepare(source())
    shown(stage, subject, 0.0)
    stage.calibrate()
    assert middle(shown(stage, subject, 0.1)) == pytest.approx(0.5, abs=0.02)
    assert middle(shown(stage, subject, 0.2)) == pytest.approx(0.5, abs=0.02)


def test_a_frame_apart_calibrates_for_all(tmp_path: Path) -> None:
    images = IuvImages(write_folder(tmp_path / "iuv", [person(50), person(70)]))
    order = FrameOrder(first=1)
    stage = IuvImagesDriver(images, own_surface, SIZE, index_of=order)
    subject = stage.prepare(source())
    shown(stage, subject, 3.0)
    order.restart()
    assert middle(shown(stage, subject, 0.0)) == pytest.approx(0.4, abs=0.02)


def test_mirrored_frames(tmp_path: Path) -> None:
    stage = driver(tmp_path, [person(70)] * 2)
    subject = stage.prepare(source())
    shown(stage, subject, 0.0)
    mirrored = shown(stage, subject, 0.1, mirrored=True)
    assert mirrored is not None
    assert middle(mirrored) == pytest.approx(0.5, abs=0.02)
    assert stage.window is not None
    expected = sample(in_mirror(person(70)), stage.window, SIZE)
    np.testing.assert_allclose(mirrored, expected, atol=0.01)


def test_images_of_half_the_frames_size(tmp_path: Path) -> None:
    stage = driver(tmp_path, [person()])
    subject = stage.prepare(source())
    frame = np.zeros((400, 400, 3), np.uint8)
    assert stage.follow(frame, 0.0, subject) is not None
    assert stage.window is not None
    assert stage.window.side == pytest.approx(400, rel=0.03)
    assert stage.window.cx == pytest.approx(199.5, abs=6)


def test_images_of_another_shape(tmp_path: Path) -> None:
    stage = driver(tmp_path, [facing()])
    with pytest.raises(InputError, match="neither cropped nor turned"):
        shown(stage, stage.prepare(source()), 0.0)


def test_a_later_image_of_another_shape_is_one_lost_frame(tmp_path: Path) -> None:
    stage = driver(tmp_path, [person(), facing(), person()])
    subject = stage.prepare(source())
    seen = [shown(stage, subject, time) is not None for time in (0.0, 0.1, 0.2)]
    assert seen == [True, False, True]


def test_nobody_until_somebody_comes(tmp_path: Path) -> None:
    nobody = np.zeros_like(person())
    stage = driver(tmp_path, [nobody, person(), nobody])
    subject = stage.prepare(source())
    assert shown(stage, subject, 0.0) is None
    assert stage.window is None
    assert shown(stage, subject, 0.1) is not None
    assert shown(stage, subject, 0.2) is None


def test_a_damaged_image_is_one_lost_frame(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    stage = driver(tmp_path, [person()] * 4)
    for index in (1, 2):
        (tmp_path / "iuv" / f"frame{index}_IUV.png").write_bytes(b"torn")
    subject = stage.prepare(source())
    seen = [shown(stage, subject, time) is not None for time in (0.0, 0.1, 0.2, 0.3)]
    assert seen == [True, False, False, True]
    assert [record.getMessage().count("frame1_IUV.png") for record in caplog.records] == [1]


def test_a_frame_without_an_image(tmp_path: Path) -> None:
    stage = driver(tmp_path, [person()] * 2, first=1)
    subject = stage.prepare(source())
    assert shown(stage, subject, 0.0) is not None
    with pytest.raises(DriverEndedError, match="there is none for frame 2"):
        shown(stage, subject, 0.1)


def test_reset_forgets_the_calibration(tmp_path: Path) -> None:
    stage = driver(tmp_path, [person(50), person(70)])
    subject = stage.prepare(source())
    shown(stage, subject, 0.0)
    stage.reset()
    assert stage.window is None
    assert middle(shown(stage, subject, 0.1)) == pytest.approx(0.5, abs=0.02)


def test_a_person_without_landmarks_follows_as_one(tmp_path: Path) -> None:
    stage = driver(tmp_path, [person()])
    stage.set_parts(ALL_PARTS)
    with pytest.raises(InputError, match=r"IUV images move the whole person\. Leave out --parts"):
        stage.set_parts(frozenset({Part.ARMS}))


@pytest.mark.parametrize("mend", [True, False])
def test_what_an_image_loses_is_put_back(tmp_path: Path, mend: bool) -> None:
    """But not in another window, nor where all of the person is lost."""
    whole, torn = person(), person()
    torn[60:90] = 0
    images = [whole, torn, np.zeros_like(whole), torn]
    made = IuvImagesDriver(
        IuvImages(write_folder(tmp_path / "iuv", images)),
        own_surface,
        SIZE,
        index_of=FrameOrder(0),
        mend=mend,
    )
    subject = made.prepare(source())
    first, second, third, fourth = (
        shown(made, subject, number / 25, mirrored=number == 3) for number in range(4)
    )
    assert first is not None
    assert second is not None
    assert third is None
    assert fourth is not None
    bodies = [int((surface[0, 0] < 0.5).sum()) for surface in (first, second, fourth)]
    assert (bodies[1] > 0.97 * bodies[0]) is mend
    assert bodies[2] < 0.9 * bodies[0]
