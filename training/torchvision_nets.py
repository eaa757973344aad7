"""Networks that torchvision has with ImageNet's weights, which it downloads the first time.

It is in no extra, and nothing is downloaded unless somebody asks for one of these by its name.
"""

from __future__ import annotations

import importlib
from pickle import UnpicklingError
from typing import Any

import torch

from bunraku.errors import PIP, FetchError, MissingExtraError

VGG19, INCEPTION = "VGG-19", "Inception"
_WEIGHTS = {
    VGG19: ("vgg19", "VGG19_Weights"),
    INCEPTION: ("inception_v3", "Inception_V3_Weights"),
}


def pretrained(network: str, instead: str) -> Any:
    """One of them, as torchvision, which has no types, gives it.

    Args:
        network: ``VGG19`` or ``INCEPTION``.
        instead: what else whoever has it not can do: "leave … out".

    Raises:
        MissingExtraError: torchvision is not installed, or not the one that goes with this torch.
        FetchError: the weights cannot be downloaded, or what was downloaded is damaged.
    """
    try:
        models: Any = importlib.import_module("torchvision.models")
    except (ImportError, RuntimeError) as exc:  # RuntimeError: operators that torch does not know
        version = torch.__version__
        if isinstance(exc, ModuleNotFoundError):
            raise MissingExtraError(
                f"{network} comes with torchvision, which is not installed.",
                f"Run: {PIP} install torchvision torch=={version.split('+')[0]}; or {instead}.",
            ) from exc
        raise MissingExtraError(
            f"{network} comes with torchvision, and the one installed is not for torch {version}.",
            f"Install both at once from where torch came from; or {instead}.",
        ) from exc
    build, weights = _WEIGHTS[network]
    try:
        return getattr(models, build)(weights=getattr(models, weights).IMAGENET1K_V1)
    except OSError as exc:
        raise FetchError(
            f"The weights of {network} cannot be downloaded: {exc}.",
            f"Try again with a network, or {instead}.",
        ) from exc
    except (RuntimeError, EOFError, UnpicklingError) as exc:
        raise FetchError(
            f"The weights of {network} are damaged: {(str(exc) or repr(exc)).splitlines()[0]}.",
            f"Remove them from {torch.hub.get_dir()}/checkpoints and try again, or {instead}.",
        ) from exc
