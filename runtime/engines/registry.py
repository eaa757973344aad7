"""The choice of an inference library, for every network alike, and the making of its engines."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

from bunraku.errors import EngineError, MissingExtraError
from bunraku.runtime.device import Device
from bunraku.runtime.engines import libraries
from bunraku.runtime.engines.bundle import EXPORT_AGAIN
from bunraku.runtime.engines.libraries import CPU, EngineKind, Library
from bunraku.runtime.engines.outputs import only
from bunraku.runtime.engines.present import int8_weight_bits, missing_gpu
from bunraku.runtime.engines.protocol import Engine, EngineRequest, Loader, Precision
from bunraku.runtime.engines.sharing import Place, Sharing

AUTO = "auto"
"""The best library that can run here."""
REFERENCE = "onnxruntime:f32"
"""What every other is compared with."""


@dataclass(frozen=True)
class Choice:
    """The library that was taken, and why."""

    kind: str
    precision: Precision | None = None
    """None for what the library finds best."""
    passed: tuple[tuple[str, str], ...] = ()
    """The kinds that ``auto`` would rather have taken, each with the reason why it could not."""
    eight_bits: bool = False
    """Whether the body's landmarks are computed in 8 bits, though no precision was named."""
    on_gpu: tuple[str, ...] = ()
    """The kinds that could use the GPU that is here, though ``auto`` took one for processors: what
    has not been measured on one comes after what has been measured."""

    def __str__(self) -> str:
        """One line for the user: "onnxruntime (not openvino: openvino is not installed)"."""
        name = self.kind if self.precision is None else f"{self.kind}:{self.precision}"
        if self.eight_bits:
            name += ", the body's landmarks in int8"
        reasons = [f"not {kind}: {why}" for kind, why in self.passed]
        if self.on_gpu:
            reasons.append(f"on the GPU, not measured yet: --engine {' or '.join(self.on_gpu)}")
        return f"{name} ({'; '.join(reasons)})" if reasons else name


def choose(engine: EngineKind | str, *, eight_bits: bool = False) -> Choice:
    """The library that is meant.

    :param engine: ``auto`` or a kind, and after a colon the precision, where it is not the
        library's own choice: "openvino", "openvino:f32".
    :param eight_bits: whether what follows the landmarks bears them in 8 bits, where nobody names a
        precision; see ``options.bears_eight_bits``.
    :raises EngineError: there is no such library or precision, or it cannot run here.
    :raises MissingExtraError: the library is not installed.
    """
    kind, colon, precision = str(engine).partition(":")
    if kind == AUTO:
        if colon:
            raise EngineError(
                f"The engine {AUTO} chooses the precision as well: {engine!r} names one.",
                f"Use {AUTO}, or name the library too, as {REFERENCE}.",
            )
        return _best(eight_bits)
    if kind not in libraries.LIBRARIES:
        known = ", ".join((AUTO, *libraries.LIBRARIES))
        raise EngineError(f"There is no engine called {kind!r}.", f"Use one of: {known}.")
    library = libraries.LIBRARIES[kind]
    if colon and precision not in library.precisions:
        raise EngineError(
            f"The engine {kind} does not compute in {precision!r}.",
            f"Use one of: {', '.join(f'{kind}:{p}' for p in library.precisions)}.",
        )
    reason = library.lacking()
    if reason is not None:
        raise MissingExtraError(f"The engine {kind} cannot run: {reason}.", library.install)
    if colon:
        return Choice(kind, Precision(precision))
    return Choice(kind, eight_bits=eight_bits and _takes_eight_bits(library))


def _takes_eight_bits(library: Library) -> bool:
    return library.eight_bits and int8_weight_bits() is not None


def _best(eight_bits: bool) -> Choice:
    passed: list[tuple[str, str]] = []
    for kind, library in libraries.LIBRARIES.items():
        reason = library.lacking()
        if reason is None:
            taken = eight_bits and _takes_eight_bits(library)
            other = () if library.device != CPU else _on_gpu()
            return Choice(kind, passed=tuple(passed), eight_bits=taken, on_gpu=other)
        passed.append((kind, reason))
    why = "; ".join(f"{kind}: {reason}" for kind, reason in passed)
    raise MissingExtraError(
        f"No engine can run here ({why}).", libraries.LIBRARIES[EngineKind.ONNXRUNTIME].install
    )


def _on_gpu() -> tuple[str, ...]:
    """The kinds that can use a GPU of this machine."""
    if missing_gpu() is not None:
        return ()
    usable = (
        kind for kind, one in libraries.LIBRARIES.items() if one.device != CPU and not one.lacking()
    )
    return tuple(usable)


def _named(name: str) -> Any:
    """What a module holds, as module:name; imported now."""
    module, _, inside = name.partition(":")
    return getattr(import_module(module), inside)


@dataclass(frozen=True)
class EngineFactory:
    """Makes engines of one library: the generator's, the IUV net's and the pose networks'.

    :raises EngineError: see ``choose``.
    :raises MissingExtraError: likewise.
    """

    engine: EngineKind | str = REFERENCE
    """As ``choose`` takes it; by default the reference."""
    threads: int | None = None
    """Of each engine; None for as many as the process may use."""
    given: Device | None = None
    """The device; None for the library's own."""
    sharing: Sharing = field(default_factory=Sharing)
    """How sessions share the engines."""
    eight_bits: bool = False
    """As ``choose`` takes it."""
    choice: Choice = field(init=False)
    """What was taken."""
    device: Device = field(init=False)
    """Where the arrays live that these engines take and give."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "choice", choose(self.engine, eight_bits=self.eight_bits))
        own: Callable[[], Device] = _named(libraries.LIBRARIES[self.choice.kind].device)
        object.__setattr__(self, "device", self.given or own())

    def make(
        self,
        model: Path | bytes,
        name: str,
        *,
        advice: str = EXPORT_AGAIN,
        outputs: Sequence[str] | None = None,
        coarse: bool = False,
        bears_bf16: bool = False,
        each_frame: Place | None = None,
    ) -> Engine:
        """An engine of a model.

        :param model: an ONNX file, or the serialised model itself.
        :param name: for messages, and to find it by.
        :param advice: for errors, how the model is made anew; by default it is a bundle's.
        :param outputs: those that are wanted, so that what only the others need is not computed;
            None for all.
        :param coarse: whether its results are pictures, which rounded numbers hardly change.
        :param bears_bf16: see ``EngineRequest``.
        :param each_frame: where its arrays lie, if every frame of every session runs it, so that
            sessions share it; None for what runs now and then.
        :raises EngineError: the model cannot be loaded.
        :raises MissingExtraError: the library is not installed.
        """
        load: Loader = _named(libraries.LIBRARIES[self.choice.kind].loader)
        engine = load(
            EngineRequest(
                model if outputs is None else only(model, outputs, name, advice),
                name,
                advice,
                self.device,
                self.threads,
                self.choice.precision,
                coarse=coarse,
                bears_bf16=bears_bf16,
                eight_bits=self.choice.eight_bits and not coarse,
                lasting=isinstance(model, Path),
            )
        )
        return engine if each_frame is None else self.sharing.of(engine, each_frame, self.device)
