from __future__ import annotations

import errno
from pathlib import Path
from typing import IO

import pytest
import torch
from tests.tiny import tiny_options
from torch import nn

from bunraku.errors import InputError, OutputError
from bunraku.networks.checkpoint import Kind, Progress, read_checkpoint, save_checkpoint
from bunraku.networks.generator import Generator
from bunraku.networks.iuv import IuvNet, IuvOptions
from bunraku.networks.touch_up import TouchUpNet, TouchUpOptions

PROGRESS = Progress(steps=40, samples=1280, seconds=9.5, machines=["a laptop"])
SMALL = IuvOptions(encoder=(8, 8, 8, 8), latent=16, decoder=8)


def small_iuv() -> IuvNet:
    return IuvNet(SMALL)


def same(a: nn.Module, b: nn.Module) -> bool:
    one, two = a.state_dict(), b.state_dict()
    return one.keys() == two.keys() and all(torch.equal(t, two[n]) for n, t in one.items())


@pytest.mark.parametrize("prior", [False, True])
def test_a_generator_comes_back_with_its_options(tmp_path: Path, prior: bool) -> None:
    generator = Generator(tiny_options(prior))
    save_checkpoint(tmp_path / "c.pt", generator, PROGRESS, optimiser={"step": 3})
    held = read_checkpoint(tmp_path / "c.pt")
    assert held.kind is Kind.GENERATOR
    assert held.generator().options == generator.options
    assert same(held.network, generator)
    assert not held.network.training
    assert held.progress == PROGRESS
    assert held.states == {"optimiser": {"step": 3}}
    assert held.provenance() == {
        "steps": 40,
        "samples": 1280,
        "seconds": 9.5,
        "machines": ["a laptop"],
    }


def test_an_iuv_net_is_recognised(tmp_path: Path) -> None:
    network = small_iuv()
    save_checkpoint(tmp_path / "c.pt", network, PROGRESS)
    held = read_checkpoint(tmp_path / "c.pt")
    assert held.kind is Kind.IUV
    assert held.iuv().options == SMALL
    assert same(held.network, network)


def test_a_touch_up_net_is_recognised(tmp_path: Path) -> None:
    network = TouchUpNet(TouchUpOptions(widths=(4, 4, 8, 8)))
    save_checkpoint(tmp_path / "c.pt", network, PROGRESS)
    held = read_checkpoint(tmp_path / "c.pt")
    assert held.kind is Kind.TOUCH_UP
    assert held.touch_up().options == network.options
    assert same(held.network, network)
    with pytest.raises(InputError, match=r"of a touch-up net, not of an IUV net.*train iuv"):
        held.iuv()


def test_the_other_kind_is_told_apart(tmp_path: Path) -> None:
    save_checkpoint(tmp_path / "i.pt", small_iuv(), PROGRESS)
    save_checkpoint(tmp_path / "g.pt", Generator(tiny_options(True)), PROGRESS)
    with pytest.raises(InputError, match=r"of an IUV net, not of a generator.*train generator"):
        read_checkpoint(tmp_path / "i.pt").generator()
    with pytest.raises(InputError, match=r"of a generator, not of an IUV net.*train iuv"):
        read_checkpoint(tmp_path / "g.pt").iuv()
    with pytest.raises(InputError, match=r"of a generator, not of a touch-up.*train touch-up"):
        read_checkpoint(tmp_path / "g.pt").touch_up()


def test_training_goes_on_as_if_it_had_not_stopped(tmp_path: Path) -> None:
    network = small_iuv()
    optimiser = torch.optim.AdamW(network.parameters())

    def step(of: IuvNet, by: torch.optim.Optimizer) -> None:
        by.zero_grad()
        with torch.enable_grad():
            of.eval()(torch.full((1, 33, 4), 0.5), torch.zeros(1, 1, 128, 128)).u.sum().backward()
        by.step()

    step(network, optimiser)
    save_checkpoint(
        tmp_path / "deeper" / "c.pt", network, PROGRESS, optimiser=optimiser.state_dict()
    )
    held = read_checkpoint(tmp_path / "deeper" / "c.pt")
    again = held.iuv()
    other = torch.optim.AdamW(again.parameters())
    other.load_state_dict(held.states["optimiser"])
    step(network, optimiser)
    step(again, other)
    assert same(again, network)


@pytest.mark.parametrize(
    "error", [OSError(errno.ENOSPC, "No space left on device"), RuntimeError("unexpected pos 64")]
)
def test_a_full_disk_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    path = tmp_path / "checkpoint.pt"
    save_checkpoint(path, small_iuv(), Progress(steps=1))

    def half_written(_states: object, file: IO[bytes]) -> None:
        file.write(b"half")
        raise error

    monkeypatch.setattr(torch, "save", half_written)
    with pytest.raises(OutputError, match=r"cannot be written: .*\. The checkpoint before it is"):
        save_checkpoint(path, small_iuv(), Progress(steps=2))
    assert read_checkpoint(path).progress.steps == 1
    assert [p.name for p in tmp_path.iterdir()] == ["checkpoint.pt"]


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"There is no checkpoint at .*none\.pt\. Train first"):
        read_checkpoint(tmp_path / "none.pt")
    with pytest.raises(InputError, match="cannot be read"):
        read_checkpoint(tmp_path)


@pytest.mark.parametrize(
    "content", [b"", b"not a checkpoint at all", b"\x80\x04]\x94.", b"PK\x03\x04 torn"]
)
def test_other_files_are_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "other.pt"
    path.write_bytes(content)
    with pytest.raises(InputError, match="is not a checkpoint of Bunraku"):
        read_checkpoint(path)


@pytest.mark.parametrize(
    "content", [{"weights": 1}, [1, 2], {"progress": {"unknown": 1}}, {"format": 1, "kind": "cat"}]
)
def test_another_programs_checkpoint_is_refused(tmp_path: Path, content: object) -> None:
    path = tmp_path / "other.pt"
    torch.save(content, path)
    with pytest.raises(InputError, match="is not a checkpoint of Bunraku"):
        read_checkpoint(path)


@pytest.mark.parametrize(
    ("place", "told"),
    [
        ("options", r"newer version: this Bunraku knows no option 'depth', 'warps'\. Update"),
        ("progress", r"newer version: this Bunraku knows no field of progress 'depth', 'warps'\."),
    ],
)
def test_a_newer_version_s_fields_are_named(tmp_path: Path, place: str, told: str) -> None:
    path = tmp_path / "c.pt"
    save_checkpoint(path, small_iuv(), PROGRESS)
    held = torch.load(path, weights_only=True)
    torch.save({**held, place: {**held[place], "warps": 2, "depth": 1}}, path)
    with pytest.raises(InputError, match=told):
        read_checkpoint(path)


def test_another_format_is_said_so(tmp_path: Path) -> None:
    torch.save({"format": 9}, tmp_path / "c.pt")
    with pytest.raises(InputError, match="format 9; this Bunraku reads format 1"):
        read_checkpoint(tmp_path / "c.pt")
