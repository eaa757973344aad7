"""The person's mask in a picture: MediaPipe's selfie segmentation.

Finer than the landmark network's mask where the picture shows half a body.
"""

from __future__ import annotations

import cv2
import numpy as np

from bunraku.runtime.engines.protocol import Engine
from bunraku.runtime.engines.registry import EngineFactory
from bunraku.runtime.pose.networks import FETCH_AGAIN, PoseNetworks
from bunraku.runtime.pose.roi import to_network
from bunraku.spec.arrays import Array, Picture

SIZE = 256


class Segmenter:
    """Separates people from the background, with one network call a picture.

    For several threads at once.
    """

    def __init__(self, engine: Engine) -> None:
        """Segment with a network that is loaded."""
        self._engine = engine

    @classmethod
    def load(cls, networks: PoseNetworks, engines: EngineFactory | None = None) -> Segmenter:
        """Load the network; raises MissingExtraError or EngineError."""
        engines = engines or EngineFactory()
        return cls(engines.make(networks.segmentation, "segmentation", advice=FETCH_AGAIN))

    def segment(self, rgb: Picture) -> Array:
        """The mask of a picture RGB u8 [H,W,3], best square: f32 [H,W] in 0..1."""
        height, width = rgb.shape[:2]
        if (height, width) != (SIZE, SIZE):
            shrink = cv2.INTER_AREA if min(height, width) > SIZE else cv2.INTER_LINEAR
            rgb = np.asarray(cv2.resize(rgb, (SIZE, SIZE), interpolation=shrink), np.uint8)
        image = np.empty((1, 3, SIZE, SIZE), np.float32)
        to_network(rgb, image[0], 1 / 255)
        mask = self._engine.run({"image": image})["mask"][0, 0]
        if (height, width) != (SIZE, SIZE):
            mask = np.asarray(cv2.resize(mask, (width, height)), np.float32)
        return np.asarray(np.clip(mask, 0, 1), np.float32)
