from __future__ import annotations

import os
from pathlib import Path

import pytest
from tests.stream.locked import lock

from bunraku.errors import OutputError
from bunraku.stream.clip.writer import writable_target
from bunraku.stream.core.output_path import (
    check_apart,
    check_file,
    check_folder,
    check_replaced,
)


def test_links_are_followed(tmp_path: Path) -> None:
    real, link = tmp_path / "real.json", tmp_path / "link.json"
    link.symlink_to(real)
    assert check_file(link) == real
    real.touch()
    assert check_file(link) == real
    assert check_file(Path("/dev/null")) == Path("/dev/null")


@pytest.mark.parametrize(
    ("name", "told"),
    [(".", r"is a folder\. Name a file in it\."), ("no/out.mp4", r"no does not exist\. Make it")],
)
def test_what_cannot_be_a_file(tmp_path: Path, name: str, told: str) -> None:
    with pytest.raises(OutputError, match=told):
        check_file(tmp_path / name)


def test_names_longer_than_files_can_have(tmp_path: Path) -> None:
    check_file(tmp_path / f"{'日' * 83}ab.mp4")  # 255 bytes
    with pytest.raises(OutputError, match=r"has a longer name than files can have here\. Shorten"):
        check_file(tmp_path / f"{'日' * 83}abc.mp4")


def test_links_that_go_round_are_no_surprise(tmp_path: Path) -> None:
    link = tmp_path / "out.mp4"
    link.symlink_to(link)
    assert writable_target(link) == link


def test_folders_that_may_not_be_looked_into(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    kept = tmp_path / "kept.mp4"
    kept.touch()
    lock(tmp_path, monkeypatch)
    for check in (check_file, writable_target):
        for path in (tmp_path / "new.mp4", kept, inner / "new.mp4"):
            with pytest.raises(OutputError, match="permission denied"):
                check(path)
    for folder in (tmp_path, inner):
        with pytest.raises(OutputError, match="permission denied"):
            check_folder(folder)
    check_apart(tmp_path / "new.mp4", [(kept, "clip")])


def test_an_input_is_no_output(tmp_path: Path) -> None:
    clip, link = tmp_path / "clip.mp4", tmp_path / "link.mp4"
    check_apart(link, [(clip, "clip")])
    clip.touch()
    check_apart(link, [(clip, "clip")])
    link.symlink_to(clip)
    for out in (clip, link):
        with pytest.raises(OutputError, match=r"is the clip itself\. Name another output file\."):
            check_apart(out, [(tmp_path / "photo.jpg", "photo"), (clip, "clip")])


def test_a_folder_that_is_read_takes_no_output(tmp_path: Path) -> None:
    images, link = tmp_path / "iuv", tmp_path / "link.mp4"
    (images / "deeper").mkdir(parents=True)
    link.symlink_to(images / "out.mp4")
    for out in (images / "out.mp4", link):
        with pytest.raises(OutputError, match=r"would be in .*iuv, which is read\. Name one"):
            check_apart(out, [(images, "IUV images")])
    for out in (tmp_path / "out.mp4", images / "deeper" / "out.mp4"):
        check_apart(out, [(images, "IUV images")])


def test_a_folder_that_is_replaced_holds_no_input(tmp_path: Path) -> None:
    bundle = tmp_path / "bundle"
    bundle.mkdir()
    checkpoint = bundle / "checkpoint.pt"
    checkpoint.touch()
    with pytest.raises(OutputError, match=r"The checkpoint .* is in .*bundle, which would be"):
        check_replaced(bundle, [(checkpoint, "checkpoint")])
    check_replaced(tmp_path / "new", [(checkpoint, "checkpoint")])


def test_what_is_replaced_need_not_be_writable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = tmp_path / "kept.mp4"
    kept.touch()
    real = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: path != kept and real(path, mode))
    with pytest.raises(OutputError, match="permission denied"):
        writable_target(kept)
    assert writable_target(kept, replaced=True) == kept
