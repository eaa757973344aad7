"""The thin commands around training, export and measuring: what they pass on, what they refuse."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
from tests.commands.running import Recorder, run

from bunraku.errors import PIP
from bunraku.export import exporter
from bunraku.export.judge import fetch as judge_fetch
from bunraku.export.pose import fetch as pose_fetch
from bunraku.kernels import compiling
from bunraku.networks.checkpoint import Progress, save_checkpoint
from bunraku.networks.presets import OPTIONS, Preset
from bunraku.networks.touch_up import TouchUpNet, TouchUpOptions
from bunraku.runtime.drivers.body.template import load_template
from bunraku.runtime.pose.networks import PoseModel, PoseNetworks
from bunraku.training import (
    drawn_data,
    evaluate,
    observe,
    score_touch_up,
    train_generator,
    train_iuv,
    train_touch_up,
)
from bunraku.training.mixture import DataShare
from bunraku.training.people import body, synth, template
from bunraku.training.perceptual import FeatureKind
from bunraku.training.recipe import PAPER
from bunraku.training.run_options import RunOptions


@pytest.fixture
def kernels(monkeypatch: pytest.MonkeyPatch) -> None:
    """Compiled in no time, which takes half a minute of a processor without them."""
    monkeypatch.setattr(compiling, "compile_kernels", Recorder(True))


@pytest.mark.usefixtures("kernels")
def test_fetch(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    fake = Recorder(PoseNetworks(tmp_path / "d", tmp_path / "l", tmp_path / "s"))
    monkeypatch.setattr(pose_fetch, "fetch_networks", fake)
    result = run("fetch", "--wheel", tmp_path / "mediapipe.whl", "--force")
    assert result.stdout == f"The pose networks are in {tmp_path}\n"
    assert fake.options["wheel"] == tmp_path / "mediapipe.whl"
    assert fake.options["force"] is True
    fake.options["progress"]("Downloading", 1, 2)


@pytest.mark.usefixtures("kernels")
def test_fetch_another_pose_network(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("BUNRAKU_CACHE", str(tmp_path))
    networks, model = Recorder(PoseNetworks(tmp_path, tmp_path, tmp_path)), Recorder()
    monkeypatch.setattr(pose_fetch, "fetch_networks", networks)
    monkeypatch.setattr(pose_fetch, "fetch_model", model)
    result = run("fetch", "--pose", "heavy", "--package", tmp_path / "pose.tgz")
    assert result.stdout.splitlines()[-1] == f"The heavy one is in {tmp_path / 'pose-heavy'}"
    assert model.arguments == (PoseModel.HEAVY,)
    assert model.options["package"] == tmp_path / "pose.tgz"


@pytest.mark.usefixtures("kernels")
def test_fetch_a_judge(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    networks, judge = Recorder(PoseNetworks(tmp_path, tmp_path, tmp_path)), Recorder("judge.onnx")
    monkeypatch.setattr(pose_fetch, "fetch_networks", networks)
    monkeypatch.setattr(judge_fetch, "fetch_judge", judge)
    result = run("fetch", "--judge", "--package", tmp_path / "models.tgz")
    assert result.stdout.splitlines()[-1] == "The judge's is judge.onnx"
    assert judge.options["package"] == tmp_path / "models.tgz"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--pose", "best"), "no pose network 'best'"),
        (("--package", "pose.tgz"), "Give it with either --pose lite, --pose heavy or --judge"),
        (("--judge", "--pose", "heavy", "--package", "x.tgz"), "it is not clear which"),
    ],
)
def test_what_cannot_be_fetched_is_told(words: tuple[str, ...], message: str) -> None:
    result = run("fetch", *words)
    assert result.exit_code == 2
    assert message in result.stderr


def test_synth(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    fake = Recorder(synth.SynthReport(3, 6, 2.0, 3.0, 1))
    watched = Recorder(4)
    monkeypatch.setattr(synth, "synthesize", fake)
    monkeypatch.setattr(observe, "observe", watched)
    monkeypatch.setattr(PoseNetworks, "find", Recorder())
    result = run(
        *("synth", "--out", tmp_path / "o", "--assets", tmp_path, "--people", 4, "--frames", 2),
        *("--workers", 3, "--seed", 7, "--backgrounds", tmp_path, "--observe"),
        *("--surface", 256),
    )
    assert fake.arguments == (tmp_path / "o", tmp_path, 4, 2, 3, 7, tmp_path)
    assert fake.options == {"surface": 256}
    assert watched.arguments == (tmp_path / "o", 3)
    assert "3 people made and 1 kept" in result.stdout
    assert "3.0 a second" in result.stdout
    assert "4 people observed" in result.stdout


@pytest.mark.parametrize(
    ("name", "module", "kind"),
    [
        ("iuv", train_iuv, train_iuv.IuvRun),
        ("touch-up", train_touch_up, train_touch_up.TouchUpRun),
    ],
)
def test_train_a_net(
    name: str, module: ModuleType, kind: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    fake = Recorder(tmp_path / "checkpoint.pt")
    monkeypatch.setattr(module, "run", fake)
    result = run(
        *("train", name, "--data", tmp_path, "--out", tmp_path / "run", "--steps", 70),
        *("--minutes", 5, "--sitting-minutes", 2, "--batch", 6, "--learning-rate", 0.1),
        *("--threads", 1, "--seed", 3, "--resume"),
    )
    assert result.stdout == f"checkpoint: {tmp_path / 'checkpoint.pt'}\n"
    assert fake.arguments[0] == kind(
        *(tmp_path, tmp_path / "run"),
        steps=70,
        minutes=5,
        sitting_minutes=2,
        resume=True,
        batch=6,
        learning_rate=0.1,
        threads=1,
        seed=3,
    )


def test_train_generator(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    fake = Recorder(tmp_path / "checkpoint.pt")
    monkeypatch.setattr(train_generator, "run", fake)
    result = run(
        *("train", "generator", "--data", tmp_path, "--data", f"{tmp_path}:0.5"),
        *("--out", tmp_path / "run"),
        *("--preset", "paper", "--phase", "warping", "--resume", "--length", 0.01, "--batch", 4),
        *("--learning-rate", 1e-4, "--features", "vgg19", "--threads", 1, "--workers", 2),
        *("--seed", 3, "--sitting-minutes", 2, "--tensorboard"),
    )
    assert result.exit_code == 0
    assert fake.arguments[0] == RunOptions(
        data=(DataShare(tmp_path), DataShare(tmp_path, 0.5)),
        out=tmp_path / "run",
        network=OPTIONS[Preset.PAPER],
        recipe=PAPER.scaled(0.01).with_batch(4).at_rate(1e-4),
        phase="warping",
        resume=True,
        features=FeatureKind.VGG19,
        threads=1,
        workers=2,
        seed=3,
        sitting_minutes=2,
        tensorboard=True,
    )
    run("train", "generator", "--data", tmp_path, "--out", tmp_path / "run")
    assert fake.arguments[0] == RunOptions((DataShare(tmp_path),), tmp_path / "run")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--preset", "huge"), "no preset 'huge'. Use paper, paper256, live."),
        (("--features", "eyes"), "no feature network 'eyes'. Use efficientnet-lite0, vgg19."),
        (("--data", "nowhere"), "nowhere is not a folder."),
        (("--device", "gpu"), "There is no device 'gpu'. Use cpu, cuda or cuda:N."),
        (("--length", "inf"), "'--length': Input should be less than or equal to 1000"),
    ],
)
def test_train_generator_refuses(tmp_path: Path, words: tuple[str, ...], message: str) -> None:
    result = run("train", "generator", "--data", tmp_path, "--out", tmp_path / "run", *words)
    assert result.exit_code == 2
    assert message in result.stderr


def test_train_touch_up_is_measured(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "run" / "checkpoint.pt"
    save_checkpoint(path, TouchUpNet(TouchUpOptions((4, 4, 4, 4))), Progress())
    monkeypatch.setattr(train_touch_up, "run", Recorder(path))
    fake = Recorder({"mask_l1": score_touch_up.TouchUpScore(0.5, 0.25, 0.125, 0.9)})
    monkeypatch.setattr(score_touch_up, "score_touch_up", fake)
    out = tmp_path / "run"
    result = run("train", "touch-up", "--data", tmp_path, "--out", out, "--unseen", tmp_path)
    told = "mask_l1: drawn 0.5000, mended 0.2500, 90% of the drawings better; within reach 0.1250\n"
    assert result.stdout == f"checkpoint: {path}\n{told}"
    assert fake.arguments[1] == tmp_path
    written = json.loads((out / "score.json").read_bytes())
    assert written == {"mask_l1": {"drawn": 0.5, "mended": 0.25, "reachable": 0.125, "better": 0.9}}


def test_train_drawings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    fake = Recorder(5)
    monkeypatch.setattr(drawn_data, "draw_people", fake)
    monkeypatch.setattr(PoseNetworks, "find", Recorder())
    out = tmp_path / "drawn"
    result = run("train", "drawings", "--data", tmp_path, "--out", out, "--workers", 2)
    assert fake.arguments == (tmp_path, out, 2)
    assert result.stdout == f"5 people drawn in {out}\n"


def test_train_template(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(body, "load_body", Recorder())
    monkeypatch.setattr(template, "make_template", Recorder(load_template()))
    result = run("train", "template", "--out", tmp_path / "body")
    assert result.stdout.startswith(f"template: {tmp_path / 'body' / 'template.npz'}, ")
    shipped, made = load_template(), load_template(tmp_path / "body")
    assert made.vertices.tolist() == shipped.vertices.tolist()
    (tmp_path / "file").touch()
    refused = run("train", "template", "--out", tmp_path / "file")
    assert refused.exit_code == 2
    assert "The template cannot be written to" in refused.stderr


def test_train_refuses_what_is_not_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    out = ("--out", tmp_path / "run")
    missing = run("train", "iuv", "--data", tmp_path / "no", *out)
    assert "is not a folder. Make it with `bunraku synth`." in missing.stderr
    no_iuv = run("train", "generator", "--data", tmp_path, "--iuv", tmp_path / "no.pt", *out)
    assert "no.pt does not exist. Make it with `bunraku train iuv`, or name" in no_iuv.stderr
    no_cuda = run("train", "iuv", "--data", tmp_path, "--device", "cuda", *out)
    assert "torch finds no CUDA here." in no_cuda.stderr
    assert missing.exit_code == no_iuv.exit_code == no_cuda.exit_code == 2


def test_export(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    fake = Recorder()
    monkeypatch.setattr(exporter, "export_checkpoint", fake)
    (tmp_path / "who.json").write_text('{"minutes": 90}')
    result = run(
        *("export", tmp_path / "c.pt", "-o", tmp_path / "b"),
        *("--single-file", "--full-weights", "--provenance", tmp_path / "who.json"),
    )
    assert result.exit_code == 0
    assert fake.arguments[:2] == (tmp_path / "c.pt", tmp_path / "b")
    assert fake.arguments[2].single_file
    assert not fake.arguments[2].half_weights
    assert fake.options["provenance"] == {"minutes": 90}


@pytest.mark.parametrize("content", ["[1]", "no"])
def test_export_refuses_other_provenance(tmp_path: Path, content: str) -> None:
    (tmp_path / "who.json").write_text(content)
    result = run("export", "c.pt", "-o", tmp_path / "b", "--provenance", tmp_path / "who.json")
    assert result.exit_code == 2
    assert "who.json" in result.stderr


def test_training_refuses_other_presets(tmp_path: Path) -> None:
    result = run(
        *("train", "generator", "--data", tmp_path, "--out", tmp_path / "run"),
        *("--preset", "huge"),
    )
    assert result.stderr == ("bunraku: There is no preset 'huge'. Use paper, paper256, live.\n")


def test_evaluate(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    fake = Recorder()
    monkeypatch.setattr(evaluate, "run_evaluation", fake)
    result = run(
        *("evaluate", "-o", tmp_path, "--data", tmp_path / "d", "--clips", tmp_path / "c"),
        *("--people", 5, "--frames", 2, "--no-keypoints", "--bundle", "b"),
    )
    assert result.stdout == f"report: {tmp_path / 'report.md'}, {tmp_path / 'index.html'}\n"
    options = fake.arguments[0]
    assert (options.data, options.clips, options.photos) == (tmp_path / "d", tmp_path / "c", None)
    assert (options.people, options.frames, options.keypoints) == (5, 2, False)
    assert (options.bundle, options.iuv_bundle) == ("b", "iuv")
    assert (options.candidates, options.films) == ((), True)


def test_evaluate_candidates(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    fake = Recorder()
    monkeypatch.setattr(evaluate, "run_evaluation", fake)
    candidates = ("--candidate", "old=live", "--candidate", "new=b,iuv=i,driver=landmarks,no-head")
    run("evaluate", "-o", tmp_path / "o", "--clips", tmp_path, *candidates, "--no-films")
    old, new = fake.arguments[0].candidates
    assert (old.name, old.bundle, old.iuv) == ("old", "live", "iuv")
    assert (new.name, new.bundle, new.iuv, new.options.head) == ("new", "b", "i", False)
    assert not fake.arguments[0].films
    refused = run("evaluate", "-o", tmp_path / "o", "--clips", tmp_path, "--candidate", "live")
    assert refused.exit_code == 2
    assert refused.stderr.startswith("bunraku: The candidate 'live' is not NAME=BUNDLE.")


def test_what_is_read_is_not_written_over(tmp_path: Path) -> None:
    photo, photos, bundle = tmp_path / "photo.jpg", tmp_path / "photos", tmp_path / "bundle"
    photo.touch()
    photos.mkdir()
    bundle.mkdir()
    (bundle / "c.pt").touch()
    for words, told in (
        (("bench", "latency", "--photo", photo, "--json", photo), "is the photo itself."),
        (("evaluate", "--photos", photos, "-o", photos), "photos, which is read."),
        (("export", bundle / "c.pt", "-o", bundle), "bundle, which would be replaced."),
    ):
        result = run(*words)
        assert result.exit_code == 2
        assert told in result.stderr
    assert [one.name for one in sorted(tmp_path.rglob("*"))] == (
        ["bundle", "c.pt", "photo.jpg", "photos"]
    )


def test_evaluate_more(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    fake = Recorder()
    monkeypatch.setattr(evaluate, "run_evaluation", fake)
    base = ("evaluate", "-o", tmp_path / "o", "--clips", tmp_path / "c")
    run(*base, "--protocol", "cross", "--pairs", 7, "--judge", "movenet", "--choices")
    options = fake.arguments[0]
    assert (options.protocol, options.pairs, options.judge) == ("cross", 7, "movenet")
    assert options.choices
    assert options.likeness
    for wrong in ("protocol", "judge"):
        refused = run(*base, f"--{wrong}", "best")
        assert f"There is no {wrong} 'best'. Use " in refused.stderr


def test_evaluate_on_nothing(tmp_path: Path) -> None:
    result = run("evaluate", "-o", tmp_path)
    assert result.exit_code == 2
    assert "Give --data, --clips or --photos." in result.stderr


@pytest.mark.parametrize(
    "command",
    [
        ("synth", "--out", "o", "--assets", "a"),
        ("train", "iuv", "--data", "d", "--out", "o"),
        ("train", "generator", "--data", "d", "--out", "o"),
        ("train", "template", "--out", "o"),
        ("export", "c.pt", "-o", "b"),
        ("evaluate", "-o", "o", "--data", "d"),
    ],
)
def test_without_the_train_extra(monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    result = run(*command)
    assert result.exit_code == 2
    assert result.stderr.startswith("bunraku: This command needs torch")
    assert result.stderr.endswith(f"Run: {PIP} install 'bunraku[train]'\n")
