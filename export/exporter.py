"""The export itself: networks in, a checked bundle out."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import onnx
import torch

from bunraku.errors import InputError
from bunraku.export.batch import check_rows, for_one_frame, free_batch
from bunraku.export.bundle import LICENCE, BundleFacts, bundle_files, write_bundle
from bunraku.export.cuts import Cut, IuvCut, Tensors, generator_cuts, run_cuts
from bunraku.export.fold import folded, frozen
from bunraku.export.onnx_engines import to_onnx
from bunraku.export.parity import (
    FLOAT16,
    FLOAT32,
    Outputs,
    Parity,
    Tolerance,
    chain_parity,
    engine_parity,
)
from bunraku.export.rounding import rounding
from bunraku.export.samples import driving_sample, head_sample, iuv_sample, source_sample
from bunraku.export.single_file import FRAME, FrameCut, frame_model
from bunraku.export.weights import store_half
from bunraku.networks.checkpoint import read_checkpoint
from bunraku.networks.generator import Generator
from bunraku.networks.iuv import SIDE, IuvNet
from bunraku.networks.presets import preset_name
from bunraku.networks.touch_up import TouchUpNet
from bunraku.runtime.engines.half import to_half
from bunraku.spec import tensors as names
from bunraku.spec.manifest import FILE_NAME, IUV_PRESET
from bunraku.spec.tensors import EngineName, Layout

Models = dict[str, onnx.ModelProto]

EACH_FRAME = frozenset({EngineName.MOTION, EngineName.BLEND, EngineName.IUV})
"""What every frame of every session runs: written so that several can be computed at once."""


@dataclass(frozen=True)
class ExportOptions:
    """How a bundle is written."""

    half_weights: bool = True
    """Store weights as float16: half the size, computed in float32 all the same."""
    single_file: bool = False
    """Also write frame.onnx, the generator per frame with the seam inside, for other tools; it
    computes in float32 always."""
    half: bool = False
    """Write graphs that compute in float16, for strongly typed libraries; what goes in and out
    stays float32."""
    licence: str = LICENCE
    """Of the weights."""


@dataclass(frozen=True)
class ExportReport:
    """What was written."""

    folder: Path
    bytes: int
    """Of all files."""
    manifest: dict[str, Any]
    parity: Mapping[str, Parity]
    """Against torch, by the precision of the weights; all within tolerance."""


def export_checkpoint(
    checkpoint: Path,
    folder: Path,
    options: ExportOptions | None = None,
    *,
    provenance: Mapping[str, Any] | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> ExportReport:
    """Export the generator or the IUV net of a training run.

    :param provenance: added to what the checkpoint tells of its run.
    :param say: told of each step, a line.
    :raises InputError: not a checkpoint, or that of a touch-up net or an ablated generator.
    :raises EngineError: an engine differs from torch.
    :raises OutputError: the folder cannot be written.
    """
    trained = read_checkpoint(checkpoint)
    if isinstance(trained.network, TouchUpNet):
        raise InputError(
            f"{checkpoint} is the checkpoint of a touch-up net, which nothing runs yet.",
            "Name the checkpoint of a generator or an IUV net.",
        )
    if isinstance(trained.network, Generator) and trained.network.options.ablated:
        raise InputError(
            f"{checkpoint} is a generator with something left out, to be measured, not run.",
            "Name the checkpoint of a whole one.",
        )
    told = {**trained.provenance(), **(provenance or {})}
    return export_bundle(trained.network, folder, options, provenance=told, say=say)


def export_bundle(
    network: Generator | IuvNet,
    folder: Path,
    options: ExportOptions | None = None,
    *,
    provenance: Mapping[str, Any] | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> ExportReport:
    """Write a network as a bundle of ONNX engines, compared with torch before anything is written.

    :param network: a generator, or the IUV net; it is not changed.
    :param folder: of the bundle; an older bundle there is replaced.
    :param provenance: where the weights come from, as the manifest is to tell it.
    :param say: told of each step, a line.
    :raises EngineError: an engine differs from torch.
    :raises OutputError: the folder cannot be written.
    """
    options = options or ExportOptions()
    work = _iuv_work(network) if isinstance(network, IuvNet) else _generator_work(network, options)
    say("Tracing " + ", ".join(cut.name for cut in work.cuts))
    models = {cut.name: work.trace(cut) for cut in work.cuts}
    say("Comparing with torch")
    parity = {"float32": work.compare(models, FLOAT32)}
    parity["float32"].check()
    if options.half_weights:
        models = {name: store_half(model) for name, model in models.items()}
        parity["float16"] = work.compare(models, FLOAT16)
        parity["float16"].check()
    if options.half:
        typed = {name: to_half(model) for name, model in models.items() if name != FRAME}
        parity["float16 graph"] = work.compare(_rounded(models, typed), FLOAT16)
        parity["float16 graph"].check()
        models |= typed
    facts = BundleFacts(
        preset=work.preset,
        size=work.size,
        layout=work.layout,
        parameters=sum(parameter.numel() for parameter in network.parameters()),
        provenance=dict(provenance or {}),
        licence=options.licence,
    )
    single_file = models.pop(FRAME, None)
    files = bundle_files(facts, models, parity, single_file)
    write_bundle(files, folder)
    size = sum(len(content) for content in files.values())
    say(f"Wrote {folder}, {size / 1e6:.1f} MB")
    return ExportReport(folder, size, json.loads(files[FILE_NAME]), parity)


def _rounded(models: Models, typed: Models) -> Models:
    """What is compared with torch: on a CPU float16 is rounded only where it is made to be."""
    return {**models, **{name: rounding(for_one_frame(model)) for name, model in typed.items()}}


@dataclass(frozen=True)
class _Work:
    """A network cut into engines, with made-up inputs and what torch makes of them."""

    cuts: tuple[Cut, ...]
    """Folded."""
    known: Mapping[str, Tensors]
    """For each cut its inputs, or more."""
    expected: Mapping[str, Tensors]
    """For each cut its outputs, from the network as it was trained."""
    chain: Callable[[Models], Outputs]
    size: int
    """Side of the surface, in pixels."""
    layout: Layout | None
    """None for an IUV net."""
    preset: str
    """As the manifest names it."""

    def trace(self, cut: Cut) -> onnx.ModelProto:
        if isinstance(cut, FrameCut):
            return frame_model(cut, self.known[cut.name])
        model = to_onnx(cut, self.known[cut.name])
        if cut.name in EACH_FRAME:
            model = free_batch(model)
            check_rows(model)
        return model

    def compare(self, models: Models, tolerance: Tolerance) -> Parity:
        engines = {
            cut.name: engine_parity(
                cut, models[cut.name], self.known[cut.name], self.expected[cut.name]
            )
            for cut in self.cuts
        }
        return Parity(engines, self.chain(models), tolerance)


def _generator_work(network: Generator, options: ExportOptions) -> _Work:
    o = network.options
    source, driving, head = source_sample(o, seed=1), driving_sample(o, seed=7), head_sample()
    given = run_cuts(frozen(network), source, driving, head)
    copy = folded(network)
    cuts: tuple[Cut, ...] = generator_cuts(copy)
    if options.single_file:
        cuts = (*cuts, FrameCut(copy))
    driven = {**given["source"], names.SURFACE: driving}
    all_known = {**driven, **given["prior"], **given["motion"], **given["seam"]}
    # The single file knows no head of its own.
    plain = run_cuts(frozen(network), source, driving) if options.single_file else given
    return _Work(
        cuts=cuts,
        known={
            EngineName.SOURCE: source,
            EngineName.MOTION: all_known,
            EngineName.BLEND: all_known,
            FRAME: driven,
        },
        expected={**given, FRAME: plain["blend"]},
        chain=lambda models: chain_parity(o.layout, models, source, driving, head, given["blend"]),
        size=o.size,
        layout=o.layout,
        preset=preset_name(o),
    )


def _iuv_work(network: IuvNet) -> _Work:
    known = iuv_sample(seed=1)
    with torch.inference_mode():
        expected = IuvCut(frozen(network)).step(known)
    return _Work(
        cuts=(IuvCut(folded(network)),),
        known={EngineName.IUV: known},
        expected={EngineName.IUV: expected},
        chain=lambda _: {},
        size=SIDE,
        layout=None,
        preset=IUV_PRESET,
    )
