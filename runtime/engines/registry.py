"""The choice of an inference library, for every network alike."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from importlib import import_module
from pathlib import Path

from bunraku.errors import EngineError
from bunraku.runtime.device import CpuDevice, Device
from bunraku.runtime.engines.bundle import EXPORT_AGAIN
from bunraku.runtime.engines.protocol import Engine

Loader = Callable[[Path | bytes, str, int | None, str], Engine]
"""Model (a file, or serialised), name, threads and advice to an engine."""


class EngineKind(StrEnum):
    """The inference libraries that can run a bundle."""

    ONNXRUNTIME = "onnxruntime"
    """ONNX Runtime on the CPU, the form that ships."""


LIBRARIES: dict[str, str] = {
    EngineKind.ONNXRUNTIME: "bunraku.runtime.engines.onnx_runtime:OnnxEngine",
}
"""Of each kind the ``Loader``, as module:name; imported when it is chosen."""


@dataclass(frozen=True)
class EngineFactory:
    """Makes engines of one library: the generator's, the IUV net's and the pose networks'.

    :raises EngineError: the library is not known.
    """

    kind: EngineKind | str = EngineKind.ONNXRUNTIME
    threads: int | None = None
    """Of each engine; None for as many as the process may use."""
    device: Device = field(default_factory=CpuDevice)
    """Where the arrays live that these engines take and give."""

    def __post_init__(self) -> None:
        if self.kind not in LIBRARIES:
            known = ", ".join(LIBRARIES)
            raise EngineError(
                f"There is no engine called {str(self.kind)!r}.", f"Use one of: {known}."
            )

    def make(self, model: Path | bytes, name: str, *, advice: str = EXPORT_AGAIN) -> Engine:
        """An engine of a model.

        :param model: an ONNX file, or the serialised model itself.
        :param name: for messages, and to find it by.
        :param advice: for errors, how the model is made anew; by default it is a bundle's.
        :raises EngineError: the model cannot be loaded.
        :raises MissingExtraError: the library is not installed.
        """
        module, _, loader = LIBRARIES[self.kind].partition(":")
        load: Loader = getattr(import_module(module), loader)
        return load(model, name, self.threads, advice)
