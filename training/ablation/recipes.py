"""How a row is trained: by the paper's recipe, without what it lacks."""

from __future__ import annotations

from dataclasses import replace

from bunraku.networks.presets import GeneratorOptions
from bunraku.training.losses.terms import PLAIN_TERMS, LossWeights
from bunraku.training.recipe import PAPER, Part, Phase, Recipe

FLOW_TERMS = ("correctness", "affine", "variation", "consistency", "source_warped")
APP_TERMS = ("pyramid_app", "l1_app", "mask_app")
TOGETHER = "together"
"""The phase of all parts, which every row has."""


def recipe_of(options: GeneratorOptions, recipe: Recipe = PAPER) -> Recipe:
    """The recipe without the terms, parts and phases of what is left out.

    A phase that has nothing left to do gives its steps to the one that trains all parts, so that
    every row makes as many steps.
    """
    parts = parts_of(options)
    kept: list[Phase] = []
    spare = 0
    for phase in recipe.phases:
        weights = weights_of(phase.weights, options)
        learns = phase.learns & parts
        if learns and any(vars(weights).values()) and _is_own(phase, options):
            kept.append(replace(phase, weights=weights, learns=learns))
        else:
            spare += phase.steps
    phases = (
        replace(phase, steps=phase.steps + spare) if phase.name == TOGETHER else phase
        for phase in kept
    )
    return replace(recipe, phases=tuple(phases))


def parts_of(options: GeneratorOptions) -> frozenset[Part]:
    """What of the generator takes part."""
    parts = set()
    if options.branch_2d:
        parts.add(Part.WARPING)
        if options.flow:
            parts |= {Part.MOTION_ENCODER, Part.MOTION_DECODER}
    if options.branch_25d:
        parts |= {Part.TEXTURE, Part.MOTION_ENCODER}
    if options.blends:
        parts.add(Part.BLENDER)
    return frozenset(parts)


def weights_of(weights: LossWeights, options: GeneratorOptions) -> LossWeights:
    """The weights of the terms that the generator has; those of the finished picture stay."""
    lacking: list[str] = []
    if not options.branch_25d:
        lacking += PLAIN_TERMS
    if not options.branch_2d:
        lacking += APP_TERMS
    if not (options.branch_2d and options.flow):
        lacking += FLOW_TERMS
    return replace(weights, **dict.fromkeys(lacking, 0.0))


def _is_own(phase: Phase, options: GeneratorOptions) -> bool:
    """Whether a phase is of a branch that the row has: others would train an encoder for nobody."""
    if Part.TEXTURE in phase.learns and Part.WARPING not in phase.learns:
        return options.branch_25d
    if Part.WARPING in phase.learns and Part.TEXTURE not in phase.learns:
        return options.branch_2d
    return True
