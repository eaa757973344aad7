"""`scripts/gpu OUT`: runs the steps and sums them up in OUT/gpu.json."""

from __future__ import annotations

import argparse
import importlib
import json
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.gpu.carried import environment, unpack
from benchmarks.gpu.running import State, run_steps
from benchmarks.gpu.steps import dry_steps, report_step, steps

ROOT = Path(__file__).resolve().parents[2]
BUDGET_S = 240.0
REPORT_S = 12.0
"""Of the time, what is kept for the plots."""


def main(words: list[str] | None = None) -> int:
    """Run it; 1 if something failed, 0 although something was skipped."""
    asked = _parse(words)
    start_s = time.monotonic()
    out: Path = asked.out.resolve()
    out.mkdir(parents=True, exist_ok=True)
    carried: Path | None = asked.carried and asked.carried.resolve()
    with tempfile.TemporaryDirectory() as folder:
        target, scratch = Path(folder) / "packages", Path(folder) / "scratch"
        target.mkdir()
        scratch.mkdir()
        laid = unpack(carried, target) if carried is not None else []
        sys.path.append(str(target))
        importlib.invalidate_caches()
        around = environment(ROOT, carried, target)
        has_gpu = _has_gpu()
        small = asked.dry_run
        chosen = dry_steps(out, scratch) if small else steps(out, scratch, carried)
        until_s = start_s + asked.budget
        told = run_steps(chosen, out, until_s - REPORT_S, has_gpu, around, _say)
        names = [one["name"] for one in told if one["state"] == State.DONE]
        made = [path for name in names if (path := out / f"{name}.json").is_file()]
        if made:
            told += run_steps([report_step(out, made)], out, until_s, has_gpu, around, _say)
    summary = {
        "dry_run": asked.dry_run,
        "gpu": has_gpu,
        "unpacked": laid,
        "seconds": round(time.monotonic() - start_s, 1),
        "steps": told,
    }
    (out / "gpu.json").write_text(json.dumps(summary, indent=2) + "\n", encoding="utf-8")
    _say(f"Written to {out} in {summary['seconds']:.0f} s")
    return int(any(one["state"] in (State.FAILED, State.LATE) for one in told))


def _parse(words: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/gpu", description=__doc__)
    parser.add_argument("out", type=Path, help="folder of reports, logs and plots")
    parser.add_argument("--carried", type=Path, help="folder of wheels, and cache/")
    parser.add_argument("--budget", type=float, default=None, help="seconds in all")
    parser.add_argument("--dry-run", action="store_true", help="the small form, on a processor")
    asked = parser.parse_args(words)
    if asked.budget is None:
        asked.budget = 1800.0 if asked.dry_run else BUDGET_S
    if asked.carried is not None and not asked.carried.is_dir():
        parser.error(f"{asked.carried} is no folder")
    return asked


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _has_gpu() -> bool:
    try:
        torch = importlib.import_module("torch")
    except ImportError:
        return False
    return bool(torch.cuda.is_available())


if __name__ == "__main__":
    sys.exit(main())
