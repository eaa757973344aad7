"""The generator as the runtime runs it: motion engine, seam of gathers, blend engine.

Tensors have the names that bundles give them (networks/generator.py says what they are); an
engine finds its inputs by name among the identity's tensors and this frame's.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import cv2
import numpy as np

from bunraku.errors import BundleError
from bunraku.kernels import sample_texture, warp_occlude
from bunraku.runtime.arrays import Array
from bunraku.runtime.engine import Engine
from bunraku.runtime.head import guide_head
from bunraku.runtime.identity import Identity
from bunraku.runtime.stages import Stage, StageTimer

PARTS = 24
Frame = dict[str, Array]
"""What is known of one frame so far."""


TORN = 0.1
"""A flow that changes by more than this (in [-1, 1] units) among neighbours has an edge there."""


class Chain:
    """From a driving IUV map to the person's picture; each stage takes what the last one gave.

    Stages hold no state: different frames may be in different stages at once.

    :param engines: "motion" and "blend".
    :param sizes: sides of the window and of the IUV map, in pixels.
    :param prior: whether the engines take the geometric prior.
    :param threads: how many threads the kernels use; None for as many as the process may.
    :raises BundleError: an engine is missing, or lacks an output.
    """

    def __init__(
        self,
        engines: Mapping[str, Engine],
        sizes: tuple[int, int],
        prior: bool,
        threads: int | None,
        timer: StageTimer,
    ) -> None:
        self._window, self._size = sizes
        self._scales = (self._size // 4, self._size // 2, self._size)
        self._prior = prior
        self._threads = threads
        self._timer = timer
        self._everywhere = np.ones((1, 1, self._window, self._window), np.float32)
        flows = [f"{kind}_{n}" for kind in ("flow", "occlusion") for n in self._scales]
        surface = [] if prior else ["parts", "u", "v"]
        self._motion = _engine(engines, "motion", [*flows, "atlas", *surface])
        self._blend = _engine(engines, "blend", ["image", "mask"])

    def run(self, identity: Identity, densepose: Array, head: Array | None = None) -> Frame:
        """All stages, timed: ``densepose`` ``[1, 73, n, n]`` to ``image`` and ``mask``.

        :param head: the map of the head by its landmarks (runtime/head.py); None to do without.
        """
        return self.blend(identity, self.move(identity, densepose, head))

    def move(self, identity: Identity, densepose: Array, head: Array | None = None) -> Frame:
        """The stages before ``blend``, timed."""
        with self._timer.measure(Stage.MOTION):
            frame = self.motion(identity, densepose, head)
        with self._timer.measure(Stage.SEAM):
            return self.seam(identity, frame)

    def motion(self, identity: Identity, densepose: Array, head: Array | None = None) -> Frame:
        """Flows, occlusions and atlas of the driving ``densepose``, after the prior."""
        frame: Frame = {"densepose": densepose}
        if self._prior:
            frame["prior"] = self._sample(identity.gathered["atlas_prior"], frame)
            if head is not None:
                guide_head(frame["prior"], densepose, head)
        frame |= self._motion.run({**identity.tensors, **frame})
        return frame

    def seam(self, identity: Identity, frame: Frame) -> Frame:
        """Every gather of the model, in the kernels."""
        gathered = identity.gathered
        for n in self._scales:
            frame[f"warped_{n}"] = self._warp(
                gathered[f"z_{n}"], frame[f"flow_{n}"], frame[f"occlusion_{n}"]
            )
        frame["z_geo"] = self._sample(frame["atlas"], frame)
        if self._prior:
            frame["flow_window"] = enlarged(frame[f"flow_{self._size}"], self._window)
            frame["warped_image"] = self._warp(
                gathered["image_masked"], frame["flow_window"], self._everywhere
            )
        return frame

    def blend(self, identity: Identity, frame: Frame) -> Frame:
        """``image`` ``[1, 3, w, w]``, ``mask`` and, with the prior, ``trust`` ``[1, 1, w, w]``.

        Timed; into ``frame``, which is left as it is when the engine fails.
        """
        with self._timer.measure(Stage.BLEND):
            frame |= self._blend.run({**identity.tensors, **frame})
        return frame

    def _sample(self, atlas: Array, frame: Frame) -> Array:
        if self._prior:  # the driver's own surface, which the motion engine does not change
            scores, u, v = np.split(frame["densepose"], [1 + PARTS, 1 + 2 * PARTS], 1)
        else:
            scores, u, v = frame["parts"], frame["u"], frame["v"]
        return sample_texture(atlas, scores[:, 1:], u, v, threads=self._threads)

    def _warp(self, features: Array, flow: Array, occlusion: Array) -> Array:
        return warp_occlude(features, flow, occlusion, threads=self._threads)


def enlarged(flow: Array, side: int) -> Array:
    """``[1, 2, n, n]`` to ``[1, 2, side, side]``: bilinear, and the nearest value at its edges.

    Between an arm and the torso behind it a mean of both flows leads to a third place. The form
    that training uses is ``networks.layers.up2_flow``.
    """
    if flow.shape[-1] == side:
        return flow
    size = (side, side)
    result = np.empty((1, 2, *size), np.float32)
    neighbours = np.ones((3, 3), np.uint8)
    torn: Any = np.zeros(flow.shape[2:], np.uint8)
    for plane in flow[0]:
        part: Any = plane
        torn |= cv2.dilate(part, neighbours) - cv2.erode(part, neighbours) > TORN
    wide = cv2.resize(torn, size, interpolation=cv2.INTER_NEAREST).view(bool)
    for plane, out in zip(flow[0], result[0], strict=True):
        part, smooth = plane, out
        cv2.resize(part, size, smooth, interpolation=cv2.INTER_LINEAR)
        np.copyto(out, cv2.resize(part, size, interpolation=cv2.INTER_NEAREST), where=wide)
    return result


def _engine(engines: Mapping[str, Engine], name: str, outputs: list[str]) -> Engine:
    engine = engines.get(name)
    missing = outputs if engine is None else [o for o in outputs if o not in engine.outputs]
    if engine is None or missing:
        raise BundleError(
            f"The bundle's engine {name!r} does not give {', '.join(missing)}.",
            "Export the bundle again with `bunraku export`.",
        )
    return engine
