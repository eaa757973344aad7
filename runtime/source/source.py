"""A source: what is true of a photo whatever drives it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from bunraku.errors import NoPersonError
from bunraku.runtime.later import Later
from bunraku.runtime.pose import Pose, Segmenter
from bunraku.runtime.pose.turned import Upright, observe_upright, turn_picture, upright_by
from bunraku.runtime.source.border import Border, find_border
from bunraku.runtime.source.close_up import shoulders_cut
from bunraku.runtime.source.desk import Desk, find_desk
from bunraku.runtime.source.framing import Framing, head_seen, person_box, source_framing
from bunraku.runtime.source.mask import person_mask, shrunk
from bunraku.runtime.source.own_share import own_share
from bunraku.runtime.source.people import everybody
from bunraku.runtime.source.plate import Plate, RemovedShadow, make_plate
from bunraku.runtime.source.window import crop, uncrop
from bunraku.spec.arrays import Array, Picture
from bunraku.spec.landmarks import HIPS, Bone

SMALLEST_PERSON = 64
"""Height in pixels below which a person has too few to be animated."""
RIM = 0.03
"""How far, in windows, a desk has the colours of arms that lie on it."""
ARMS_ON_DESK = 0.1
"""How far, in windows, arms that lie on a desk may move before it."""


class PersonFinder(Protocol):
    """Finds the people of a still picture; for several threads at once."""

    def count(self, picture: Picture) -> int:
        """How many people a picture shows."""

    def tell_apart(self, picture: Picture, person: Pose) -> tuple[Pose, list[Pose]]:
        """One whose pose is known, by a mask without the others, and these, who are hardly seen
        among them; with masks."""

    def observe(self, picture: Picture) -> Pose | None:
        """The person of a picture of whom most is to be seen, by itself, with a mask."""

    def observe_in_plain_light(self, picture: Picture) -> Pose | None:
        """The same of a picture in which nobody is found so, as in light of one colour."""


@dataclass(frozen=True, eq=False)
class Source:
    """A photo, its person and the plate."""

    photo: Picture
    """Turned so that the person is upright, as are all pixels below; without the border."""
    pose: Pose
    """The photo's person, in pixels of the photo."""
    people: int
    """How many the photo shows; of this one most is to be seen."""
    framing: Framing
    window: Picture
    """``[w, w, 3]``: the photo's window, in as many pixels as the person is drawn in."""
    mask: Array
    """``[w, w]`` in [0, 1], the person in the window."""
    backdrop: Later[Plate]
    """The photo without the person, which takes as long to make as all else that a driver needs."""
    turned_deg: int = 0
    """How far the person is turned from upright in the photo as it was given, clockwise."""
    border: Border | None = None
    """What the photo that was given has around this one; None for nothing."""
    desk: Desk | None = None
    """What stands before the person, in pixels of ``window``."""

    @cached_property
    def front(self) -> Array | None:
        """``[w, w]`` in [0, 1]: what is before the person whatever they do; None if nothing is."""
        return None if self.desk is None else self.desk.before(self.mask, ARMS_ON_DESK)

    def behind(self, mask: Array) -> Array:
        """A mask ``[1, 1, k, k]`` of the window without what is behind ``front``."""
        front = self.front_in(mask.shape[3])
        return mask if front is None else np.asarray(mask * (np.float32(1.0) - front), np.float32)

    def front_in(self, size: int) -> Array | None:
        """``front`` in so many pixels: ``[size, size]``."""
        return None if self.front is None else np.asarray(_shrink(self.front, size), np.float32)

    @property
    def plate(self) -> Picture:
        """The photo without the person; waits until it is made."""
        return self.backdrop.read().picture

    @property
    def shadow(self) -> RemovedShadow | None:
        """What the person throws, and the plate is without."""
        return self.backdrop.read().shadow

    @property
    def landmarks(self) -> Array:
        """``[33, 4]``: x, y, z in units of the window, visibility."""
        return self.framing.window.to_units(self.pose.landmarks)

    @property
    def body(self) -> Array:
        """``[H, W]`` in [0, 1]: the pose network's mask of the photo; ones where it gave none."""
        return body_mask(self.pose, self.photo.shape[:2])

    def as_given(self, picture: Picture) -> Picture:
        """A picture of the upright person, turned as the photo was given."""
        return turn_picture(picture, self.turned_deg)

    def as_given_whole(self, picture: Picture) -> Picture:
        """The same of all of the photo, with its border around it."""
        turned = self.as_given(picture)
        return turned if self.border is None else self.border.around(turned)

    def as_found(self, photo: Picture) -> Picture:
        """A picture like the photo as it was given, as ``photo``: turned, without the border."""
        inside = photo if self.border is None else self.border.inside(photo)
        return turn_picture(inside, upright_by(self.turned_deg))

    def image(self, size: int) -> Array:
        """The window for networks that see it in ``size`` pixels: ``[1, 3, size, size]`` RGB in
        [0, 1]."""
        planes = _shrink(self.window, size).transpose(2, 0, 1)[None]
        return np.ascontiguousarray(planes, np.float32) / np.float32(255.0)

    def person(self, size: int) -> Array:
        """The person for the same: ``[1, 1, size, size]`` in [0, 1], without the rim."""
        return shrunk(np.asarray(_shrink(self.mask, size), np.float32))[None, None]


