"""`scripts/gpu`: what it runs, skips and survives; and all of it, in its smallest form."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
import time
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO

import pytest
from benchmarks.gpu import running
from benchmarks.gpu.__main__ import BUDGET_S, REPORT_S, main
from benchmarks.gpu.carried import environment, unpack
from benchmarks.gpu.paper import make_bundle, read_words
from benchmarks.gpu.running import State, run_steps
from benchmarks.gpu.steps import PYTHON, STEPS_S, Step, dry_steps, report_step, steps
from tests.commands.running import run
from tests.runtime.bench.reports import (
    engines_report,
    kernels_report,
    latency_report,
    memory_report,
)

from bunraku.commands.bench.latency import parse_sessions
from bunraku.errors import FetchError
from bunraku.runtime.bench import engines, kernels, latency, memory
from bunraku.runtime.bench.kernel_cases import CASES
from bunraku.runtime.bench.kernels import KernelOptions
from bunraku.runtime.bench.options import BenchOptions
from bunraku.runtime.bench.schema import read_report
from bunraku.runtime.options import DriverKind
from bunraku.runtime.pose.networks import PoseNetworks
from bunraku.stream.bench import load

ROOT = Path(__file__).resolve().parents[2]


def _python(name: str, code: str, **how: Any) -> Step:
    told = Step(name, (sys.executable, "-c", code), 30.0, gpu=False)
    return Step(**{**vars(told), **how})


def test_steps_end_as_they_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "LEAST_S", 0.1)
    said: list[str] = []
    told = run_steps(
        [
            _python("well", "print('all is well')"),
            _python("badly", "import sys; print('one'); sys.exit('bunraku: it is broken.')"),
            _python("silent", "raise SystemExit(3)"),
            _python("gpu", "", gpu=True),
            _python("module", "", modules=("no_such_module",)),
            _python("file", "", files=(tmp_path / "paper",)),
        ],
        tmp_path,
        time.monotonic() + 60.0,
        False,
        os.environ,
        said.append,
    )
    states = {one["name"]: (one["state"], one["why"]) for one in told}
    assert states == {
        "well": (State.DONE, ""),
        "badly": (State.FAILED, "one / bunraku: it is broken."),
        "silent": (State.FAILED, "it said nothing"),
        "gpu": (State.SKIPPED, "torch finds no GPU here"),
        "module": (State.SKIPPED, "no_such_module is not installed"),
        "file": (State.SKIPPED, f"{tmp_path / 'paper'} is not there"),
    }
    assert (tmp_path / "well.log").read_text(encoding="utf-8") == "all is well\n"
    assert len(said) == 6
    endless = _python("long", "import time; time.sleep(60)", limit_s=0.6)
    [ended] = run_steps([endless], tmp_path, math.inf, False, os.environ, said.append)
    assert (ended["state"], ended["why"]) == (State.LATE, "ended after 1 s")


def test_what_has_no_time_is_not_begun(tmp_path: Path) -> None:
    [told] = run_steps(
        [_python("late", "")], tmp_path, time.monotonic() + 1.0, False, os.environ, lambda _: None
    )
    assert (told["state"], told["seconds"]) == (State.LATE, 0.0)


def test_a_childs_children_end_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "LEAST_S", 0.1)
    born = tmp_path / "born"
    code = f"/bin/sh -c 'echo $$ > {born}; sleep 60; true'; true"
    [told] = run_steps(
        [Step("parent", ("/bin/sh", "-c", code), 1.0, gpu=False)],
        tmp_path,
        time.monotonic() + 60.0,
        False,
        os.environ,
        lambda _: None,
    )
    assert told["state"] == State.LATE
    child = int(born.read_text(encoding="utf-8"))
    until_s = time.monotonic() + 10.0
    while _runs(child):
        assert time.monotonic() < until_s
        time.sleep(0.01)


def _runs(process: int) -> bool:
    """Whether a process is there and has not ended, waited for by nobody."""
    try:
        told = Path(f"/proc/{process}/stat").read_text(encoding="utf-8")
    except FileNotFoundError:
        return False
    return told.rpartition(")")[2].split()[0] != "Z"


def test_a_step_has_its_limit_and_what_others_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "LEAST_S", 0.1)
    started: list[float] = []

    class Child:
        """Whose waiting takes as long as it is told to."""

        def __init__(self, command: Sequence[str], **_: Any) -> None:
            self.takes_s = float(command[0])

        def wait(self, limit_s: float = 0.0) -> int:
            started.append(round(limit_s, 1))
            clock[0] += min(self.takes_s, limit_s)
            if self.takes_s > limit_s:
                raise subprocess.TimeoutExpired("step", limit_s)
            return 0

        def poll(self) -> int:
            return 0

    clock = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(subprocess, "Popen", Child)
    chosen = [Step(str(n), (s,), 30.0, gpu=False) for n, s in enumerate(("10", "99", "5", "99"))]
    told = run_steps(chosen, tmp_path, 1100.0, False, {}, lambda _: None)
    assert started == [30.0, 50.0, 30.0, 35.0], "the last one ends with all the time"
    assert [one["state"] for one in told] == [State.DONE, State.LATE] * 2


def test_both_forms_run_the_same_commands(tmp_path: Path) -> None:
    whole, dry = steps(tmp_path, tmp_path), dry_steps(tmp_path, tmp_path)

    def kinds(chosen: list[Step]) -> set[tuple[str, ...]]:
        return {tuple(step.command[3:6])[: 3 if "bench" in step.command else 1] for step in chosen}

    assert kinds(whole) == kinds(dry)
    assert not any(step.gpu for step in dry)
    of_tests, of_dry = ([s.command for s in c if s.name == "tests"] for c in (whole, dry))
    assert of_tests == of_dry
    assert len({step.name for step in whole}) == len(whole)
    assert all(step.gpu for step in whole)


def test_the_small_form_has_both_drivers_and_sessions_beside_each_other(tmp_path: Path) -> None:
    told = {step.name: list(step.command) for step in dry_steps(tmp_path, tmp_path)}

    def after(word: str, step: str) -> str:
        return told[step][told[step].index(word) + 1]

    drivers = {after("--driver", step) for step in ("engines", "latency", "memory")}
    assert drivers == {DriverKind.LANDMARKS, DriverKind.BODY}
    assert max(parse_sessions(after("--sessions", "latency"))) > 1


def test_all_of_it_fits_into_its_time(tmp_path: Path) -> None:
    assert sum(step.limit_s for step in steps(tmp_path, tmp_path)) == STEPS_S
    assert STEPS_S + REPORT_S < BUDGET_S


def test_a_carried_bundle_is_not_made_anew(tmp_path: Path) -> None:
    carried = tmp_path / "carried"
    (carried / "paper").mkdir(parents=True)
    brought = steps(tmp_path, tmp_path, carried)
    assert not any(step.name == "paper" for step in brought)
    assert [step.name for step in brought if str(carried / "paper") in step.command] == [
        "latency-paper",
        "engines-paper",
    ]


def test_every_command_is_understood(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the real command lines; only what would measure is stood in for."""
    asked: list[Any] = []

    def noted(report: Any) -> Any:
        def measure(options: Any, *_: Any) -> Any:
            asked.append(options)
            return report

        return measure

    monkeypatch.setattr(kernels, "run_kernels", noted(kernels_report()))
    monkeypatch.setattr(engines, "run_engines", noted(engines_report()))
    monkeypatch.setattr(memory, "run_memory", noted(memory_report()))
    monkeypatch.setattr(latency, "run_latency", noted(latency_report()))
    monkeypatch.setattr(load, "run_load", noted(latency_report()["load"]))
    for step in (*steps(tmp_path, tmp_path), *dry_steps(tmp_path, tmp_path)):
        module, *words = step.command[len(PYTHON) :]
        if module == "bunraku":
            result = run(*words)
            assert result.exit_code == 0, (step.command, result.output)
            assert read_report(tmp_path / f"{step.name}.json")
        elif module == "benchmarks.gpu.paper":
            read_words(words)
        else:
            assert module == "pytest"  # which runs in the dry form as in the other
            assert [Path(word).is_file() for word in words[5:]] == [True] * 4
    made = [tmp_path / f"{name}.json" for name in ("latency", "engines-paper")]
    result = run(*report_step(tmp_path, made).command[len(PYTHON) + 1 :])
    assert result.exit_code == 0, result.output
    of_kernels = [one for one in asked if isinstance(one, KernelOptions)]
    assert {one.device for one in of_kernels} == {"cpu", "cuda"}
    for one in of_kernels:
        assert any(case.name.startswith(one.only) for case in CASES), one.only
    for one in asked:
        if isinstance(one, BenchOptions):
            one.check()
            assert one.driver in set(DriverKind), one.driver


