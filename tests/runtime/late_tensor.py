"""Tensors of a device whose work is late: each operation on them is queued, whoever calls it.

What they hold before their work is done is not a number, and memory that is freed is taken again at
once, by the stream that freed it: as torch's allocator does on a GPU.
"""

from __future__ import annotations

import weakref
from collections import defaultdict
from typing import Any

import torch
from tests.runtime.late_work import LateWork
from torch import Tensor
from torch.utils._pytree import tree_map, tree_map_only

POISON = {True: float("nan"), False: 77}
"""Of floating numbers, and of others."""


class LateTensor(Tensor):
    """Memory of the device; the host cannot read it. Made by ``Memory``."""

    plain: Tensor
    """The memory itself."""
    memory: Memory
    owner: LateTensor | None
    """What it is a view of."""

    __torch_function__: Any = torch._C._disabled_torch_function_impl

    @classmethod
    def __torch_dispatch__(  # type: ignore[override]  # torch types what is switched off
        cls, operator: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        owners: list[LateTensor] = []
        tree_map_only(LateTensor, owners.append, (args, kwargs or {}))
        return owners[0].memory.call(operator, args, kwargs or {})


class Memory:
    """Where a device's tensors are."""

    def __init__(self, work: LateWork) -> None:
        self._work = work
        self._freed: defaultdict[tuple[Any, ...], list[Tensor]] = defaultdict(list)
        self.made = 0
        """How often memory was needed that had not been freed before."""

    def empty(self, shape: tuple[int, ...], dtype: torch.dtype) -> LateTensor:
        """A tensor that holds nothing yet."""
        return self._allocate(torch.empty(shape, dtype=dtype, device="meta"))

    def empty_like(self, tensor: Tensor) -> LateTensor:
        """The same with the layout of another."""
        return self._allocate(torch.empty_like(tensor, device="meta"))

    def call(self, operator: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Queue an operation; what only looks at memory in another way is there at once."""
        if operator is torch.ops.aten._local_scalar_dense.default:
            raise AssertionError("a number is read while its work may still be queued")
        plain_args, plain_kwargs = tree_map_only(LateTensor, lambda t: t.plain, (args, kwargs))
        returns = [known.alias_info for known in operator._schema.returns]
        if any(alias is not None and not alias.is_write for alias in returns):
            viewed = next(a for a in args if isinstance(a, LateTensor))
            seen = operator(*plain_args, **plain_kwargs)
            return tree_map_only(Tensor, lambda view: self._late(view, viewed), seen)
        written = self._written(operator, args, kwargs)
        if written:
            self._work.queue(lambda: operator(*plain_args, **plain_kwargs))
            if not returns:
                return None
            return written[0] if len(written) == 1 else tuple(written)
        meta_args, meta_kwargs = tree_map_only(Tensor, _on_meta, (plain_args, plain_kwargs))
        if "device" in meta_kwargs:
            meta_kwargs["device"] = "meta"
        made = tree_map_only(Tensor, self._allocate, operator(*meta_args, **meta_kwargs))
        into = tree_map_only(LateTensor, lambda t: t.plain, made)

        def fill() -> None:
            tree_map(_copy, into, operator(*plain_args, **plain_kwargs))

        self._work.queue(fill)
        return made

    def _written(self, operator: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[Any]:
        """Arguments that the operation writes into."""
        known = operator._schema.arguments
        named = {a.name: value for a, value in zip(known, args, strict=False)} | kwargs
        return [named[a.name] for a in known if a.alias_info and a.alias_info.is_write]

    def _allocate(self, like: Tensor) -> LateTensor:
        key = (self._work.place, tuple(like.shape), like.stride(), like.dtype)
        try:
            plain = self._freed[key].pop()
        except IndexError:
            self.made += 1
            plain = torch.empty_strided(like.shape, like.stride(), dtype=like.dtype)
            plain.fill_(POISON[like.dtype.is_floating_point])
        late = self._late(plain, None)
        weakref.finalize(late, self._freed[key].append, plain).atexit = False
        return late

    def _late(self, plain: Tensor, viewed: LateTensor | None) -> LateTensor:
        late: LateTensor = Tensor._make_subclass(LateTensor, plain)
        late.plain, late.memory, late.owner = plain, self, viewed
        return late


def _on_meta(tensor: Tensor) -> Tensor:
    return torch.empty_strided(tensor.shape, tensor.stride(), dtype=tensor.dtype, device="meta")


def _copy(into: Any, made: Any) -> None:
    if isinstance(into, Tensor) and made.numel():  # some leave out what only training reads
        into.copy_(made)
