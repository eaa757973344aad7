"""The generator for other people's tools: one ONNX file per frame, with the seam inside.

Beside the `source` engine, whose outputs it takes, nothing of Bunraku is needed to run it.
"""

from __future__ import annotations

from collections.abc import Mapping

import onnx
from torch import Tensor

from bunraku.export import onnx_operators
from bunraku.export.cuts import BlendCut, Cut, MotionCut, Tensors, seam
from bunraku.export.onnx_engines import to_onnx
from bunraku.kernels import torch_operators
from bunraku.networks.generator import Generator
from bunraku.spec import tensors as names

FRAME = "frame"


class FrameCut(Cut):
    """All that happens per frame: a driving pose and the identity to the picture."""

    name = FRAME

    def __init__(self, generator: Generator) -> None:
        super().__init__()
        self.generator = generator
        self.motion = MotionCut(generator)
        self.blend = BlendCut(generator)
        self.inputs = (names.SURFACE, *generator.options.layout.identity)
        self.outputs = self.blend.outputs

    def step(self, known: Tensors) -> dict[str, Tensor]:
        gathered = dict(known)
        prior = self.generator.sample_prior(gathered, known[names.SURFACE])
        if prior is not None:
            gathered[names.PRIOR] = prior
        gathered |= self.motion.step(gathered)
        gathered |= seam(self.generator, gathered)
        return self.blend.step(gathered)


def frame_model(cut: FrameCut, known: Mapping[str, Tensor]) -> onnx.ModelProto:
    """The generator's frame as one model, the gathers as custom nodes that carry their bodies.

    :param cut: of a folded generator (``fold.folded``).
    :param known: P_d and the identity, of the shapes that the model is to have.
    """
    with torch_operators.opaque():
        model = to_onnx(cut, known, translations=onnx_operators.translations())
    onnx_operators.attach(model)
    return model
