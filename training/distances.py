"""Distances between pictures as networks see them; what they see comes from elsewhere.

- LPIPS-style (Zhang, Isola, Efros, Shechtman, Wang, "The unreasonable effectiveness of deep
  features as a perceptual metric", 2018), with equal weights for all channels, where LPIPS has
  learned ones.
- Fréchet (Heusel et al., "GANs trained by a two time-scale update rule", 2017): FID if the features
  are Inception's, which they need not be.
- Euclidean between embeddings: AED, if a network for re-identification made them.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import cv2
import numpy as np

from bunraku.spec.arrays import Array, Exact

FEWEST = 8
"""Pictures below which a Fréchet distance says nothing."""
STRIPES = 6
"""Of a person from top to bottom, each with features of its own."""


def unit(values: Array) -> Exact:
    """Values at unit length along the first axis; nothing stays nothing."""
    exact = values.astype(np.float64)
    return np.asarray(exact / (np.linalg.norm(exact, axis=0, keepdims=True) + 1e-10))


def perceptual_distance(
    maps: Sequence[Array], others: Sequence[Array], alpha: Array | None = None
) -> float:
    """Between two pictures: 0 for equal ones, 1 to 2 for unrelated ones, at most 4.

    Args:
        maps: feature maps of one picture, ``[C, h, w]`` each.
        others: of the other, of the same shapes.
        alpha: the person's share of each pixel, ``[H, W]``, to count only that; None for all.
    """
    total = 0.0
    for one, other in zip(maps, others, strict=True):
        difference = ((unit(one) - unit(other)) ** 2).sum(0)
        total += _weighted_mean(difference, alpha)
    return total / len(maps)


def frechet_distance(some: Exact, others: Exact) -> float | None:
    """Between two sets of pictures, each taken to be normally distributed.

    ``|m1 - m2|² + tr(C1 + C2 - 2 (C1 C2)^½)``; the trace of the root is the sum of the roots of the
    eigenvalues, which are those of a symmetric matrix too.

    Args:
        some: features, ``[N, D]``.
        others: ``[M, D]``.

    Returns:
        None for fewer than FEWEST pictures in either. Few pictures make it too large: it compares
        candidates on the same frames, and nothing else.
    """
    if min(len(some), len(others)) < FEWEST:
        return None
    mean = some.mean(0) - others.mean(0)
    covariance, other = np.cov(some, rowvar=False), np.cov(others, rowvar=False)
    root = _root(np.atleast_2d(covariance))
    between = np.linalg.eigvalsh(root @ np.atleast_2d(other) @ root)
    shared = float(np.sqrt(np.clip(between, 0.0, None)).sum())
    spread = float(np.trace(np.atleast_2d(covariance)) + np.trace(np.atleast_2d(other)))
    return max(float(mean @ mean) + spread - 2.0 * shared, 0.0)


def embedding_distance(embedding: Array, other: Array) -> float:
    """The length of the difference, as AED takes it; at most 2 for unit vectors."""
    return float(np.linalg.norm(embedding.astype(np.float64) - other.astype(np.float64)))


def striped(features: Array, alpha: Array | None) -> Array:
    """A person's look from top to bottom, ``[STRIPES * C]`` at unit length.

    The stripes are cut between the person's first and last row, and their mean features are taken
    over the person alone: where it stands in the picture is left out, and how it stands as far as
    stripes can. This is how networks for re-identification pool, with nothing learned.

    Args:
        features: ``[C, h, w]``.
        alpha: the person's share of each pixel, ``[H, W]`` in [0, 1]; None for the whole picture.
    """
    height, width = features.shape[1:]
    share = np.ones((height, width), np.float32)
    if alpha is not None and alpha.any():
        share = np.asarray(cv2.resize(alpha, (width, height), interpolation=cv2.INTER_AREA))
    rows = np.flatnonzero(share.max(1) > 0.5 * share.max())
    edges = np.linspace(rows[0], rows[-1] + 1, STRIPES + 1)
    centres = np.arange(height) + 0.5
    parts = []
    for top, bottom in pairwise(edges):
        # A stripe may be thinner than a row: rows count by how much of them is in it.
        inside = np.clip(np.minimum(centres + 0.5, bottom) - np.maximum(centres - 0.5, top), 0, 1)
        weight = share * inside[:, None]
        mean = (features * weight).sum((1, 2)) / max(float(weight.sum()), 1e-9)
        parts.append(unit(mean))
    return np.asarray(np.concatenate(parts) / np.sqrt(STRIPES), np.float32)


def celled(features: Array) -> Array:
    """An aligned picture's look, cell by cell, ``[C * h * w]`` at unit length."""
    cells = features.shape[1] * features.shape[2]
    return np.asarray(unit(features).ravel() / np.sqrt(cells), np.float32)


def _weighted_mean(values: Exact, alpha: Array | None) -> float:
    if alpha is None:
        return float(values.mean())
    size = (values.shape[1], values.shape[0])
    weight = np.asarray(cv2.resize(alpha, size, interpolation=cv2.INTER_AREA), np.float64)
    return float((values * weight).sum() / max(float(weight.sum()), 1e-9))


def _root(matrix: Exact) -> Exact:
    """The symmetric root of a symmetric matrix without negative eigenvalues."""
    values, vectors = np.linalg.eigh(matrix)
    return np.asarray((vectors * np.sqrt(np.clip(values, 0.0, None))) @ vectors.T)
