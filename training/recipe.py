"""How a generator is trained, as data: phases with their losses, steps and what learns in them."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from enum import StrEnum

from torch import nn

from bunraku.errors import InputError
from bunraku.networks.presets import Preset
from bunraku.training.losses.terms import LossWeights


class Part(StrEnum):
    """What of a generator learns or is frozen by itself."""

    MOTION_ENCODER = "motion-encoder"
    """MotionNet down to the latents α and ρ."""
    MOTION_DECODER = "motion-decoder"
    """MotionNet's flows and occlusions."""
    WARPING = "warping"
    """The 2D branch."""
    TEXTURE = "texture"
    """The 2.5D branch and its heads."""
    BLENDER = "blender"
    """BlenderNet, with super-resolution where the preset has it."""


@dataclass(frozen=True)
class Phase:
    """One stage of a training."""

    name: str
    steps: int
    weights: LossWeights
    learns: frozenset[Part] = frozenset(Part)
    """The rest is frozen, its statistics too."""
    learning_rate: float = 2e-4
    """At its highest."""
    warm_steps: int = 0
    """Steps in which the learning rate rises."""
    falls: bool = False
    """Whether it falls to nothing by a cosine over the phase; else it stays."""
    weight_decay: float = 0.0


def learning_rate(phase: Phase, done: int) -> float:
    """Of the step after ``done`` of a phase: it rises, then stays or falls by a cosine."""
    warm = min(1.0, (done + 1) / phase.warm_steps) if phase.warm_steps else 1.0
    fall = 0.5 + 0.5 * math.cos(math.pi * done / phase.steps) if phase.falls else 1.0
    return phase.learning_rate * warm * fall


@dataclass(frozen=True)
class Recipe:
    """Phases one after the other."""

    phases: tuple[Phase, ...]
    people: int
    """People in a step of one process."""
    drives: int
    """Driving frames a person, for which the source is encoded once."""
    ema: float = 0.999
    """Decay of the averaged weights, which are what is exported."""
    clip: float = 2.0
    """Longest gradient that is taken as it is."""
    beta: float = 0.5
    """Adam's first; the second is 0.999."""

    @property
    def samples(self) -> int:
        """Driving frames in a step of one process."""
        return self.people * self.drives

    @property
    def steps(self) -> int:
        """Of all phases."""
        return sum(phase.steps for phase in self.phases)

    def phase(self, name: str) -> Phase:
        """The phase of that name.

        :raises InputError: there is none.
        """
        for phase in self.phases:
            if phase.name == name:
                return phase
        names = ", ".join(phase.name for phase in self.phases)
        raise InputError(f"There is no phase {name!r} in this recipe.", f"Use all, {names}.")

    def scaled(self, length: float) -> Recipe:
        """The same with ``length`` times the steps, at least one a phase."""

        def shortened(phase: Phase) -> Phase:
            steps = max(1, round(phase.steps * length))
            return replace(phase, steps=steps, warm_steps=min(phase.warm_steps, steps // 10))

        return replace(self, phases=tuple(shortened(phase) for phase in self.phases))

    def with_batch(self, samples: int) -> Recipe:
        """The same with about so many samples in a step of one process, at least a person's."""
        return replace(self, people=max(1, samples // self.drives))

    def at_rate(self, learning_rate: float) -> Recipe:
        """The same with this rate in the first phase, and the others in proportion."""
        factor = learning_rate / self.phases[0].learning_rate
        phases = (replace(p, learning_rate=p.learning_rate * factor) for p in self.phases)
        return replace(self, phases=tuple(phases))


_GEOMETRY = LossWeights(uv=5.0, parts=1.0, l1_geo=1.0, mask_geo=1.0)
_SMOOTH = LossWeights(variation=1.0, consistency=5.0)
_APPEARANCE = LossWeights(pyramid_app=10.0, l1_app=1.0, mask_app=1.0, source_warped=1.0)
_BLENDING = LossWeights(pyramid=10.0, l1=1.0, mask=1.0, adversarial=1.0)


def _together(*weights: LossWeights) -> LossWeights:
    """Sums of weights, term by term."""
    return LossWeights(
        **{name: sum(getattr(w, name) for w in weights) for name in vars(LossWeights())}
    )


_MATCHED = _together(_SMOOTH, LossWeights(correctness=5.0, affine=0.01))

PAPER = Recipe(
    phases=(
        Phase("geometry", 100_000, _GEOMETRY, frozenset({Part.TEXTURE, Part.MOTION_ENCODER})),
        Phase(
            "warping",
            100_000,
            _together(_MATCHED, _APPEARANCE),
            frozenset({Part.MOTION_ENCODER, Part.MOTION_DECODER, Part.WARPING}),
        ),
        Phase("together", 200_000, _together(_GEOMETRY, _MATCHED, _APPEARANCE, _BLENDING)),
        Phase("blending", 200_000, _BLENDING, frozenset({Part.BLENDER})),
    ),
    people=8,
    drives=1,
)
"""The paper's four stages for 128 → 256: Adam at 2e-4, pairs of frames, eight in a step."""

PAPER256 = Recipe(
    phases=(Phase("together", 600_000, _together(_GEOMETRY, _SMOOTH, _APPEARANCE, _BLENDING)),),
    people=8,
    drives=1,
)
"""The paper's 256 → 256: end to end from the start, without matching and affine terms."""

_LIVE = LossWeights(
    image=2.0,
    app=0.6,
    synthesis=0.5,
    warped=0.5,
    texture=0.5,
    flow=4.0,
    smooth=0.5,
    consistency=0.5,
    mask=0.5,
    mask_app=0.5,
    perceptual=0.6,
)

LIVE = Recipe(
    phases=(
        Phase(
            *("learn", 36_000, _LIVE),
            learning_rate=1e-3,
            warm_steps=100,
            falls=True,
            weight_decay=1e-4,
        ),
        Phase(
            *("sharpen", 6_000, replace(_LIVE, adversarial=0.05, matching=0.2, steadiness=0.5)),
            learning_rate=2e-4,
            warm_steps=100,
            falls=True,
            weight_decay=1e-4,
        ),
    ),
    people=4,
    drives=3,
)
"""Ours: 504,000 samples of synthetic people, supervised by their exact correspondence; then a
discriminator's eye and steadiness between frames."""

RECIPES: dict[Preset, Recipe] = {
    Preset.PAPER: PAPER,
    Preset.PAPER256: PAPER256,
    Preset.LIVE: LIVE,
}
"""What each preset is trained by."""


def decay_groups(network: nn.Module, weight_decay: float) -> list[dict[str, object]]:
    """Weight decay for weights, none for biases and normalisation; what is frozen is left out."""
    learning = [p for p in network.parameters() if p.requires_grad]
    decayed = [p for p in learning if p.ndim > 1]
    plain = [p for p in learning if p.ndim <= 1]
    return [
        {"params": decayed, "weight_decay": weight_decay},
        {"params": plain, "weight_decay": 0.0},
    ]
