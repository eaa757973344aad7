"""A cut of the networks as an ONNX model: float32, batch 1, fixed shapes, no trace of the host."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import onnx
import torch
from onnxscript import optimizer
from torch import Tensor

from bunraku.export.cuts import Cut

OPSET = 18
"""The lowest operator set of torch's exporter, so that the most inference libraries take it."""

_LARGEST_FOLDED = 4096
"""Values that a constant computed at export may have; grids and repetitions are left to run."""


def to_onnx(
    cut: Cut, known: Mapping[str, Tensor], *, translations: dict[Any, Any] | None = None
) -> onnx.ModelProto:
    """Trace a cut.

    :param cut: in evaluation mode, in float32 on the CPU (``fold.folded``).
    :param known: a value for each of its inputs, of the shapes that the model is to have.
    :param translations: operators of ours -> their ONNX nodes (``onnx_operators``).
    :return: the model; inputs and outputs bear the names of the cut.
    """
    examples = tuple(known[name] for name in cut.inputs)
    with _quiet(), torch.no_grad():
        program = torch.onnx.export(
            cut.eval(),
            examples,
            dynamo=True,
            opset_version=OPSET,
            input_names=list(cut.inputs),
            output_names=list(cut.outputs),
            custom_translation_table=translations,
            optimize=False,
            verbose=False,
        )
        assert program is not None, "the exporter that is asked for returns a program"
        optimizer.optimize_ir(program.model, output_size_limit=_LARGEST_FOLDED)
    model = program.model_proto
    model.graph.name = cut.name
    model.producer_name, model.producer_version = "bunraku", ""
    strip(model)
    return model


def strip(model: onnx.ModelProto) -> None:
    """Remove what the exporter notes about itself: stack traces with the paths of this machine."""
    graph = model.graph
    everything: list[Any] = [model, graph, *graph.node, *graph.initializer]
    everything += [*graph.input, *graph.output, *graph.value_info]
    for function in model.functions:
        everything += [function, *function.node, *function.value_info]
    for part in everything:
        part.ClearField("metadata_props")
        part.ClearField("doc_string")


@contextmanager
def _quiet() -> Iterator[None]:
    # The exporter warns of torchvision's operators, which nobody uses here, and of its own calls.
    logger = logging.getLogger("torch.onnx._internal.exporter._registration")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)
            warnings.simplefilter("ignore", DeprecationWarning)
            yield
    finally:
        logger.setLevel(level)
