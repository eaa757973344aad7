"""The terms of a training, weighed: what a batch costs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from bunraku.networks.generator import Generated
from bunraku.networks.layers import down, up2
from bunraku.training.generator_batch import GeneratorBatch
from bunraku.training.losses import motion, picture, surface
from bunraku.training.losses.scene import Scene
from bunraku.training.perceptual import Perceptual
from bunraku.training.precision import bf16

CROP = 160
"""Side of the piece of a picture that our perceptual term compares."""


@dataclass(frozen=True)
class LossWeights:
    """Weights of the generator's losses; a term of weight 0 is not computed."""

    correctness: float = 0.0
    """Eq. 10, λ_cor: warped features of the source against those of the true frame."""
    affine: float = 0.0
    """Eq. 10, λ_reg: patches move as affine maps."""
    source_warped: float = 0.0
    """Supplement, B: the source picture warped at each scale against the true frame, by o."""
    variation: float = 0.0
    """Eq. 10, λ_tv: differences of neighbours in the flow, at each scale."""
    consistency: float = 0.0
    """Eq. 10, λ_con: the coarse flow as soft label for the fine ones."""
    uv: float = 0.0
    """Eq. 11, λ_uv: masked L1 of U and V; without the prior."""
    parts: float = 0.0
    """Eq. 11, λ_ce: cross-entropy of S; without the prior."""
    pyramid: float = 0.0
    """Eq. 12, λ_p: features of Î_d over an image pyramid."""
    pyramid_app: float = 0.0
    """Eq. 12, λ_p, of Î_app."""
    l1: float = 0.0
    """Eq. 12, λ_1, of Î_d."""
    l1_app: float = 0.0
    """Eq. 12, λ_1, of Î_app."""
    l1_geo: float = 0.0
    """Eq. 12, λ_1, of Î_geo, inside the driving silhouette; without the prior."""
    mask: float = 0.0
    """Eq. 13, of m̂."""
    mask_app: float = 0.0
    """Eq. 13, of m̂_app."""
    mask_geo: float = 0.0
    """Eq. 13, of m̂_geo; without the prior."""
    adversarial: float = 0.0
    """Eq. 14, of Î_d; a discriminator learns beside."""
    image: float = 0.0
    """L1 of the finished picture, pyramid of three, most on face and hands."""
    app: float = 0.0
    """L1 of Î_app, most on face and hands."""
    synthesis: float = 0.0
    """L1 of what is painted rather than warped, on the person."""
    warped: float = 0.0
    """L1 of the warped photo where the correspondence is known; with the prior."""
    texture: float = 0.0
    """L1 of the sampled atlas colours on the person; with the prior."""
    flow: float = 0.0
    """Distance to the exact correspondence."""
    smooth: float = 0.0
    """Bends of the finest flow; steady motion is free."""
    perceptual: float = 0.0
    """Features of a piece of Î_d, relative to their size."""
    matching: float = 0.0
    """Features of the discriminator, true against generated."""
    steadiness: float = 0.0
    """Changes between two frames of a person against the true changes."""

    @property
    def judged(self) -> bool:
        """Whether a discriminator is needed."""
        return self.adversarial > 0.0 or self.matching > 0.0

    @property
    def features(self) -> bool:
        """Whether a feature network is needed."""
        return any((self.correctness, self.pyramid, self.pyramid_app, self.perceptual))


PRIOR_TERMS = ("warped", "texture")
PLAIN_TERMS = ("uv", "parts", "l1_geo", "mask_geo")
"""Terms that only a generator with the prior has, and those that only one without has."""


def generator_terms(
    out: Generated,
    batch: GeneratorBatch,
    weights: LossWeights,
    perceptual: Perceptual | None,
    crop: tuple[int, int] = (0, 0),
) -> tuple[Tensor, dict[str, Tensor], Tensor]:
    """All terms but those of the discriminator.

    Args:
        out: what the generator made of the batch.
        batch: what it should have made.
        weights: of the terms.
        perceptual: the feature network, where the weights ask for it.
        crop: top left corner (y, x) of the piece that ``perceptual`` compares.

    Returns:
        The weighted sum, each term's own value, and the composed picture.
    """
    scene = Scene(out, batch)
    terms = {name: term(scene) for name, term in _TERMS.items() if getattr(weights, name) > 0.0}
    if weights.features:
        assert perceptual is not None, "these weights need a feature network"
        with bf16(batch.target.device):
            terms |= _seen_terms(scene, weights, perceptual, crop)
    total = sum(
        (getattr(weights, name) * term for name, term in terms.items()),
        start=torch.zeros((), device=batch.target.device),
    )
    return total, {name: term.detach() for name, term in terms.items()}, scene.picture


def _seen_terms(
    scene: Scene, weights: LossWeights, perceptual: Perceptual, crop: tuple[int, int]
) -> dict[str, Tensor]:
    """The terms that compare features."""
    terms: dict[str, Tensor] = {}
    target = scene.batch.target
    if weights.correctness > 0.0:
        terms["correctness"] = _correctness(scene, perceptual)
    if weights.pyramid > 0.0:
        terms["pyramid"] = picture.pyramid_perceptual(
            perceptual.unit_features, scene.picture, target
        )
    if weights.pyramid_app > 0.0:
        terms["pyramid_app"] = picture.pyramid_perceptual(
            perceptual.unit_features, scene.app, scene.target
        )
    if weights.perceptual > 0.0:
        y, x = crop
        rows, columns = slice(y, y + CROP), slice(x, x + CROP)
        terms["perceptual"] = perceptual(
            scene.picture[..., rows, columns], target[..., rows, columns]
        )
    return terms


