"""The first frame, before there is anybody who would have to wait for it."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

from bunraku.errors import InputError
from bunraku.runtime.arrays import Picture
from bunraku.runtime.bundle import weights_folder
from bunraku.runtime.photo import read_photo
from bunraku.runtime.puppet import Puppet

if TYPE_CHECKING:
    from bunraku.runtime.engine_set import EngineSet

log = logging.getLogger(__name__)


def warm_up(engines: EngineSet, photo: Picture | None = None) -> None:
    """Drive one photo with itself, so that kernels are compiled and engines have their memory.

    :param photo: by default the one that ships for benchmarks.
    :raises EngineError: an engine cannot run here.
    """
    if photo is None:
        path = shipped_photo()
        if not path.is_file():
            return
        photo = read_photo(path)
    puppet = Puppet.sharing(engines)
    try:
        identity, _ = puppet.make_identity(photo)
    except InputError as error:
        log.warning("the engines could not be warmed up: %s", error)
        return
    driving = puppet.drive(identity, photo, 0.0)
    if driving is not None:
        puppet.paint(identity, puppet.move(identity, driving))


def shipped_photo() -> Path:
    """The photo that comes with the weights."""
    return weights_folder() / "bench" / "photo.jpg"
