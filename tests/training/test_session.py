from __future__ import annotations

import csv
import signal
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from torch import nn

from bunraku.networks.checkpoint import Progress
from bunraku.training import session
from bunraku.training.session import (
    RunClock,
    TrainOptions,
    chunks,
    decay_groups,
    keep_memory,
    prepare,
    write_curve,
)


class FakeTime:
    """A clock that moves when it is told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> FakeTime:
    fake = FakeTime()
    monkeypatch.setattr(session, "time", SimpleNamespace(monotonic=fake.monotonic))
    return fake


@pytest.fixture
def options(tmp_path: Path) -> TrainOptions:
    return TrainOptions(tmp_path, tmp_path / "run", minutes=10.0, learning_rate=1.0)


def rate_of(clock: RunClock, share_of_run: float, steps: int = 1000) -> float:
    optimiser = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=0.0)
    clock.progress.seconds = share_of_run * 600.0
    clock.progress.steps = steps
    clock.set_learning_rate(optimiser)
    return float(optimiser.param_groups[0]["lr"])


def test_a_run_ends_after_its_minutes(time: FakeTime, options: TrainOptions) -> None:
    clock = RunClock(options, Progress())
    assert clock.running()
    time.now += 599.0
    assert clock.running()
    assert clock.progress.seconds == pytest.approx(599.0)
    time.now += 2.0
    assert not clock.running()


def test_a_sitting_ends_sooner_and_the_next_goes_on(time: FakeTime, options: TrainOptions) -> None:
    progress = Progress()
    first = RunClock(replace(options, sitting_minutes=4.0), progress)
    time.now += 241.0
    assert not first.running()
    time.now += 5000.0  # the machine was off
    second = RunClock(replace(options, sitting_minutes=4.0), progress)
    assert second.running()
    assert progress.seconds == pytest.approx(241.0)
    time.now += 239.0
    assert second.running()
    assert progress.seconds == pytest.approx(480.0)
    assert len(progress.machines) == 1


def test_learning_rate_warms_up_and_falls_with_time(time: FakeTime, options: TrainOptions) -> None:
    clock = RunClock(options, Progress())
    assert rate_of(clock, 0.0, steps=0) == pytest.approx(0.01, abs=1e-5)
    assert rate_of(clock, 0.0, steps=49) == pytest.approx(0.5, abs=1e-5)
    assert rate_of(clock, 0.0) == pytest.approx(1.0, abs=1e-5)
    assert rate_of(clock, 0.5) == pytest.approx(0.5, abs=1e-5)
    assert rate_of(clock, 1.0) == pytest.approx(1e-6, abs=1e-7)
    assert rate_of(clock, 7.0) == pytest.approx(1e-6, abs=1e-7)


def test_the_curve_gets_a_point_a_minute(time: FakeTime, options: TrainOptions) -> None:
    options.out.mkdir()
    clock = RunClock(options, Progress())
    assert clock.step(8, {"ce": 3.0}) is None
    time.now += 61.0
    assert clock.running()
    line = clock.step(8, {"ce": 1.0, "u": 0.5})
    assert line is not None
    assert "step 2" in line
    assert "ce 2.0000" in line
    assert clock.progress.samples == 16
    assert clock.step(8, {"ce": 9.0}) is None
    time.now += 60.0
    assert "ce 5.0000" in (clock.step(8, {"ce": 1.0}) or "")
    with (options.out / "curve.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["ce"] for row in rows] == ["2.0", "5.0"]
    assert [row["u"] for row in rows] == ["0.5", ""]


def test_curve_columns_that_come_later(tmp_path: Path) -> None:
    write_curve(tmp_path / "curve.csv", [{"a": 1.0}, {"a": 2.0, "b": 3.0}])
    assert (tmp_path / "curve.csv").read_text(encoding="utf-8").split() == [
        "a,b",
        "1.0,",
        "2.0,3.0",
    ]


def test_biases_and_normalisation_do_not_decay() -> None:
    network = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2))
    decayed, plain = decay_groups(network, 0.1)
    assert decayed == {"params": [network[0].weight], "weight_decay": 0.1}
    assert plain["weight_decay"] == 0.0
    assert plain["params"] == [network[0].bias, network[1].weight, network[1].bias]


def test_prepare(options: TrainOptions) -> None:
    assert prepare(replace(options, threads=1, seed=3)) == torch.device("cpu")
    first = torch.rand(1)
    prepare(replace(options, seed=3))
    assert torch.equal(torch.rand(1), first)
    assert options.out.is_dir()


def test_a_hangup_ends_a_sitting_once(options: TrainOptions) -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    try:
        prepare(options)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGHUP)
        signal.raise_signal(signal.SIGHUP)  # while the checkpoint is written
        signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as nohup does
        prepare(options)
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


@pytest.mark.parametrize(("total", "size"), [(0, 4), (3, 4), (4, 4), (9, 4)])
def test_chunks_cover_everything_once(total: int, size: int) -> None:
    covered = [i for part in chunks(total, size) for i in range(total)[part]]
    assert covered == list(range(total))
    assert all(len(range(total)[part]) <= size for part in chunks(total, size))


@pytest.mark.skipif(sys.platform != "linux", reason="glibc is Linux's")
def test_freed_memory_is_kept_where_the_c_library_can(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[int, int]] = []
    glibc = SimpleNamespace(mallopt=lambda option, value: told.append((option, value)))
    monkeypatch.setattr(session, "ctypes", SimpleNamespace(CDLL=lambda _: glibc))
    keep_memory()
    assert dict(told) == {-3: 1 << 30, -1: (1 << 31) - 1}
    monkeypatch.setattr(session, "ctypes", SimpleNamespace(CDLL=lambda _: SimpleNamespace()))
    keep_memory()  # musl has nothing to be told
    assert len(told) == 2
