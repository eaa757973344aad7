from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from bunraku.errors import InputError
from bunraku.export.checkpoint import read_checkpoint
from bunraku.networks.generator import Generator
from bunraku.networks.iuv import IuvNet
from bunraku.networks.presets import Preset
from bunraku.training.checkpoint import Progress, save_checkpoint

PROGRESS = Progress(steps=40, samples=1280, seconds=9.5, machines=["a laptop"])


def test_a_generator_and_how_it_was_made(
    tmp_path: Path, make_generator: Callable[[bool], Generator]
) -> None:
    generator = make_generator(True)
    save_checkpoint(tmp_path / "c.pt", PROGRESS, network=generator.state_dict(), optimiser={})
    trained = read_checkpoint(tmp_path / "c.pt", generator.options)
    assert isinstance(trained.network, Generator)
    assert not trained.network.training
    for name, tensor in generator.state_dict().items():
        assert torch.equal(tensor, trained.network.state_dict()[name])
    assert trained.provenance == {
        "steps": 40,
        "samples": 1280,
        "seconds": 9.5,
        "machines": ["a laptop"],
    }


def test_an_iuv_net_is_recognised(tmp_path: Path) -> None:
    save_checkpoint(tmp_path / "c.pt", PROGRESS, network=IuvNet().state_dict())
    assert isinstance(read_checkpoint(tmp_path / "c.pt").network, IuvNet)


def test_another_preset_is_said_so(
    tmp_path: Path, make_generator: Callable[[bool], Generator]
) -> None:
    save_checkpoint(tmp_path / "c.pt", PROGRESS, network=make_generator(True).state_dict())
    with pytest.raises(InputError, match=r"do not fit the network\. Name the preset"):
        read_checkpoint(tmp_path / "c.pt", Preset.LIVE)


@pytest.mark.parametrize("content", [b"", b"not a checkpoint", b"PK\x03\x04 torn zip"])
def test_other_files_are_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "c.pt"
    path.write_bytes(content)
    with pytest.raises(InputError, match="is not a checkpoint of Bunraku"):
        read_checkpoint(path)


def test_other_saved_things_are_refused(tmp_path: Path) -> None:
    torch.save({"weights": torch.zeros(3)}, tmp_path / "c.pt")
    with pytest.raises(InputError, match="is not a checkpoint of Bunraku"):
        read_checkpoint(tmp_path / "c.pt")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"c\.pt cannot be read: No such file"):
        read_checkpoint(tmp_path / "c.pt")
