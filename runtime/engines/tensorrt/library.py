"""Which of the two libraries is installed: TensorRT, or TensorRT-RTX, whose interface is the same.

What either says of an error is kept and told in one line; nothing of it goes to the terminal.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any

from bunraku.errors import PIP, EngineError, MissingExtraError
from bunraku.runtime.engines.present import missing_package

log = logging.getLogger(__name__)

MODULES = {"tensorrt": "TensorRT", "tensorrt_rtx": "TensorRT-RTX"}
"""Their Python modules, the one that runs on more GPUs first."""
INSTALL = (
    f"Run: {PIP} install tensorrt, or for a GeForce RTX GPU: {PIP} install 'bunraku[tensorrt-rtx]'"
)
OLDEST = 10
"""The first major version of TensorRT whose networks can be strongly typed."""


@dataclass(frozen=True, eq=False)
class Library:
    """One of them, imported."""

    module: Any
    title: str
    """Its name for people."""
    logger: Any
    """The one logger that all its objects share: the library takes no second one."""

    @property
    def version(self) -> str:
        """Its title and full version; an engine belongs to exactly one."""
        return f"{self.title} {self.module.__version__}"

    @property
    def is_rtx(self) -> bool:
        """Whether it is TensorRT-RTX: it builds without a GPU, and has no timing cache."""
        return self.title == MODULES["tensorrt_rtx"]

    @contextmanager
    def listening(self) -> Iterator[list[str]]:
        """The errors that the library tells meanwhile, a line each; one listener at a time."""
        with _LISTENING:
            self.logger.errors = []
            yield self.logger.errors

    def names_capability(self, capability: tuple[int, int]) -> bool:
        """Whether it can build for GPUs of a compute capability; TensorRT itself does not say."""
        return not self.is_rtx or hasattr(self.module.ComputeCapability, sm(capability))


_LISTENING = threading.Lock()


def sm(capability: tuple[int, int]) -> str:
    """A compute capability as the libraries write it: "SM89"."""
    return f"SM{capability[0]}{capability[1]}"


def missing_library() -> str | None:
    """Why neither can be imported, or None; imports nothing."""
    if any(missing_package(name) is None for name in MODULES):
        return None
    return f"neither {' nor '.join(MODULES)} is installed"


@cache
def find_library() -> Library:
    """The first of them that is installed.

    :raises MissingExtraError: neither is.
    :raises EngineError: one is, but it cannot be loaded, or is too old.
    """
    for name, title in MODULES.items():
        if missing_package(name) is None:
            return _load(name, title)
    raise MissingExtraError("Neither TensorRT nor TensorRT-RTX is installed.", INSTALL)


def _load(name: str, title: str) -> Library:
    try:
        module = import_module(name)
    except (ImportError, OSError, RuntimeError) as error:  # libraries of another CUDA, half there
        line = str(error).strip().split("\n", 1)[0][:200]
        raise EngineError(
            f"{title} is installed but cannot be loaded: {line}.",
            f"Install it again, for the CUDA of your driver. {INSTALL}",
        ) from error
    return library_of(module, title)


def library_of(module: Any, title: str) -> Library:
    """An imported module as a library.

    :raises EngineError: it is too old.
    """
    library = Library(module, title, make_logger(module))
    if not library.is_rtx and int(module.__version__.split(".", 1)[0]) < OLDEST:
        raise EngineError(
            f"{library.version} is too old: {OLDEST}.0 is the least.",
            f"Run: {PIP} install --upgrade tensorrt",
        )
    return library


def make_logger(module: Any) -> Any:
    """A logger of the library's that keeps errors and sends everything to Python's log.

    :param module: the library's.
    """

    class Kept(module.ILogger):  # type: ignore[misc]
        def __init__(self) -> None:
            module.ILogger.__init__(self)
            self.errors: list[str] = []

        def log(self, severity: Any, text: str) -> None:
            line = " ".join(text.split())
            log.debug("%s: %s", severity, line)
            if severity in (module.ILogger.ERROR, module.ILogger.INTERNAL_ERROR):
                self.errors.append(line[:300])

    return Kept()
