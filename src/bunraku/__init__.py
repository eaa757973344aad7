"""Bunraku: one photo of a person, moved live by a camera or a clip.

    puppet = bunraku.Puppet.load("live")
    puppet.set_source("me.jpg")
    picture = puppet.animate(frame)          # frames are [H,W,3] uint8 RGB

``animate_clip`` moves a photo by a whole clip into a file, and ``Live`` by a camera or a stream.
Importing this module is cheap: what needs an inference library is loaded on first use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bunraku.errors import (
    BundleError,
    BunrakuError,
    ClipError,
    DeviceError,
    DeviceLostError,
    DriverEndedError,
    EngineError,
    FetchError,
    InputError,
    MissingExtraError,
    NoPersonError,
    OutOfMemoryError,
    OutputError,
    PhotoError,
    SourceError,
)

if TYPE_CHECKING:
    from bunraku.runtime.measure import Spread
    from bunraku.runtime.options import PuppetOptions
    from bunraku.runtime.puppet import Puppet
    from bunraku.runtime.source.report import SourceReport
    from bunraku.stream.clip.animate import animate_clip
    from bunraku.stream.clip.options import AnimateOptions, AnimateSummary
    from bunraku.stream.live import Live, LiveOptions, LiveSummary
    from bunraku.stream.sinks.choose import SinkOptions
    from bunraku.stream.sources.choose import SourceOptions

__all__ = [
    "AnimateOptions",
    "AnimateSummary",
    "BundleError",
    "BunrakuError",
    "ClipError",
    "DeviceError",
    "DeviceLostError",
    "DriverEndedError",
    "EngineError",
    "FetchError",
    "InputError",
    "Live",
    "LiveOptions",
    "LiveSummary",
    "MissingExtraError",
    "NoPersonError",
    "OutOfMemoryError",
    "OutputError",
    "PhotoError",
    "Puppet",
    "PuppetOptions",
    "SinkOptions",
    "SourceError",
    "SourceOptions",
    "SourceReport",
    "Spread",
    "__version__",
    "animate_clip",
]

__version__ = "0.1.0"

# Where each name that is loaded on first use is made.
_MODULES = {
    "AnimateOptions": "bunraku.stream.clip.options",
    "AnimateSummary": "bunraku.stream.clip.options",
    "Live": "bunraku.stream.live",
    "LiveOptions": "bunraku.stream.live",
    "LiveSummary": "bunraku.stream.live",
    "Puppet": "bunraku.runtime.puppet",
    "PuppetOptions": "bunraku.runtime.options",
    "SinkOptions": "bunraku.stream.sinks.choose",
    "SourceOptions": "bunraku.stream.sources.choose",
    "SourceReport": "bunraku.runtime.source.report",
    "Spread": "bunraku.runtime.measure",
    "animate_clip": "bunraku.stream.clip.animate",
}


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value: object = getattr(import_module(_MODULES[name]), name)
    globals()[name] = value  # the next time it is simply there
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
