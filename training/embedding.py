"""Networks that somebody else trained, as files: for re-identification, for faces, for FID.

Such networks come under licences of their own, so that none is shipped: whoever has one gives its
ONNX file.
"""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import cv2
import numpy as np

from bunraku.errors import EngineError, InputError
from bunraku.runtime.engines.registry import EngineFactory
from bunraku.spec.arrays import Array, Picture
from bunraku.training.distances import unit
from bunraku.training.features import normalised

FORM = (
    "Export it with one input [1, 3, H, W], RGB normalised as ImageNet's, and an output [1, D], "
    "all sizes fixed."
)


class Embedder(Protocol):
    """Tells of a picture in a row of numbers."""

    @property
    def name(self) -> str:
        """What it is, for the report."""

    def embed(self, picture: Picture) -> Array:
        """``[D]``, of an HWC uint8 picture of any size."""


class OnnxEmbedder:
    """An ONNX file: input ``[1, 3, H, W]``, RGB less ImageNet's mean by its deviation; the first
    output ``[1, D]`` or ``[1, D, 1, 1]``.

    Args:
        path: the file.
        normalise: whether rows are given at unit length, as distances between people want them;
            Fréchet distances do not.
        threads: of the engine.

    Raises:
        InputError: there is no such file, or it is no such network.
    """

    def __init__(self, path: Path, *, normalise: bool, threads: int | None = None) -> None:
        if not path.is_file():
            raise InputError(f"There is no network {path}.", FORM)
        self.name = path.name
        self._normalise = normalise
        try:
            self._engine = EngineFactory(threads=threads or 1).make(path, path.name, advice=FORM)
        except EngineError as error:
            raise InputError(f"{path} is not a network that can be used.", FORM) from error
        shapes = list(self._engine.inputs.items())
        if len(shapes) != 1 or len(shapes[0][1]) != 4 or shapes[0][1][:2] != (1, 3):
            raise InputError(f"{path} takes {[list(s) for _, s in shapes]}, not a picture.", FORM)
        self._input, shape = shapes[0]
        self._size = shape[3], shape[2]
        self._output = next(iter(self._engine.outputs))

    def embed(self, picture: Picture) -> Array:
        smaller = picture.shape[0] > self._size[1]
        method = cv2.INTER_AREA if smaller else cv2.INTER_LINEAR
        resized = np.asarray(cv2.resize(picture, self._size, interpolation=method), np.uint8)
        row = self._engine.run({self._input: normalised(resized)})[self._output].ravel()
        return np.asarray(unit(row) if self._normalise else row, np.float32)
