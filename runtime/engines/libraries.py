"""The inference libraries there are: each is one module with a ``Loader``, and one record here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from bunraku.errors import PIP
from bunraku.runtime.engines.present import missing_gpu, missing_onnxruntime_gpu, missing_package
from bunraku.runtime.engines.protocol import Precision
from bunraku.runtime.engines.tensorrt.library import missing_library


class EngineKind(StrEnum):
    """The inference libraries that can run a bundle."""

    ONNXRUNTIME_CUDA = "onnxruntime-cuda"
    """ONNX Runtime on an NVIDIA GPU."""
    OPENVINO = "openvino"
    """OpenVINO on the CPU."""
    ONNXRUNTIME = "onnxruntime"
    """ONNX Runtime on the CPU: the reference, which every other is compared with."""
    TORCH = "torch"
    """torch: on a GPU, one CUDA graph for each network; on the CPU for comparison."""
    TORCH_COMPILED = "torch-compiled"
    """The same, the generator compiled by torch when it is loaded."""
    TENSORRT = "tensorrt"
    """TensorRT or TensorRT-RTX on an NVIDIA GPU."""
    TORCH_TENSORRT = "torch-tensorrt"
    """The same, run by torch."""


CPU = "bunraku.runtime.device:CpuDevice"
GPU_OR_HOST = "bunraku.runtime.cuda_device:gpu_or_host"
GPU = "bunraku.runtime.cuda_device:CudaDevice"


@dataclass(frozen=True)
class Library:
    """One inference library."""

    loader: str
    """Its ``Loader``, as module:name; imported when an engine is made."""
    precisions: tuple[Precision, ...]
    """What it can compute in."""
    lacking: Callable[[], str | None]
    """Why it cannot run here, in a few words, or None; loads nothing heavy."""
    install: str
    """What to do then."""
    device: str = CPU
    """What makes its device, as module:name."""
    eight_bits: bool = False
    """Whether it is faster in 8 bits where the processor has them, and what they cost the picture
    of a drawn body was measured to be within the bound (docs/results.md): 2 % of the person's L1
    and 0.1 pixels of AKD."""


LIBRARIES: dict[str, Library] = {
    EngineKind.ONNXRUNTIME_CUDA: Library(
        "bunraku.runtime.engines.onnx_cuda:load",
        (Precision.F32,),
        missing_onnxruntime_gpu,
        f"It needs an NVIDIA GPU with its driver, and: {PIP} uninstall -y onnxruntime "
        f"onnxruntime-gpu && {PIP} install 'onnxruntime-gpu[cuda,cudnn]'",
        GPU_OR_HOST,
    ),
    EngineKind.OPENVINO: Library(
        "bunraku.runtime.engines.openvino:load",
        (Precision.F32, Precision.BF16, Precision.INT8),
        lambda: missing_package("openvino"),
        f"Run: {PIP} install 'bunraku[openvino]'",
        eight_bits=True,
    ),
    EngineKind.ONNXRUNTIME: Library(
        "bunraku.runtime.engines.onnx_runtime:load",
        (Precision.F32, Precision.INT8),
        lambda: missing_package("onnxruntime"),
        f"Run: {PIP} install 'bunraku[cpu]'",
    ),
    EngineKind.TORCH: Library(
        "bunraku.runtime.engines.torch_engine:load",
        (Precision.F32, Precision.F16, Precision.BF16),
        lambda: missing_package("torch"),
        f"Run: {PIP} install torch",
        GPU_OR_HOST,
    ),
    EngineKind.TORCH_COMPILED: Library(
        "bunraku.runtime.engines.torch_engine:load_compiled",
        (Precision.F32, Precision.F16, Precision.BF16),
        lambda: missing_package("torch"),
        f"Run: {PIP} install torch",
        GPU_OR_HOST,
    ),
    EngineKind.TENSORRT: Library(
        "bunraku.runtime.engines.tensorrt.loading:load",
        (Precision.F16, Precision.F32, Precision.INT8),
        lambda: missing_gpu() or missing_package("torch") or missing_library(),
        f"It needs an NVIDIA GPU with its driver, torch with CUDA, and: {PIP} install tensorrt",
        GPU,
    ),
    EngineKind.TORCH_TENSORRT: Library(
        "bunraku.runtime.engines.torch_tensorrt:load",
        (Precision.F16, Precision.F32),
        lambda: missing_gpu() or missing_package("torch", "torch_tensorrt"),
        "It needs an NVIDIA GPU with its driver, torch with CUDA, and: "
        f"{PIP} install torch-tensorrt",
        GPU,
    ),
}
"""Of each kind its library, the one that ``auto`` prefers first."""