def make_source(
    photo: Picture,
    finder: PersonFinder,
    segmenter: Segmenter | None,
    size: int,
    largest: int | None = None,
) -> Source:
    """Find the photo's person, frame it and cut it out.

    :param photo: HWC uint8.
    :param segmenter: separates the person from the background where the photo shows half a body,
        and finds who else must not be copied into it; None to do without.
    :param size: w, side of the window in pixels.
    :param largest: w is what the photo has in its window instead, from ``size`` to this.
    :raises NoPersonError: see ``find_person``.
    :raises EngineError: a network failed.
    """
    border = _border_that_cuts(photo, finder)
    if border is not None:
        photo = border.inside(photo)
    (photo, pose, turned_deg), others = find_person(photo, finder)
    share = own_share(pose, others, photo.shape[:2]) if others else None
    if share is not None and pose.mask is not None:
        pose = replace(pose, mask=pose.mask * share)
    framing = source_framing(pose, photo.shape[:2])
    size = max(size, min(framing.window.box[2], largest or size))
    body = body_mask(pose, photo.shape[:2])
    window = np.asarray(crop(photo, framing.window, size), np.uint8)
    landmarks = framing.window.to_units(pose.landmarks)
    segmentation = segmenter.segment(window) if segmenter is not None and framing.half else None
    if segmentation is not None and share is not None:
        segmentation = segmentation * np.asarray(crop(share, framing.window, size), np.float32)
    left, _, side = framing.window.box
    shown = -left / side, (photo.shape[1] - left) / side
    mask = person_mask(
        window,
        np.asarray(crop(body, framing.window, size), np.float32),
        segmentation,
        framing.half,
        landmarks,
        shown,
    )
    desk = find_desk(window, mask, landmarks, shown)
    if desk is not None:
        mask = desk.without(mask, window)
        if landmarks[HIPS, 1].max() * size > desk.row:
            framing = replace(framing, unit=Bone.SHOULDERS)
    if framing.half and desk is None and shoulders_cut(mask, landmarks, shown):
        framing = replace(framing, unit=Bone.HEAD)
    shape = photo.shape[:2]
    beside = [body_mask(other, shape) for other in others]
    people = None if segmenter is None else everybody(photo, segmenter, beside)
    person = uncrop(mask, framing.window, shape)
    front = None
    if desk is not None:
        front = uncrop(desk.before(mask, RIM), framing.window, shape)
        if not desk.bears(mask):  # nor is it copied
            people = front if people is None else np.maximum(people, front)
    backdrop = Later.begun(lambda: make_plate(photo, person, people, front))
    count = max(finder.count(photo), 1 + len(others))
    return Source(photo, pose, count, framing, window, mask, backdrop, turned_deg, border, desk)


def find_person(photo: Picture, finder: PersonFinder) -> tuple[Upright, list[Pose]]:
    """The person of whom the photo shows most, with a mask, and who else is there.

    :return: the photo turned so that the person is upright.
    :raises NoPersonError: nobody, too small, or too little of the body.
    """
    found = observe_upright(photo, finder.observe)
    if found is None:
        found = observe_upright(photo, finder.observe_in_plain_light)
    if found is None:
        raise NoPersonError(
            "No person was found in the photo.",
            "Use a photo that shows one person clearly, from the head down to the waist at best.",
        )
    photo, pose, _ = found
    if not head_seen(pose.landmarks, photo.shape[:2]):
        raise NoPersonError(
            "The photo shows too little of the person: a face is needed at least.",
            "Use a photo from the head down to the waist, or of the whole body.",
        )
    _, top, _, bottom = person_box(pose, photo.shape[:2])
    if bottom - top < SMALLEST_PERSON:
        raise NoPersonError(
            f"The person in the photo is only {round(bottom - top)} pixels tall; "
            f"{SMALLEST_PERSON} are needed.",
            "Use a larger photo, or one taken from nearer.",
        )
    person, others = finder.tell_apart(photo, pose)
    return found._replace(pose=person), others


def _border_that_cuts(photo: Picture, finder: PersonFinder) -> Border | None:
    """The photo's border, if the person ends at it; else it is a part of the picture like others.

    :raises EngineError: a network failed.
    """
    border = find_border(photo)
    if border is None:
        return None
    pose = finder.observe(photo)
    cut = pose is None or pose.mask is None or border.cuts(pose.mask)
    return border if cut else None


def _shrink(values: NDArray[Any], size: int) -> NDArray[Any]:
    """A square picture in fewer pixels, or as it is."""
    if len(values) == size:
        return values
    return np.asarray(cv2.resize(values, (size, size), interpolation=cv2.INTER_AREA))


def body_mask(pose: Pose, shape: tuple[int, int]) -> Array:
    """The pose network's mask of a picture of this height and width; ones where it gave none."""
    return np.ones(shape, np.float32) if pose.mask is None else pose.mask
