"""How a hand of the photo goes over into the body's, and back.

The body's begins as the photo's is shown. It comes on that, which then goes from beneath it, and
only when it is alone do its fingers go where the driver's are: two hands that are held unlike each
other are never seen at once, and no finger jumps.
"""

from __future__ import annotations

from bunraku.spec.smoothstep import smoothstep

GOES_S = 0.2
"""In which one goes over into the other."""
FADES = 0.4
"""Share of the way in which one takes the other's place; in the rest its fingers move."""


def body_there(way: float) -> float:
    """From 0 to 1, how much of the body's hand there is on a way from the photo's, 0, to it, 1."""
    return min(2.0 * way / FADES, 1.0)


def photo_there(way: float) -> float:
    """From 0 to 1, how much there is of the photo's: all, until the body's hides it."""
    return min(max(2.0 - 2.0 * way / FADES, 0.0), 1.0)


def as_driver(way: float) -> float:
    """From 0 to 1, how far the body's is held as the driver's, not as the photo's is shown."""
    return smoothstep(max((way - FADES) / (1.0 - FADES), 0.0))


def further(way: float, step_s: float, *, anew: bool, needed: bool) -> float:
    """The way after a step of time.

    :param anew: whether the body's is the one. :param needed: whether the driver's can be shown by
        that alone: else it goes near to how the photo's will be shown.
    """
    aim = 0.0 if not anew else 1.0 if needed else FADES
    most = step_s / GOES_S
    return way + min(max(aim - way, -most), most)
