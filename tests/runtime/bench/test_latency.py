from __future__ import annotations

import json

import pytest
from tests.runtime.fakes import puppet, street, with_person

from bunraku.errors import InputError
from bunraku.runtime.bench.latency import measure, run_latency
from bunraku.runtime.bench.options import BenchOptions
from bunraku.runtime.engines.onnx_runtime import OnnxEngine
from bunraku.runtime.yardstick import SIDE, yardstick_input, yardstick_model
from bunraku.spec.stages import Step

PHOTO = with_person(street(), 100, 60)


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


def test_the_first_chain_is_measured_in_turns_with_it() -> None:
    clip = [with_person(street(), 100 + 5 * i, 60) for i in range(3)]
    options = BenchOptions(frames=3, warmup=1, sources=1, base=True)
    report = measure(puppet(), PHOTO, clip, 1, options, base=puppet())
    base = report["base"]
    for name in ("chain", "chain_cpu"):
        times = base[f"{name}_ms"]["p50"] / report[f"{name}_ms"]["p50"]
        assert base["times"][name] == pytest.approx(times, abs=1e-3)
    for chain in (base, report):
        assert set(chain["stages_cpu"]) == set(chain["stages"]) == set(report["stages"])
        worked = sum(spread["min"] for spread in chain["stages_cpu"].values())
        assert 0 < worked <= chain["chain_cpu_ms"]["p95"]
    told = (base["driver"], base["engine"], base["face"], base["hands"])
    assert told == ("landmarks", "onnxruntime:f32", 0.0, False)
    assert "base" not in measure(puppet(), PHOTO, clip, 1, options)


def test_nothing_is_not_measured() -> None:
    with pytest.raises(InputError, match="at least one frame"):
        run_latency(BenchOptions(frames=0))
