"""Bunraku: one photo of a person, moved live by a camera or a clip.

    puppet = bunraku.Puppet.load("live")
    puppet.set_source("me.jpg")
    picture = puppet.animate(frame)          # frames are [H,W,3] uint8 RGB

Importing this module is cheap: what needs an inference library is loaded on first use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bunraku.errors import (
    BundleError,
    BunrakuError,
    ClipError,
    EngineError,
    FetchError,
    InputError,
    MissingExtraError,
    NoPersonError,
    OutputError,
    PhotoError,
)

if TYPE_CHECKING:
    from bunraku.runtime.puppet import Puppet

__all__ = [
    "BundleError",
    "BunrakuError",
    "ClipError",
    "EngineError",
    "FetchError",
    "InputError",
    "MissingExtraError",
    "NoPersonError",
    "OutputError",
    "PhotoError",
    "Puppet",
    "__version__",
]

__version__ = "0.1.0"


def __getattr__(name: str) -> object:
    if name == "Puppet":
        from bunraku.runtime.puppet import Puppet

        return Puppet
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
