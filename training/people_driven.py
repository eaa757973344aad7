"""What candidates make of synthetic people, moved as photos are: by nothing but pictures."""

from __future__ import annotations

from bunraku.spec.arrays import Picture
from bunraku.training.contender import Contender
from bunraku.training.people_cases import Case

EACH_S, SHOWN = 0.12, 5
"""Seconds from frame to frame, and in how many of them a picture is before the camera: until
nothing of the one before is left in what smooths and eases poses, as a person's pictures are not a
film."""


def drive_case(contender: Contender, case: Case) -> list[Picture]:
    """The case's source, moved by each of its driving pictures.

    The source itself calibrates, as the first frame of a clip does. Where the driver is not found
    the last picture stands in.

    Returns:
        K pictures, ``[256, 256, 3]``.

    Raises:
        NoPersonError: nobody in the source can be animated.
    """
    source = case.picture(case.source)
    contender.take(source)
    contender.follow(source, 0.0)
    made = []
    for k, frame in enumerate(case.driving):
        picture = case.picture(frame)
        for shown in range(1, SHOWN + 1):
            contender.follow(picture, (k * SHOWN + shown) * EACH_S)
        made.append(contender.whole_as_given())
    return made
