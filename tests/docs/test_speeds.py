"""How fast it is, as docs/results.md tells it, by the files that it names."""

from __future__ import annotations

import pytest
from tests.docs.results import PAGE, cells, file, number, same

from bunraku.spec.stages import Step


def test_live() -> None:
    rows = {
        "passthrough": "no engine",
        "engine_30ms": "an engine that takes 30 ms",
        "overload_60ms": "one that takes 60 ms, for 5 minutes",
        "live": "the `live` weights, for 5 minutes",
        "stock_aiortc": "stock aiortc, no engine",
        "naive_transform": "stock aiortc, 30 ms within `recv()`, as usual",
    }
    told = file("live-epyc-2cores")
    for case, row in rows.items():
        delay = told[case]["page_to_page_ms"]
        p50, p95, slope, even, fps, _ = cells(row)
        same(p50, delay["p50"])
        same(p95, delay["p95"])
        assert number(slope) == pytest.approx(delay["slope_ms_per_min"], rel=0.001, abs=0.06)
        same(fps, told[case]["fps"])
        if even:
            same(even, delay["even_speed_slope_ms_per_min"])


def test_live_on_a_slower_machine() -> None:
    told = file("live-quick-epyc-zen3")
    body, engine = (told[case]["page_to_page_ms"] for case in ("live", "engine_30ms"))
    sentence = " ".join(PAGE[PAGE.index("On the slower Zen 3") :].split("([the")[0].split())
    assert f"{body['p50']:.0f} and {body['p95']:.0f} ms at {told['live']['fps']:.1f}" in sentence
    assert f"{engine['p50']:.0f} and {engine['p95']:.0f} ms for the engine of 30 ms" in sentence


@pytest.mark.parametrize(
    ("live", "machine", "table"),
    [
        ("live-two-cores-epyc-zen3", "epyc-zen3", "| on two quiet cores |"),
        ("live-first-chain-epyc-zen4", "epyc-zen4", "| on two quiet cores of a Zen 4 |"),
    ],
)
def test_on_two_quiet_cores(live: str, machine: str, table: str) -> None:
    told, chain = file(live)["live"], file(f"first-chain-two-cores-{machine}")
    both = file(f"live-first-chain-{machine}")
    found = {
        "page to page p50, ms": told["page_to_page_ms"]["p50"],
        "page to page p95, ms": told["page_to_page_ms"]["p95"],
        "frames a second through Chromium": told["fps"],
        "times the first chain's frames a second, in one run": both["live"]["fps"]
        / both["first_chain"]["fps"],
        "times faster than the first chain, by the clock": chain["base"]["times"]["chain"],
        "the same in processor time": chain["base"]["times"]["chain_cpu"],
        "setting a photo, s": chain["set_source_ms"] / 1e3,
        "most memory, MiB": file(f"memory-{machine}")["peak_rss_mib"],
    }
    for name, value in found.items():
        measured, asked, met = cells(name, table)
        same(measured, value)
        if asked != "–":
            limit = number(asked[1:])
            assert (met == "yes") == (value <= limit if asked[0] == "≤" else value >= limit)


def test_against_the_first_chain() -> None:
    comes, alike = file("first-chain-epyc-zen3"), file("first-chain-alike-epyc-zen3")
    chains = [comes, alike, alike["base"]]
    assert [(told["face"], told["hands"]) for told in chains] == [(1, True), (0, False), (0, False)]
    after = "milliseconds of a processor, p50"
    for cell, told in zip(cells("the whole chain", after), chains, strict=True):
        same(cell, told["chain_cpu_ms"]["p50"])
    rows = {
        "pose network (now with the alignment of joints)": (Step.POSE,),
        "face network": (Step.FACE,),
        "hand network": (Step.HANDS,),
        "surface: body posed and drawn, or the IUV net": (Step.IUV,),
        "the face drawn": (Step.EXPRESSION,),
        "motion, seam and blend": (Step.MOTION, Step.SEAM, Step.BLEND),
        "pasting": (Step.PASTE,),
    }
    for row, steps in rows.items():
        for cell, told in zip(cells(row, after), chains, strict=True):
            taken = [told["stages_cpu"].get(f"{step}_ms") for step in steps]
            if taken == [None] * len(steps):
                assert cell == "–"
            else:
                same(cell, sum(spread["p50"] for spread in taken))
    for row, told in {
        "doing what it did, without face and hands": alike,
        "with face and hands, which it had not": comes,
    }.items():
        measured, asked, met = cells(row)
        times = told["base"]["times"]
        same(measured, times["chain_cpu"])
        assert (met == "yes") == (times["chain_cpu"] >= number(asked.removeprefix("≥")))
    by_clock = [told["base"]["times"]["chain"] for told in (alike, comes)]
    assert "it was {:.2f} and {:.2f}".format(*by_clock) in PAGE


