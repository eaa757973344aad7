"""Networks that somebody else trained, as files: for re-identification, for faces, for FID.

Such networks come under licences of their own, so that none is shipped: whoever has one gives its
ONNX file. Inception is torchvision's too, for who asks for it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import cv2
import numpy as np
import torch
from torch import nn

from bunraku.errors import EngineError, InputError
from bunraku.runtime.engines.registry import EngineFactory
from bunraku.spec.arrays import Array, Picture
from bunraku.training.distances import unit
from bunraku.training.features import normalised
from bunraku.training.torchvision_nets import INCEPTION, pretrained

TORCHVISION = "torchvision"
"""In place of a file: torchvision's network."""
INCEPTION_PX = 299
"""Side of what Inception was trained on."""

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
        row = self._engine.run({self._input: resized(picture, self._size)})[self._output].ravel()
        return np.asarray(unit(row) if self._normalise else row, np.float32)


class TorchvisionInception:
    """Inception v3 as torchvision has it: what its last layer is given, ``[2048]``.

    Its weights are not those that FID was first taken of: numbers are near, and not equal.

    Raises:
        MissingExtraError: torchvision is not installed.
        FetchError: the weights cannot be downloaded.
    """

    name = "torchvision's Inception v3"

    def __init__(self) -> None:
        self._net = pretrained(INCEPTION, "leave --inception out, or give it an ONNX file")
        self._net.fc = nn.Identity()
        self._net.eval()

    def embed(self, picture: Picture) -> Array:
        with torch.inference_mode():
            row = self._net(torch.from_numpy(resized(picture, (INCEPTION_PX, INCEPTION_PX))))
        return np.asarray(row[0].numpy(), np.float32)


def inception_of(asked: str, threads: int | None = None) -> Embedder:
    """What FID is taken of: an ONNX file, or torchvision's network where ``TORCHVISION`` is asked.

    Raises:
        InputError: there is no such file, or it is no such network.
        MissingExtraError, FetchError: torchvision's cannot be had.
    """
    if asked == TORCHVISION:
        return TorchvisionInception()
    return OnnxEmbedder(Path(asked), normalise=False, threads=threads)


def resized(picture: Picture, size: tuple[int, int]) -> Array:
    """A picture as such a network takes it, ``[1, 3, H, W]``, of ``size`` (width, height)."""
    method = cv2.INTER_AREA if picture.shape[0] > size[1] else cv2.INTER_LINEAR
    return normalised(np.asarray(cv2.resize(picture, size, interpolation=method), np.uint8))
