"""Where a photo's sleeves end, and the colours of what is in them and of what comes out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bunraku.runtime.drivers.body.binding import Binding
from bunraku.runtime.drivers.body.colours import ENOUGH, hue_of, like_skin, lit_of
from bunraku.runtime.drivers.body.fit import Fit
from bunraku.runtime.drivers.body.groups import ARMS, HANDS, Group
from bunraku.spec.arrays import Array
from bunraku.spec.landmarks import LEFT_ELBOW, LEFT_SHOULDER
from bunraku.spec.skeleton import SIDES

BARE = 0.5
"""The share of skin among the pixels of an arm, from which it is bare there."""
BINS = 20
"""Pieces of an upper arm, each of which is bare or not."""
LAST_CLOTH, LAST_SEEN = 99.5, 95.0
"""Percentiles of pixels along an arm that say how far a sleeve is seen, and how far the arm is."""
SHORTEST, LONGEST = 0.1, 1.0
"""How long a sleeve that ends on the upper arm may be, in lengths of that."""
MORE = 0.02
"""How much longer it is taken to be than it is seen: so its end hides where that is torn."""
TO_THE_WRIST = 2.1
"""The end of a long one: the elbow is at 1, the wrist at 2."""
AT_SHOULDER = 0.45
"""How far down the upper arm a sleeve's own colours are looked for."""
AS_LIT = 0.85
"""As bright an upper arm is, beside what else is seen of arms, if it is not in shade."""
IN_SHADE = 0.8
"""Of the brightness of skin in the light: what is darker lies in the shade of the photo's pose."""
SKIN_IN_SHADE = np.array([0.45, 0.33, 0.25], np.float32)
"""What that leaves of skin's colour: its hue is another."""
BRIGHTNESS = 0.15
"""What one of brightness counts, of three, beside one of hue."""
GOES_OVER = 0.2
"""Over how much of an upper arm what the photo shows goes over into what is made anew,"""
WITHIN = 0.05
"""and how far within the sleeve that begins where what comes out of it is in shade."""
SHOWN_BELOW = 0.08
"""How much of an upper arm must be seen below its sleeve, to be kept: of less the sleeve's end is
torn by what lies before it, and it is made anew up to its end."""


@dataclass(frozen=True, eq=False)
class Sleeve:
    """A sleeve and the arm in it. Places along it are 0 at the shoulder, 1 at the elbow, 2 at the
    wrist."""

    end: float
    """Where it ends; 0 where there is none."""
    cloth: Array
    """``[3]`` RGB in [0, 1], in the light; that of the skin where none is seen."""
    skin: Array
    """``[3]``, likewise."""
    ends_seen: float
    """From where on the photo shows too little of it, or only its shade."""


def find_sleeves(
    fit: Fit, binding: Binding, colours: Array, sure: NDArray[np.bool_], face: Array, lit: Array
) -> tuple[Sleeve, Sleeve]:
    """The sleeves of both arms, the left one first.

    :param colours: ``[n, n, 3]`` in [0, 1]. :param sure: ``[n, n]``: where they are one limb's.
    :param face: ``[3]``, the median of the face, which tells skin from cloth.
    :param lit: ``[3]``, the face's tone in the light.
    """
    arms = sure & np.isin(binding.group, ARMS)
    arms[arms] = like_skin(colours[arms], face)
    own = lit_of(colours, arms)
    own = face if own is None else own  # palms are paler than arms, but in the same light
    tone, lit = (
        np.float32(0.5) * (one / one.sum() + own / own.sum()) * own.sum() for one in (face, lit)
    )
    lit = _without_palms(lit, colours, arms, np.isin(binding.group, HANDS))
    left, right = (_sleeve(fit, binding, colours, sure, tone, lit, side) for side in range(SIDES))
    bare = Sleeve(0.0, lit, lit, 1.0)
    return left or right or bare, right or left or bare


def _without_palms(
    lit: Array, colours: Array, arms: NDArray[np.bool_], hands: NDArray[np.bool_]
) -> Array:
    """``[3]``: the skin's tone in the light, of which palms are paler and look up to it, and what
    is seen of arms that point at the camera lies in their own shade: what is between.

    :param lit: ``[3]``, by palms above all. :param arms: ``[n, n]``, their skin, with the hands'.
    """
    own = lit_of(colours, arms & ~hands)
    if own is None:
        return lit
    share = np.float32((arms & ~hands).sum() / arms.sum())
    return np.asarray(lit + share * (own - lit), np.float32)


