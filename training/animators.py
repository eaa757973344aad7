"""What is evaluated: trained networks, as checkpoints in torch or as a bundle of engines."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Protocol, cast

import numpy as np
import torch
from torch import Tensor, nn

from bunraku.networks.generator import Generator, repeat_identity
from bunraku.networks.iuv import Iuv, IuvNet
from bunraku.runtime.arrays import Array
from bunraku.runtime.bundle import Bundle
from bunraku.runtime.chain import Chain
from bunraku.runtime.engine import Engine, EngineKind, make_engine
from bunraku.runtime.identity import Identity, gathered
from bunraku.runtime.stages import StageTimer
from bunraku.training.checkpoint import load_checkpoint


@dataclass(frozen=True, eq=False)
class Frames:
    """K generated frames of one source."""

    image: Array
    """[K, 3, w, w] in [0, 1], the person's colours, not premultiplied."""
    mask: Array
    """[K, 1, w, w] in [0, 1]."""


class Animator(Protocol):
    """A generator and an IUV net, whatever runs them."""

    @property
    def provenance(self) -> dict[str, Any]:
        """Where the weights come from, for the report."""

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
            head: [K, 7], the map of the head by its landmarks (runtime/head.py).
        """


class TorchAnimator:
    """Checkpoints of both trainings, on the CPU."""

    def __init__(self, generator: Path, iuv: Path) -> None:
        states = load_checkpoint(generator), load_checkpoint(iuv)
        self._generator = Generator()
        self._generator.load_state_dict(states[0]["network"])
        self._generator.eval()
        self._iuv = IuvNet()
        self._iuv.load_state_dict(states[1]["network"])
        self._iuv.eval()
        self._provenance = {
            name: {"checkpoint": path.name, "steps": p.steps, "minutes": round(p.seconds / 60.0, 1)}
            for name, path, p in (
                ("generator", generator, states[0]["progress"]),
                ("iuv", iuv, states[1]["progress"]),
            )
        }

    @property
    def provenance(self) -> dict[str, Any]:
        return dict(self._provenance)

    @property
    def iuv(self) -> nn.Module:
        return self._iuv

    def animate(
        self, source: Array, mask: Array, densepose: Array, driving: Array, head: Array
    ) -> Frames:
        image, person, surface = (
            torch.from_numpy(a)[None] for a in (source, mask[None], densepose)
        )
        with torch.inference_mode():
            identity = self._generator.encode_source(image, person, surface)
            blend = self._generator.drive(
                repeat_identity(identity, len(driving)),
                torch.from_numpy(driving),
                torch.from_numpy(head),
            ).blend
        return Frames(blend.image.clamp(0.0, 1.0).numpy(), blend.mask.numpy())


class BundleAnimator:
    """Bundles of engines, run by the runtime's own chain of engines and numpy kernels."""

    def __init__(
        self,
        bundle: str | Path = "live",
        iuv: str | Path = "iuv",
        threads: int | None = None,
        engine: EngineKind = EngineKind.ONNXRUNTIME,
    ) -> None:
        chosen, surface = Bundle.load(bundle), Bundle.load(iuv)
        engines = {
            name: make_engine(engine, chosen.engine(name).path, name, threads)
            for name in ("source", "motion", "blend")
        }
        self._source = engines["source"]
        self._chain = Chain(
            engines, (chosen.window, chosen.size), chosen.prior, threads, StageTimer()
        )
        self._iuv = EngineIuv(make_engine(engine, surface.engine("iuv").path, "iuv", threads))
        self._provenance = bundle_provenance(chosen, surface)

    @property
    def provenance(self) -> dict[str, Any]:
        return dict(self._provenance)

    @property
    def iuv(self) -> nn.Module:
        return self._iuv

    def animate(
        self, source: Array, mask: Array, densepose: Array, driving: Array, head: Array
    ) -> Frames:
        known = {"image": source[None], "mask": mask[None, None], "densepose": densepose[None]}
        tensors = {"image": known["image"], "mask": known["mask"], **self._source.run(known)}
        image, person = known["image"], known["mask"]
        tensors.setdefault("image_masked", np.concatenate([image * person, person], 1))
        # The chain reads nothing else of an identity; the rest of one needs a photo.
        identity = cast(Identity, SimpleNamespace(tensors=tensors, gathered=gathered(tensors)))
        made = [
            self._chain.run(identity, np.ascontiguousarray(pose[None]), points)
            for pose, points in zip(driving, head, strict=True)
        ]
        return Frames(
            np.concatenate([frame["image"] for frame in made]),
            np.concatenate([frame["mask"] for frame in made]),
        )


def bundle_provenance(generator: Bundle, iuv: Bundle) -> dict[str, Any]:
    """Where two bundles' weights come from."""
    return {
        "generator": {"bundle": generator.folder.name, **generator.provenance},
        "iuv": {"bundle": iuv.folder.name, **iuv.provenance},
    }


class EngineIuv(nn.Module):
    """The IUV engine behind the IUV net's own interface, so that one scoring serves both."""

    def __init__(self, engine: Engine) -> None:
        super().__init__()
        self._engine = engine

    def forward(self, landmarks: Tensor, mask: Tensor) -> Iuv:
        """As ``IuvNet.forward``; part logits are the logarithms of the engine's scores."""
        maps = [
            self._engine.run({"landmarks": points[None].numpy(), "mask": outline[None].numpy()})
            for points, outline in zip(landmarks.float(), mask.float(), strict=True)
        ]
        densepose = torch.from_numpy(np.concatenate([m["densepose"] for m in maps]))
        scores = densepose[:, :25].clamp(min=1e-12).log()
        return Iuv(scores, densepose[:, 25:49], densepose[:, 49:])
