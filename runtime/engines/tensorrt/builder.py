"""From an ONNX graph to a serialised engine, in the types that the graph tells."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from bunraku.errors import EngineError
from bunraku.runtime.engines.protocol import MOST_FRAMES
from bunraku.runtime.engines.tensorrt import plugin
from bunraku.runtime.engines.tensorrt.library import Library, sm
from bunraku.spec.tensors import BATCH

WORKSPACE_MIB = 1024
"""What a layer may use beside its inputs and outputs, at most."""


@dataclass(frozen=True)
class Sizes:
    """What a free dimension may be; kernels are chosen for the usual one."""

    least: int
    usual: int
    most: int


SIZES: Mapping[str, Sizes] = MappingProxyType({BATCH: Sizes(1, 1, MOST_FRAMES)})
"""Of the free dimensions of a graph, by the names that it gives them."""


class UnsupportedError(EngineError):
    """A graph holds something that the library does not know; another one may."""


@dataclass(frozen=True)
class BuildOptions:
    """What an engine is built for, beside its graph."""

    capability: tuple[int, int] | None = None
    """Compute capability of the GPU; None for the one that is there."""
    sizes: Mapping[str, Sizes] = field(default_factory=lambda: SIZES)
    """Of free dimensions by name."""
    plugin: bool = False
    """Whether the texture operator of a single file is our kernel, where the library takes it; else
    it is its body of standard operators. Not yet run on hardware."""


@dataclass(frozen=True)
class Built:
    """What the library made."""

    engine: bytes
    """To be deserialised by the same version on the same kind of GPU alone."""
    timings: bytes | None
    """What was measured, for the next build; None from a library that measures nothing."""


def build(
    library: Library,
    model: bytes,
    name: str,
    options: BuildOptions | None = None,
    *,
    timings: bytes | None = None,
) -> Built:
    """Build an engine; takes from a fraction of a second to minutes.

    :param model: a serialised ONNX graph; it computes in the types that stand in it.
    :param name: for messages.
    :param timings: of an earlier build on the same GPU by the same version.
    :raises UnsupportedError: the graph cannot be parsed.
    :raises EngineError: it cannot be built, or a free dimension has no sizes.
    """
    options = options or BuildOptions()
    trt = library.module
    offer = plugin.offered(library) if options.plugin else nullcontext()
    with library.listening() as errors, offer:
        builder = trt.Builder(library.logger)
        network = builder.create_network(_typed(trt))
        parser = trt.OnnxParser(network, library.logger)
        if not parser.parse(model):
            raise UnsupportedError(
                f"{library.version} does not take the engine {name!r}: {_parse_error(parser)}.",
                "Use another engine for it.",
            )
        config = builder.create_builder_config()
        config.set_memory_pool_limit(trt.MemoryPoolType.WORKSPACE, WORKSPACE_MIB << 20)
        if library.is_rtx and options.capability is not None:
            config.num_compute_capabilities = 1
            config.set_compute_capability(getattr(trt.ComputeCapability, sm(options.capability)), 0)
        _add_profile(builder, config, network, name, options.sizes)
        cache = None if library.is_rtx else _timing_cache(config, timings)
        made = builder.build_serialized_network(network, config)
        if made is None:
            why = errors[0] if errors else "it does not say why"
            raise EngineError(
                f"{library.version} cannot build the engine {name!r}: {why}.",
                "Free some of the GPU's memory, or use another engine.",
            )
    told = None if cache is None else bytes(config.get_timing_cache().serialize())
    return Built(bytes(made), told)


def _typed(trt: Any) -> int:
    """The flag of a strongly typed network: the only kind since TensorRT 11, which keeps it."""
    flag = getattr(trt.NetworkDefinitionCreationFlag, "STRONGLY_TYPED", None)
    return 0 if flag is None else 1 << int(flag)


def _parse_error(parser: Any) -> str:
    if not parser.num_errors:
        return "it cannot be parsed"
    error = parser.get_error(0)
    operator = error.node_operator()
    told = " ".join(str(error.desc()).split())[:200].rstrip(".")
    return f"{told} (operator {operator})" if operator else told


def _add_profile(
    builder: Any, config: Any, network: Any, name: str, sizes: Mapping[str, Sizes]
) -> None:
    """One profile for all free dimensions; none for a graph that has no free dimension."""
    profile = None
    for index in range(network.num_inputs):
        tensor = network.get_input(index)
        if -1 not in tensor.shape:
            continue
        profile = profile or builder.create_optimization_profile()
        dimensions = [
            Sizes(size, size, size) if size >= 0 else _sizes_of(tensor, axis, name, sizes)
            for axis, size in enumerate(tensor.shape)
        ]
        least, usual, most = (
            tuple(getattr(dimension, kind) for dimension in dimensions)
            for kind in ("least", "usual", "most")
        )
        profile.set_shape(tensor.name, least, usual, most)
    if profile is not None:
        config.add_optimization_profile(profile)


def _sizes_of(tensor: Any, axis: int, name: str, sizes: Mapping[str, Sizes]) -> Sizes:
    free = tensor.get_dimension_name(axis)
    if free not in sizes:
        raise EngineError(
            f"The engine {name!r} leaves {free or 'a dimension'} of {tensor.name!r} free.",
            f"Export it with fixed shapes, or with free dimensions called {', '.join(sizes)}.",
        )
    return sizes[free]


def _timing_cache(config: Any, timings: bytes | None) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        cache = config.create_timing_cache(timings or b"")
        if cache is None or not config.set_timing_cache(cache, ignore_mismatch=False):
            cache = config.create_timing_cache(b"")
            config.set_timing_cache(cache, ignore_mismatch=False)
    return cache
