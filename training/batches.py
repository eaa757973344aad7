"""Batches by the number of their step: the same for the same step, whoever makes them and when."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any, TypeVar

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset

from bunraku.errors import EngineError, InputError
from bunraku.training.generator_batch import GeneratorBatch
from bunraku.training.generator_data import GeneratorData
from bunraku.training.hardware import keep_memory
from bunraku.training.recipe import Recipe
from bunraku.training.worker_deaths import WorkerDeaths
from bunraku.training.workers import deaf_workers

Batch = TypeVar("Batch")

AHEAD = 4
"""Batches that each worker has ready."""
BEGUN = "spawn"
"""How a worker begins: anew, for a copy of this process would hold locks that its threads took."""


class Steps(Dataset[Batch]):
    """A run's batches: the one of step n is a function of seed, process and n.

    So a run that goes on sees what it would have seen, however many workers read ahead.
    """

    def __init__(self, seed: int, process: int = 0) -> None:
        self._seed = [seed, process]

    def draw(self, rng: np.random.Generator) -> Batch:
        """A batch by these numbers and torch's."""
        raise NotImplementedError

    def random(self, step: int, purpose: int = 0) -> np.random.Generator:
        """The numbers of a step; each purpose has its own."""
        return np.random.default_rng([*self._seed, step, purpose])

    def __getitem__(self, step: int) -> Batch:
        rng = self.random(step)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(int(rng.integers(2**62)))
            return self.draw(rng)

    def walk(self, start: int, stop: int, workers: int, *, pinned: bool = False) -> Iterator[Batch]:
        """The batches of these steps in order.

        Args:
            start: the first.
            stop: the one after the last.
            workers: processes that read ahead; 0 makes each batch when it is asked for.
            pinned: in memory that a GPU copies from while it computes, where workers read ahead.

        Raises:
            EngineError: a worker was killed; raised only while a batch is asked for.
        """
        if not workers:
            yield from (self[step] for step in range(start, stop))
            return
        loader: DataLoader[Any] = DataLoader(
            self,
            batch_size=None,
            sampler=range(start, stop),
            num_workers=workers,
            prefetch_factor=AHEAD,
            pin_memory=pinned,
            multiprocessing_context=BEGUN,
            worker_init_fn=_start,
        )
        try:
            with deaf_workers():  # the loader ends them
                ready = iter(loader)
            with WorkerDeaths() as deaths:
                for _ in range(start, stop):
                    with deaths.told():
                        batch = next(ready)
                    yield batch
        except RuntimeError as error:
            if "DataLoader worker" not in str(error):
                raise
            raise EngineError(
                "A process that makes batches was killed, perhaps for want of memory.",
                "Start again with fewer --workers: the run goes on from its checkpoint.",
            ) from error


class StepBatches(Steps[GeneratorBatch]):
    """Those of a generator's training; also a function of what is asked of driving frames.

    Raises:
        InputError: there are fewer people than a step takes.
    """

    def __init__(self, data: GeneratorData, recipe: Recipe, seed: int, process: int = 0) -> None:
        if len(data.records) < recipe.people:
            raise InputError(
                f"A step takes {recipe.people} people of each process, and there are "
                f"{len(data.records)}.",
                "Make more with `bunraku synth`, or take a smaller --batch or fewer processes.",
            )
        self.data = data
        self._people, self._drives = recipe.people, recipe.drives
        super().__init__(seed, process)
        self._neighbours = False

    def showing(self, neighbours: bool) -> StepBatches:
        """The same, with driving frames that follow each other, of people who have such."""
        shown = copy.copy(self)
        shown._neighbours = neighbours
        return shown

    def draw(self, rng: np.random.Generator) -> GeneratorBatch:
        return self.data.draw(rng, self._people, self._drives, neighbours=self._neighbours)


def _start(_worker: int) -> None:
    keep_memory()
