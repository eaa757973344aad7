from __future__ import annotations

import json
import math
import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from tests.training.toy import TOY, toy_network, toy_options

from bunraku.errors import EngineError, InputError
from bunraku.networks.checkpoint import Progress, read_checkpoint, save_checkpoint
from bunraku.networks.generator import Generator
from bunraku.training import batches, journal, loop, samples, trainer
from bunraku.training.ranks import Ranks
from bunraku.training.recipe import Phase, learning_rate
from bunraku.training.run_options import RunOptions
from bunraku.training.stop import StopAsked
from bunraku.training.trainer import Training

MakePeople = Callable[..., Path]


@pytest.fixture(autouse=True)
def a_line_a_step(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "LINE_STEPS", 1)


@pytest.fixture
def options(make_people: MakePeople, tmp_path: Path) -> RunOptions:
    return toy_options([make_people(count=2, frames=3)], tmp_path / "run")


def train(options: RunOptions, log: Callable[[str], None] = lambda _: None) -> Training:
    training = Training(options, Ranks(), log)
    training.run(StopAsked())
    return training


def losses(out: Path) -> list[Any]:
    lines = [
        json.loads(line) for line in (out / "losses.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    return [(line["step"], line["phase"], line["losses"]) for line in lines]


def weights(path: Path) -> dict[str, Any]:
    held = read_checkpoint(path)
    return {"average": held.network.state_dict(), "latest": held.states["weights"]}


class Killed(Exception):
    """The process is gone: nothing is saved after it."""


def test_a_killed_run_goes_on_exactly(
    options: RunOptions, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same losses, step by step, and in the end the same weights to the bit."""
    whole = train(options)
    killed = replace(options, out=tmp_path / "killed")
    monkeypatch.setattr(loop, "SAVE_S", 0.0)  # a checkpoint after each step
    step = Training.step

    def until(last: int) -> Callable[..., None]:
        def dies(self: Training, number: int, batch: Any) -> None:
            step(self, number, batch)
            if number == last:
                raise Killed

        return dies

    for last in (1, 3):  # in the middle of each phase; their steps are lost and made again
        monkeypatch.setattr(Training, "step", until(last))
        with pytest.raises(Killed):
            train(killed)
    monkeypatch.setattr(Training, "step", step)
    gone_on = train(killed)
    assert losses(killed.out) == losses(options.out)
    assert len(losses(killed.out)) == 5
    one, two = weights(whole.path), weights(gone_on.path)
    assert all(torch.equal(one[k][n], t) for k in one for n, t in two[k].items())
    assert gone_on.progress.samples == whole.progress.samples == 10


def test_the_second_phase_freezes_and_judges(options: RunOptions) -> None:
    first = train(replace(options, phase="learn"))
    before = {n: t.clone() for n, t in first.generator.state_dict().items()}
    assert "critic" not in read_checkpoint(first.path).states
    second = train(options)
    after = second.generator.state_dict()
    changed = {name.split(".")[0] for name, t in after.items() if not torch.equal(before[name], t)}
    assert changed == {"blender"}
    assert "critic" in read_checkpoint(second.path).states
    told = losses(options.out)
    assert [(step, phase) for step, phase, _ in told] == [
        *((1, "learn"), (2, "learn"), (3, "learn")),
        *((4, "sharpen"), (5, "sharpen")),
    ]
    assert set(told[0][2]) == {"image", "flow", "mask"}
    assert set(told[4][2]) == {"image", "adversarial", "matching", "critic"}


def test_what_is_exported_are_averaged_weights(options: RunOptions) -> None:
    training = train(options)
    held = weights(training.path)
    name = "blender.leave.weight"
    assert torch.equal(held["latest"][name], training.generator.state_dict()[name])
    assert not torch.equal(held["average"][name], held["latest"][name])


def test_a_step_that_is_not_finite_is_taken_back(
    options: RunOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines: list[str] = []
    training = Training(replace(options, phase="learn"), Ranks(), lines.append)
    draw = training.batches.data.draw
    start = {n: t.clone() for n, t in training.generator.state_dict().items()}
    seen: list[bool] = []

    def spoilt(*arguments: Any, **words: Any) -> Any:
        batch = draw(*arguments, **words)
        if len(seen) == 1:
            batch = replace(batch, target=batch.target * math.nan)
        elif len(seen) == 2:  # what the step before left behind
            now = training.generator.state_dict()
            assert all(torch.equal(start[name], t) for name, t in now.items())
        seen.append(True)
        return batch

    monkeypatch.setattr(training.batches.data, "draw", spoilt)
    training.run(StopAsked())
    assert "step 1: the loss is not finite; a step back" in lines
    assert training.progress.steps == 3
    finite = [bool(torch.isfinite(t).all()) for t in training.generator.state_dict().values()]
    assert all(finite)


def test_a_long_gradient_is_cut(options: RunOptions, monkeypatch: pytest.MonkeyPatch) -> None:
    """To the recipe's length, before the optimiser sees it."""
    recipe = replace(TOY.scaled(1e-9), clip=1e-3)
    training = Training(replace(options, recipe=recipe, phase="learn"), Ranks(), lambda _: None)
    norms: list[float] = []
    step = training._optimiser.step

    def noted() -> None:
        grads = [p.grad.flatten() for p in training._learning if p.grad is not None]
        norms.append(float(torch.cat(grads).norm()))
        step()

    monkeypatch.setattr(training._optimiser, "step", noted)
    training.run(StopAsked())
    assert norms == pytest.approx([1e-3], rel=1e-3)


def test_a_checkpoint_of_earlier_versions_is_gone_on_from(options: RunOptions) -> None:
    """Those had one optimiser of all weights, and no phases."""
    torch.manual_seed(5)
    old = Generator(toy_network())
    optimiser = torch.optim.AdamW(old.parameters()).state_dict()
    path = options.out / "checkpoint.pt"
    save_checkpoint(path, old, Progress(steps=7, samples=84), optimiser=optimiser)
    training = Training(options, Ranks(), lambda _: None)
    loaded = training.generator.state_dict()
    assert all(torch.equal(t, loaded[name]) for name, t in old.state_dict().items())
    training.run(StopAsked())
    assert training.progress.steps == 12


def test_a_phase_of_steadiness_sees_neighbours(
    options: RunOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[bool] = []

    class Nothing:
        def walk(self, *_: Any, **__: Any) -> Iterator[Any]:
            return iter(())

    def showing(neighbours: bool) -> Nothing:
        asked.append(neighbours)
        return Nothing()

    steady = replace(TOY.phases[0].weights, steadiness=0.5)
    phases = TOY.phases[0], replace(TOY.phases[0], name="steady", weights=steady)
    training = Training(replace(options, recipe=replace(TOY, phases=phases)), Ranks(), print)
    monkeypatch.setattr(training.batches, "showing", showing)
    monkeypatch.setattr(trainer, "zip", lambda *_, strict: iter(()), raising=False)
    training.run(StopAsked())
    assert asked == [False, True]


def test_a_run_of_another_preset_is_refused(options: RunOptions) -> None:
    train(replace(options, phase="sharpen"))
    with pytest.raises(InputError, match=r"a run of the preset 'custom', not of 'live'"):
        Training(replace(options, network=RunOptions((), options.out).network), Ranks(), print)


def test_a_phase_that_the_recipe_has_not_is_told(options: RunOptions) -> None:
    train(replace(options, phase="sharpen"))
    shorter = replace(TOY, phases=TOY.phases[:1])
    with pytest.raises(InputError, match=r"left in a phase 'sharpen'.*--phase: learn\."):
        Training(replace(options, recipe=shorter), Ranks(), print)


def test_resume_wants_a_checkpoint(options: RunOptions) -> None:
    with pytest.raises(InputError, match=r"no checkpoint at .*Leave --resume out"):
        Training(replace(options, resume=True), Ranks(), print)


def test_too_few_people_are_told(options: RunOptions) -> None:
    with pytest.raises(InputError, match=r"takes 3 people of each process, and there are 2\."):
        Training(replace(options, recipe=replace(TOY, people=3)), Ranks(), print)
    with pytest.raises(InputError, match=r"there are 1\."):
        Training(replace(options, recipe=replace(TOY, people=2)), Ranks(1, 2), print)


def test_a_full_disk_in_the_middle_is_told_and_survived(
    options: RunOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither checkpoint nor losses nor samples can be written after the first step."""
    told: list[str] = []
    monkeypatch.setattr(loop, "SAVE_S", 0.0)
    monkeypatch.setattr(trainer, "SAMPLE_STEPS", 2)
    monkeypatch.setattr(samples, "PEOPLE", 1)
    training = Training(options, Ranks(), told.append)
    step, out = Training.step, options.out
    full = [out / name for name in ("checkpoint.pt.part", "losses.jsonl", "samples-000002.jpg")]

    def fills(self: Training, number: int, batch: Any) -> None:
        step(self, number, batch)
        if number == 0:
            for path in full:
                path.unlink(missing_ok=True)
                path.symlink_to("/dev/full")
        if number == 3:
            full[1].unlink()  # space is made

    monkeypatch.setattr(Training, "step", fills)
    training.run(StopAsked())
    for path in (options.out / "checkpoint.pt", *full[1:]):
        assert sum(f"{path} cannot be written" in line for line in told) == 1
    assert read_checkpoint(training.path).progress.steps == 5
    assert [number for number, _, _ in losses(out)] == [2, 3, 4, 5]  # the first was unlinked
    assert [path.name for path in out.glob("*.jpg")] == ["samples-000004.jpg"]


def test_a_killed_worker_costs_no_step(
    options: RunOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is killed while a step computes: torch would raise amidst it, and all would be lost."""
    monkeypatch.setattr(batches, "BEGUN", "fork")  # at once, where "spawn" imports all anew
    step, ends = Training.step, []

    def kills(self: Training, number: int, batch: Any) -> None:
        (worker,) = multiprocessing.active_children()
        os.kill(worker.pid or 0, signal.SIGKILL)
        os.waitid(os.P_PID, worker.pid or 0, os.WEXITED | os.WNOWAIT)  # torch is to hear of it
        step(self, number, batch)
        ends.append(number)

    monkeypatch.setattr(Training, "step", kills)
    training = Training(replace(options, workers=1), Ranks(), lambda _: None)
    with pytest.raises(EngineError, match=r"was killed.*fewer --workers"):
        training.run(StopAsked())
    assert ends == [0]
    assert read_checkpoint(training.path).progress.steps == 1


def test_a_sitting_ends_after_its_minutes(options: RunOptions) -> None:
    training = train(replace(options, sitting_minutes=1e-6))
    assert read_checkpoint(training.path).progress.steps == 1
    assert train(options).progress.steps == 5


def test_learning_rates() -> None:
    phase = Phase("x", 100, TOY.phases[0].weights, learning_rate=1.0, warm_steps=10, falls=True)
    assert learning_rate(phase, 0) == pytest.approx(0.1)
    assert learning_rate(phase, 50) == pytest.approx(0.5)
    assert learning_rate(phase, 100) == pytest.approx(0.0)
    assert learning_rate(replace(phase, falls=False, warm_steps=0), 99) == 1.0
