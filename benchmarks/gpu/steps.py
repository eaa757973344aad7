"""What is run on a GPU machine, the most wanted first, and the small form of it for a dry run."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path

PYTHON = (sys.executable, "-P", "-m")
BENCH = (*PYTHON, "bunraku", "bench")
GPU_TESTS = ("tests/kernels", "tests/runtime")
TEST_MODULES = ("pytest", "pytest_asyncio", "pytest_timeout", "hypothesis", "torch")
RUN_MODULES = ("av", "cv2", "numba", "onnxruntime", "PIL", "platformdirs", "rich", "torch", "typer")
"""What a benchmark imports; what else it wants it tells by itself."""
DEVICE_ENGINE = "torch:f16"
SMALL = "small"
"""In a preset's place: as small as networks can be."""
DRY_S = 600.0
EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "photo.jpg"


@dataclass(frozen=True)
class Step:
    """One command."""

    name: str
    command: Sequence[str]
    limit_s: float
    """It is ended then."""
    modules: Sequence[str] = ()
    """What it imports; it is skipped where one is not there."""
    files: Sequence[Path] = ()
    """What it reads; likewise."""
    gpu: bool = True
    """Whether it is of no use without one."""

    def lacking(self, has_gpu: bool) -> str | None:
        """Why it is skipped, or None."""
        if self.gpu and not has_gpu:
            return "torch finds no GPU here"
        for module in self.modules:
            if find_spec(module) is None:
                return f"{module} is not installed"
        for file in self.files:
            if not file.exists():
                return f"{file} is not there"
        return None


def steps(out: Path, scratch: Path) -> list[Step]:
    """Those for a GPU.

    :param out: where each writes its report.
    :param scratch: for what nobody wants afterwards.
    """
    paper = scratch / "paper"
    tests = ("pytest", "-q", "-p", "no:cacheprovider", "-m", "gpu", *GPU_TESTS)
    of_paper = ["--bundle", str(paper), "--driver", "landmarks", "--frames", "40"]
    of_torch = ["--engine", DEVICE_ENGINE, "--driver", "landmarks"]
    load = ["--frames", "60", "--seconds", "3", "--sessions", "1,8,64"]
    compiled = ["--device", "cuda", "--only", "texture paper", "--budget", "0.3"]
    kernels = ["--device", "cuda", "--no-compiled", "--budget", "0.3"]
    return [
        _bench(out, "kernels", "kernels", kernels, 80.0),
        Step("tests", (*PYTHON, *tests), 70.0, TEST_MODULES),
        _paper("paper", paper),
        _bench(out, "engines-paper", "engines", of_paper, 60.0, files=(paper,)),
        _bench(out, "latency", "latency", [*of_torch, *load], 60.0),
        _bench(out, "latency-body", "latency", ["--engine", DEVICE_ENGINE, *load[:4]], 60.0),
        _bench(out, "engines-live", "engines", ["--driver", "landmarks", "--frames", "40"], 60.0),
        _bench(out, "memory", "memory", of_torch, 30.0),
        _bench(out, "kernels-compiled", "kernels", compiled, 60.0),
    ]


def dry_steps(out: Path, scratch: Path) -> list[Step]:
    """The same commands on a processor, as small as they can be: for what is wrong in them."""
    few = ("tests/kernels/test_triton_forms.py", "tests/runtime/bench/test_kernels.py")
    tests = ("pytest", "-q", "-p", "no:cacheprovider", "-m", "gpu", "--collect-only", *few)
    small = ["--engine", "onnxruntime:f32", "--driver", "landmarks", "--frames", "1"]
    small += ["--photo", str(_small_photo(scratch))]
    load = ["--sessions", "1", "--seconds", "0.5"]
    kernels = ["--no-compiled", "--only", "enlarge", "--samples", "3", "--budget", "0.01"]
    made = scratch / SMALL
    dry = [
        _bench(out, "kernels", "kernels", kernels, DRY_S),
        Step("tests", (*PYTHON, *tests), DRY_S, TEST_MODULES),
        _paper(SMALL, made),
        _bench(out, "engines", "engines", ["--bundle", str(made), *small], DRY_S, files=(made,)),
        _bench(out, "latency", "latency", [*small, *load], DRY_S),
        _bench(out, "memory", "memory", small, DRY_S),
    ]
    return [replace(step, gpu=False, limit_s=DRY_S) for step in dry]


def report_step(out: Path, made: Sequence[Path]) -> Step:
    """Plots and Markdown of the reports that were made."""
    command = (*BENCH, "report", *map(str, made), "--out", str(out))
    return Step("report", command, 30.0, RUN_MODULES, gpu=False)


def _bench(
    out: Path,
    name: str,
    command: str,
    options: Sequence[str],
    limit_s: float,
    files: Sequence[Path] = (),
) -> Step:
    to = ("--json", str(out / f"{name}.json"))
    return Step(name, (*BENCH, command, *options, *to), limit_s, RUN_MODULES, files)


def _small_photo(folder: Path) -> Path:
    """The example's in a quarter of its pixels, behind which there is less to fill in."""
    image = importlib.import_module("PIL.Image")  # of the wheels that may have been carried
    path = folder / "photo.png"
    image.open(EXAMPLE).reduce(2).save(path)
    return path


def _paper(preset: str, folder: Path) -> Step:
    modules = (*RUN_MODULES, "onnx", "onnxscript")
    command = (*PYTHON, "benchmarks.gpu.paper", preset, str(folder))
    return Step("paper", command, 60.0, modules, gpu=False)
