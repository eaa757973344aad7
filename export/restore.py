"""Networks out of their bundles: what ships are engines, and training goes on from weights.

The engines keep the names of what they were traced from, so that nothing but them is needed. Their
normalisation is folded into the convolutions before it, and stays so. Of a generator without the
prior the heads of Î_geo are in no engine, as only losses look at them: they begin anew.
"""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import Tensor

from bunraku.errors import BundleError, InputError
from bunraku.export.fold import folded
from bunraku.networks.generator import Generator
from bunraku.networks.iuv import IuvNet
from bunraku.networks.presets import OPTIONS, Preset
from bunraku.networks.texture import SeededTextureNet
from bunraku.runtime.engines.bundle import Bundle
from bunraku.spec.tensors import GENERATOR_ENGINES, EngineName

_PREFIXES, _HALF = ("generator.", "network."), ".half"
_EMBEDDING = "texture.part_embedding"
"""Of the seeded texture; the exporter has it as a constant of another shape, without its name."""
_HEADS = "texture_heads."
"""Those of Î_geo."""
Network = TypeVar("Network", Generator, IuvNet)

_OTHER = "Train one with `bunraku train`, or name another bundle."


def restore_generator(bundle: str | Path) -> Generator:
    """The generator that a bundle was exported from, as its engines hold it.

    :param bundle: the name of one that ships, or a folder.
    :return: in evaluation mode, with normalisation folded where the export folds it; without the
        prior, with heads of Î_geo that have learned nothing.
    :raises BundleError: no such bundle, a damaged one, an IUV net's, or engines that do not hold
        the weights by name.
    :raises InputError: its preset is not one of ours.
    """
    held = Bundle.load(bundle)
    layout = held.layout
    preset = held.manifest.preset
    if preset not in set(Preset):
        raise InputError(
            f"The bundle {held.folder} is of the preset {preset!r}, whose widths are not known.",
            _OTHER,
        )
    generator = folded(Generator(OPTIONS[Preset(preset)]))
    if generator.options.layout != layout:
        raise BundleError(
            f"The bundle {held.folder} is of other sides than its preset {preset!r}.", _OTHER
        )
    return _filled(generator, held, [held.path(name) for name in GENERATOR_ENGINES])


def restore_iuv(bundle: str | Path) -> IuvNet:
    """The IUV net that a bundle was exported from, as its engine holds it.

    :param bundle: the name of one that ships, or a folder.
    :return: in evaluation mode, with normalisation folded where the export folds it.
    :raises BundleError: no such bundle, a damaged one, a generator's, or an engine that does not
        hold the weights by name.
    """
    held = Bundle.load(bundle)
    return _filled(folded(IuvNet()), held, [held.path(EngineName.IUV)])


def _filled(network: Network, held: Bundle, engines: list[Path]) -> Network:
    """The network with the weights that engines hold under its names."""
    constants = _constants(engines)
    found: dict[str, Tensor] = {}
    for name, wanted in network.state_dict().items():
        if name.startswith(_HEADS) or name.endswith("num_batches_tracked"):
            found[name] = wanted
            continue
        value = constants.get(name)
        if value is None and name == _EMBEDDING and isinstance(network, Generator):
            value = _embedding(network, constants)
        if value is None or value.shape != tuple(wanted.shape):
            raise BundleError(
                f"The engines of {held.folder} do not hold {name!r} as its preset has it.", _OTHER
            )
        found[name] = torch.from_numpy(value.astype(np.float32))
    network.load_state_dict(found)
    return network


def _constants(paths: list[Path]) -> dict[str, np.ndarray]:
    """All constants of some engines, by the names of weights where they are some."""
    found: dict[str, np.ndarray] = {}
    for path in paths:
        for constant in onnx.load(str(path)).graph.initializer:
            name = constant.name.removesuffix(_HALF)
            for prefix in _PREFIXES:
                name = name.removeprefix(prefix)
            found[name] = np.array(numpy_helper.to_array(constant))
    return found


def _embedding(generator: Generator, constants: dict[str, np.ndarray]) -> np.ndarray | None:
    if not isinstance(generator.texture, SeededTextureNet):
        return None
    parts, channels = generator.texture.part_embedding.shape
    shape = (1, parts, channels, 1, 1)
    values = [v for v in constants.values() if v.shape == shape and v.dtype.kind == "f"]
    return values[0].reshape(parts, channels) if len(values) == 1 else None
