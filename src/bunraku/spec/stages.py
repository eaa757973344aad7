"""The stages of a frame and the steps in them, by the names under which all of it is told.

Logs, the page, metrics, benchmarks and summaries take them from here, so that what one of them says
is found in the others.
"""

from __future__ import annotations

from enum import StrEnum


class Stage(StrEnum):
    """What is done to three frames at once."""

    DENSEPOSE = "densepose"
    """Finds the driver and gives the surface."""
    MOTION = "motion"
    """Moves the photo's features to where the driver is."""
    BLEND = "blend"
    """Paints the person into the photo."""


class Step(StrEnum):
    """What is timed inside of a stage; the part before the dot is the stage's name."""

    POSE = "densepose.pose"
    """The pose networks."""
    FACE = "densepose.face"
    """Finding the driver's face, and what it does."""
    HANDS = "densepose.hands"
    """Finding the driver's hands, and how they are held."""
    IUV = "densepose.iuv"
    """From landmarks, or an IUV image, to the IUV map; from landmarks to the posed body, drawn."""
    MOTION = "motion.engine"
    """The motion engine."""
    SEAM = "motion.seam"
    """The gathers between the motion and the blend engine."""
    EXPRESSION = "motion.face"
    """The photo's face with the driver's expression."""
    BLEND = "blend.engine"
    """The blend engine."""
    PASTE = "blend.paste"
    """Pasting back into the photo."""

    @property
    def stage(self) -> Stage:
        """The stage it is a step of."""
        return Stage(self.partition(".")[0])
