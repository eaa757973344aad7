"""Several processes that train one network: what torchrun says of them, and what they agree on."""

from __future__ import annotations

import gc
import os
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

import torch
from torch import distributed, nn
from torch.nn.parallel import DistributedDataParallel

from bunraku.errors import EngineError

PATIENCE = timedelta(minutes=10)
"""A process that is silent for longer counts as lost."""


@dataclass(frozen=True)
class Ranks:
    """This process among those that train together."""

    index: int = 0
    count: int = 1
    device: torch.device = torch.device("cpu")  # noqa: RUF009 - a device does not change

    @property
    def first(self) -> bool:
        """Whether it writes, tells and decides for all."""
        return self.index == 0

    def share(self, module: nn.Module) -> nn.Module:
        """The module with its gradients averaged over all processes."""
        if self.count == 1:
            return module
        devices = [self.device] if self.device.type == "cuda" else None
        # Some weights get no gradient in some phases: which ones is found out at each step.
        return DistributedDataParallel(module, device_ids=devices, find_unused_parameters=True)

    def any(self, word: bool) -> bool:
        """Whether one process says so."""
        if self.count == 1:
            return word
        said = torch.tensor(float(word), device=self.device)
        distributed.all_reduce(said, distributed.ReduceOp.MAX)
        return bool(said)


@contextmanager
def joined(device: str) -> Iterator[Ranks]:
    """Meet the others that torchrun started; alone where it did not start this process.

    Raises:
        EngineError: one of them was lost.
    """
    count = int(os.environ.get("WORLD_SIZE", "1"))
    if count == 1:
        yield Ranks(device=torch.device(device))
        return
    index, local = int(os.environ["RANK"]), int(os.environ["LOCAL_RANK"])
    here = torch.device(device, local) if device == "cuda" else torch.device(device)
    if here.type == "cuda":
        torch.cuda.set_device(here)
    distributed.init_process_group("nccl" if here.type == "cuda" else "gloo", timeout=PATIENCE)
    try:
        with warnings.catch_warnings():
            # Of 1 × 1 convolutions, whose strides in channels-last form have two spellings.
            warnings.filterwarnings("ignore", message="Grad strides do not match")
            yield Ranks(index, count, here)
            distributed.barrier()  # none takes its connections down while another still needs them
    except RuntimeError as error:
        if not _is_loss(error):
            raise
        raise EngineError(
            f"A process of the training was lost ({_reason(error)}).",
            "Start all of them again: they go on from the last checkpoint.",
        ) from error
    finally:
        gc.collect()  # what is shared by DistributedDataParallel refers to itself
        distributed.destroy_process_group()


def _is_loss(error: RuntimeError) -> bool:
    """Whether gloo or NCCL complains of a peer; gloo has no class of its own for it."""
    words = str(error).lower()
    told = isinstance(error, distributed.DistError)
    return told or any(word in words for word in ("gloo", "connection closed by peer", "nccl"))


def _reason(error: RuntimeError) -> str:
    """The first sentence, without the place in the library's source."""
    line = re.sub(r"^\[\S*:\d+\] ", "", str(error).splitlines()[0])
    return line.split(". ")[0].rstrip(".")
