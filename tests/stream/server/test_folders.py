from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest
from tests.stream.server.fakes import serving

from bunraku.stream.server.folders import PrivateFolders, sweep


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_private_and_gone(temporary: Path) -> None:
    folders = PrivateFolders()
    assert not list(temporary.iterdir())
    one, other = folders.make(), folders.make()
    assert one != other
    assert one.parent.parent == temporary
    for folder in (one, one.parent):
        assert folder.stat().st_mode & 0o777 == 0o700
    (one / "recording.mp4").touch()
    folders.close()
    folders.close()
    assert not list(temporary.iterdir())


def test_made_anew_where_the_system_has_tidied_up() -> None:
    folders = PrivateFolders()
    folders.make().rmdir()
    next(Path(tempfile.gettempdir()).iterdir()).rmdir()
    assert folders.make().is_dir()
    folders.close()


def test_sweeping_spares_the_living(temporary: Path) -> None:
    alive, killed = PrivateFolders(), PrivateFolders()
    (alive.make() / "recording.mp4").touch()
    (killed.make() / "recording.mp4").touch()
    assert killed._lock is not None
    os.close(killed._lock)  # as the system does at a process's end
    others = temporary / "others"
    others.mkdir()
    (others / "letter.txt").touch()
    (temporary / "bunraku-serve-link").symlink_to(others)
    sweep()
    assert alive._root is not None
    assert {path.name for path in temporary.iterdir()} == {
        *("others", "bunraku-serve-link", alive._root.name),
    }
    assert (others / "letter.txt").is_file()
    assert len(list(alive._root.rglob("*.mp4"))) == 1
    alive.close()


async def test_servers_sweep_when_they_start(temporary: Path) -> None:
    killed = PrivateFolders()
    killed.make()
    assert killed._lock is not None
    os.close(killed._lock)
    async with serving():
        assert not list(temporary.iterdir())


def test_sweeping_leaves_other_users_alone(
    temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = temporary / "bunraku-serve-theirs"
    theirs.mkdir()
    user = os.getuid()
    monkeypatch.setattr(os, "getuid", lambda: user + 1)
    sweep()
    assert theirs.is_dir()


def test_nowhere_to_write_keeps_no_server_from_starting(monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere() -> str:
        raise FileNotFoundError(2, "No usable temporary directory found")

    monkeypatch.setattr(tempfile, "gettempdir", nowhere)
    sweep()


def test_leftovers_are_found_though_their_place_is_full(
    temporary: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = Path(tempfile.mkdtemp(prefix="bunraku-serve-"))
    monkeypatch.setenv("TMPDIR", str(temporary))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path_factory.mktemp("another")))
    sweep()
    assert not left.exists()
