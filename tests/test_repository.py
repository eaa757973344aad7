"""What surrounds the code: the demo's words, the forms for issues, the hook before a commit."""

from __future__ import annotations

import os
import re
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FORMS = ROOT / ".github" / "ISSUE_TEMPLATE"

STUB = """#!/bin/sh
for word in "$@"; do printf '<%s>' "$word"; done >>"$LOG"
echo >>"$LOG"
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """The demo in a folder with a blank in its name, its environment made already, of stubs."""
    root = tmp_path / "my checkout"
    for folder in ("scripts", "examples", ".venv-demo/bin"):
        (root / folder).mkdir(parents=True)
    shutil.copy(ROOT / "scripts" / "demo", root / "scripts")
    shutil.copy(ROOT / "pyproject.toml", root)
    shutil.copy(ROOT / "pyproject.toml", root / ".venv-demo" / "installed.toml")
    for name in ("photo.jpg", "clip.mp4"):
        (root / "examples" / name).touch()
    for name in ("python", "bunraku"):
        stub = root / ".venv-demo" / "bin" / name
        stub.write_text(STUB)
        stub.chmod(0o755)
    return root


def test_the_demo_tells_how_to_go_live(checkout: Path, tmp_path: Path) -> None:
    log = tmp_path / "log"
    environment = {**os.environ, "LOG": str(log)}
    result = subprocess.run(
        [checkout / "scripts" / "demo"],
        env=environment, cwd=tmp_path, capture_output=True, text=True, check=True,
    )  # fmt: skip
    photo, clip = checkout / "examples" / "photo.jpg", checkout / "examples" / "clip.mp4"
    out = checkout / "out" / "demo.mp4"
    assert log.read_text(encoding="utf-8").splitlines() == [
        "<fetch>",
        f"<animate><{photo}><{clip}><-o><{out}>",
    ]
    assert f"The animated clip: {out}" in result.stdout
    log.unlink()
    told = [line for line in result.stdout.splitlines() if line.startswith("    ")]
    for line in told:  # as it is pasted, from anywhere
        subprocess.run(["bash", "-c", line], env=environment, cwd="/", check=True)
    assert log.read_text(encoding="utf-8").splitlines() == [f"<serve><{photo}>", f"<live><{photo}>"]


def test_the_demo_takes_a_photo_from_where_one_stands(checkout: Path, tmp_path: Path) -> None:
    (tmp_path / "it's me.jpg").touch()
    result = subprocess.run(
        [checkout / "scripts" / "demo", "it's me.jpg", "clip.mp4"],
        env={**os.environ, "LOG": str(tmp_path / "log")},
        cwd=tmp_path, capture_output=True, text=True, check=True,
    )  # fmt: skip
    line = result.stdout.splitlines()[-1].partition("#")[0]
    words = subprocess.run(
        ["bash", "-c", f"printf '%s\\n' {line}"], capture_output=True, text=True, check=True
    )
    assert words.stdout.splitlines()[-1] == str(tmp_path / "it's me.jpg")


def test_a_bug_report_asks_for_what_doctor_prints() -> None:
    text = (FORMS / "bug_report.yml").read_text(encoding="utf-8")
    asked = text.partition("id: doctor")[2].partition("- type:")[0]
    assert "`bunraku doctor`" in asked
    assert "required: true" in asked


@pytest.mark.parametrize("form", sorted(FORMS.glob("*.yml")), ids=lambda path: path.stem)
def test_forms_are_whole(form: Path) -> None:
    text = form.read_text(encoding="utf-8")
    assert re.match(r"name: .+\ndescription: .+\nlabels: \[\w+\]\nbody:\n", text)
    ids = re.findall(r"^ {4}id: (\w+)$", text, re.MULTILINE)
    assert len(ids) == len(set(ids)) == text.count("- type: textarea")


def test_the_hook_runs_what_ci_runs() -> None:
    text = (ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8")
    [entry] = re.findall(r"^ +entry: (\S+)$", text, re.MULTILINE)
    assert entry in (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
    assert (ROOT / entry).stat().st_mode & stat.S_IXUSR
    assert "repo: local" in text  # nothing is fetched
