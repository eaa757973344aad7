"""Reports as the subcommands write them, small and with round numbers."""

from __future__ import annotations

from typing import Any

from bunraku.runtime.bench.facts import facts
from bunraku.spec.stages import Step


def spread(p50: float) -> dict[str, float]:
    return {"p50": p50, "p95": 1.5 * p50, "min": 0.8 * p50}


def latency_report() -> dict[str, Any]:
    steps = {Step.POSE: 20.0, Step.IUV: 8.0, Step.EXPRESSION: 1.0, Step.PASTE: 6.0}
    runs = ((1, None, 31.0, 60.0), (1, 30.0, 29.5, 41.0), (2, 30.0, 40.0, 75.0))
    return {
        "kind": "latency",
        "chain_ms": spread(36.0),
        "yardstick_ms": spread(12.0),
        "ratio": 3.0,
        "stages": {f"{step}_ms": spread(ms) for step, ms in steps.items()},
        "set_source_ms": 900.0,
        "peak_rss_mib": 600.0,
        "bundle": "live",
        "driver": "body",
        "engine": "onnxruntime (not openvino: openvino is not installed)",
        "load": [
            {
                "sessions": count,
                "rate": rate,
                "frames_per_s": fps,
                "slowest": fps / count,
                "age_ms": spread(age),
                "dropped": 3,
                "lost": 0,
            }
            for count, rate, fps, age in runs
        ],
        "base": {
            "chain_ms": spread(54.0),
            "chain_cpu_ms": spread(57.6),
            "stages": {f"{Step.IUV}_ms": spread(22.0)},
            "times": {"chain": 1.5, "chain_cpu": 1.6},
            "driver": "landmarks",
            "engine": "onnxruntime:f32",
        },
        **facts(),
    }


def kernels_report() -> dict[str, Any]:
    timed = {**spread(2.0), "error": 1e-6, "of_roofline": 0.25, "speedup": 4.0}
    return {
        "kind": "kernels",
        "device": "cpu",
        "copy_gb_s": 20.0,
        "kernels": [
            {
                "name": "texture paper",
                "precision": "f32",
                "must_move_bytes": 7_000_000,
                "roofline_ms": 0.5,
                "forms": {"numba": timed, "torch-compiled": {"missing": "left out"}},
            }
        ],
        **facts(),
    }


def engines_report() -> dict[str, Any]:
    measured = {
        "engine": "onnxruntime",
        "precision": "f32",
        "device": "cpu",
        "load_s": 0.1,
        "chain_ms": {"missing": "the pose networks have not been fetched"},
        "generator_ms": spread(20.0),
        "networks_ms": spread(18.0),
        "parity": {"levels_mean": 0.0, "levels_max": 0.0},
        "within": True,
    }
    lacking = {"engine": "tensorrt", "precision": "f16", "missing": "there is no NVIDIA driver"}
    return {
        "kind": "engines",
        "reference": "onnxruntime:f32",
        "engines": [measured, lacking],
        "surfaces": "made",
        **facts(),
    }


def memory_report() -> dict[str, Any]:
    steps = {"load": (300.0, 280.0), "photo": (620.0, 500.0), "densepose": (510.0, 505.0)}
    return {
        "kind": "memory",
        "steps": {n: {"peak_mib": peak, "after_mib": after} for n, (peak, after) in steps.items()},
        "engine": "onnxruntime",
        **facts(),
    }


def glass_report() -> dict[str, Any]:
    return {
        "kind": "glass",
        "glass_ms": spread(90.0),
        "to_capture_ms": spread(60.0),
        "samples": 40,
        "frame_interval_ms": 33.4,
        "includes": ["the screen"],
        "leaves_out": ["the network"],
        **facts(),
    }


ALL = (latency_report, kernels_report, engines_report, memory_report, glass_report)