def along_upper_arm(fit: Fit, side: int, points: Array) -> Array:
    """``[k]``: how far down the upper arm's line points ``[k, 2]`` of the photo lie, in lengths of
    it."""
    start, end = fit.stance.points[[LEFT_SHOULDER + side, LEFT_ELBOW + side], :2]
    bone = end - start
    return np.asarray((points - start) @ bone / max(float(bone @ bone), 1e-6), np.float32)


def shaded(colours: Array, sleeve: Sleeve) -> NDArray[np.bool_]:
    """``[...]``: what of colours ``[..., 3]`` is skin that lies in shade."""
    dark = colours.sum(-1) < IN_SHADE * sleeve.skin.sum()
    return np.asarray(dark & _bare(colours, sleeve.skin, sleeve.cloth))


def _sleeve(
    fit: Fit,
    binding: Binding,
    colours: Array,
    sure: NDArray[np.bool_],
    tone: Array,
    lit: Array,
    side: int,
) -> Sleeve | None:
    """The sleeve of one arm; None where the photo does not show it at the shoulder: it wears what
    the other does.

    :param tone: that tells skin from cloth. :param lit: the skin's, if the arm does not tell.
    """
    upper, fore, hand = (
        sure & (binding.group == group + side)
        for group in (Group.UPPER_ARM_L, Group.FOREARM_L, Group.HAND_L)
    )
    own = colours[upper]
    along = along_upper_arm(fit, side, np.argwhere(upper)[:, ::-1].astype(np.float32))
    skin, high = like_skin(own, tone), along < AT_SHOULDER
    if high.sum() < ENOUGH:
        return None
    seen = float(np.percentile(along, LAST_SEEN))
    shown = lit_of(own, skin)
    if shown is not None and shown.sum() > AS_LIT * tone.sum():
        tone = lit = shown  # the forearm goes on from there
    cloth = lit_of(own, high & ~skin)
    if cloth is None or skin[high].mean() >= BARE:
        return _ending(Sleeve(0.0, lit, lit, seen), own, along)
    bare = bool(like_skin(colours[hand], tone).any())
    if fore.sum() >= ENOUGH:
        bare = like_skin(colours[fore], tone).mean() >= BARE
    end = _end(along, _bare(own, tone, cloth)) if bare else TO_THE_WRIST
    return _ending(Sleeve(end, cloth, lit, seen), own, along)


def _ending(sleeve: Sleeve, own: Array, along: Array) -> Sleeve:
    """A sleeve with ``ends_seen``, by the colours ``[k, 3]`` of its upper arm ``along [k]``, of
    which it knows the last so far."""
    beyond = own[along > sleeve.end]
    if 0.0 < sleeve.end <= LONGEST and sleeve.ends_seen - sleeve.end < SHOWN_BELOW:
        seen = sleeve.end - GOES_OVER
    elif len(beyond) and shaded(beyond, sleeve).mean() > BARE:
        seen = sleeve.end - WITHIN
    else:
        seen = max(sleeve.end, sleeve.ends_seen - GOES_OVER)
    return Sleeve(sleeve.end, sleeve.cloth, sleeve.skin, seen)


def _end(along: Array, bare: NDArray[np.bool_]) -> float:
    """Where the sleeve of a bare forearm ends: where skin begins, or else where it is last seen.

    :param along: ``[k]``, of the upper arm's pixels. :param bare: ``[k]``.
    """
    if bare.all():
        return 0.0
    piece = np.clip((along * BINS).astype(int), 0, BINS - 1)
    total, of_skin = (np.bincount(one, minlength=BINS) for one in (piece, piece[bare]))
    seen = np.flatnonzero(total >= ENOUGH)
    covered = seen[of_skin[seen] < BARE * total[seen]]
    last = float(np.percentile(along[~bare], LAST_CLOTH))
    if len(covered) and covered[-1] < seen[-1]:
        last = min(last, (covered[-1] + 1.0) / BINS)
    return float(np.clip(last + MORE, SHORTEST, LONGEST))


def _bare(colours: Array, tone: Array, cloth: Array) -> NDArray[np.bool_]:
    """``[...]``: what looks like skin, in the light or in shade, rather than like this cloth."""
    skin = np.minimum(_unlike(colours, tone), _unlike(colours, SKIN_IN_SHADE * tone))
    return np.asarray(skin < _unlike(colours, cloth)) | np.array_equal(tone, cloth)


def _unlike(colours: Array, tone: Array) -> Array:
    """How far colours are from one, by hue above all."""
    apart = np.abs(hue_of(colours) - hue_of(tone)).sum(-1)
    return np.asarray(apart + BRIGHTNESS * np.abs(colours.sum(-1) - tone.sum()))
