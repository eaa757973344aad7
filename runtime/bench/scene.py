"""What a generator is given: a photo's window and the surfaces that drive it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from bunraku.errors import InputError
from bunraku.runtime.bench.media import ASSUMED_RATE
from bunraku.runtime.bench.options import BenchOptions
from bunraku.runtime.options import DriverKind
from bunraku.runtime.puppet import Puppet
from bunraku.spec.arrays import Array, Picture
from bunraku.spec.surface import CHANNELS, PARTS, SCORES
from bunraku.spec.tensors import Layout

SURFACES = 12
"""At most, as they are held in memory, and taken in turns."""


@dataclass(frozen=True, eq=False)
class Scene:
    """The inputs of a generator, as ``Generator.encode`` and ``move`` take them."""

    image: Array
    mask: Array
    surface: Array
    driving: list[Array]
    found: bool
    """Whether a person was found by networks; else they are made."""

    @property
    def told(self) -> str:
        return "of the clip's person" if self.found else "made: the pose networks are not here"


def found_scene(
    options: BenchOptions, engine: str, photo: Picture, clip: Sequence[Picture]
) -> Scene:
    """Surfaces of the clip's person, as the landmarks' networks see them.

    :raises FetchError: the networks have not been fetched.
    :raises InputError: nobody is in the photo, or in the clip.
    """
    asked = replace(options, engine=engine, driver=DriverKind.LANDMARKS, face=0.0, hands=False)
    models = asked.load()
    puppet = Puppet(models, asked.puppet())
    puppet.set_source(photo)
    identity, window = puppet.identity, models.layout.window
    found = []
    for index, frame in enumerate(clip):
        driving = puppet.drive(identity, frame, index / ASSUMED_RATE)
        if driving is not None:
            found.append(np.array(driving.surface))
        if len(found) == min(SURFACES, options.frames):
            break
    if not found:
        raise InputError("Nobody is found in the clip.", "Name another one with --clip.")
    source, surface = identity.source, identity.subject.surface
    return Scene(source.image(window), source.person(window), surface, found, found=True)


def made_scene(layout: Layout) -> Scene:
    """A figure of all parts in front of noise, which walks; for machines without the networks."""
    rng = np.random.default_rng(3)
    image = rng.random((1, 3, layout.window, layout.window), np.float32)
    mask = (_inside(layout.window, 0.0) > 0).astype(np.float32)[None, None]
    driving = [_figure(layout.size, 0.1 * np.sin(i)) for i in range(SURFACES)]
    return Scene(image, mask, _figure(layout.size, 0.0), driving, found=False)


def _inside(side: int, shift: float) -> Array:
    y, x = (np.mgrid[0:side, 0:side].astype(np.float32) + 0.5) / side
    distance = ((x - 0.5 - shift) / 0.25) ** 2 + ((y - 0.5) / 0.45) ** 2
    return np.asarray(1.0 - distance, np.float32)


def _figure(side: int, shift: float) -> Array:
    """``[1, 73, n, n]``: the parts below each other, soft at their borders."""
    inside = _inside(side, shift) > 0
    y, x = (np.mgrid[0:side, 0:side].astype(np.float32) + 0.5) / side
    place = np.clip((y - 0.05) / 0.9, 0.0, 1.0) * (PARTS - 1)
    weights = np.clip(1.0 - np.abs(place[None] - np.arange(PARTS)[:, None, None]), 0.0, 1.0)
    surface = np.zeros((1, CHANNELS, side, side), np.float32)
    surface[0, 1:SCORES] = weights * inside
    surface[0, 0] = 1.0 - surface[0, 1:SCORES].sum(0)
    surface[0, SCORES : SCORES + PARTS] = np.clip((x - shift - 0.25) * 2.0, 0.0, 1.0) * inside
    surface[0, SCORES + PARTS :] = (place % 1.0) * inside
    return surface
