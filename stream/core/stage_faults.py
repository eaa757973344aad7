"""Engines that keep failing give way to the camera, and are tried again now and then."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from bunraku.errors import DeviceError
from bunraku.stream.core.clock import Clock
from bunraku.stream.core.controls import Controls
from bunraku.stream.core.log_lines import one_line

FAILING_FRAMES = 15
"""Faults of one stage in a row after which the camera's picture passes through."""
RETRY_S = 2.0
"""How often one frame tries the engines again then."""
FAILING = "The animation keeps failing: the camera is shown until it works again."
WORKING = "The animation works again."

log = logging.getLogger(__name__)


class Faults:
    """Whether the engines work, by what happened to the last frames of each stage."""

    def __init__(self, controls: Controls, clock: Clock) -> None:
        self._controls = controls
        self._clock = clock
        self._in_a_row: Counter[str] = Counter()
        self._next_try_s = 0.0

    def may_try(self) -> bool:
        """Whether a frame is to be animated: always, or every ``RETRY_S`` while all fails."""
        if self._controls.failing:
            if self._clock.now() < self._next_try_s:
                return False
            self._next_try_s = self._clock.now() + RETRY_S
        return True

    @contextmanager
    def watched(self, stage: str) -> Iterator[None]:
        """Count whether the stage's work on a frame fails; the error goes on to the pipeline."""
        try:
            yield
        except Exception as error:
            self._in_a_row[stage] += 1
            if isinstance(error, DeviceError):
                self._controls.notify(str(error))
            if self._in_a_row[stage] >= FAILING_FRAMES and not self._controls.failing:
                log.error("%s failed %d times in a row: %s", stage, FAILING_FRAMES, one_line(error))
                self._next_try_s = self._clock.now() + RETRY_S
                self._controls.failing = True
                self._controls.notify(FAILING)
            raise
        self._in_a_row[stage] = 0
        if self._controls.failing and max(self._in_a_row.values()) < FAILING_FRAMES:
            log.info("%s works again", stage)
            self._controls.failing = False
            self._controls.notify(WORKING)
