"""All Numba kernels compiled ahead of the first picture, a module on each core."""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from importlib import import_module
from multiprocessing import get_context

from bunraku import kernels
from bunraku.spec.cores import cores


def compile_kernels(progress: Callable[[int, int], object]) -> bool:
    """Compile for this processor what is not in the cache yet (see ``jit.kernel``).

    Half a minute of one core the first time, and later two seconds.

    :param progress: called with the modules done and their number.
    :returns: whether all are; else the first picture compiles the others.
    """
    modules = list(kernel_modules())
    progress(0, len(modules))
    with ProcessPoolExecutor(min(cores(), len(modules)), get_context("spawn")) as pool:
        pending = [pool.submit(_compile, name) for name in modules]
        try:
            for done, one in enumerate(as_completed(pending), start=1):
                one.result()
                progress(done, len(modules))
        except BrokenProcessPool:  # the system ended one: no memory is left, mostly
            return False
    return True


def _compile(module: str) -> None:
    import_module(module)


def kernel_modules() -> Iterator[str]:
    """Names of the modules that compile kernels as they are imported, but for training's."""
    for found in pkgutil.walk_packages(kernels.__path__, f"{kernels.__name__}."):
        *_, folder, name = found.name.split(".")
        numba = name.startswith("numba_") and not name.endswith("_training")
        if numba or (folder == "plate" and not found.ispkg):
            yield found.name
