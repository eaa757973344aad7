from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from benchmarks.live import cases, report
from benchmarks.live.errors import BenchError


def case(**changes: Any) -> dict[str, Any]:
    delay = {"p50": 40.0, "p95": 60.0, "slope_ms_per_min": 0.1, "slope_95": [-0.2, 0.4]}
    return {"page_to_page_ms": delay | changes.pop("delay", {}), "fps": 30.0} | changes


def test_environment_says_where_and_what() -> None:
    found = report.environment()
    assert found["machine"]["cores"] >= 1
    assert found["machine"]["memory_gib"] > 0
    assert {"python", "aiortc", "av"} <= set(found["versions"])
    assert found["date"].endswith("+00:00")
    json.dumps(found)


def test_complete_report_passes() -> None:
    report.check_cases({name: case() for name in report.OWN_CASES}, report.OWN_CASES)


@pytest.mark.parametrize(
    ("broken", "text"),
    [
        ({}, "no live"),
        ({"live": case(fps=None)}, "no fps"),
        ({"live": {"fps": 30.0}}, "no page_to_page_ms"),
        ({"live": case(delay={"slope_ms_per_min": None})}, "slope_ms_per_min"),
    ],
)
def test_incomplete_report_is_refused(broken: dict[str, Any], text: str) -> None:
    with pytest.raises(BenchError, match=text):
        report.check_cases(broken, ["live"])


def test_written_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "live.json"
    report.write(path, {"fps": 30})
    with pytest.raises(TypeError):
        report.write(path, {"fps": object()})
    assert json.loads(path.read_text(encoding="utf-8")) == {"fps": 30}
    assert list(tmp_path.iterdir()) == [path]


def test_target_is_checked_first(tmp_path: Path) -> None:
    report.check_target(tmp_path / "live.json")
    with pytest.raises(BenchError, match="is a folder"):
        report.check_target(tmp_path)
    with pytest.raises(BenchError, match="does not exist"):
        report.check_target(tmp_path / "none" / "live.json")


def test_cases_are_those_the_report_promises() -> None:
    names = tuple(one.name for one in cases.CASES)
    assert names == (*report.OWN_CASES, *report.YARDSTICKS)
    assert {one.name for one in cases.CASES if one.quick is None} <= set(report.YARDSTICKS)
    quick = sum(one.quick.warm_s + one.quick.measure_s for one in cases.CASES if one.quick)
    assert quick < 80


@pytest.mark.parametrize(
    ("name", "delay", "kept"),
    [
        ("passthrough", {"p50": 50.0}, True),
        ("passthrough", {"p50": 50.1}, False),
        ("overload_60ms", {"p95": 219.0}, True),
        ("overload_60ms", {"p95": 221.0}, False),
        ("overload_60ms", {"slope_ms_per_min": 3.0, "slope_95": [2.5, 3.5]}, False),
        ("overload_60ms", {"slope_ms_per_min": 3.0, "slope_95": [-1.0, 7.0]}, True),
        ("overload_60ms", {"slope_ms_per_min": 1.0, "slope_95": [0.9, 1.1]}, True),
    ],
)
def test_limits(name: str, delay: dict[str, Any], kept: bool) -> None:
    chosen = next(one for one in cases.CASES if one.name == name)
    assert cases.judge(case(delay=delay)["page_to_page_ms"], chosen)["kept"] is kept


def test_yardsticks_are_not_judged() -> None:
    stock = next(one for one in cases.CASES if one.name == "stock_aiortc")
    assert cases.judge(case()["page_to_page_ms"], stock) == {}
