"""The first frame ahead of the first user: kernels are compiled, and engines have their memory."""

from __future__ import annotations

import contextlib
import logging
from pathlib import Path

from bunraku.errors import InputError
from bunraku.runtime.buffers import Underway
from bunraku.runtime.engines.bundle import weights_folder
from bunraku.runtime.models import Models
from bunraku.runtime.source.photo import read_photo
from bunraku.spec.arrays import Array, Picture

log = logging.getLogger(__name__)


def warm_up(models: Models, photo: Picture | None = None) -> None:
    """Drive one photo with itself.

    :param photo: by default the one that ships.
    :raises EngineError: an engine cannot run here.
    """
    if photo is None:
        path = shipped_photo()
        if not path.is_file():
            return
        photo = read_photo(path)
    driver, generator = models.driver(), models.generator()
    try:
        identity, _ = models.make_identity(photo, driver, generator)
    except InputError as error:
        log.warning("the engines could not be warmed up: %s", error)
        return
    surface: Array | Underway = identity.subject.surface
    head = None
    with contextlib.suppress(InputError):  # IUV images are of other frames than the photo
        with models.crops.opened(photo):  # as a frame is, for a device's own way to cut it
            driving = driver.follow(photo, 0.0, identity.subject)
        if driving is not None:
            surface = driving.surface_on_device or driving.surface
            head = driving.hints.head
            if driving.drawn is not None:
                models.paste(identity, driving.drawn, generator)
    moved = generator.move(identity.features, surface, head)
    blended = generator.blend(identity.features, generator.seam(identity.features, moved))
    models.paste(identity, blended, generator)


def shipped_photo() -> Path:
    """The photo that comes with the weights, for benchmarks and for warming up."""
    return weights_folder() / "bench" / "photo.jpg"
