from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from tests.training.toy import toy_network, toy_options

from bunraku.errors import BundleError, InputError
from bunraku.export.fold import folded
from bunraku.networks.checkpoint import Progress, read_checkpoint, save_checkpoint
from bunraku.networks.generator import Generator
from bunraku.networks.iuv import IuvNet
from bunraku.training import train_generator, warm_start
from bunraku.training.run_options import RunOptions
from bunraku.training.warm_start import read_iuv

MakePeople = Callable[..., Path]


@pytest.fixture
def options(make_people: MakePeople, tmp_path: Path) -> RunOptions:
    return replace(toy_options([make_people()], tmp_path / "run"), begin_with="mine")


@pytest.fixture
def shipped(monkeypatch: pytest.MonkeyPatch) -> Generator:
    """What the bundle "mine" holds."""
    torch.manual_seed(7)
    generator = folded(Generator(toy_network()))
    manifest = SimpleNamespace(provenance={"steps": 1615, "date": "2026-11-23"})
    held = SimpleNamespace(folder=Path("bundles/mine"), manifest=manifest)
    monkeypatch.setattr(warm_start, "STEPS", 1)
    monkeypatch.setattr(warm_start, "Bundle", SimpleNamespace(load=lambda _: held))
    monkeypatch.setattr(warm_start, "restore_generator", lambda _: generator)
    return generator


def test_a_run_begins_with_a_bundles_weights_and_tells_of_it(
    options: RunOptions, shipped: Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = replace(
        options, recipe=options.recipe.at_rate(1e-9), phase=options.recipe.phases[0].name
    )
    said: list[str] = []
    train_generator.run(slow, said.append)
    assert "begins with the weights of mine" in said

    held = read_checkpoint(options.out / "checkpoint.pt")
    again = held.generator().state_dict()
    for name, weight in shipped.state_dict().items():
        if weight.ndim == 4:  # biases are in statistics, which the batches move
            torch.testing.assert_close(again[name], weight, atol=1e-5, rtol=1e-4)
    told = {"bundle": "mine", "steps": 1615, "date": "2026-11-23"}
    assert held.provenance()["base"] == told

    # A run that goes on has weights of its own, and remembers.
    monkeypatch.setattr(warm_start, "restore_generator", lambda _: pytest.fail("read again"))
    train_generator.run(slow, lambda _: None)
    assert read_checkpoint(options.out / "checkpoint.pt").provenance()["base"] == told


@pytest.mark.usefixtures("shipped")
def test_a_bundle_of_another_preset_is_refused(options: RunOptions) -> None:
    other = replace(options, network=toy_network(prior=False))
    with pytest.raises(InputError, match=r"bundles/mine is of the preset \S+, not of"):
        train_generator.run(other, lambda _: None)


def test_the_iuv_net_is_a_checkpoints_or_a_bundles(tmp_path: Path) -> None:
    torch.manual_seed(2)
    net = IuvNet()
    path = tmp_path / "checkpoint.pt"
    save_checkpoint(path, net, Progress())
    shape = (torch.rand(1, 33, 4), torch.zeros(1, 1, 128, 128))
    with torch.no_grad():
        torch.testing.assert_close(
            read_iuv(path)(*shape).parts, net.eval()(*shape).parts, atol=1e-4, rtol=1e-3
        )
    assert isinstance(read_iuv(Path("iuv")), IuvNet)
    with pytest.raises(BundleError, match=r"no engine 'iuv'.* Name a bundle that has it"):
        read_iuv(Path("live"))
