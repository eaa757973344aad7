"""`scripts/gpu`: what it runs, skips and survives; and all of it, in its smallest form."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest
from benchmarks.gpu import running
from benchmarks.gpu.__main__ import main
from benchmarks.gpu.carried import environment, unpack
from benchmarks.gpu.running import State, run_steps
from benchmarks.gpu.steps import Step, dry_steps, report_step, steps

from bunraku.errors import FetchError
from bunraku.runtime.bench.schema import read_report
from bunraku.runtime.pose.networks import PoseNetworks

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
            _python("long", "import time; time.sleep(60)", limit_s=0.6),
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
        "long": (State.LATE, "ended after 1 s"),
        "gpu": (State.SKIPPED, "torch finds no GPU here"),
        "module": (State.SKIPPED, "no_such_module is not installed"),
        "file": (State.SKIPPED, f"{tmp_path / 'paper'} is not there"),
    }
    assert (tmp_path / "well.log").read_text(encoding="utf-8") == "all is well\n"
    assert len(said) == 7


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


def test_both_forms_run_the_same_commands(tmp_path: Path) -> None:
    whole, dry = steps(tmp_path, tmp_path), dry_steps(tmp_path, tmp_path)

    def kinds(chosen: list[Step]) -> set[tuple[str, ...]]:
        return {tuple(step.command[3:6])[: 3 if "bench" in step.command else 1] for step in chosen}

    assert kinds(whole) == kinds(dry)
    assert not any(step.gpu for step in dry)
    assert sum(step.limit_s for step in whole[:2]) < 240
    assert report_step(tmp_path, [tmp_path / "a.json"]).command[-2:] == ("--out", str(tmp_path))


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


@pytest.mark.timeout(1800)  # a loaded machine takes minutes for what is half a minute's work
def test_all_of_it_runs_on_a_processor(tmp_path: Path) -> None:
    """So that not a minute on a GPU is lost to a typing error."""
    try:
        PoseNetworks.find()
    except FetchError:
        pytest.skip("the pose networks have not been fetched")
    done = subprocess.run(
        [ROOT / "scripts" / "gpu", tmp_path / "out", "--dry-run"],
        env={**os.environ, "PYTHON": sys.executable},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads((tmp_path / "out" / "gpu.json").read_bytes())
    states = {one["name"]: (one["state"], one["why"]) for one in told["steps"]}
    assert set(states.values()) == {(State.DONE, "")}, states
    for name in ("kernels", "engines", "latency", "memory"):
        assert read_report(tmp_path / "out" / f"{name}.json")["kind"] == name
    assert (tmp_path / "out" / "report.md").is_file()
    assert (tmp_path / "out" / "latency-stages.png").is_file()
