"""What is evaluated: trained networks, as checkpoints in torch or as a bundle of engines."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor, nn

from bunraku.networks.checkpoint import read_checkpoint
from bunraku.networks.generator import Generator as Network
from bunraku.networks.generator import repeat_identity
from bunraku.networks.iuv import Iuv, IuvNet
from bunraku.runtime.drivers.landmarks.enlarging import check_enlarging
from bunraku.runtime.engines.bundle import Bundle
from bunraku.runtime.engines.libraries import EngineKind
from bunraku.runtime.engines.protocol import Engine
from bunraku.runtime.engines.registry import AUTO, EngineFactory
from bunraku.runtime.generator import Features, Fetched, Generator
from bunraku.spec import tensors as names
from bunraku.spec.arrays import Array
from bunraku.spec.tensors import GENERATOR_ENGINES, EngineName


@dataclass(frozen=True, eq=False)
class Frames:
    """K generated frames of one source."""

    image: Array
    """[K, 3, w, w] in [0, 1], the person's colours, not premultiplied."""
    mask: Array
    """[K, 1, w, w] in [0, 1]."""


class ModelUnderTest(Protocol):
    """A generator and an IUV net, whatever runs them."""

    @property
    def provenance(self) -> dict[str, Any]:
        """Where the weights come from, for the report."""

    @property
    def size(self) -> int:
        """Side of the surfaces that the generator takes, a multiple of the IUV net's."""

    @property
    def iuv(self) -> nn.Module:
        """The IUV net as torch calls it: landmarks [N, 33, 4], mask [N, 1, n, n] to ``Iuv``."""

    def animate(
        self, source: Array, mask: Array, densepose: Array, driving: Array, head: Array
    ) -> Frames:
        """Move one source.

        Args:
            source: the window, background included, [3, w, w] in [0, 1].
            mask: the person in it, [w, w] in [0, 1].
            densepose: P_s, [73, n, n].
            driving: P_d, [K, 73, n, n].
            head: [K, 7], the map of the head by its landmarks (``drivers.landmarks.head``).
        """


class TorchModel:
    """Checkpoints of both trainings, on the CPU."""

    def __init__(self, generator: Path, iuv: Path) -> None:
        chosen, surfaces = read_checkpoint(generator), read_checkpoint(iuv)
        self._generator, self.iuv = chosen.generator(), surfaces.iuv()
        self.size = self._generator.options.size
        self.provenance = {
            str(held.kind): {
                "checkpoint": held.path.name,
                "steps": held.progress.steps,
                "minutes": round(held.progress.seconds / 60.0, 1),
            }
            for held in (chosen, surfaces)
        }

    def animate(
        self, source: Array, mask: Array, densepose: Array, driving: Array, head: Array
    ) -> Frames:
        return animate(self._generator, source, mask, densepose, driving, head)


def animate(
    generator: Network, source: Array, mask: Array, densepose: Array, driving: Array, head: Array
) -> Frames:
    """Move one source by a network in torch; see ``ModelUnderTest.animate``."""
    image, person, surface = (torch.from_numpy(a)[None] for a in (source, mask[None], densepose))
    with torch.inference_mode():
        identity = generator.encode_source(image, person, surface)
        blend = generator.drive(
            repeat_identity(identity, len(driving)),
            torch.from_numpy(driving),
            torch.from_numpy(head),
        ).blend
    return Frames(blend.image.clamp(0.0, 1.0).numpy(), blend.mask.numpy())


class BundleModel:
    """Bundles of engines, run by the runtime's own generator."""

    def __init__(
        self,
        bundle: str | Path = "live",
        iuv: str | Path = "iuv",
        threads: int | None = None,
        engine: EngineKind | str = AUTO,
    ) -> None:
        chosen, surface = Bundle.load(bundle), Bundle.load(iuv)
        factory = EngineFactory(engine, threads)
        engines: dict[str, Engine] = {
            name: factory.make(chosen.path(name), name, coarse=True) for name in GENERATOR_ENGINES
        }
        self._generator = Generator(engines, chosen.layout, threads, device=factory.device)
        iuv_engine = factory.make(surface.path(EngineName.IUV), EngineName.IUV, coarse=True)
        self.size = chosen.layout.size
        check_enlarging(iuv_engine.outputs[names.SURFACE][-1], self.size)
        self.iuv = EngineIuv(iuv_engine)
        self.provenance = bundle_provenance(chosen, surface)

    def animate(
        self, source: Array, mask: Array, densepose: Array, driving: Array, head: Array
    ) -> Frames:
        features = self._generator.encode(source[None], mask[None, None], densepose[None])
        made = [
            self._blend(features, np.ascontiguousarray(surface[None]), points)
            for surface, points in zip(driving, head, strict=True)
        ]
        return Frames(
            np.concatenate([frame.image for frame in made]),
            np.concatenate([frame.mask for frame in made]),
        )

    def _blend(self, features: Features, surface: Array, head: Array) -> Fetched:
        moved = self._generator.move(features, surface, head)
        blended = self._generator.blend(features, self._generator.seam(features, moved))
        return self._generator.fetch(blended, detail=False)


def bundle_provenance(generator: Bundle, iuv: Bundle) -> dict[str, Any]:
    """Where two bundles' weights come from."""
    return {
        "generator": {"bundle": generator.folder.name, **generator.manifest.provenance},
        "iuv": {"bundle": iuv.folder.name, **iuv.manifest.provenance},
    }


class EngineIuv(nn.Module):
    """The IUV engine behind the IUV net's own interface, so that one scoring serves both."""

    def __init__(self, engine: Engine) -> None:
        super().__init__()
        self._engine = engine

    def forward(self, landmarks: Tensor, mask: Tensor) -> Iuv:
        """As ``IuvNet.forward``; part logits are the logarithms of the engine's scores."""
        maps = [
            self._engine.run(
                {names.LANDMARKS: points[None].numpy(), names.MASK: outline[None].numpy()}
            )
            for points, outline in zip(landmarks.float(), mask.float(), strict=True)
        ]
        densepose = torch.from_numpy(np.concatenate([m[names.SURFACE] for m in maps]))
        made = IuvNet.split(densepose)
        return made._replace(parts=made.parts.clamp(min=1e-12).log())
