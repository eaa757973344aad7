"""The networks' cut methods as modules with flat, named inputs and outputs: one per engine.

Names, and which engine takes and gives which, are those of ``spec.tensors``: an engine's inputs
are found among everything that the engines before it gave.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping

import torch
from torch import Tensor, nn

from bunraku.kernels.seam import Moved, Seamed, moved_of, named
from bunraku.networks.generator import Generator
from bunraku.networks.iuv import SIDE, IuvNet
from bunraku.spec import tensors as names
from bunraku.spec.tensors import EngineName, iuv_inputs, iuv_outputs

Tensors = Mapping[str, Tensor]


class Cut(nn.Module, ABC):
    """One engine-to-be.

    ``name`` is the engine's; ``inputs`` are the tensors it takes, in order; ``outputs`` the tensors
    that it gives, in order.
    """

    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]

    @abstractmethod
    def step(self, known: Tensors) -> dict[str, Tensor]:
        """The outputs by name; ``known`` may hold more than the inputs."""

    def forward(self, *tensors: Tensor) -> tuple[Tensor, ...]:
        """The form that is exported: inputs and outputs in the order of their names."""
        given = self.step(dict(zip(self.inputs, tensors, strict=True)))
        return tuple(given[name] for name in self.outputs)


class GeneratorCut(Cut):
    """One of the generator's engines."""

    engine: EngineName

    def __init__(self, generator: Generator) -> None:
        super().__init__()
        self.generator = generator
        layout = generator.options.layout
        self.name = str(self.engine)
        self.inputs, self.outputs = layout.inputs(self.engine), layout.outputs(self.engine)


class SourceCut(GeneratorCut):
    """``Generator.encode_source``: everything that depends on the photo alone."""

    engine = EngineName.SOURCE

    def step(self, known: Tensors) -> dict[str, Tensor]:
        return self.generator.encode_source(
            known[names.IMAGE], known[names.MASK], known[names.SURFACE]
        )


class MotionCut(GeneratorCut):
    """``Generator.motion``: a driving pose against the identity."""

    engine = EngineName.MOTION

    def step(self, known: Tensors) -> dict[str, Tensor]:
        moved = self.generator.motion(known[names.SURFACE], known.get(names.PRIOR), dict(known))
        return named(moved, self.generator.options.layout)


class BlendCut(GeneratorCut):
    """``Generator.blend``: from the seam's results to the picture."""

    engine = EngineName.BLEND

    def step(self, known: Tensors) -> dict[str, Tensor]:
        scales = self.generator.options.scales
        # Neither the flows nor the coarsest occlusion are read here: the seam has used them.
        unused = known[names.Z_GEO]
        _, middle, fine = (known.get(names.occlusion(n), unused) for n in scales)
        moved = Moved((unused, unused, unused), (unused, middle, fine), unused)
        coarse_z, middle_z, fine_z = (known[names.warped(n)] for n in scales)
        seamed = Seamed(
            (coarse_z, middle_z, fine_z),
            known[names.Z_GEO],
            warped_image=known.get(names.WARPED_IMAGE),
        )
        blend, _ = self.generator.blend(
            seamed, moved, known.get(names.PRIOR), known.get(names.SURFACE, unused)
        )
        return {
            names.IMAGE: blend.image.clamp(0.0, 1.0),
            names.MASK: blend.mask,
            names.TRUST: blend.trust,
        }


class IuvCut(Cut):
    """The IUV net: landmarks and a mask to P."""

    name = str(EngineName.IUV)
    inputs = tuple(iuv_inputs(SIDE))
    outputs = tuple(iuv_outputs(SIDE))

    def __init__(self, network: IuvNet) -> None:
        super().__init__()
        self.network = network

    def step(self, known: Tensors) -> dict[str, Tensor]:
        return {names.SURFACE: self.network(known[names.LANDMARKS], known[names.MASK]).densepose()}


def generator_cuts(generator: Generator) -> tuple[SourceCut, MotionCut, BlendCut]:
    """The generator's three engines, in the order in which they run."""
    return SourceCut(generator), MotionCut(generator), BlendCut(generator)


def seam(generator: Generator, known: Tensors) -> dict[str, Tensor]:
    """``Generator.seam`` with its tensors by name, for graphs that hold it."""
    layout = generator.options.layout
    seamed = generator.seam(dict(known), moved_of(known, layout), known[names.SURFACE])
    given = {names.warped(n): w for n, w in zip(layout.scales, seamed.warped, strict=True)}
    given[names.Z_GEO] = seamed.z_geo
    if seamed.warped_image is not None:
        given[names.WARPED_IMAGE] = seamed.warped_image
    return given


@torch.inference_mode()
def run_cuts(
    generator: Generator, source: Tensors, driving: Tensor, head: Tensor | None = None
) -> dict[str, dict[str, Tensor]]:
    """The whole chain in torch, cut by cut.

    :param source: the source engine's inputs.
    :param driving: P_d ``[1,73,n,n]``.
    :param head: ``[1, 7]``, the head's own map; None to do without.
    :return: for each of ``source``, ``prior``, ``motion``, ``seam`` and ``blend`` what it gave.
    """
    cut_source, cut_motion, cut_blend = generator_cuts(generator)
    given: dict[str, dict[str, Tensor]] = {"source": cut_source.step(source)}
    known = {**given["source"], names.SURFACE: driving}
    prior = generator.sample_prior(given["source"], driving, head)
    given["prior"] = {} if prior is None else {names.PRIOR: prior}
    known |= given["prior"]
    given["motion"] = cut_motion.step(known)
    known |= given["motion"]
    given["seam"] = seam(generator, known)
    known |= given["seam"]
    given["blend"] = cut_blend.step(known)
    return given
