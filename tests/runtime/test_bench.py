from __future__ import annotations

import json
import os
from pathlib import Path

import av
import numpy as np
import pytest
from tests.runtime.fakes import puppet, street, with_person

from bunraku.errors import ClipError, InputError
from bunraku.runtime.bench import (
    BenchOptions,
    commit,
    machine,
    measure,
    media,
    peak_rss_mib,
    read_clip,
    run_latency,
)
from bunraku.runtime.engines.onnx_runtime import OnnxEngine
from bunraku.runtime.yardstick import SIDE, yardstick_input, yardstick_model
from bunraku.spec.stages import Step

PHOTO = with_person(street(), 100, 60)


def write_clip(path: Path, frames: int) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=30)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for i in range(frames):
            picture = np.full((48, 64, 3), 10 * i, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture)))
        container.mux(stream.encode(None))
    return path


def test_the_yardstick_is_the_same_everywhere() -> None:
    model, gflop = yardstick_model()
    assert gflop == pytest.approx(1.9, rel=0.02)
    assert yardstick_model()[0] == model
    engine = OnnxEngine(model, "yardstick", 1)
    assert engine.inputs == engine_shapes("x")
    assert engine.outputs == engine_shapes("y")
    result = engine.run({"x": yardstick_input()})["y"]
    assert 0.0 < result.min() < result.max() < 1.0
    assert result.std() > 1e-3


def engine_shapes(name: str) -> dict[str, tuple[int, ...]]:
    return {name: (1, 3, SIDE, SIDE)}


def test_the_report_has_what_it_promises() -> None:
    seen: list[tuple[int, int]] = []
    clip = [with_person(street(), 100 + 5 * i, 60) for i in range(3)]
    options = BenchOptions(frames=4, warmup=2, sources=1)
    report = measure(puppet(), PHOTO, clip, 1, options, lambda i, n: seen.append((i, n)))
    for spread in (report["chain_ms"], report["yardstick_ms"], *report["stages"].values()):
        assert set(spread) == {"p50", "p95", "min"}
        assert 0 < spread["min"] <= spread["p50"] <= spread["p95"]
    assert list(report["stages"]) == [
        f"{s}_ms" for s in Step if not s.endswith((".face", ".hands"))
    ]
    expected = report["chain_ms"]["p50"] / report["yardstick_ms"]["p50"]
    assert report["ratio"] == pytest.approx(expected, rel=0.01)
    assert report["set_source_ms"] > 0
    assert report["peak_rss_mib"] > 20
    assert report["lost_person_frames"] == 0
    assert seen[-1] == (4, 4)
    assert json.loads(json.dumps(report)) == report


def test_the_machine_and_the_commit_are_told() -> None:
    told = machine()
    assert told["cores"] >= 1
    assert told["libraries"]["numpy"] == np.__version__
    assert json.dumps(told)
    assert peak_rss_mib() > 20
    at = commit()
    assert at is None or len(at.rstrip("+")) == 40


def test_a_clip_is_read_up_to_a_number_of_frames(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "clip.mp4", 7)
    assert [f.shape for f in read_clip(path, 5)] == [(48, 64, 3)] * 5
    assert len(read_clip(path, 100)) == 7
    (tmp_path / "text.mp4").write_text("no clip")
    os.mkfifo(tmp_path / "pipe.mp4")
    for bad in ("text.mp4", "absent.mp4", "pipe.mp4"):
        with pytest.raises(ClipError):
            read_clip(tmp_path / bad, 5)


def test_a_clip_is_the_file_of_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_clip(tmp_path / "clip.mp4", 3).rename(tmp_path / "a:b.mp4")
    monkeypatch.chdir(tmp_path)
    assert len(read_clip(Path("a:b.mp4"), 5)) == 3


def test_what_is_given_is_used(tmp_path: Path) -> None:
    photo, clip = tmp_path / "p.png", tmp_path / "c.mp4"
    assert media(BenchOptions(photo=photo, clip=clip)) == (photo, clip)
    with pytest.raises(InputError, match="at least one frame"):
        run_latency(BenchOptions(frames=0))
