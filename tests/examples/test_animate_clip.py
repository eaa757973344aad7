from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace

import av
import pytest

import bunraku
from bunraku.runtime.engines.bundle import shipped

ROOT = Path(__file__).parents[2]
Load = Callable[[str], ModuleType]
MakeFile = Callable[..., Path]


def frames_of(path: Path) -> list[tuple[int, int]]:
    with av.open(str(path)) as container:
        return [(frame.width, frame.height) for frame in container.decode(video=0)]


def test_a_clip_is_animated(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    load_example: Load,
    make_clip: MakeFile,
    make_photo: MakeFile,
    make_puppet: Callable[..., object],
    tmp_path: Path,
) -> None:
    fake = make_puppet(notes=("a note",))
    monkeypatch.setattr(bunraku, "Puppet", SimpleNamespace(load=lambda _: fake))
    out = tmp_path / "out.mp4"
    arguments = [str(make_photo()), str(make_clip(frames=6)), str(out)]
    main = load_example("animate_clip").main
    assert main(arguments) == 0
    assert frames_of(out) == [(40, 30)] * 6
    told = capsys.readouterr().out
    assert "frame 6 of 6" in told
    assert f"{out}: 6 frames" in told
    assert "note: a note" in told
    assert main([*arguments, "--frames", "2", "--side-by-side"]) == 0
    assert frames_of(out) == [(80, 30)] * 2


def test_what_is_wrong_is_one_line(
    capsys: pytest.CaptureFixture[str], load_example: Load, make_photo: MakeFile, tmp_path: Path
) -> None:
    out = tmp_path / "out.mp4"
    arguments = [str(make_photo()), str(tmp_path / "missing.mp4"), str(out)]
    assert load_example("animate_clip").main(arguments) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert "missing.mp4" in line
    assert not out.exists()


@pytest.mark.skipif(
    not {"live", "iuv"} <= set(shipped()), reason="this checkout has no trained weights"
)
def test_for_real(load_example: Load, tmp_path: Path) -> None:
    out = tmp_path / "out.mp4"
    photo, clip = (str(ROOT / "examples" / name) for name in ("photo.jpg", "clip.mp4"))
    assert load_example("animate_clip").main([photo, clip, str(out), "--frames", "3"]) == 0
    assert frames_of(out) == [(512, 768)] * 3
