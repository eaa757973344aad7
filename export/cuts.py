"""The networks' cut methods as modules with flat, named inputs and outputs: one per engine.

    source   image, mask, densepose                                -> identity
    motion   densepose, prior*, identity                           -> flow, occlusion, atlas, …
    blend    warped, occlusion, z_geo, densepose*, warped_image*   -> image, mask, trust*
    iuv      landmarks, mask                                       -> densepose

Names are those of the tensors, everywhere: an engine's inputs are found among everything that the
engines before it gave (``*``: only with the geometric prior).
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from bunraku.networks.generator import Generator, Moved, Seamed
from bunraku.networks.iuv import IuvNet

Tensors = Mapping[str, Tensor]


class Cut(nn.Module):
    """One engine-to-be.

    ``name`` is the engine's; ``inputs`` are the tensors it takes, in order; ``outputs`` the tensors
    that it gives, in order.
    """

    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]

    def step(self, known: Tensors) -> dict[str, Tensor]:
        """The outputs by name; ``known`` may hold more than the inputs."""
        raise NotImplementedError

    def forward(self, *tensors: Tensor) -> tuple[Tensor, ...]:
        """The form that is exported: inputs and outputs in the order of their names."""
        given = self.step(dict(zip(self.inputs, tensors, strict=True)))
        return tuple(given[name] for name in self.outputs)


class SourceCut(Cut):
    """``Generator.encode_source``: everything that depends on the photo alone."""

    name = "source"
    inputs = ("image", "mask", "densepose")

    def __init__(self, generator: Generator) -> None:
        super().__init__()
        self.generator = generator
        o = generator.options
        names = [f"z_{n}" for n in o.scales] + ["motion_source"]
        if o.prior:
            names += ["atlas_prior", "atlas_texture", "image_masked"]
        else:
            names += ["texture_conv1", "texture_conv2"]
        self.outputs = tuple(names)

    def step(self, known: Tensors) -> dict[str, Tensor]:
        return self.generator.encode_source(known["image"], known["mask"], known["densepose"])


class MotionCut(Cut):
    """``Generator.motion``: a driving pose against the identity."""

    name = "motion"

    def __init__(self, generator: Generator) -> None:
        super().__init__()
        self.generator = generator
        o = generator.options
        outputs = [f"{kind}_{n}" for kind in ("flow", "occlusion") for n in o.scales] + ["atlas"]
        if o.prior:
            self.inputs = ("densepose", "prior", "motion_source", "atlas_texture")
        else:
            self.inputs = ("densepose", "motion_source", "texture_conv1", "texture_conv2")
            outputs += ["parts", "u", "v"]
        self.outputs = tuple(outputs)

    def step(self, known: Tensors) -> dict[str, Tensor]:
        moved = self.generator.motion(known["densepose"], known.get("prior"), dict(known))
        scales = self.generator.options.scales
        given = {"atlas": moved.atlas}
        given |= {f"flow_{n}": f for n, f in zip(scales, moved.flow, strict=True)}
        given |= {f"occlusion_{n}": o for n, o in zip(scales, moved.occlusion, strict=True)}
        if moved.densepose is not None:
            given |= dict(zip(("parts", "u", "v"), moved.densepose, strict=True))
        return given


class BlendCut(Cut):
    """``Generator.blend``: from the seam's results to the picture."""

    name = "blend"

    def __init__(self, generator: Generator) -> None:
        super().__init__()
        self.generator = generator
        o = generator.options
        inputs = [f"warped_{n}" for n in o.scales] + [f"occlusion_{n}" for n in o.scales[1:]]
        inputs += ["z_geo"]
        if o.prior:
            inputs += ["warped_image", "densepose", "prior"]
        self.inputs = tuple(inputs)
        self.outputs = ("image", "mask", "trust") if o.prior else ("image", "mask")

    def step(self, known: Tensors) -> dict[str, Tensor]:
        coarse, middle, fine = self.generator.options.scales
        # The blending reads neither the flows nor the coarsest occlusion, which the seam has used.
        unused = known["z_geo"]
        moved = Moved(
            flow=(unused, unused, unused),
            occlusion=(unused, known[f"occlusion_{middle}"], known[f"occlusion_{fine}"]),
            atlas=unused,
            densepose=None,
        )
        warped = (known[f"warped_{coarse}"], known[f"warped_{middle}"], known[f"warped_{fine}"])
        seamed = Seamed(warped, known["z_geo"], known.get("warped_image"))
        blend, _ = self.generator.blend(
            seamed, moved, known.get("prior"), known.get("densepose", unused)
        )
        return {"image": blend.image.clamp(0.0, 1.0), "mask": blend.mask, "trust": blend.trust}


class IuvCut(Cut):
    """The IUV net: landmarks and a mask to P."""

    name = "iuv"
    inputs = ("landmarks", "mask")
    outputs = ("densepose",)

    def __init__(self, network: IuvNet) -> None:
        super().__init__()
        self.network = network

    def step(self, known: Tensors) -> dict[str, Tensor]:
        return {"densepose": self.network(known["landmarks"], known["mask"]).densepose()}


def generator_cuts(generator: Generator) -> tuple[SourceCut, MotionCut, BlendCut]:
    """The generator's three engines, in the order in which they run."""
    return SourceCut(generator), MotionCut(generator), BlendCut(generator)


def seam(generator: Generator, known: Tensors) -> dict[str, Tensor]:
    """What runs between motion and blend, in torch: the tensors that the kernels give, by name."""
    scales = generator.options.scales
    flow = [known[f"flow_{n}"] for n in scales]
    occlusion = [known[f"occlusion_{n}"] for n in scales]
    densepose = (known["parts"], known["u"], known["v"]) if "parts" in known else None
    moved = Moved(
        (flow[0], flow[1], flow[2]),
        (occlusion[0], occlusion[1], occlusion[2]),
        known["atlas"],
        densepose,
    )
    seamed = generator.seam(dict(known), moved, known["densepose"])
    given = {f"warped_{n}": w for n, w in zip(scales, seamed.warped, strict=True)}
    given["z_geo"] = seamed.z_geo
    if seamed.warped_image is not None:
        given["warped_image"] = seamed.warped_image
    return given


@torch.inference_mode()
def run_cuts(
    generator: Generator, source: Tensors, driving: Tensor
) -> dict[str, dict[str, Tensor]]:
    """The whole chain in torch, cut by cut.

    :param source: the source engine's inputs.
    :param driving: P_d ``[1,73,n,n]``.
    :return: for each of ``source``, ``prior``, ``motion``, ``seam`` and ``blend`` what it gave.
    """
    cut_source, cut_motion, cut_blend = generator_cuts(generator)
    given: dict[str, dict[str, Tensor]] = {"source": cut_source.step(source)}
    known = {**given["source"], "densepose": driving}
    prior = generator.sample_prior(given["source"], driving)
    given["prior"] = {} if prior is None else {"prior": prior}
    known |= given["prior"]
    given["motion"] = cut_motion.step(known)
    known |= given["motion"]
    given["seam"] = seam(generator, known)
    known |= given["seam"]
    given["blend"] = cut_blend.step(known)
    return given
