"""What finds the faces and hands of photos and drivers, where its networks have been fetched."""

from __future__ import annotations

from bunraku.errors import FetchError
from bunraku.runtime.drivers.face.networks import FaceNetworks
from bunraku.runtime.drivers.face.tracker import FaceFinder
from bunraku.runtime.drivers.hands.networks import HandNetworks
from bunraku.runtime.drivers.hands.tracker import HandFinder
from bunraku.runtime.engines.registry import EngineFactory
from bunraku.runtime.pose.crops import HOST, Crops


def face_finder(
    factory: EngineFactory, crops: Crops = HOST
) -> tuple[FaceFinder | None, tuple[str, ...]]:
    """The finder, or None and a note of what becomes of faces without it.

    :param crops: where the crops of frames are cut.
    :raises EngineError: the network cannot be loaded.
    """
    try:
        networks = FaceNetworks.find()
    except FetchError as error:
        return None, (f"the face stays as it is in the photo: {error}",)
    return FaceFinder.load(networks, factory, crops), ()


def hand_finder(
    factory: EngineFactory, crops: Crops = HOST
) -> tuple[HandFinder | None, tuple[str, ...]]:
    """The same of hands.

    :raises EngineError: the network cannot be loaded.
    """
    try:
        networks = HandNetworks.find()
    except FetchError as error:
        return None, (f"hands go with the wrists, their fingers still: {error}",)
    return HandFinder.load(networks, factory, crops), ()
