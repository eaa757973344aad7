"""Ctrl-C as a request to finish the frame at hand and close the file."""

from __future__ import annotations

from bunraku.stream.core.signals import Stopping


class StopRequest(Stopping):
    """While entered, the first SIGINT or SIGTERM only makes it true; the second one raises
    KeyboardInterrupt. Outside the main thread, where signals cannot be caught, it never becomes
    true.
    """

    def __init__(self) -> None:
        super().__init__(lambda: None, quit_hard=_interrupt)

    def __call__(self) -> bool:
        """Whether to stop."""
        return self.asked


def _interrupt(_code: int) -> None:
    raise KeyboardInterrupt
