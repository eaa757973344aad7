"""Puppets that share their engines, and what several threads do to them at once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TypeVar

import numpy as np
import pytest
from tests.runtime.drivers.iuv_images.people import facing, write_folder
from tests.runtime.fake_device import FakeDevice
from tests.runtime.fakes import WINDOW, engines, models, street, with_person
from tests.runtime.onnx_models import live_models, write_bundle

from bunraku.errors import BundleError, DriverEndedError
from bunraku.runtime.bench.media import read_clip
from bunraku.runtime.drivers.iuv_images.reading import IuvImages
from bunraku.runtime.drivers.locating import Tracker
from bunraku.runtime.drivers.protocol import Driver
from bunraku.runtime.engines.registry import EngineFactory
from bunraku.runtime.measure import Recorder
from bunraku.runtime.models import Models
from bunraku.runtime.options import PuppetOptions
from bunraku.runtime.pose import PoseNetworks
from bunraku.runtime.puppet import Puppet
from bunraku.runtime.source.photo import read_photo
from bunraku.runtime.warming import warm_up
from bunraku.spec.arrays import Picture
from bunraku.spec.stages import Step

EXAMPLES = Path(__file__).parents[2] / "examples"
PHOTO = with_person(street(), 100, 60)

T = TypeVar("T")


def at_once(calls: Sequence[Callable[[], T]]) -> list[T]:
    """What the calls return, each from a thread of its own, begun together."""
    start = threading.Barrier(len(calls))

    def begin(call: Callable[[], T]) -> T:
        start.wait(10)
        return call()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(begin, calls))


def test_puppets_share_engines_and_follow_people_of_their_own() -> None:
    shared = models()
    first, second = Puppet(shared), Puppet(shared)
    identity, _ = first.make_identity(PHOTO)
    away = with_person(street(), 130, 50)
    for puppet, frame in ((first, PHOTO), (second, away)):
        assert puppet.drive(identity, frame, 0.0) is not None
    assert first.driving_window != second.driving_window
    second.calibrate()
    assert second.drive(identity, PHOTO, 0.1) is not None
    assert second.driving_window == first.driving_window
    assert first.frames == second.frames == 0


def test_the_options_are_each_puppets_own() -> None:
    asked: list[PuppetOptions] = []
    shared = models()

    def make(options: PuppetOptions, recorder: Recorder) -> Driver:
        asked.append(options)
        return shared.make_driver(options, recorder)

    shared_and_asked = replace(shared, make_driver=make)
    plain = Puppet(shared_and_asked)
    soft = Puppet(shared_and_asked, PuppetOptions(detail=False))
    assert asked == [PuppetOptions(), PuppetOptions(detail=False)]
    assert plain.options.detail
    assert not soft.options.detail


def test_drivers_of_iuv_images_share_nothing(tmp_path: Path) -> None:
    asked: list[PuppetOptions] = []
    plain = models()

    def make(options: PuppetOptions, recorder: Recorder) -> Driver:
        asked.append(options)
        return plain.make_driver(options, recorder)

    height, width = PHOTO.shape[:2]
    people = [facing(left=10 * k, shape=(height, width)) for k in range(3)]
    images = IuvImages(write_folder(tmp_path / "iuv", people))
    shared = replace(plain, make_driver=make).driven_by_images(images)
    first, second = Puppet(shared, PuppetOptions(source_iuv_mask=True)), Puppet(shared)
    assert [options.source_iuv_mask for options in asked] == [True, False]
    identity, _ = first.make_identity(PHOTO)
    for time_s in (0.0, 0.1, 0.2):
        first.drive(identity, PHOTO, time_s)
    second.drive(identity, PHOTO, 0.0)  # its first image, not one past the end
    with pytest.raises(DriverEndedError):
        first.drive(identity, PHOTO, 0.3)
    assert first.stats()[Step.IUV].count == 3
    assert second.stats()[Step.IUV].count == 1


def test_images_of_another_shape_are_warmed_up_too(tmp_path: Path) -> None:
    made = engines()
    images = IuvImages(write_folder(tmp_path / "iuv", [facing()]))
    warm_up(models(made=made).driven_by_images(images), PHOTO)
    assert [engine.runs for engine in made.values()] == [1, 1, 1]


def test_the_stages_give_what_animate_gives() -> None:
    puppet, staged = Puppet(models()), Puppet(models())
    puppet.set_source(PHOTO)
    identity, report = staged.make_identity(PHOTO)
    assert report.people == 1
    for i in range(3):
        frame = with_person(street(), 100 + 9 * i, 60)
        driving = staged.drive(identity, frame, float(i))
        assert driving is not None
        assert driving.landmarks is not None
        assert driving.landmarks.shape == (33, 4)
        assert driving.landmarks[[11, 12], 0].mean() == pytest.approx(119.5 + 9 * i, abs=0.1)
        moved = staged.move(identity, driving)
        picture = staged.paint(identity, moved)
        assert np.array_equal(picture, puppet.animate(frame, float(i)))
        assert np.array_equal(picture, staged.paint(identity, moved))  # painted again
        assert staged.paint(identity, moved, window_only=True).shape == (WINDOW, WINDOW, 3)
    assert staged.drive(identity, street(), 9.0) is None
    assert np.array_equal(staged.paint(identity, None), PHOTO)
    assert puppet.stats()[Step.BLEND].count == 3  # once for each frame


def test_what_does_not_fit_is_said_when_it_is_loaded(
    bundles: tuple[Path, Path], networks: PoseNetworks, tmp_path: Path
) -> None:
    wanting = live_models()
    del wanting["blend"][1]["mask"]
    wrong = write_bundle(tmp_path / "wrong", wanting)
    with pytest.raises(BundleError, match="'blend' does not give mask"):
        Models.load(wrong, iuv=bundles[1], networks=networks, driver="landmarks")


def test_when_a_gpu_fails_the_processor_draws_what_was_asked_of_the_gpu(
    networks: PoseNetworks, monkeypatch: pytest.MonkeyPatch
) -> None:
    followers: list[Tracker] = []

    def through(tracker: Tracker) -> Tracker:
        followers.append(tracker)
        return tracker

    on_gpu = partial(EngineFactory, given=FakeDevice())
    with monkeypatch.context() as m:
        m.setattr("bunraku.runtime.models.EngineFactory", on_gpu)
        loaded = Models.load(networks=networks, resolution=384, through=through)
    assert loaded.host is not None
    host = loaded.host.read()
    assert host.resolution == 384
    host.driver()
    assert followers


@pytest.mark.timeout(600)  # a loaded machine takes minutes for what is half a minute's work
@pytest.mark.parametrize("threads", [1, 2])
def test_sessions_at_once_do_not_disturb_each_other(networks: PoseNetworks, threads: int) -> None:
    """The shipped networks: three sessions in three threads, beside a new photo, as one alone."""
    shared = Models.load(networks=networks, threads=threads)
    photo = read_photo(EXAMPLES / "photo.jpg")
    clip = read_clip(EXAMPLES / "clip.mp4", 3)
    identity, _ = Puppet(shared).make_identity(photo)

    def session() -> list[Picture]:
        puppet = Puppet(shared)
        shown = []
        for i, frame in enumerate(clip):
            driving = puppet.drive(identity, frame, i / 30)
            assert driving is not None
            shown.append(puppet.paint(identity, puppet.move(identity, driving)))
        return shown

    # One that no test has shown: what is remembered (tests/remembered.py) disturbs nobody.
    mirrored = np.ascontiguousarray(photo[::2, threads::2][:, ::-1])

    def another_photo() -> list[Picture]:
        made, _ = Puppet(shared).make_identity(mirrored)
        return [Puppet(shared).paint(made, None)]

    alone = session()
    *together, untouched = at_once([session] * 3 + [another_photo])
    assert np.array_equal(untouched[0], mirrored)
    for shown in together:
        for expected, picture in zip(alone, shown, strict=True):
            assert np.array_equal(expected, picture)


def test_the_device_is_the_models() -> None:
    """A late device's pictures are the host's: nothing is pasted before it is there."""
    device = FakeDevice()
    engines_of_it = device.engines(engines())
    late, plain = (
        Puppet(replace(models(), device=device, engines=engines_of_it)),
        Puppet(models()),
    )
    for puppet in (late, plain):
        puppet.set_source(PHOTO)
    for i in range(2):
        frame = with_person(street(), 100 + 9 * i, 60)
        assert_alike(late.animate(frame, float(i)), plain.animate(frame, float(i)))
    assert_alike(late.animate(street(), 2.0), plain.animate(street(), 2.0))
    waits = device.torch.work.host_waits
    warm_up(replace(models(), device=device, engines=engines_of_it), PHOTO)
    assert device.torch.work.host_waits == waits + 1


def assert_alike(shown: Picture, expected: Picture) -> None:
    """Two forms of the kernels round differently."""
    assert np.abs(shown.astype(int) - expected).max() <= 1
