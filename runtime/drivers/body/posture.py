"""How a driver holds the head above the shoulders, as against how the photo's person does.

Who leans on a hand or bends forward in the photo, and sits upright before the camera, would uncover
a neck that the photo does not show: a second chin, flaps of collars. So what the two differ by when
the driver is calibrated counts little; what the driver does since counts wholly.
"""

from __future__ import annotations

import numpy as np

from bunraku.runtime.drivers.body.fit import trunk_length
from bunraku.runtime.drivers.body.keeping import at_most
from bunraku.runtime.drivers.body.neck import neck_of
from bunraku.runtime.drivers.body.turning import Vectors
from bunraku.spec.arrays import Array
from bunraku.spec.few import length_of
from bunraku.spec.landmarks import HEAD

LEARNT_S = 1.0
"""How long after its calibration a driver's posture is looked at."""
NECK = 0.06
"""How much of the difference counts at most, in the photo's trunks."""
_HEAD = list(HEAD)


class Posture:
    """Of one driver, frame after frame."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget it: the next frame calibrates."""
        self._began_s: float | None = None
        self._frames = 0
        self._neck = np.zeros(3)

    def seen_in_mirror(self) -> None:
        """The frames are in a mirror from now on, or no longer."""
        self._neck = self._neck * (-1.0, 1.0, 1.0)

    def hold(self, landmarks: Array, photo: Vectors, size: float, time_s: float) -> Array:
        """A driver's landmarks with a head that is held above the shoulders as the photo's is, but
        for what it has moved.

        :param landmarks: ``[33, 4]`` in pixels of the photo's window.
        :param photo: ``[33 or more, 3]``, the photo's, likewise.
        :param size: how much larger the driver is than the photo's person.
        """
        if self._began_s is None:
            self._began_s = time_s
        if time_s - self._began_s <= LEARNT_S:
            self._frames += 1
            self._neck += (neck_of(landmarks) / size - self._neck) / self._frames
        apart = self._neck - neck_of(photo)
        far = np.array(max(length_of(apart), 1e-6))
        most = np.array(NECK * max(trunk_length(photo), 1.0))
        result = landmarks.copy()
        shift = size * apart * (at_most(far, most) / far - 1.0)
        result[_HEAD, :3] += shift.astype(np.float32)
        return result
