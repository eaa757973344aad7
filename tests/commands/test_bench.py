"""The subcommands of `bunraku bench`: what they pass on, print and refuse."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.commands.running import Recorder, run
from tests.runtime.bench.reports import (
    engines_report,
    glass_report,
    kernels_report,
    latency_report,
    memory_report,
)

from bunraku.runtime.bench import engines, kernels, latency, memory
from bunraku.spec.stages import Step
from bunraku.stream.bench import glass, load
from bunraku.stream.sinks import window
from bunraku.stream.sources.webcam import WebcamSource


def _latency_report() -> dict[str, Any]:
    spread = {"p50": 50.0, "p95": 60.0, "min": 45.0}
    return {
        "chain_ms": spread,
        "yardstick_ms": {"p50": 10.0, "p95": 11.0, "min": 9.0},
        "ratio": 5.0,
        "stages": {f"{Step.POSE}_ms": spread},
        "set_source_ms": 900.0,
        "peak_rss_mib": 600.0,
    }


@pytest.fixture
def fake_bench(monkeypatch: pytest.MonkeyPatch) -> Callable[[], Recorder]:
    fake = Recorder(_latency_report())
    monkeypatch.setattr(latency, "run_latency", fake)
    return lambda: fake


def test_bench_latency_to_a_file(fake_bench: Callable[[], Recorder], tmp_path: Path) -> None:
    result = run(
        *("bench", "latency", "--bundle", "live", "--engine", "onnxruntime", "--threads", 2),
        *("--frames", 9, "--driver", "body", "--face", 1, "--json", tmp_path / "latency.json"),
    )
    assert json.loads((tmp_path / "latency.json").read_bytes()) == _latency_report()
    assert "chain            p50   50.00 ms   p95   60.00 ms" in result.stdout
    assert "  densepose.pose p50   50.00 ms" in result.stdout
    assert "ratio 5.00, set_source 900 ms, peak memory 600 MiB" in result.stdout
    options = fake_bench().arguments[0]
    assert (options.bundle, options.engine) == ("live", "onnxruntime")
    assert (options.threads, options.frames) == (2, 9)
    assert (options.warmup, options.sources) == (9, 3)
    assert (options.driver, options.face) == ("body", 1.0)
    fake_bench().arguments[1](3, 9)


def test_bench_latency_to_stdout(fake_bench: Callable[[], Recorder]) -> None:
    assert json.loads(run("bench", "latency").stdout) == _latency_report()


def test_bench_latency_checks_its_file_first(
    fake_bench: Callable[[], Recorder], tmp_path: Path
) -> None:
    for path, reason in ((tmp_path, "is a folder"), (tmp_path / "no" / "f", "does not exist")):
        result = run("bench", "latency", "--json", path)
        assert result.exit_code == 2
        assert reason in result.stderr
    assert fake_bench().arguments == ()


def test_sessions_are_measured_when_asked(
    fake_bench: Callable[[], Recorder], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    runs = latency_report()["load"]
    fake = Recorder(runs)
    monkeypatch.setattr(load, "run_load", fake)
    result = run(
        *("bench", "latency", "--sessions", "1,2", "--rate", 25, "--seconds", 3),
        *("--json", tmp_path / "latency.json"),
    )
    asked = fake.arguments[1]
    assert (asked.sessions, asked.rate, asked.seconds) == ((1, 2), 25.0, 3.0)
    assert asked.warm_s == 2.0
    assert json.loads((tmp_path / "latency.json").read_bytes())["load"] == runs
    assert "  1 sessions, as fast as it can: 31.0 frames/s, age p50 60 ms, 3 dropped" in (
        result.stdout
    )
    assert "  2 sessions, 30 frames/s each: 40.0 frames/s, age p50 75 ms" in result.stdout


@pytest.mark.parametrize(
    ("sessions", "told"),
    [
        ("one", "Write it as in 1,2,4"),
        ("1,", "Write it as in 1,2,4"),
        ("0", "1 to 256"),
    ],
)
def test_numbers_of_sessions(fake_bench: Callable[[], Recorder], sessions: str, told: str) -> None:
    result = run("bench", "latency", "--sessions", sessions)
    assert (result.exit_code, told in result.stderr) == (2, True)
    assert fake_bench().arguments == ()


def test_kernels(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    fake = Recorder(kernels_report())
    monkeypatch.setattr(kernels, "run_kernels", fake)
    result = run(
        *("bench", "kernels", "--only", "texture", "--no-compiled", "--samples", 7),
        *("--budget", 0.5, "--threads", 1, "--json", tmp_path / "k.json"),
    )
    options = fake.arguments[0]
    assert (options.device, options.only, options.compiled) == ("cpu", "texture", False)
    assert (options.samples, options.budget_s, options.threads) == (7, 0.5, 1)
    assert "  numba           p50    2.0000 ms     4.00 × torch    25.0 % of the roofline" in (
        result.stdout
    )
    assert "  torch-compiled  left out" in result.stdout
    assert run("bench", "kernels").stdout.startswith("{")


def test_engines(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    fake = Recorder(engines_report())
    monkeypatch.setattr(engines, "run_engines", fake)
    result = run(
        *("bench", "engines", "--engine", "onnxruntime", "--engine", "openvino:f32"),
        *("--bundle", "b", "--frames", 5, "--json", tmp_path / "e.json"),
    )
    options, only, _ = fake.arguments
    assert only == ("onnxruntime", "openvino:f32")
    assert (options.bundle, options.frames, options.warmup) == ("b", 5, 5)
    assert "tensorrt:f16           there is no NVIDIA driver" in result.stdout
    assert "p50   20.00 ms   its networks   18.00 ms   0.000 levels off\n" in result.stdout
    refused = run("bench", "engines", "--engine", "caffe")
    assert refused.exit_code == 2
    assert "There is no engine called 'caffe'." in refused.stderr


def test_memory(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    fake = Recorder(memory_report())
    monkeypatch.setattr(memory, "run_memory", fake)
    result = run(
        *("bench", "memory", "--engine", "onnxruntime", "--frames", 5, "--driver", "landmarks"),
        *("--json", tmp_path / "m.json"),
    )
    options = fake.arguments[0]
    assert (options.engine, options.frames, options.driver) == ("onnxruntime", 5, "landmarks")
    assert "photo      peak    620 MiB   after    500 MiB\n" in result.stdout


def test_glass(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    asked: list[Any] = []

    async def measure(*arguments: Any) -> dict[str, Any]:
        asked.extend(arguments)
        return glass_report()

    monkeypatch.setattr(glass, "measure_glass", measure)
    monkeypatch.setattr(window, "check_display", lambda: None)
    result = run(
        *("bench", "glass", "--camera", 2, "--size", "640x480", "--seconds", 5),
        *("--json", tmp_path / "g.json"),
    )
    camera, _, options = asked
    assert isinstance(camera, WebcamSource)
    assert options.seconds == 5.0
    assert "glass to program: p50 90 ms, p95 135 ms, min 72 ms, of 40 marks" in result.stdout
    assert "  with the screen\n  without the network\n" in result.stdout
    assert json.loads((tmp_path / "g.json").read_bytes())["camera"] == "webcam 2"


def test_glass_needs_a_display(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    result = run("bench", "glass", "--camera", 0)
    assert result.exit_code == 2
    assert result.stderr == (
        "bunraku: There is no display for a window: DISPLAY is not set. "
        "Start from a desktop session.\n"
    )


def test_reports_are_drawn(tmp_path: Path) -> None:
    path = tmp_path / "latency.json"
    path.write_text(json.dumps(latency_report()))
    result = run("bench", "report", path, "--out", tmp_path / "out")
    assert result.stdout.splitlines() == [
        str(tmp_path / "out" / name)
        for name in (
            "report.md",
            "latency-stages.png",
            "latency-sessions.png",
            "latency-age.png",
        )
    ]
    (tmp_path / "more").mkdir()
    other = tmp_path / "more" / "latency.json"
    refused = run("bench", "report", path, other, "--out", tmp_path / "out")
    assert (refused.exit_code, "Two reports have one name" in refused.stderr) == (2, True)
    unread = run("bench", "report", other, "--out", tmp_path / "out")
    assert (unread.exit_code, "cannot be read" in unread.stderr) == (2, True)
