from __future__ import annotations

import errno
import json
import re
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from PIL import Image

from bunraku.errors import MissingExtraError, OutputError
from bunraku.training import journal
from bunraku.training.journal import Journal


@pytest.fixture(autouse=True)
def two_steps_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "LINE_STEPS", 2)


def open_journal(out: Path, step: int = 0, lines: list[str] | None = None) -> Journal:
    log = (lambda _: None) if lines is None else lines.append
    return Journal(out, log, step=step, tensorboard=False)


def add(to: Journal, step: int, value: float) -> None:
    to.add(step, "learn", 1e-3, 2.0, {"l1": torch.tensor(value)})


def steps(out: Path) -> list[int]:
    return [
        json.loads(line)["step"]
        for line in (out / "losses.jsonl").read_text(encoding="utf-8").splitlines()
    ]


def test_a_line_holds_means(tmp_path: Path) -> None:
    to = open_journal(tmp_path)
    add(to, 1, 0.25)
    assert steps(tmp_path) == []
    add(to, 2, 0.75)
    (line,) = (tmp_path / "losses.jsonl").read_text(encoding="utf-8").splitlines()
    assert json.loads(line) == {
        "step": 2, "phase": "learn", "rate": 1e-3, "seconds": 2.0, "losses": {"l1": 0.5}
    }  # fmt: skip


def test_the_last_line_may_be_of_fewer_steps(tmp_path: Path) -> None:
    to = open_journal(tmp_path)
    for step in range(1, 4):
        add(to, step, 1.0)
    to.close()
    assert steps(tmp_path) == [2, 3]


def test_a_line_is_of_one_phase(tmp_path: Path) -> None:
    to = open_journal(tmp_path)
    add(to, 1, 0.5)
    to.add(2, "sharpen", 1e-4, 3.0, {"critic": torch.tensor(0.25)})
    to.close()
    lines = [
        json.loads(line)
        for line in (tmp_path / "losses.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    assert [line["losses"] for line in lines] == [{"l1": 0.5}, {"critic": 0.25}]


def test_what_was_made_beyond_the_checkpoint_is_made_again(tmp_path: Path) -> None:
    to = open_journal(tmp_path)
    for step in range(1, 7):
        add(to, step, 1.0)
    with (tmp_path / "losses.jsonl").open("a") as file:
        file.write('{"step": 3, "tor')  # the machine went off
    to = open_journal(tmp_path, step=4)
    assert steps(tmp_path) == [2, 4]


def test_progress_with_the_time_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = SimpleNamespace(now=0.0)
    monkeypatch.setattr(journal, "time", SimpleNamespace(monotonic=lambda: clock.now))
    lines: list[str] = []
    to = open_journal(tmp_path, lines=lines)
    for step in range(1, 32):
        clock.now += 2.0
        add(to, step, 1.0)
        to.tell("learn", step, 500, left=7200 - step, samples=12)
    assert lines == ["learn: step 30 of 500, 6.0 samples/s, 3 h 59 min left"]


@pytest.mark.parametrize(
    ("seconds", "words"), [(20.0, "0 min"), (3540.0, "59 min"), (3600.0, "1 h 0 min"),
                           (90_000.0, "1 d 1 h")],
)  # fmt: skip
def test_durations(seconds: float, words: str) -> None:
    assert journal._duration(seconds) == words


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "losses.jsonl").mkdir()
    with pytest.raises(OutputError, match="cannot be written: Is a directory"):
        open_journal(tmp_path)


def test_a_full_disk_is_told_once_and_no_line_is_lost(tmp_path: Path) -> None:
    told: list[str] = []
    to = open_journal(tmp_path, lines=told)
    for step in range(1, 3):
        add(to, step, 1.0)
    (tmp_path / "losses.jsonl").rename(tmp_path / "kept")
    (tmp_path / "losses.jsonl").symlink_to("/dev/full")
    for step in range(3, 7):
        add(to, step, 1.0)
    to.tell("learn", 6, 9, left=3, samples=1)
    (line,) = told
    assert re.search(r"losses\.jsonl cannot be written: No space left.*goes on", line)
    (tmp_path / "kept").replace(tmp_path / "losses.jsonl")  # space was made
    for step in range(7, 9):
        add(to, step, 1.0)
    assert steps(tmp_path) == [2, 4, 6, 8]
    assert len(told) == 1


def test_a_line_that_fits_in_half_is_taken_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    to = open_journal(tmp_path)
    add(to, 1, 1.0)
    add(to, 2, 1.0)
    whole = Path.open

    def half(self: Path, *arguments: Any, **words: Any) -> Any:
        file = whole(self, *arguments, **words)
        write = file.write

        class Full:
            def __enter__(self) -> Any:
                return self

            def __exit__(self, *_: object) -> None:
                file.close()

            def write(self, text: str) -> None:
                write(text[:9])
                raise OSError(errno.ENOSPC, "No space left on device")

        return Full()

    with monkeypatch.context() as full:
        full.setattr(Path, "open", half)
        add(to, 3, 1.0)
        add(to, 4, 1.0)
    assert steps(tmp_path) == [2]
    to.close()
    assert steps(tmp_path) == [2, 4]


def test_tensorboard_on_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []

    class Writer:
        def __init__(self, *_: Any, **__: Any) -> None: ...

        def add_scalar(self, *_: Any) -> None:
            calls.append("add")
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setitem(
        sys.modules, "torch.utils.tensorboard", SimpleNamespace(SummaryWriter=Writer)
    )
    told: list[str] = []
    to = Journal(tmp_path, told.append, step=0, tensorboard=True)
    for step in range(1, 5):
        add(to, step, 1.0)
    to.close()
    assert calls == ["add"]
    (line,) = told
    assert re.search(r"tensorboard cannot be written: No space left.*goes on", line)
    assert steps(tmp_path) == [2, 4]


def test_tensorboard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Scalars at each line, pictures as they come, and nothing twice after a kill."""
    written: list[Any] = []

    class Writer:
        def __init__(self, folder: Path, purge_step: int) -> None:
            written.append((folder, purge_step))

        def add_scalar(self, name: str, value: float, step: int) -> None:
            written.append((name, value, step))

        def add_image(self, name: str, pixels: Any, step: int, dataformats: str) -> None:
            written.append((name, pixels.shape, step, dataformats))

        def close(self) -> None:
            written.append("closed")

    module = SimpleNamespace(SummaryWriter=Writer)
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", module)
    to = Journal(tmp_path, print, step=4, tensorboard=True)
    add(to, 5, 0.5)
    add(to, 6, 0.5)
    Image.new("RGB", (4, 2)).save(tmp_path / "s.jpg")
    to.show(6, tmp_path / "s.jpg")
    to.close()
    assert written == [
        (tmp_path / "tensorboard", 5),
        ("losses/l1", 0.5, 6),
        ("rate", 1e-3, 6),
        ("samples", (2, 4, 3), 6, "HWC"),
        "closed",
    ]


def test_tensorboard_that_is_not_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    with pytest.raises(MissingExtraError, match="pip install tensorboard"):
        Journal(tmp_path, print, step=0, tensorboard=True)
