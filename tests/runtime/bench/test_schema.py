"""What a report is held to."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.runtime.bench.reports import ALL, engines_report, kernels_report, latency_report

from bunraku.errors import InputError
from bunraku.runtime.bench.schema import KINDS, check_report, read_report


@pytest.mark.parametrize("make", ALL)
def test_whole_reports_are_taken(make: Callable[[], dict[str, Any]], tmp_path: Path) -> None:
    report = make()
    assert check_report(report) == report["kind"]
    path = tmp_path / "r.json"
    path.write_text(json.dumps(report))
    assert read_report(path) == report


def test_every_kind_is_tried() -> None:
    assert {make()["kind"] for make in ALL} == set(KINDS)


def _broken() -> list[tuple[Any, str]]:
    latency, kernels, engines = latency_report(), kernels_report(), engines_report()
    del latency["chain_ms"]["p95"]
    kernels["kernels"][0]["forms"]["numba"]["p50"] = "2"
    engines["engines"][0]["within"] = 1
    nowhere, networks = engines_report(), engines_report()
    nowhere["engines"][0]["chain_ms"] = None
    networks["engines"][0]["networks_ms"] = 18.0
    empty = kernels_report() | {"kernels": []}
    load, base = latency_report(), latency_report()
    load["load"][0]["dropped"] = True
    del base["base"]["times"]["chain_cpu"]
    return [
        ([], "it is list"),
        ({}, "it has no 'kind'"),
        ({"kind": "speed"}, "there is no kind 'speed'"),
        (latency, "chain_ms has no 'p95'"),
        (kernels, "kernels.0.forms.numba.p50 is str"),
        (engines, "engines.0.within is int"),
        (nowhere, "engines.0.chain_ms is NoneType"),
        (networks, "engines.0.networks_ms is float"),
        (empty, "kernels is empty"),
        (load, "load.0.dropped is bool"),
        (base, "base.times has no 'chain_cpu'"),
    ]


@pytest.mark.parametrize(("report", "told"), _broken())
def test_what_is_not_whole_is_told(report: Any, told: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=told):
        check_report(report)
    path = tmp_path / "r.json"
    path.write_text(json.dumps(report))
    with pytest.raises(InputError, match=f"is no report of `bunraku bench`: {told}"):
        read_report(path)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"cannot be read: No such file"):
        read_report(tmp_path / "r.json")
    (tmp_path / "r.json").write_text("{")
    with pytest.raises(InputError, match="is no report"):
        read_report(tmp_path / "r.json")
