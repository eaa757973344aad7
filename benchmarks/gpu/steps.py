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
ROOT = Path(__file__).resolve().parents[2]
GPU_MARK = "pytest.mark.gpu"
TEST_MODULES = ("pytest", "pytest_asyncio", "pytest_timeout", "hypothesis", "torch")
RUN_MODULES = ("av", "cv2", "numba", "onnxruntime", "PIL", "platformdirs", "rich", "torch", "typer")
"""What a benchmark imports; what else it wants it tells by itself."""
DEVICE_ENGINE = "torch:f16"
SMALL = "small"
"""In a preset's place: as small as networks can be."""
STEPS_S = 225.0
"""Of four minutes; the rest is for what is carried, and for the plots."""
DRY_S = 600.0
EXAMPLE = ROOT / "examples" / "photo.jpg"


@dataclass(frozen=True)
class Step:
    """One command."""

    name: str
    command: Sequence[str]
    limit_s: float
    """What it has, beside what those before it have left: it is ended then."""
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


def steps(out: Path, scratch: Path, carried: Path | None = None) -> list[Step]:
    """Those for a GPU: first what the targets are about, then what proves it, then the rest. All
    limits together are ``STEPS_S``.

    :param out: where each writes its report.
    :param scratch: for what nobody wants afterwards.
    :param carried: see carried.py.
    """
    brought = carried and carried / "paper"
    paper = brought if brought and brought.is_dir() else scratch / "paper"
    landmarks = ["--driver", "landmarks"]
    of_torch = ["--engine", DEVICE_ENGINE]
    of_paper = ["--bundle", str(paper), *landmarks, "--frames", "40"]
    load = ["--frames", "60", "--sessions", "1,8,64", "--seconds", "2"]
    compiled = ["--device", "cuda", "--only", "texture paper", "--budget", "0.3"]
    kernels = ["--device", "cuda", "--no-compiled", "--budget", "0.2"]
    return [
        # Texture sampling against torch's, and the roofline.
        _bench(out, "kernels-compiled", "kernels", compiled, 26.0),
        # A live frame, frames a second when stages overlap, and 64 sessions.
        _bench(out, "latency", "latency", [*of_torch, *landmarks, *load], 38.0),
        # Motion, seam and blend at the paper's sizes.
        *([] if paper == brought else [_paper("paper", paper, 24.0)]),
        _bench(out, "latency-paper", "latency", [*of_torch, *of_paper], 20.0, files=(paper,)),
        # Whether all of that is right.
        Step("tests", tests_command(), 34.0, TEST_MODULES),
        # Parity and speed of every library.
        _bench(out, "engines-live", "engines", [*landmarks, "--frames", "40"], 20.0),
        _bench(out, "engines-paper", "engines", of_paper, 20.0, files=(paper,)),
        _bench(out, "latency-body", "latency", [*of_torch, "--frames", "60"], 16.0),
        _bench(out, "kernels", "kernels", kernels, 18.0),
        _bench(out, "memory", "memory", [*of_torch, *landmarks, "--frames", "10"], 9.0),
    ]


def dry_steps(out: Path, scratch: Path) -> list[Step]:
    """The same commands on a processor, as small as they can be: for what is wrong in them. In half
    precision too, with both drivers, and with sessions beside each other."""
    made = scratch / SMALL
    one = ["--photo", str(_small_photo(scratch)), "--frames", "1"]
    one += ["--threads", "1"]  # several would wait for each other on cores that are busy
    small, body = [*one, "--driver", "landmarks"], [*one, "--driver", "body", "--resolution", "256"]
    of_small = ["--bundle", str(made), *small]
    of_torch, reference = ["--engine", DEVICE_ENGINE], ["--engine", "onnxruntime:f32"]
    load = ["--sessions", "2", "--seconds", "0.5"]
    kernels = ["--no-compiled", "--only", "enlarge", "--samples", "3", "--budget", "0.01"]
    dry = [
        _bench(out, "kernels", "kernels", kernels, DRY_S),
        Step("tests", tests_command(), DRY_S, TEST_MODULES),
        _paper(SMALL, made, DRY_S),
        _bench(out, "engines", "engines", [*reference, *of_small], DRY_S, files=(made,)),
        _bench(out, "latency", "latency", [*of_torch, *small, *load], DRY_S),
        # Of those that take a body, the one that looks at its photo but once.
        _bench(out, "memory", "memory", [*of_torch, *body], DRY_S),
    ]
    return [replace(step, gpu=False) for step in dry]


def tests_command() -> tuple[str, ...]:
    """Those marked ``gpu``. Of the files that have some, and no others: what the rest imports may
    not be on the machine."""
    marked = (
        str(path)
        for path in sorted((ROOT / "tests").rglob("test_*.py"))
        if GPU_MARK in path.read_text(encoding="utf-8")
    )
    return (*PYTHON, "pytest", "-q", "-p", "no:cacheprovider", "-m", "gpu", *marked)


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


def _paper(preset: str, folder: Path, limit_s: float) -> Step:
    modules = (*RUN_MODULES, "onnx", "onnxscript")
    command = (*PYTHON, "benchmarks.gpu.paper", preset, str(folder))
    return Step("paper", command, limit_s, modules)
