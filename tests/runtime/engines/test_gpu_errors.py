"""What libraries say of a GPU, told apart by their words."""

from __future__ import annotations

import pytest

from bunraku.errors import DeviceError, DeviceLostError, OutOfMemoryError
from bunraku.runtime.engines.gpu_errors import gpu_error

TOO_LITTLE = [
    "CUDA failure 2: out of memory ; GPU=0 ; hostname=a ; file=cuda_allocator.cc ; line=58",
    "Failed to allocate memory for requested buffer of size 268435456",
    "Available memory of 1048576 is smaller than requested bytes of 268435456",
    "CUDNN failure 2: CUDNN_STATUS_ALLOC_FAILED ; GPU=0",
    "CUBLAS_STATUS_ALLOC_FAILED",
    "Error Code 1: Cuda Runtime (cudaErrorMemoryAllocation)",
    "[defaultAllocator.cpp::allocate::31] Error Code 1: Cuda Runtime (out of memory)",
    "Requested amount of GPU memory (2147483648 bytes) could not be allocated: OutOfMemory",
]
FAILED = [
    "CUDA failure 700: an illegal memory access was encountered ; GPU=0 ; line=121",
    "CUDA error cudaErrorLaunchFailure:unspecified launch failure",
    "CUDNN failure 5000: CUDNN_STATUS_EXECUTION_FAILED ; GPU=0",
    "CUBLAS failure 13: CUBLAS_STATUS_EXECUTION_FAILED",
    "Error Code 1: Cuda Runtime (the launch timed out and was terminated)",
    "CUDA failure 214: uncorrectable ECC error encountered",
]
OTHER = [
    "Got invalid dimensions for input: a for the following indices",
    "Failed to load model with error: ModelProto does not have a graph.",
    "the library does not say why",
]


@pytest.mark.parametrize("text", TOO_LITTLE)
@pytest.mark.parametrize("loading", [False, True])
def test_too_little_memory(text: str, loading: bool) -> None:
    error = gpu_error("motion", text, loading=loading)
    assert type(error) is OutOfMemoryError
    assert str(error).startswith("The GPU has too little memory left for the engine 'motion'. ")


@pytest.mark.parametrize("text", FAILED)
def test_a_gpu_that_fails(text: str) -> None:
    error: DeviceError | None = gpu_error("motion", text)
    assert type(error) is DeviceLostError
    assert str(error).startswith(f"The GPU has failed in the engine 'motion': {text}. Close")


@pytest.mark.parametrize("text", FAILED)
def test_before_anything_has_run_it_is_the_installation(text: str) -> None:
    assert gpu_error("motion", text, loading=True) is None


@pytest.mark.parametrize("text", OTHER)
def test_what_is_about_something_else_is_none(text: str) -> None:
    assert gpu_error("motion", text) is None
