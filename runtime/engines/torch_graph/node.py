"""One operator of a graph, with all that is known of it before it runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Function = Callable[..., Any]
"""Tensors, those that are not known beforehand, to a tensor, or to a tuple of them."""
Maker = Callable[["Node"], Function]


class UnsupportedError(Exception):
    """A node that is none of these; the text says what."""


@dataclass(frozen=True, eq=False)
class Node:
    """One operator of a graph."""

    torch: Any
    """The module."""
    kind: str
    attributes: Mapping[str, Any]
    constants: Sequence[Any]
    """By input: the tensor, in the host's memory, or None for one that is known later, or left
    out."""
    given: Sequence[bool]
    """By input: whether it is known later."""
    outputs: int
    place: Callable[[Any], Any]
    """Gives a tensor of the host's where the graph runs."""
    half: Any = None
    """torch's dtype that convolutions and products compute in; None for float32."""

    def get(self, name: str, default: Any) -> Any:
        """An attribute; bytes as text."""
        value = self.attributes.get(name, default)
        return value.decode() if isinstance(value, bytes) else value

    def numbers(self, index: int) -> list[Any] | None:
        """The numbers of an input, flat; None for one that was left out.

        :raises UnsupportedError: it is known only later.
        """
        if index < len(self.given) and self.given[index]:
            raise UnsupportedError(f"{self.kind} with an input {index} that changes")
        if index >= len(self.constants) or self.constants[index] is None:
            return None
        values: list[Any] = self.constants[index].flatten().tolist()
        return values

    def bind(self, function: Function) -> Function:
        """The function of all inputs, as one of those that are known later."""
        if all(self.given):
            return function
        placed = [None if known is None else self.place(known) for known in self.constants]
        filled = list(zip(self.given, placed, strict=True))

        def bound(*later: Any) -> Any:
            told = iter(later)
            return function(*(next(told) if given else known for given, known in filled))

        return bound

    def refuse_unless(self, can: bool, what: str) -> None:
        """:raises UnsupportedError: this is more than is done here."""
        if not can:
            raise UnsupportedError(f"{self.kind} with {what}")
