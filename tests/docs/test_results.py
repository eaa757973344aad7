"""The numbers of docs/results.md are those of the files that it names."""

from __future__ import annotations

import pytest
from tests.docs.results import FOLDER, PAGE, cells, file, number, same

from bunraku.runtime.engines.libraries import LIBRARIES, EngineKind
from bunraku.training.contender import OURS, UNMOVED
from bunraku.training.evaluate_clips import clip_targets
from bunraku.training.evaluate_people import driven_targets, people_targets
from bunraku.training.metrics import Score
from bunraku.training.people_rows import COPY, EXACT, PREDICTED
from bunraku.training.report import Table

LOST_IN_8_BITS = {"L1 person, % more": 2.0, "AKD, px of 256 more": 0.1}
"""What 8 bits may cost where nobody asks for them."""


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