def test_latency() -> None:
    told = file("latency-epyc-2cores")
    yardstick = told["yardstick_ms"]["p50"]
    rows = {
        "yardstick": told["yardstick_ms"],
        "whole chain, camera frame to pasted picture": told["chain_ms"],
        "pose network": told["stages"][f"{Step.POSE}_ms"],
        "face network": told["stages"][f"{Step.FACE}_ms"],
        "hand network": told["stages"][f"{Step.HANDS}_ms"],
        "body, posed and drawn": told["stages"][f"{Step.IUV}_ms"],
        "the face drawn": told["stages"][f"{Step.EXPRESSION}_ms"],
        "paste": told["stages"][f"{Step.PASTE}_ms"],
    }
    for row, spread in rows.items():
        ms, yardsticks = cells(row, "## How fast it is")
        same(ms, spread["p50"])
        same(yardsticks, spread["p50"] / yardstick)


def test_beside_table_4() -> None:
    engines = {f"{e['engine']}:{e['precision']}": e for e in file("engines-epyc-zen4")["engines"]}
    for kind in ("onnxruntime:f32", "openvino:bf16"):
        _, seconds, fps = cells(f"`live`, `{kind}`, one thread")
        same(seconds, engines[kind]["generator_ms"]["p50"] / 1000.0)
        same(fps, 1000.0 / engines[kind]["generator_ms"]["p50"])


def test_engines() -> None:
    for told in file("engines-epyc-zen4")["engines"]:
        if "missing" in told:
            assert f"`{told['engine']}`" in PAGE[PAGE.index("Not there: ") :].split("\n\n")[0]
            continue
        row = cells(f"`{told['engine']}:{told['precision']}`", "`bunraku bench engines --threads")
        chain, own, parity = told["chain_ms"], told["generator_ms"], told["parity"]
        values = (chain["p50"], chain["min"], own["p50"], own["min"])
        near = (parity["levels_mean"], parity["chain_levels_mean"])
        for cell, value in zip(row, (*values, *near), strict=True):
            same(cell, value)
        assert told["within"]


def test_sessions() -> None:
    told = file("sessions-epyc-zen4")
    for load in told["load"]:
        rate = load["rate"]
        asked = "as fast as it takes frames" if rate is None else f"{rate:.0f} frames a second each"
        row = cells(f"{load['sessions']}, {asked}")
        age = load["age_ms"]
        values = (load["frames_per_s"], load["slowest"], age["p50"], age["p95"])
        for cell, value in zip(row, values, strict=True):
            same(cell, value)
    part = PAGE[PAGE.index("**Live sessions side by side**") :].split("\n\n")[0]
    times = told["base"]["times"]
    assert f"{told['chain_ms']['p50']:.1f} ms in the middle, {times['chain']:.2f} times" in part
    assert f"{times['chain_cpu']:.2f} in processor time" in part


def test_kernels() -> None:
    told = file("kernels-epyc-zen4")
    assert f"{told['copy_gb_s']:.0f} GB/s" in PAGE
    for kernel in told["kernels"]:
        if (numba := kernel["forms"].get("numba")) is None:
            continue
        ms, times, roofline, compiled = cells(kernel["name"], "**The operators**")
        same(ms, numba["p50"])
        same(roofline, 100 * numba["of_roofline"])
        for cell, form in ((times, numba), (compiled, kernel["forms"]["torch-compiled"])):
            if "speedup" in form:
                same(cell, form["speedup"])
            else:
                assert cell == "–"
