"""Texture sampling compiled ahead of time, as a kernel that TensorRT starts.

It hands a kernel its inputs, then whole numbers, then its result, each as it lies in memory
row by row: so texels are read where the atlas has them, with the channels outermost.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import triton
import triton.language as tl
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource

from bunraku.kernels.texture.triton_cuda import PIXELS, WARPS, sample

INPUTS = ("atlas", "parts", "u", "v")
NUMBERS = ("count", "channels", "height", "width", "pixels")
"""Parts; the atlas's channels, rows and columns; and pixels of the result's planes."""
CHANNELS = 16
"""Of a program, at most: as many as registers hold where each is read from a plane of its own."""
PTX, NEWER_PTX = 87, 88
"""Versions of the assembly, 8.7 and 8.8: as old as a GPU allows, for drivers that are no newer."""
NEWER = ((10, 3), (12, 1))
"""Compute capabilities that the older one does not know."""
_ENTRY = r"(\.entry {name}\(\n)(.*?)(\n\))"


@dataclass(frozen=True)
class Compiled:
    """A kernel for GPUs of one compute capability; its grid is pixels, channels, and the batch."""

    name: str
    ptx: str
    threads: int
    """Of a program."""
    shared_bytes: int
    """Of a program."""
    pixels: int
    """Of a program."""
    channels: int
    """Of a program."""


def compiled(kind: str, channels: int, capability: tuple[int, int]) -> Compiled:
    """The kernel, which leaves out parts whose weight is 0.

    :param kind: of all tensors, as Triton calls it: "fp32", "fp16" or "bf16".
    :param channels: of the atlas, or 0 where they are not known.
    :param capability: compute capability, major and minor.
    :raises RuntimeError: this Triton's kernels need more than what TensorRT hands over.
    """
    block = min(int(triton.next_power_of_2(channels)), CHANNELS) if channels else CHANNELS
    signature = dict.fromkeys(INPUTS, f"*{kind}") | dict.fromkeys(NUMBERS, "i32")
    signature |= {"out": f"*{kind}", "PIXELS": "constexpr", "CHANNELS": "constexpr"}
    sizes = {"PIXELS": PIXELS, "CHANNELS": block}
    major, minor = capability
    version = NEWER_PTX if capability in NEWER else PTX
    made = triton.compile(
        ASTSource(sample_atlas, signature, sizes, {}),
        target=GPUTarget("cuda", 10 * major + minor, 32),
        options={"num_warps": WARPS, "enable_fp_fusion": True, "ptx_version": version},
    )
    name, told = made.metadata.name, made.metadata
    if told.global_scratch_size or getattr(told, "profile_scratch_size", 0):
        raise RuntimeError("the kernel asks for memory of its own")
    ptx = without_scratch(made.asm["ptx"], name, len(INPUTS) + len(NUMBERS) + 1)
    return Compiled(name, ptx, 32 * told.num_warps, told.shared, PIXELS, block)


def without_scratch(ptx: str, name: str, count: int) -> str:
    """A kernel of Triton's with its first ``count`` parameters alone.

    Behind them Triton has pointers to memory that its own launcher allocates. Who starts a kernel
    without them would have the driver read addresses from where there are none.

    :raises RuntimeError: the kernel uses one of the others, or has no such parameters.
    """
    found = re.search(_ENTRY.format(name=re.escape(name)), ptx, re.DOTALL)
    parameters = found[2].split(",\n") if found else []
    dropped = [text.split()[-1] for text in parameters[count:]]
    body = ptx[found.end() :] if found else ""
    if found is None or len(parameters) < count or any(f"[{one}" in body for one in dropped):
        raise RuntimeError("the kernel's parameters are not as they were")
    return ptx[: found.start()] + found[1] + ",\n".join(parameters[:count]) + found[3] + body


@triton.jit
def sample_atlas(
    atlas: tl.tensor,
    parts: tl.tensor,
    u: tl.tensor,
    v: tl.tensor,
    count: tl.tensor,
    channels: tl.tensor,
    height: tl.tensor,
    width: tl.tensor,
    pixels: tl.tensor,
    out: tl.tensor,
    PIXELS: tl.constexpr,
    CHANNELS: tl.constexpr,
) -> None:
    b = tl.program_id(2).to(tl.int64)
    planes = b * count * pixels
    sample(
        atlas + b * count * height * width * channels,
        parts + planes,
        u + planes,
        v + planes,
        out + b * channels * pixels,
        *(count, channels, height, width, pixels),
        *(pixels, pixels, pixels, 0.0),
        1,
        height * width,
        PIXELS,
        CHANNELS,
    )