def test_an_option_that_is_not_there_is_noticed(tmp_path: Path) -> None:
    for wrong in ("--no-such-option", "--frames=many"):
        assert run("bench", "latency", wrong, "--json", tmp_path / "a.json").exit_code == 2


def test_wheels_are_laid_where_python_finds_them(tmp_path: Path) -> None:
    carried, target = tmp_path / "carried", tmp_path / "packages"
    carried.mkdir()
    target.mkdir()
    (carried / "cache").mkdir()
    with zipfile.ZipFile(carried / "Some_Thing-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("some_thing/__init__.py", "value = 7\n")
        wheel.writestr("some_thing-1.0.data/purelib/other_thing.py", "value = 8\n")
    with zipfile.ZipFile(carried / "numpy-0.1-py3-none-any.whl", "w") as wheel:
        wheel.writestr("numpy/__init__.py", "")
    assert unpack(carried, target) == ["some-thing"]
    around = environment(ROOT, carried, target)
    assert around["BUNRAKU_CACHE"] == str(carried / "cache")
    code = "import some_thing, other_thing, numpy; print(some_thing.value, other_thing.value)"
    done = subprocess.run(
        [sys.executable, "-P", "-c", code], env=around, capture_output=True, text=True, check=True
    )
    assert done.stdout == "7 8\n"
    assert not (target / "numpy").exists()


def test_a_folder_that_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main([str(tmp_path), "--carried", str(tmp_path / "no")])
    assert f"{tmp_path / 'no'} is no folder" in capsys.readouterr().err


def test_the_script_tells_what_it_had_no_time_for(tmp_path: Path) -> None:
    done = subprocess.run(
        [ROOT / "scripts" / "gpu", tmp_path / "out", "--dry-run", "--budget", "1"],
        env={**os.environ, "PYTHON": sys.executable},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    told = json.loads((tmp_path / "out" / "gpu.json").read_bytes())
    states = {one["state"] for one in told["steps"]}
    assert states == {State.LATE, State.SKIPPED}, "what reads another's bundle finds none"
    assert [one["name"] for one in told["steps"]] == [s.name for s in dry_steps(tmp_path, tmp_path)]


@pytest.mark.timeout(1800)  # a loaded machine takes minutes for what is half a minute's work
def test_all_of_it_runs_on_a_processor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that not a minute on a GPU is lost to a typing error. What measures and exports is run in
    this process, which has loaded torch and the kernels; tests in one of their own."""
    try:
        PoseNetworks.find()
    except FetchError:
        pytest.skip("the pose networks have not been fetched")
    begin = subprocess.Popen

    class Here:
        """A child's command, run when it is begun."""

        def __init__(self, command: Sequence[str], stdout: BinaryIO, **_: Any) -> None:
            module, *words = command[len(PYTHON) :]
            if module == "bunraku":
                result = run(*words)
                self._code: int = result.exit_code
                stdout.write(result.output.encode() + repr(result.exception).encode())
            else:
                assert module == "benchmarks.gpu.paper"
                make_bundle(*read_words(words))
                self._code = 0

        def wait(self, limit_s: float = 0.0) -> int:
            return self._code

        poll = wait

    def begun(command: Sequence[str], *rest: Any, **how: Any) -> Any:
        alone = tuple(command[: len(PYTHON)]) != PYTHON or "pytest" in command
        return (begin if alone else Here)(command, *rest, **how)

    monkeypatch.setattr(subprocess, "Popen", begun)
    assert main([str(tmp_path / "out"), "--dry-run"]) == 0
    told = json.loads((tmp_path / "out" / "gpu.json").read_bytes())
    states = {one["name"]: (one["state"], one["why"]) for one in told["steps"]}
    assert set(states.values()) == {(State.DONE, "")}, states
    for name in ("kernels", "engines", "latency", "memory"):
        assert read_report(tmp_path / "out" / f"{name}.json")["kind"] == name
    assert (tmp_path / "out" / "report.md").is_file()
    assert (tmp_path / "out" / "latency-stages.png").is_file()
