from __future__ import annotations

import errno
import json
from pathlib import Path

import pytest
from tests.tiny import tiny_options

from bunraku.errors import InputError, OutputError
from bunraku.networks import pieces
from bunraku.networks.checkpoint import Progress, read_checkpoint, save_checkpoint
from bunraku.networks.generator import Generator
from bunraku.networks.pieces import TABLE, is_split, join, split

CONTENT = bytes(range(250)) * 3


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    whole = tmp_path / "whole.pt"
    whole.write_bytes(CONTENT)
    split(whole, tmp_path / "pieces", most=300)
    return tmp_path / "pieces"


def test_pieces_make_up_the_file(folder: Path) -> None:
    assert sorted(path.name for path in folder.iterdir()) == ["000", "001", "002", TABLE]
    assert [(folder / name).stat().st_size for name in ("000", "001", "002")] == [300, 300, 150]
    assert is_split(folder)
    assert join(folder) == CONTENT
    assert sorted(path.name for path in folder.parent.iterdir()) == ["pieces", "whole.pt"]


def test_a_file_of_one_piece(tmp_path: Path) -> None:
    (tmp_path / "small").write_bytes(b"ab")
    made = split(tmp_path / "small", tmp_path / "pieces")
    assert [path.name for path in made] == [TABLE, "000"]
    assert join(tmp_path / "pieces") == b"ab"


def test_pieces_are_replaced(folder: Path) -> None:
    (folder.parent / "new").write_bytes(b"new")
    split(folder.parent / "new", folder, most=300)
    assert join(folder) == b"new"
    assert sorted(path.name for path in folder.iterdir()) == ["000", TABLE]


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda f: (f / "001").unlink(), "001 is missing"),
        (lambda f: (f / "001").write_bytes(bytes(300)), "001 is damaged"),
        (lambda f: (f / "002").write_bytes(CONTENT[600:700]), "002 is damaged, cut short"),
        (lambda f: (f / TABLE).write_text("{"), "no table of pieces"),
        (lambda f: (f / TABLE).write_text('{"format": 2, "pieces": []}'), "that this Bunraku"),
    ],
)
def test_what_was_lost_is_named(folder: Path, spoil: object, message: str) -> None:
    assert callable(spoil)
    spoil(folder)
    with pytest.raises(InputError, match=message):
        join(folder)


def test_a_table_leads_nowhere_else(folder: Path) -> None:
    told = json.loads((folder / TABLE).read_bytes())
    told["pieces"][0]["file"] = "../whole.pt"
    (folder / TABLE).write_text(json.dumps(told))
    with pytest.raises(InputError, match="no table of pieces"):
        join(folder)


def test_a_full_disk_leaves_the_old_pieces(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> list[str]:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(pieces, "_write", full)
    with pytest.raises(OutputError, match=r"whole\.pt cannot be written.*No space left"):
        split(folder.parent / "whole.pt", folder)
    monkeypatch.undo()
    assert join(folder) == CONTENT
    assert sorted(path.name for path in folder.parent.iterdir()) == ["pieces", "whole.pt"]


def test_a_folder_of_something_else_is_left_alone(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="holds no pieces"):
        split(tmp_path / "whole.pt", tmp_path)


def test_a_checkpoint_is_read_from_its_pieces(tmp_path: Path) -> None:
    generator = Generator(tiny_options(prior=True))
    save_checkpoint(tmp_path / "c.pt", generator, Progress(steps=3))
    split(tmp_path / "c.pt", tmp_path / "weights", most=10_000)
    held = read_checkpoint(tmp_path / "weights")
    assert held.progress.steps == 3
    assert held.generator().options == generator.options
    (tmp_path / "weights" / "001").unlink()
    with pytest.raises(InputError, match="001 is missing"):
        read_checkpoint(tmp_path / "weights")
