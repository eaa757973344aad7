"""The texture operator as a plugin of TensorRT: our kernel in place of the node's body.

A "quickly deployable" plugin, which TensorRT 10.9 and newer call experimental: its kernel is
compiled ahead of time, by Triton, and becomes a part of the engine, which then needs neither. None
has run on hardware yet: without being asked for, the body is built.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from typing import Any

from bunraku.runtime.cuda_device import import_torch
from bunraku.runtime.engines.present import missing_package
from bunraku.runtime.engines.tensorrt.library import Library
from bunraku.spec.operators import DOMAIN, SAMPLE_TEXTURE, VERSION

log = logging.getLogger(__name__)

PLUGIN_ID = f"{DOMAIN}::{SAMPLE_TEXTURE}"
_KINDS = {"float32": "fp32", "float16": "fp16", "bfloat16": "bf16"}
"""TensorRT's names of types, and Triton's."""


@contextmanager
def offered(library: Library) -> Iterator[None]:
    """Within the block, TensorRT's parser finds the plugin for the texture operator.

    Where the library takes none, or Triton is missing, a line says so, and the body is built. Not
    for several threads at once: a registry belongs to the process.
    """
    reason = missing_plugin(library)
    if reason is not None:
        log.warning(
            "The texture operator is built from standard operators, not as a plugin: %s.", reason
        )
        yield
        return
    registry, creator = library.module.get_plugin_registry(), _creator(library.module)
    registry.register_creator(creator, DOMAIN)
    try:
        yield
    finally:
        registry.deregister_creator(creator)


def missing_plugin(library: Library) -> str | None:
    """Why the plugin cannot be had, or None."""
    if not hasattr(library.module, "QuickPluginCreationRequest"):
        return f"{library.version} takes no kernel that was compiled ahead of time"
    return missing_package("triton", "torch")


@cache
def _creator(trt: Any) -> Any:
    """What makes the plugin. The library's module takes a plugin of a name once in a process, and
    registers it at once; it is taken back, for what is built from its body.

    :param trt: the library's module.
    """
    plugin, registry = import_module(f"{trt.__name__}.plugin"), trt.get_plugin_registry()
    plugin.register(PLUGIN_ID)(describe(plugin))
    plugin.aot_impl(PLUGIN_ID)(start(trt, plugin, _capability))
    creator = registry.get_creator(SAMPLE_TEXTURE, str(VERSION), DOMAIN)
    registry.deregister_creator(creator)
    return creator


def describe(plugin: Any) -> Callable[..., Any]:
    """The function that tells the result's shape and type.

    :param plugin: TensorRT's module of that name.
    """

    def described(atlas: Any, parts: Any, u: Any, v: Any) -> Any:  # noqa: ARG001
        channels = atlas.shape_expr[2]  # of [B,K,C,h,w]; parts, u and v are [B,K,H,W]
        batch, _, height, width = parts.shape_expr
        return plugin.from_shape_expr((batch, channels, height, width), atlas.dtype)

    # The library reads types, not the texts that annotations are in this file.
    inputs = dict.fromkeys(("atlas", "parts", "u", "v"), plugin.TensorDesc)
    described.__annotations__ = {**inputs, "return": plugin.TensorDesc}
    return described


def start(trt: Any, plugin: Any, capability: Callable[[], tuple[int, int]]) -> Callable[..., Any]:
    """The function that tells which kernel is started, and how.

    :param trt: the library's module.
    :param capability: tells the compute capability of the GPU that is built for.
    :return: as ``aot_impl`` of TensorRT wants it: the kernel's name and assembly, its grid, and the
        numbers that stand between its inputs and its result.
    """
    kinds = {getattr(trt, name): kind for name, kind in _KINDS.items()}

    def started(atlas: Any, parts: Any, u: Any, v: Any, outputs: Any, tactic: Any) -> Any:  # noqa: ARG001
        from bunraku.kernels.texture import triton_plugin

        batch, count, channels, height, width = atlas.shape_expr
        pixels = parts.shape_expr[2] * parts.shape_expr[3]
        known = max(int(atlas.shape[2]), 0)  # -1 where it is free
        made = triton_plugin.compiled(kinds[atlas.dtype], known, capability())
        launch = plugin.KernelLaunchParams()
        launch.grid_x = plugin.cdiv(pixels, made.pixels)
        launch.grid_y = plugin.cdiv(channels, made.channels)
        launch.grid_z = batch
        launch.block_x = made.threads
        launch.shared_mem = made.shared_bytes
        numbers = plugin.SymIntExprs.from_tuple((count, channels, height, width, pixels))
        return made.name, made.ptx, launch, numbers

    told = tuple[str, str, plugin.KernelLaunchParams, plugin.SymIntExprs]
    started.__annotations__ = {"return": told}
    return started


def _capability() -> tuple[int, int]:
    """Of the GPU that is there: TensorRT builds for no other."""
    major, minor = import_torch().cuda.get_device_capability()
    return int(major), int(minor)
