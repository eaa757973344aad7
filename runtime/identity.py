"""Everything that is computed once from the photo."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from bunraku.errors import NoPersonError
from bunraku.kernels import channels_last
from bunraku.runtime.arrays import Array, Picture
from bunraku.runtime.composite import Compositor
from bunraku.runtime.densepose import DensePoseEstimator
from bunraku.runtime.engine import Engine
from bunraku.runtime.framing import Framing, Window, crop, person_box, source_framing, uncrop
from bunraku.runtime.mask import person_mask, shrunk
from bunraku.runtime.options import PuppetOptions
from bunraku.runtime.plate import make_plate
from bunraku.runtime.pose import Pose, Segmenter
from bunraku.runtime.pose.turned import (
    Upright,
    observe_upright,
    turn_box,
    turn_picture,
    turned_words,
)
from bunraku.runtime.retarget import Proportions, proportions
from bunraku.runtime.skeleton import HEAD, LEFT_SHOULDER, RIGHT_SHOULDER, VISIBLE

SMALLEST_PERSON = 64
"""Height in pixels below which a person has too few to be animated."""


@dataclass(frozen=True)
class SourceReport:
    """What was found in a photo."""

    width: int
    """Of the photo, in pixels."""
    height: int
    people: int
    half: bool
    """Whether the photo's lower edge cuts the person."""
    box: tuple[int, int, int]
    """Left, top and side of the window, in pixels of the photo."""
    notes: tuple[str, ...]
    """What the user should know, a line each."""


@dataclass(frozen=True, eq=False)
class Identity:
    """A source, ready to be driven."""

    photo: Picture
    """Turned so that the person is upright, as are all pixels below."""
    pose: Pose
    """The photo's person, in pixels of the photo."""
    framing: Framing
    proportions: Proportions
    mask: Array
    """``[n, n]`` in [0, 1], the person in the window."""
    tensors: Mapping[str, Array]
    """The source engine's outputs, and what went into it as image, mask and source_densepose."""
    gathered: Mapping[str, Array]
    """Those that the kernels read, channels innermost in memory."""
    compositor: Compositor
    window_compositor: Compositor
    """Pastes into the window alone, at the networks' own size."""
    turned_deg: int = 0
    """How far the person is turned from upright in the photo as it was given, clockwise."""

    def as_given(self, picture: Picture) -> Picture:
        """A picture of the upright person, turned as the photo was given."""
        return turn_picture(picture, self.turned_deg)


def find_person(photo: Picture, estimator: DensePoseEstimator) -> tuple[Upright, int]:
    """The photo's largest person, with a mask, and how many people there are.

    :return: the photo turned so that the person is upright.
    :raises NoPersonError: nobody, too small, or too little of the body.
    """
    found = observe_upright(photo, estimator.observe)
    if found is None:
        raise NoPersonError(
            "No person was found in the photo.",
            "Use a photo that shows one person clearly, from the head down to the waist at least.",
        )
    photo, pose, _ = found
    if not _enough(pose, photo.shape[:2]):
        raise NoPersonError(
            "The photo shows too little of the person: head and shoulders are needed at least.",
            "Use a photo from the head down to the waist, or of the whole body.",
        )
    _, top, _, bottom = person_box(pose, photo.shape[:2])
    if bottom - top < SMALLEST_PERSON:
        raise NoPersonError(
            f"The person in the photo is only {round(bottom - top)} pixels tall; "
            f"{SMALLEST_PERSON} are needed.",
            "Use a larger photo, or one taken from nearer.",
        )
    return found, max(1, estimator.count(photo))


def make_identity(
    photo: Picture,
    estimator: DensePoseEstimator,
    segmenter: Segmenter | None,
    engine: Engine,
    sizes: tuple[int, int],
    options: PuppetOptions,
    threads: int | None,
) -> tuple[Identity, SourceReport]:
    """Everything that one photo needs, computed once.

    :param photo: HWC uint8.
    :param segmenter: separates the person from the background where the photo shows half a body.
    :param engine: the bundle's source engine.
    :param sizes: sides of the window and of the IUV map, in pixels.
    :raises NoPersonError: see ``find_person``.
    :raises EngineError: a network failed.
    """
    window_size, map_size = sizes
    (photo, pose, turned_deg), people = find_person(photo, estimator)
    framing = source_framing(pose, photo.shape[:2])
    body = pose.mask if pose.mask is not None else np.ones(photo.shape[:2], np.float32)
    window = np.asarray(crop(photo, framing.window, window_size), np.uint8)
    mask = person_mask(
        window,
        np.asarray(crop(body, framing.window, window_size), np.float32),
        segmenter.segment(window) if segmenter is not None and framing.half else None,
        framing.half,
    )
    outline = None
    if options.source_iuv_mask:
        outline = np.asarray(crop(body, framing.window, map_size), np.float32)
    units = framing.window.to_units(pose.landmarks)
    densepose = estimator.estimate(units, outline, pose.presence).densepose
    image = np.ascontiguousarray(window.transpose(2, 0, 1)[None], np.float32) / np.float32(255.0)
    person = shrunk(mask)[None, None]
    known = {"image": image, "mask": person, "densepose": densepose}
    tensors = {"image": image, "mask": person, "source_densepose": densepose}
    tensors |= engine.run(known)
    tensors.setdefault("image_masked", np.concatenate([image * person, person], 1))
    plate = make_plate(photo, uncrop(mask, framing.window, photo.shape[:2]))
    window_plate = np.asarray(crop(plate, framing.window, window_size), np.uint8)
    identity = Identity(
        photo=photo,
        pose=pose,
        framing=framing,
        proportions=proportions(pose),
        mask=mask,
        tensors=tensors,
        gathered=gathered(tensors),
        compositor=Compositor(photo, plate, framing.window, window_size, threads),
        window_compositor=Compositor(
            window, window_plate, Window.of_box(0, 0, window_size), window_size, threads
        ),
        turned_deg=turned_deg,
    )
    return identity, _report(identity, people)


def gathered(tensors: Mapping[str, Array]) -> dict[str, Array]:
    """The tensors that the kernels read frame after frame, with their channels innermost."""
    return {
        name: channels_last(tensor)
        for name, tensor in tensors.items()
        if name.startswith("z_") or name in ("atlas_prior", "image_masked")
    }


def _enough(pose: Pose, shape: tuple[int, int]) -> bool:
    """Head and shoulders are in the picture; of a person from the side, one shoulder is seen."""
    height, width = shape
    x, y, seen = pose.landmarks[:, 0], pose.landmarks[:, 1], pose.landmarks[:, 3] >= VISIBLE
    inside = (x >= 0) & (x <= width - 1) & (y >= 0) & (y <= height - 1)
    shoulders = [LEFT_SHOULDER, RIGHT_SHOULDER]
    head = list(HEAD)
    return bool(
        inside[shoulders].all()
        and seen[shoulders].any()
        and (inside[head] & seen[head]).sum() * 2 >= len(head)
    )


def _report(identity: Identity, people: int) -> SourceReport:
    notes = []
    framing, turned_deg = identity.framing, identity.turned_deg
    if people > 1:
        notes.append(f"{people} people are in the photo; the largest is animated")
    if turned_deg:
        notes.append(
            f"the person of the photo {turned_words(turned_deg)}, and is animated like that; "
            "if the photo is to be upright, turn it first"
        )
    if framing.half:
        notes.append("the photo shows the upper body; what the legs do is left out")
    height, width = identity.as_given(identity.photo).shape[:2]
    box = turn_box(framing.window.box, turned_deg, identity.photo.shape)
    return SourceReport(width, height, people, framing.half, box, tuple(notes))