def _correctness(scene: Scene, perceptual: Perceptual) -> Tensor:
    """Of the scales at which the feature network has a map: all three where it sees windows."""
    with torch.no_grad():
        sources = {m.shape[-1]: m for m in perceptual.features(scene.batch.source)}
        targets = {m.shape[-1]: m for m in perceptual.features(scene.batch.target)}
    total = torch.zeros((), device=scene.batch.target.device)
    for flow in scene.out.moved.flow:
        side = flow.shape[-1]
        if side in targets:
            source = sources[side].repeat_interleave(scene.drives, 0)
            where = down(scene.batch.alpha, scene.batch.alpha.shape[-1] // side)
            total = total + motion.correctness(source, targets[side], flow, where)
    return total


def _image(scene: Scene) -> Tensor:
    # Of a difference of two pictures the mean of pixels is the difference of their means.
    difference, weight = scene.picture - scene.batch.target, scene.attention
    term = (difference.abs() * weight).mean()
    for _ in range(2):
        difference, weight = down(difference, 2), down(weight, 2)
        term = term + 0.5 * (difference.abs() * weight).mean()
    # The person's colours on their own, so that the mask cannot hide wrong ones.
    return term + picture.l1(scene.out.blend.image, scene.own, scene.batch.alpha)


def _warped(scene: Scene) -> Tensor:
    warped = scene.out.seamed.warped_image
    assert warped is not None, "only a generator with the prior warps the photo"
    known = scene.correspondence[1]
    seen = (up2(known) if scene.factor > 1 else known) * scene.batch.alpha
    colour, mask, _ = torch.split(warped, [3, 1, 1], 1)
    return picture.l1(colour / (mask + 1e-3), scene.own, seen)


def _texture(scene: Scene) -> Tensor:
    body = (1.0 - scene.batch.driving_densepose[:, :1]) * scene.alpha
    own = scene.small(scene.batch.colour) / (scene.alpha + 1e-3)
    return picture.l1(scene.out.seamed.z_geo[:, :3].float(), own, body)


def _source_warped(scene: Scene) -> Tensor:
    flows, occlusions = scene.out.moved.flow, scene.out.moved.occlusion
    source, target = scene.batch.source, scene.batch.target
    factors = [target.shape[-1] // flow.shape[-1] for flow in flows]
    sources = [down(source, factor).repeat_interleave(scene.drives, 0) for factor in factors]
    targets = [down(target, factor) for factor in factors]
    return picture.warped_source(sources, targets, flows, occlusions)


def _geo(scene: Scene) -> Tensor:
    inside = 1.0 - scene.batch.driving_exact[:, :1]
    return picture.l1(scene.geo[:, :3], scene.target, inside)


def _steadiness(scene: Scene) -> Tensor:
    """Of each driving frame of a person and the next; 0 where there is one a person."""
    if scene.drives == 1:
        return torch.zeros((), device=scene.batch.target.device)
    got, true, exact = (
        scene.by_person(x) for x in (scene.picture, scene.batch.target, scene.batch.driving_exact)
    )
    flow, known = motion.exact_flow(exact[:, :-1].flatten(0, 1), exact[:, 1:].flatten(0, 1))
    before = got[:, :-1].flatten(0, 1), true[:, :-1].flatten(0, 1)
    after = got[:, 1:].flatten(0, 1), true[:, 1:].flatten(0, 1)
    return picture.unsteadiness(before, after, flow, known)


_TERMS: dict[str, Callable[[Scene], Tensor]] = {
    "affine": lambda s: torch.stack(
        [motion.affine_regularisation(f) for f in s.out.moved.flow]
    ).sum(),
    "source_warped": _source_warped,
    "variation": lambda s: motion.total_variation(s.out.moved.flow),
    "consistency": lambda s: motion.consistency(s.out.moved.flow),
    "uv": lambda s: surface.masked_uv(s.translated, s.batch.driving_exact),
    "parts": lambda s: surface.part_cross_entropy(s.translated[0], s.batch.driving_exact),
    "l1": lambda s: picture.l1(s.picture, s.batch.target),
    "l1_app": lambda s: picture.l1(s.app, s.target),
    "l1_geo": _geo,
    "mask": lambda s: picture.mask_bce(s.out.blend.mask_logit, s.batch.alpha),
    "mask_app": lambda s: picture.mask_bce(s.out.app[:, 3:], s.alpha),
    "mask_geo": lambda s: picture.mask_bce(s.geo[:, 3:], s.alpha),
    "image": _image,
    "app": lambda s: ((s.app - s.target).abs() * s.small(s.attention)).mean(),
    "synthesis": lambda s: picture.l1(s.out.blend.synthesis, s.own, s.batch.alpha),
    "warped": _warped,
    "texture": _texture,
    "flow": lambda s: motion.distance_to_exact(s.out.moved.flow, *s.correspondence),
    "smooth": lambda s: motion.bending(s.out.moved.flow[-1]),
    "steadiness": _steadiness,
}
"""How each term is computed that needs no other network."""
