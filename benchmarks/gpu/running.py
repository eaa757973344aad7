"""Runs the steps one after the other within the time there is, and notes what became of each."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any

from benchmarks.gpu.steps import Step

LEAST_S = 5.0
"""A step that has less than this left is not begun."""
WORDS_LINES = 5
"""Of a step's last words, for the summary; all of them are in its log."""


class State(StrEnum):
    """What became of a step."""

    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"
    LATE = "out of time"
    """Ended by its limit, or not begun."""


def run_steps(
    steps: Sequence[Step],
    out: Path,
    until_s: float,
    has_gpu: bool,
    environment: Mapping[str, str],
    say: Callable[[str], None],
) -> list[dict[str, Any]]:
    """Run what can be run. Each has its limit, and what those before it have left of theirs: so one
    that takes long takes no time from another.

    :param out: where each step's log goes, NAME.log.
    :param until_s: the end of the time there is, on the monotonic clock.
    :return: of each step ``name``, ``state``, ``seconds``, and ``why`` where it is not done.
    """
    told, due_s = [], time.monotonic()
    for step in steps:
        due_s += step.limit_s
        one = _run(step, out, min(due_s, until_s), has_gpu, environment)
        why = f": {one['why']}" if one["why"] else ""
        say(f"{one['state']:>11}  {step.name} ({one['seconds']:.0f} s){why}")
        told.append(one)
    return told


def _run(
    step: Step, out: Path, until_s: float, has_gpu: bool, environment: Mapping[str, str]
) -> dict[str, Any]:
    reason = step.lacking(has_gpu)
    if reason is not None:
        return _told(step, State.SKIPPED, 0.0, reason)
    start_s = time.monotonic()
    left_s = until_s - start_s
    if left_s < LEAST_S:
        return _told(step, State.LATE, 0.0, "no time was left for it")
    log = out / f"{step.name}.log"
    with log.open("wb") as words:
        # A group of its own: a benchmark's children end with it.
        child = subprocess.Popen(
            step.command,
            stdout=words,
            stderr=subprocess.STDOUT,
            env=dict(environment),
            start_new_session=True,
        )
        try:
            code: int | None = child.wait(left_s)
        except subprocess.TimeoutExpired:
            code = None
        finally:
            if child.poll() is None:
                os.killpg(child.pid, signal.SIGKILL)
                child.wait()
    seconds = time.monotonic() - start_s
    if code is None:
        return _told(step, State.LATE, seconds, f"ended after {left_s:.0f} s")
    return _told(
        step, State.FAILED if code else State.DONE, seconds, _last_words(log) if code else ""
    )


def _last_words(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return " / ".join(line.strip() for line in lines[-WORDS_LINES:]) or "it said nothing"


def _told(step: Step, state: State, seconds: float, why: str) -> dict[str, Any]:
    return {
        "name": step.name,
        "state": str(state),
        "seconds": round(seconds, 1),
        "why": why,
        "command": list(step.command),
    }
