from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

from bunraku.errors import InputError
from bunraku.training.checkpoint import Progress, load_checkpoint, save_checkpoint


def test_everything_comes_back(tmp_path: Path) -> None:
    network = nn.Linear(3, 2)
    optimiser = torch.optim.AdamW(network.parameters())
    network(torch.ones(1, 3)).sum().backward()
    optimiser.step()
    progress = Progress(7, 70, 1.5, ["a machine"], [{"loss": 0.5}])
    path = tmp_path / "deeper" / "checkpoint.pt"
    save_checkpoint(path, progress, network=network.state_dict(), optimiser=optimiser.state_dict())
    states = load_checkpoint(path)
    assert states["progress"] == progress
    again = nn.Linear(3, 2)
    again.load_state_dict(states["network"])
    assert torch.equal(again.weight, network.weight)
    other = torch.optim.AdamW(again.parameters())
    other.load_state_dict(states["optimiser"])
    for one in (network, again):
        one.zero_grad()
        one(torch.ones(1, 3)).sum().backward()
    optimiser.step()
    other.step()
    assert torch.equal(again.weight, network.weight)


def test_a_crash_while_saving_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "checkpoint.pt"
    save_checkpoint(path, Progress(steps=1))

    def half_written(_states: object, part: Path) -> None:
        part.write_bytes(b"half")
        raise OSError("disk full")

    monkeypatch.setattr(torch, "save", half_written)
    with pytest.raises(OSError, match="disk full"):
        save_checkpoint(path, Progress(steps=2))
    assert load_checkpoint(path)["progress"].steps == 1


def test_missing(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"There is no checkpoint at .*none\.pt\. Train first"):
        load_checkpoint(tmp_path / "none.pt")


@pytest.mark.parametrize(
    "content", [b"", b"not a checkpoint at all", b"\x80\x04]\x94.", b"PK\x03\x04 torn"]
)
def test_not_a_checkpoint(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "other.pt"
    path.write_bytes(content)
    with pytest.raises(InputError, match="is not a checkpoint of Bunraku"):
        load_checkpoint(path)


@pytest.mark.parametrize("content", [{"weights": 1}, [1, 2], {"progress": {"unknown": 1}}])
def test_another_programs_checkpoint(tmp_path: Path, content: object) -> None:
    path = tmp_path / "other.pt"
    torch.save(content, path)
    with pytest.raises(InputError, match="is not a checkpoint of Bunraku"):
        load_checkpoint(path)
