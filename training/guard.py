"""What happens when a training diverges: it steps back to where all was well."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any, Protocol

import torch
from torch import Tensor

from bunraku.errors import EngineError

KEEP_STEPS = 50
"""Good steps from one copy to the next."""
PATIENCE = 5
"""Steps back to the same copy, one after the other, that are tried."""


class Stateful(Protocol):
    """A network, an optimiser, or what holds some."""

    def state_dict(self) -> dict[str, Any]: ...
    def load_state_dict(self, state_dict: Any, /) -> Any: ...


def is_finite(loss: Tensor, norm: Tensor) -> bool:
    """Whether a step may be taken, by the loss and the norm of its gradient: a loss that is no
    number may leave a finite gradient, as that of |x| is.
    """
    return bool(torch.isfinite(norm + loss.detach()))


class Guard:
    """Holds a copy of a training from some good steps ago."""

    def __init__(
        self, holders: Mapping[str, Stateful], log: Callable[[str], None] = lambda _: None
    ) -> None:
        """Copy what they hold.

        Args:
            holders: by name.
            log: takes a line for each step back.
        """
        self._holders, self._log = holders, log
        self._good = 0
        self._fails = 0
        self._copies: dict[str, Any] = {}
        self._keep()

    def passed(self) -> None:
        """A step went well."""
        self._good += 1
        if self._good % KEEP_STEPS == 0:
            self._fails = 0
            self._keep()

    def step_back(self, step: int) -> None:
        """Put everything back to the copy; the next step sees other data.

        Raises:
            EngineError: it has been tried too often.
        """
        self._fails += 1
        self._good = 0
        if self._fails > PATIENCE:
            raise EngineError(
                f"The loss is not finite, {self._fails} times about step {step}.",
                "The checkpoint is whole: go on from it with a lower --learning-rate.",
            )
        self._log(f"step {step}: the loss is not finite; a step back")
        for name, holder in self._holders.items():
            # A copy of the copy: an optimiser goes on with the very tensors that it is given.
            holder.load_state_dict(copy.deepcopy(self._copies[name]))

    def _keep(self) -> None:
        self._copies = {
            name: copy.deepcopy(holder.state_dict()) for name, holder in self._holders.items()
        }
