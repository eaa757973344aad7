"""Surfaces of a person: skin tone, hair and eye colour, dyed and patterned clothes."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from bunraku.training.people.body import Floats
from bunraku.training.people.fabric import chest_print, fabric
from bunraku.training.people.garments import Garment
from bunraku.training.people.mhclo import TEXTURE_SIZE
from bunraku.training.people.renderer import BOTTOM, LAYERS, TOP, Look
from bunraku.training.people.skirts import fold_texture
from bunraku.training.people.wardrobe import Wardrobe

_HAIR_COLOURS = (
    (22, 18, 17), (38, 27, 22), (62, 42, 30), (95, 64, 42), (128, 92, 58), (186, 148, 98),
    (214, 182, 130), (150, 62, 30), (150, 148, 146), (215, 213, 210),
)  # fmt: skip
_EYE_HUES = (0.0, 0.0, 0.15, 2.2, 3.2)  # brown, brown, hazel, green, blue: turn of hue, radians


def make_look(
    rng: np.random.Generator,
    wardrobe: Wardrobe,
    worn: dict[int, Garment],
    skin: Path,
    chest: float,
) -> Look:
    """Surfaces of a person in these garments (by layer) and this skin.

    ``chest``: height of the neck on the neutral body in metres, below which prints sit.
    """
    textures = np.zeros((len(LAYERS), TEXTURE_SIZE, TEXTURE_SIZE, 4), np.uint8)
    tint = np.tile(np.eye(3, dtype=np.float32), (len(LAYERS), 1, 1))
    gloss = np.full(len(LAYERS), rng.uniform(0.1, 0.35), np.float32)
    textures[0] = wardrobe.texture(skin, True)
    warmth = np.exp(rng.normal(size=3) * [0.05, 0.025, 0.06])
    tint[0] = np.diag(warmth * rng.uniform(0.78, 1.12))
    gloss[0] = rng.uniform(0.15, 0.6)
    for layer, garment in worn.items():
        name = LAYERS[layer]
        textures[layer] = wardrobe.texture(garment.texture, name in ("top", "shoes", "hat"))
        if name in ("top", "shoes", "hat"):
            tint[layer] = _colour_change(rng)
    textures[BOTTOM], tint[BOTTOM] = textures[TOP], _colour_change(rng)
    colour = np.array(_HAIR_COLOURS[rng.integers(len(_HAIR_COLOURS))]) / 255
    if rng.random() < 0.06:
        colour = rng.uniform(0.1, 0.9, 3)
    for name, share in (("hair", 1.0), ("brows", 0.8)):
        layer = LAYERS.index(name)
        if layer in worn:
            textures[layer] = _even(textures[layer])
        tint[layer] = np.outer(colour, np.full(3, 2 / 3)) * share * rng.uniform(0.8, 1.15)
    gloss[LAYERS.index("hair")] = rng.uniform(0.1, 0.5)
    gloss[LAYERS.index("eyes")] = 0.8
    tint[LAYERS.index("eyes")] = _hue_turn(rng.choice(_EYE_HUES)) * rng.uniform(0.85, 1.1)
    coverage = [rng.uniform(0.75, 1.0) if rng.random() < share else 0.0 for share in (0.65, 0.45)]
    cloth = np.zeros(len(LAYERS), np.float32)
    cloth[[TOP, BOTTOM]] = 1, 2
    skirt = LAYERS.index("skirt")
    if skirt in worn:
        dress = rng.random() < 0.5  # one cloth from top to hem
        textures[skirt] = fold_texture(rng, int(rng.integers(5, 17)))
        coverage = [1.0 if dress else coverage[0], 1.0]
        cloth[skirt] = 1 if dress else 2
    tiles, scales = zip(*(fabric(rng, each) for each in coverage), strict=True)
    brightness = textures[TOP][..., :3][textures[TOP][..., 3] > 128].mean() / 255
    detail = np.full(len(LAYERS), 0.85 / max(brightness, 0.1), np.float32)
    detail[skirt] = 1.25
    painted = chest_print(rng) if rng.random() < 0.4 else np.zeros((8, 8, 4), np.uint8)
    size = rng.uniform(0.07, 0.15)
    box = [
        rng.normal() * 0.02,
        chest - rng.uniform(0.16, 0.26),
        size,
        size * rng.uniform(0.6, 1),
    ]
    return Look(
        textures=textures,
        tint=tint.astype(np.float32),
        gloss=gloss,
        cloth=cloth,
        fabrics=np.stack(tiles),
        fabric_scale=np.stack(scales),
        detail=detail,
        print_=painted,
        print_box=np.array(box, np.float32),
    )


def _even(texture: np.ndarray) -> np.ndarray:
    """A hair texture in greys around one half, with strands no harsher than on real hair."""
    light = texture[..., :3].mean(-1) / 255
    seen = light[texture[..., 3] > 128]
    out = texture.copy()
    if seen.size:
        contrast = min(1.6, 0.14 / max(float(seen.std()), 0.02))
        light = 0.5 + (light - float(seen.mean())) * contrast
    out[..., :3] = (255 * light[..., None]).clip(0, 255)
    return out


def _hue_turn(angle: float) -> Floats:
    """Colour matrix that turns hues about the grey axis."""
    cos, sin = np.cos(angle), np.sin(angle)
    third, root = (1 - cos) / 3, sin / np.sqrt(3)
    turned = np.full((3, 3), third) + np.diag([cos] * 3)
    turned += root * np.array([[0, -1, 1], [1, 0, -1], [-1, 1, 0]])
    return np.asarray(turned, np.float32)


def _colour_change(rng: np.random.Generator) -> Floats:
    """Another hue, saturation and brightness for a shipped texture."""
    saturation = rng.uniform(0.4, 1.2)
    grey = np.full((3, 3), 1 / 3)
    mixed = (1 - saturation) * grey + saturation * np.eye(3)
    return np.asarray(rng.uniform(0.55, 1.25) * mixed @ _hue_turn(rng.uniform(-np.pi, np.pi)))
