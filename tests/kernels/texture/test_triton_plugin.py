"""The kernel that TensorRT starts, compiled for GPUs that are not here."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

pytest.importorskip("triton", reason="Triton is not installed")

from triton import knobs

from bunraku.kernels.texture.triton_plugin import INPUTS, NUMBERS, compiled, without_scratch

PTX = """
.visible .entry kernel(
	.param .u64 kernel_param_0,
	.param .u32 kernel_param_1,
	.param .u64 kernel_param_2
)
{
	ld.param.b64 	%rd1, [kernel_param_0];
	ld.param.b32 	%r1, [kernel_param_1];
}
"""


@pytest.mark.parametrize(
    ("kind", "channels", "capability"),
    [
        *(
            ("fp32", 16, capability)
            for capability in [(8, 0), (8, 6), (8, 9), (9, 0), (10, 0), (12, 0), (12, 1)]
        ),
        *(("fp16", 64, capability) for capability in [(8, 0), (12, 1)]),
        *(("bf16", 3, capability) for capability in [(8, 0), (12, 1)]),
    ],
)
def test_the_assembly_takes_what_tensorrt_hands_over_and_fits(
    kind: str, channels: int, capability: tuple[int, int], tmp_path: Path
) -> None:
    made = compiled(kind, channels, capability)
    entry = re.search(rf"\.entry {made.name}\((.*?)\)", made.ptx, re.DOTALL)
    assert entry is not None
    kinds = re.findall(r"\.param \.(\w+)", entry[1])
    assert kinds == ["u64"] * len(INPUTS) + ["u32"] * len(NUMBERS) + ["u64"]
    assert made.channels == {16: 16, 64: 16, 3: 4}[channels]
    assert made.threads == 128
    major, minor = capability
    path, suffix = tmp_path / "kernel.ptx", "a" if major >= 9 else ""
    path.write_text(made.ptx)
    tool = knobs.nvidia.ptxas if major < 9 else knobs.nvidia.ptxas_blackwell
    said = subprocess.run(
        [tool.path, "-v", f"--gpu-name=sm_{major}{minor}{suffix}", path, "-o", tmp_path / "cubin"],
        capture_output=True,
        text=True,
        check=True,
    ).stderr
    assert "0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads" in said
    assert int(re.findall(r"Used (\d+) registers", said)[0]) <= 128


def test_channels_that_are_not_known_are_taken_in_blocks() -> None:
    assert [compiled("fp32", n, (9, 0)).channels for n in (0, 1, 3, 100)] == [16, 1, 4, 16]


def test_parameters_that_tritons_launcher_adds_are_taken_off() -> None:
    short = without_scratch(PTX, "kernel", 2)
    assert short == PTX.replace(",\n\t.param .u64 kernel_param_2", "")


@pytest.mark.parametrize(("name", "count"), [("kernel", 1), ("kernel", 4), ("other", 2)])
def test_parameters_that_are_used_or_missing_are_told_of(name: str, count: int) -> None:
    with pytest.raises(RuntimeError, match="parameters are not as they were"):
        without_scratch(PTX, name, count)
