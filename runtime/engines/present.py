"""What an inference library needs and this machine may lack, found without loading the library."""

from __future__ import annotations

import ctypes
from functools import cache
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

_ONNXRUNTIMES = ("onnxruntime", "onnxruntime-gpu")
_CPU_INFO = Path("/proc/cpuinfo")
_VNNI = frozenset({"avx512_vnni", "avx_vnni"})
_AVX2 = "avx2"
_BF16 = frozenset({"avx512_bf16", "amx_bf16", "bf16"})
_CUDA_LIBRARIES = ("libcuda.so.1", "nvcuda.dll")


def missing_package(*modules: str) -> str | None:
    """Why these modules cannot be imported, the first of them that is not there; or None."""
    for module in modules:
        if not _is_there(module):
            return f"{module} is not installed"
    return None


@cache
def missing_gpu() -> str | None:
    """Why no NVIDIA GPU can be used, or None; asks the driver, at most once in a process."""
    for library in _CUDA_LIBRARIES:
        try:
            driver = ctypes.CDLL(library)
        except OSError:
            continue
        count = ctypes.c_int(0)
        if driver.cuInit(0) or driver.cuDeviceGetCount(ctypes.byref(count)):
            return "the NVIDIA driver does not start"
        return None if count.value else "there is no NVIDIA GPU"
    return "there is no NVIDIA driver"


@cache
def int8_weight_bits() -> int | None:
    """Of how many bits weights may be that this processor multiplies by 8-bit values.

    8 where it adds the products up in 32 bits at once (VNNI). With AVX2 alone two of them are added
    in 16 bits first, which only weights of 7 bits never overflow. None where neither is known.
    """
    flags = _processor_flags()
    if not _VNNI.isdisjoint(flags):
        return 8
    return 7 if _AVX2 in flags else None


@cache
def computes_in_bf16() -> bool:
    """Whether this processor has instructions for bfloat16; where nothing is known, it has none."""
    return not _BF16.isdisjoint(_processor_flags())


def _processor_flags() -> set[str]:
    """What Linux tells of the first processor, x86's flags or ARM's features; else nothing."""
    try:
        told = _CPU_INFO.read_text(encoding="ascii", errors="replace")
    except OSError:
        return set()
    lines = (line for line in told.splitlines() if line.startswith(("flags", "Features")))
    return set(next(lines, "").split())


def missing_onnxruntime_gpu() -> str | None:
    """Why ONNX Runtime cannot use an NVIDIA GPU, or None."""
    reason = missing_gpu()
    if reason is not None:
        return reason
    kinds = [name for name in _ONNXRUNTIMES if _is_installed(name)]
    if len(kinds) > 1:
        return f"{' and '.join(kinds)} overwrite each other's files"
    if _ONNXRUNTIMES[1] not in kinds:
        return f"{_ONNXRUNTIMES[1]} is not installed"
    return None


def _is_installed(distribution: str) -> bool:
    try:
        metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return False
    return True


def _is_there(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except (ImportError, ValueError):  # its package is missing, or only half there
        return False
