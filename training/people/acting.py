"""What somebody does beside the pose of the body: where they look, and what their face does."""

from __future__ import annotations

import numpy as np


def pick_yaws(rng: np.random.Generator, frames: int) -> list[float]:
    """Directions of one person in radians: mostly to the camera, some anywhere, some turning."""
    kind = rng.random()
    if kind < 0.65:
        yaws = rng.uniform(-0.5, 0.5) + rng.normal(size=frames) * rng.uniform(0.05, 0.28)
    elif kind < 0.85:
        yaws = rng.uniform(-np.pi, np.pi) + rng.normal(size=frames) * rng.uniform(0.05, 0.4)
    else:
        yaws = rng.uniform(-np.pi, np.pi, frames)
    return [float(yaw) for yaw in (yaws + np.pi) % (2 * np.pi) - np.pi]


def pick_expression(rng: np.random.Generator) -> dict[str, float]:
    """Facial actions of one frame: blinks, smiles, talking, brows."""
    out: dict[str, float] = {}

    def both(name: str, value: float) -> None:
        for side in ("Left", "Right"):
            out[name + side] = float(np.clip(value * rng.uniform(0.85, 1.15), 0, 1))

    if rng.random() < 0.5:
        both("mouthSmile", rng.uniform(0.1, 0.9))
    if rng.random() < 0.4:
        out["jawOpen"] = float(rng.uniform(0.05, 0.5) if rng.random() < 0.8 else 0.8)
    if rng.random() < 0.12:
        both("eyeBlink", rng.uniform(0.5, 1.0))
    if rng.random() < 0.25:
        both("browOuterUp", rng.uniform(0.2, 0.9))
        out["browInnerUp"] = float(rng.uniform(0.2, 0.8))
    elif rng.random() < 0.2:
        both("browDown", rng.uniform(0.2, 0.8))
    if rng.random() < 0.15:
        out["mouthPucker"] = float(rng.uniform(0.2, 0.7))
    return out
