"""A photo of the template itself, and a puppet whose networks see what a test says."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from tests.runtime.drivers.body.people import silhouette
from tests.runtime.fakes import FakeEngine, FakeEstimator, models, street
from tests.runtime.torch_device import TorchDevice

from bunraku.runtime.drivers.body.driver import BodyDriver
from bunraku.runtime.drivers.body.pen import DevicePen
from bunraku.runtime.drivers.body.template import load_template
from bunraku.runtime.drivers.landmarks.driver import LandmarkDriver
from bunraku.runtime.measure import Recorder
from bunraku.runtime.options import PuppetOptions
from bunraku.runtime.paster import Paster
from bunraku.runtime.pose import Pose
from bunraku.runtime.puppet import Puppet
from bunraku.spec.arrays import Picture

TEMPLATE = load_template()
HEIGHT, WIDTH = 400, 300
SCALE = 190.0


class Standing(FakeEstimator):
    """Whatever the picture, a person who stands as the template does, somewhere to the right."""

    right = 0.0

    def observe(self, picture: Picture) -> Pose | None:
        points = TEMPLATE.landmarks * SCALE
        points[:, :2] += np.array([150.0 + self.right, 200.0]) - points[[23, 24], :2].mean(0)
        landmarks = np.concatenate([points, np.ones((33, 1))], 1).astype(np.float32)
        landmarks[:, 2] *= 2.4
        world = TEMPLATE.landmarks - TEMPLATE.landmarks[[23, 24]].mean(0)
        return Pose(
            landmarks,
            world.astype(np.float32),
            0.99,
            silhouette(points, picture.shape[:2], SCALE).astype(np.float32),
        )


def photo() -> Picture:
    picture = street((HEIGHT, WIDTH))
    seen = Standing().observe(picture)
    assert seen is not None
    assert seen.mask is not None
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    stripes = np.stack([150 + rows % 90, columns % 60, (rows + columns) % 80], -1)
    return np.where(seen.mask[..., None] > 0, stripes, picture).astype(np.uint8)


PHOTO = photo()


def puppet_of(
    estimator: FakeEstimator,
    made: dict[str, FakeEngine] | None = None,
    device: TorchDevice | None = None,
) -> Puppet:
    """A puppet of fakes, but for the body.

    :param device: where it is drawn and pasted; None for the host.
    """
    pen, paster = (None, None) if device is None else (DevicePen(device), Paster(device))

    def make_driver(options: PuppetOptions, recorder: Recorder) -> BodyDriver:
        by_landmarks = LandmarkDriver(estimator, estimator, options, recorder)
        return BodyDriver(by_landmarks, TEMPLATE, recorder, pen=pen)

    return Puppet(replace(models(estimator, made), make_driver=make_driver, paster=paster))
