"""Triton's kernels compiled for GPUs that are not here, and what they would take of them.

A form is called as ever, but its launches are written down instead of run; each is compiled as a
real launch of these arguments would be, and read with the ``cuobjdump`` of Triton's own wheel. What
Triton writes for one GPU its ``ptxas`` assembles for its kin, in a tenth of the time.
"""

from __future__ import annotations

import re
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

_TYPES = {
    torch.float16: "fp16",
    torch.bfloat16: "bf16",
    torch.float32: "fp32",
    torch.uint8: "u8",
    torch.int32: "i32",
    torch.int64: "i64",
    torch.bool: "i1",
}
_OPTIONS = ("num_warps",)
ALIGNED = 16
"""Triton compiles for addresses and numbers that are multiples of this, where they are."""


@dataclass(frozen=True)
class Launch:
    """One start of a kernel."""

    kernel: Any
    arguments: tuple[Any, ...]
    fused: bool
    constants: dict[str, Any]

    @property
    def name(self) -> str:
        return f"{self.kernel.fn.__module__.split('.')[-2]}.{self.kernel.fn.__name__}"


@dataclass(frozen=True)
class Taken:
    """What a compiled kernel takes of a GPU."""

    registers: int
    """Of each thread; at most 255."""
    spilled_bytes: int
    """Of each thread, of what did not fit into its registers."""
    shared_bytes: int
    """Of each program."""


def launches_of(form: Any, call: Callable[[], object], monkeypatch: Any) -> list[Launch]:
    """The launches of one call of a form, none of which is run."""
    found: list[Launch] = []

    def note(
        kernel: Any,
        grid: tuple[int, ...],
        near: Tensor,
        *arguments: Any,
        fused: bool = True,
        **constants: Any,
    ) -> None:
        assert all(programs > 0 for programs in grid)
        found.append(Launch(kernel, arguments, fused, constants))

    monkeypatch.setattr(form, "launch", note)
    call()
    return found


def compiled(launch: Launch, *capabilities: int) -> dict[int, Taken]:
    """Compile for GPUs of the first compute capability, as 90 for 9.0, and assemble that for the
    others; by capability."""
    import triton
    from triton.backends.compiler import GPUTarget
    from triton.compiler import ASTSource

    signature: dict[str, Any] = {}
    fixed: dict[Any, Any] = {}
    attributes: dict[Any, Any] = {}
    names = launch.kernel.arg_names
    for index, argument in enumerate(launch.arguments):
        signature[names[index]] = _type_of((index,), argument, fixed, attributes)
    for name, value in launch.constants.items():
        if name not in _OPTIONS:
            signature[name] = "constexpr"
            fixed[(names.index(name),)] = value
    result = triton.compile(
        ASTSource(launch.kernel, signature, fixed, attributes),
        target=GPUTarget("cuda", capabilities[0], 32),
        options={"enable_fp_fusion": launch.fused, "num_warps": launch.constants["num_warps"]},
    )
    first, *others = capabilities
    taken = {first: _taken(result.asm["cubin"])}
    for capability in others:
        taken[capability] = _taken(_assembled(result.asm["ptx"], capability, launch.fused))
    return taken


def _assembled(ptx: str, capability: int, fused: bool) -> bytes:
    from triton.backends.nvidia.compiler import get_ptxas, sm_arch_from_capability

    gpu = sm_arch_from_capability(capability)
    options = [] if fused else ["--fmad=false"]
    with tempfile.TemporaryDirectory() as folder:
        source, result = Path(folder) / "kernel.ptx", Path(folder) / "kernel.cubin"
        source.write_text(re.sub(r"^\.target \w+", f".target {gpu}", ptx, flags=re.MULTILINE))
        tool = get_ptxas(capability).path
        subprocess.run([tool, *options, f"--gpu-name={gpu}", source, "-o", result], check=True)
        return result.read_bytes()


def _type_of(path: tuple[int, ...], value: Any, fixed: Any, attributes: Any) -> Any:
    if isinstance(value, (tuple, list)):
        return tuple(_type_of((*path, i), v, fixed, attributes) for i, v in enumerate(value))
    if isinstance(value, Tensor):
        attributes[path] = [["tt.divisibility", ALIGNED]]
        return f"*{_TYPES[value.dtype]}"
    if isinstance(value, float):
        return "fp32"
    if value == 1:  # Triton compiles a 1 in
        fixed[path] = 1
        return "constexpr"
    if value % ALIGNED == 0:
        attributes[path] = [["tt.divisibility", ALIGNED]]
    return "i32" if abs(value) < 2**31 else "i64"


def _taken(cubin: bytes) -> Taken:
    from triton import knobs

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "kernel.cubin"
        path.write_bytes(cubin)
        said = subprocess.run(
            [knobs.nvidia.cuobjdump.path, "--dump-resource-usage", path],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    numbers = {
        name: int(re.findall(rf"\b{name}:(\d+)", said)[-1])
        for name in ("REG", "STACK", "LOCAL", "SHARED")
    }
    return Taken(numbers["REG"], numbers["STACK"] + numbers["LOCAL"], numbers["SHARED"])
