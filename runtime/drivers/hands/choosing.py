"""Which hand is drawn, the photo's or the body's: one of them in every frame.

Half of each would be two hands, as they are nowhere quite alike. So that it does not flicker
between them, a hand stays what it is until the other one is surely the better.
"""

from __future__ import annotations

Chosen = tuple[bool, bool]
"""Whether something is so of the left and of the right hand."""


class HandChoice:
    """What the hands of one driver were drawn with last."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget the driver."""
        self._photo: object | None = None
        self._anew: Chosen = (False, False)

    def of(self, photo: object, shares: tuple[float, float]) -> Chosen:
        """Which hands the body's take the place of.

        :param photo: whose hands they are; another one's are chosen anew.
        :param shares: for each hand how far the photo's cannot stand for the driver's: at 0 it can,
            at 1 it cannot.
        """
        if photo is not self._photo:
            self._photo = photo
            self._anew = shares[0] >= 0.5, shares[1] >= 0.5
        left, right = (
            share > 0.0 if was else share >= 1.0
            for share, was in zip(shares, self._anew, strict=True)
        )
        self._anew = left, right
        return self._anew
