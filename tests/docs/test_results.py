"""The numbers of docs/results.md are those of the files that it names."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from tests.docs.pages import ROOT

from bunraku.runtime.engines.libraries import LIBRARIES, EngineKind
from bunraku.spec.stages import Step
from bunraku.training.contender import OURS, UNMOVED
from bunraku.training.evaluate_clips import clip_targets
from bunraku.training.evaluate_people import driven_targets, people_targets
from bunraku.training.metrics import Score
from bunraku.training.people_rows import COPY, EXACT, PREDICTED
from bunraku.training.report import Table

FOLDER = ROOT / "benchmarks" / "results"
PAGE = (ROOT / "docs" / "results.md").read_text(encoding="utf-8")


LOST_IN_8_BITS = {"L1 person, % more": 2.0, "AKD, px of 256 more": 0.1}
"""What 8 bits may cost where nobody asks for them."""


def file(name: str) -> Any:
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))


def cells(row: str, after: str = "") -> list[str]:
    """The cells of the first row of this name behind a text of the page."""
    part = PAGE[PAGE.index(after) :]
    found = re.search(rf"^\| (?:\*\*)?{re.escape(row)}(?:\*\*)? \|(.*)\|$", part, re.MULTILINE)
    assert found is not None, row
    return [cell.strip() for cell in found[1].split("|")]


def number(cell: str) -> float:
    return float(re.sub("[,+]", "", cell).replace("−", "-").split()[0])


def same(cell: str, value: float) -> None:
    """The cell is the value, rounded to the digits that the cell has."""
    digits = len(cell.split()[0].partition(".")[2])
    assert number(cell) == pytest.approx(round(value, digits), abs=1.01 * 10**-9), (cell, value)


def test_every_file_is_named() -> None:
    for path in FOLDER.glob("*.json"):
        assert f"(../benchmarks/results/{path.name})" in PAGE
        told = file(path.stem)
        date = told.get("date") or told["provenance"].get("date") or path.stem[-10:]
        [row] = [line for line in PAGE.splitlines() if line.startswith(f"| [{path.name}]")]
        assert str(date)[:10] in row


@pytest.mark.parametrize(
    ("name", "table"),
    [
        ("evaluation-synthetic-2026-11-23", "Synthetic people"),
        ("evaluation-real-2026-11-23", "Real clips"),
    ],
)
def test_evaluation(name: str, table: str) -> None:
    after = f"**{table}"
    columns = ("l1", "person_l1", "person_psnr", "ssim", "akd", "mkr", "frames")
    for row, values in file(name)["tables"][table].items():
        if table == "Real clips" and not row.startswith("all, "):
            continue
        for cell, column in zip(cells(row, after), columns, strict=True):
            same(cell, values[column])


def test_drivers() -> None:
    columns = ("l1", "person_l1", "ssim", "akd", "mkr", "flicker", "swimming", "own_person_l1")
    rows = file("evaluation-drivers-2026-12-01")["tables"]["Real clips"]
    for name in ("unmoved source", "landmarks", "body"):
        told = rows[f"all, {name}"]
        for cell, column in zip(cells(f"{name}, 25 frames"), columns, strict=True):
            if told.get(column) is not None:
                same(cell, told[column])
            else:
                assert cell == "–"
    for name, column in {
        "AKD, px of 256": "akd",
        "MKR": "mkr",
        "L1 person": "person_l1",
        "flicker": "flicker",
        "swimming": "swimming",
        "own L1 person": "own_person_l1",
    }.items():
        measured, asked, met = cells(name)
        same(measured, rows["all, body"][column])
        assert (met == "yes") == (rows["all, body"][column] <= number(asked.removeprefix("≤")))


@pytest.mark.parametrize(
    ("title", "report"),
    [
        ("Beside the paper's Table I", "evaluation-drivers-2026-12-01"),
        ("Beside the paper's Table II", "evaluation-cross-2026-12-01"),
    ],
)
def test_beside_the_papers_tables(title: str, report: str) -> None:
    headings, *rows = file(report)["grids"][title]
    assert f"| | {' | '.join(headings[1:])} |" in PAGE
    assert len(rows) > 2
    for name, *told in rows:
        assert cells(name, f"**{title}**") == told


def test_robustness() -> None:
    told = file("evaluation-robustness-2026-12-01")
    rows = told["grids"]["Robustness"][1:]
    assert [name for name, *_ in rows] == ["no fault", "holes", "limbs", "jitter"]
    for name, *values in rows:
        assert cells(f"{name}, 12 frames") == values
    assert len(told["details"]["clips"]) == 10


def test_8_bits() -> None:
    rows = file("evaluation-int8-2026-11-29")["tables"]["Real clips"]
    exact = rows["all, f32"]
    openvino = file("evaluation-int8-openvino-2026-11-29")["tables"]["Real clips"]["all, ovint8"]
    columns = ("l1", "person_l1", "ssim", "akd", "mkr", "flicker")
    for name, told in {
        "body in float32": exact,
        "body in 8 bits": rows["all, int8"],
        "body in 8 bits, OpenVINO": openvino,
    }.items():
        for cell, column in zip(cells(f"{name}, 20 frames"), columns, strict=True):
            same(cell, told[column])
    avx2 = file("evaluation-int8-avx2-2026-11-29")["tables"]["Real clips"]
    for name, told in {
        "body in float32, 12 frames": avx2["all, f32"],
        "body in 8 bits, AVX2, 12 frames": avx2["all, int8"],
    }.items():
        for cell, column in zip(cells(name), columns, strict=True):
            same(cell, told[column])
    for kind, library, exact, short in (
        (EngineKind.ONNXRUNTIME, "", rows["all, f32"], rows["all, int8"]),
        (EngineKind.OPENVINO, ", OpenVINO", rows["all, f32"], openvino),
        (EngineKind.OPENVINO, ", OpenVINO, AVX2", avx2["all, f32"], avx2["all, int8"]),
    ):
        lost = (
            100 * (short["person_l1"] / exact["person_l1"] - 1),
            short["akd"] - exact["akd"],
        )
        for (name, most), value in zip(LOST_IN_8_BITS.items(), lost, strict=True):
            measured, asked, met = cells(f"{name}{library}")
            same(measured, value)
            assert number(asked.removeprefix("≤")) == most
            assert (met == "yes") == (value <= most)
        within = all(cells(f"{name}{library}")[2] == "yes" for name in LOST_IN_8_BITS)
        assert LIBRARIES[kind].eight_bits == within, f"{kind}: what is taken unasked is in bounds"
    half_run = "half_run_woman"
    pairs = [
        (rows[name], rows[name.replace(", f32", ", int8")])
        for name in rows
        if name.endswith(", f32") and not name.startswith(("all", half_run))
    ]
    assert len(pairs) == 9
    others = sum(b["akd"] - a["akd"] for a, b in pairs) / len(pairs)
    assert f"nine clips differ by {others:.2f} in the mean" in PAGE
    told = [rows[f"{half_run}, {name}"]["akd"] for name in ("int8", "f32")]
    assert "has {:.2f} instead of\n{:.2f}".format(*told) in PAGE


def test_8_bits_of_the_landmarks_networks() -> None:
    rows = file("evaluation-int8-networks-2026-11-29")["tables"]["Real clips"]
    exact, short = rows["all, f32"], rows["all, int8"]
    columns = ("l1", "person_l1", "ssim", "akd", "mkr", "flicker")
    for name, told in {
        "landmarks in float32": exact,
        "landmarks, networks in 8 bits": short,
    }.items():
        for cell, column in zip(cells(f"{name}, 8 frames"), columns, strict=True):
            same(cell, told[column])
    lost = (100 * (short["person_l1"] / exact["person_l1"] - 1), short["akd"] - exact["akd"])
    for (name, most), value in zip(LOST_IN_8_BITS.items(), lost, strict=True):
        measured, asked, met = cells(name.replace(",", " of the networks,"))
        same(measured, value)
        assert number(asked.removeprefix("≤")) == most
        assert (met == "yes") == (value <= most)
    assert any(value > most for value, most in zip(lost, LOST_IN_8_BITS.values(), strict=True))


def test_judged() -> None:
    told = file("evaluation-judged-2026-12-01")
    assert told["details"]["measured by"]["AKD, MKR"] == "movenet"
    columns = ("akd", "mkr", "perceptual", "fed", "look", "face", "face_true")
    for name in ("unmoved source", "body"):
        row = told["tables"]["Real clips"][f"all, {name}"]
        for cell, column in zip(cells(f"{name}, by MoveNet"), columns, strict=True):
            same(cell, row[column])


def test_touch_up() -> None:
    told = file("touch-up-2026-11-29")
    for name, row in {
        "person_l1": "colours, against the truth",
        "settled_l1": "colours, where the drawing has the truth",
        "painted_l1": "of these, what is not the photo's own",
        "mask_l1": "mask, where the drawing has it",
    }.items():
        score = told["unseen"]["measures"][name]
        columns = ("drawn", "mended", "reachable", "better")
        for cell, column in zip(cells(row), columns, strict=True):
            same(cell, score[column])
    for name, row in {
        "old": "landmarks, beside the touch-up",
        "body": "body, as drawn",
        "net": "body, mended",
    }.items():
        measures = ("person_l1", "akd", "mkr", "flicker", "own_person_l1")
        for cell, column in zip(cells(row), measures, strict=True):
            same(cell, told["clips"]["rows"][name][column])
    assert f"weights have {told['unseen']['landmarks_person_l1']:.4f} on" in PAGE


def test_iuv_net() -> None:
    for row, values in file("evaluation-synthetic-2026-11-23")["details"]["IUV net"].items():
        keys = ("part_accuracy", "mean_iou", "uv_error", "frames")
        for cell, key in zip(cells(row), keys, strict=True):
            same(cell, values[key])


def test_targets() -> None:
    files = ("evaluation-synthetic-2026-11-23", "evaluation-real-2026-11-23")
    for target in [target for name in files for target in file(name)["targets"]]:
        measured, asked, met = cells(target["name"])
        same(measured, target["value"])
        assert asked[0] == "≥≤"[not target["at_least"]]
        same(asked[1:].strip(), target["limit"])
        assert met == ("yes" if target["passed"] else "NO")


def test_what_ships_on_synthetic_people() -> None:
    told = file("evaluation-synthetic-2026-12-01")
    rows = told["tables"]["Synthetic people"]
    columns = ("l1", "person_l1", "person_psnr", "ssim", "akd", "mkr", "frames")
    for row, name in {
        "source unmoved": UNMOVED,
        "colours along exact maps": COPY,
        EXACT: EXACT,
        PREDICTED: PREDICTED,
        "the body, pictures alone": OURS,
    }.items():
        for cell, column in zip(cells(row, "**What ships on"), columns, strict=True):
            same(cell, rows[name][column])
    scores = Table("", "", {name: Score(**row) for name, row in rows.items()})
    body, generator = driven_targets(scores, OURS, [OURS]), people_targets(scores)
    today = {target.name: target for target in (*generator, *body)}
    for name, row in {
        "person L1 / IUV copy's": "L1 of the person / the IUV copy's",
        "AKD": "AKD, exact IUV",
        "MKR": "MKR, exact IUV",
        "synthetic people, person L1 / IUV copy's": "L1 person / that of colours along exact maps",
        "synthetic people, AKD": "AKD, pictures alone",
        "synthetic people, MKR": "MKR, pictures alone",
    }.items():
        measured, asked, met = cells(row)
        value = today[name].value
        assert value is not None
        same(measured, value)
        assert number(asked.removeprefix("≤")) == today[name].limit
        assert met == ("yes" if today[name].passed else "NO")
    part = " ".join(PAGE[PAGE.index("These people stand as dancers do") :].split("\n\n")[0].split())
    half, whole = (
        told["details"]["synthetic people by framing"][framing][OURS]["akd"]
        for framing in ("half body", "full body")
    )
    assert f"Half bodies have an AKD of {half:.1f}, whole ones of {whole:.1f}" in part
    assert f"Of 90, {len(told['refused'])} are refused" in part


def test_targets_of_today() -> None:
    known = file("evaluation-drivers-2026-12-01")["tables"]["Real clips"]
    score, still = (Score(**known[f"all, {who}"]) for who in ("body", "unmoved source"))
    limits = {target.name: target.limit for target in clip_targets(score, still, "", [""])}
    for name in ("AKD, px of 256", "MKR", "flicker"):
        asked = cells(name)[1]
        assert number(asked.removeprefix("≤")) == limits[f"real clips, {name.split(',')[0]}"]


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
