"""What an inference library says of a GPU that fails, as Bunraku's errors.

These libraries raise one type for everything that goes wrong; only the text tells them apart.
"""

from __future__ import annotations

import re

from bunraku.errors import DeviceError, DeviceLostError, OutOfMemoryError
from bunraku.runtime.cuda_device import ELSEWHERE

_OUT_OF_MEMORY = re.compile(
    r"out of memory|outofmemory|cudaErrorMemoryAllocation|(CUDNN|CUBLAS)_STATUS_ALLOC_FAILED"
    r"|failed to allocate memory|available memory of \d+ is smaller than requested",
    re.IGNORECASE,
)
_FAILED = re.compile(
    r"CUDA (failure|error|driver error|runtime error)|cuda runtime|\bcudaError[A-Z]"
    r"|(CUDNN|CUBLAS|CUFFT)_STATUS_|(CUDNN|CUBLAS) (failure|error)|illegal memory access"
    r"|unspecified launch failure|device-side assert|uncorrectable ECC",
    re.IGNORECASE,
)


def is_of_gpu(text: str) -> bool:
    """Whether a library's text is about CUDA or the GPU, and not about what it was given."""
    return _FAILED.search(text) is not None


def gpu_error(engine: str, text: str, *, loading: bool = False) -> DeviceError | None:
    """The error of a GPU that a library's text tells of; None where it is about something else.

    :param engine: its name, for the message.
    :param text: as the library says it, in one line.
    :param loading: whether nothing has run yet: then what is wrong but for the memory is the
        installation, which the library's own words tell better.
    """
    if _OUT_OF_MEMORY.search(text):
        return OutOfMemoryError(
            f"The GPU has too little memory left for the engine {engine!r}.", ELSEWHERE
        )
    if not loading and is_of_gpu(text):
        return DeviceLostError(f"The GPU has failed in the engine {engine!r}: {text}.", ELSEWHERE)
    return None
