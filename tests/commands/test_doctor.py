from __future__ import annotations

import ctypes
import json
import logging
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from bunraku.commands import checks
from bunraku.commands.app import app
from bunraku.commands.checks import Check, Status
from bunraku.errors import PIP, FetchError
from bunraku.runtime.engines.libraries import LIBRARIES


def _installed(monkeypatch: pytest.MonkeyPatch, **versions: str) -> None:
    found = {name.replace("_", "-"): version for name, version in versions.items()}
    monkeypatch.setattr(checks, "version_of", found.get)


def _named(name: str) -> Check:
    return next(check for check in checks.all_checks() if check.name == name)


def test_every_check_that_is_not_well_names_a_fix() -> None:
    for check in checks.all_checks():
        assert check.found
        if check.status is Status.BROKEN:
            assert check.fix, check


def test_this_machine_runs_its_engine() -> None:
    assert _named("engine onnxruntime") == Check("engine onnxruntime", Status.OK, "works")
    assert _named("encoders").status is Status.OK
    assert _named("numpy").status is Status.OK


def test_engines_that_are_tried_log_nothing(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def tried() -> Any:
        logging.getLogger("bunraku.runtime.cuda_device").warning("There is no GPU.")
        yield Check("engine torch", Status.OK, "works")

    monkeypatch.setattr(checks, "all_checks", tried)
    result = CliRunner().invoke(app, ["doctor"])
    assert (result.exit_code, caplog.messages) == (0, [])
    logging.getLogger("bunraku.runtime").warning("It is heard again.")
    assert caplog.messages == ["It is heard again."]


def test_an_engine_for_a_gpu_says_that_it_needs_one() -> None:
    for kind in ("onnxruntime-cuda", "tensorrt", "torch-tensorrt"):
        assert LIBRARIES[kind].install.startswith("It needs an NVIDIA GPU with its driver, ")


def test_runtimes_that_overwrite_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    _installed(monkeypatch, onnxruntime="1.2", onnxruntime_gpu="1.3")
    check = checks.one_of("onnxruntime", ("onnxruntime", "onnxruntime-gpu"), "x")
    assert check.status is Status.BROKEN
    assert check.found == "onnxruntime 1.2, onnxruntime-gpu 1.3 overwrite each other"
    assert check.fix == (
        f"{PIP} uninstall -y onnxruntime onnxruntime-gpu && {PIP} install onnxruntime-gpu"
    )


def test_opencvs_that_overwrite_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    _installed(monkeypatch, opencv_python="5", opencv_python_headless="5")
    check = _named("opencv")
    assert check.status is Status.BROKEN
    assert check.fix is not None
    assert check.fix.startswith(f"{PIP} uninstall -y opencv-python-headless opencv-python && ")


def test_no_runtime_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    _installed(monkeypatch)
    check = _named("onnxruntime")
    assert (check.status, check.fix) == (Status.BROKEN, f"{PIP} install 'bunraku[cpu]'")
    assert _named("torch").status is Status.ABSENT


def test_missing_package(monkeypatch: pytest.MonkeyPatch) -> None:
    _installed(monkeypatch)
    assert _named("numba") == Check("numba", Status.BROKEN, "not installed", f"{PIP} install numba")


def test_pose_networks_that_are_not_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("BUNRAKU_CACHE", str(tmp_path))
    check = _named("pose networks")
    assert check.status is Status.BROKEN
    assert check.fix is not None
    assert "bunraku fetch" in check.fix
    assert _named("face networks").status is Status.ABSENT
    assert _named("hand networks").status is Status.ABSENT
    assert _named("cache").found == f"{tmp_path}, 0.0 MiB"


def test_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: "nvidia-smi")
    done = subprocess.CompletedProcess([], 0, "NVIDIA H100, 81559 MiB, 580.0\n", "")
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: done)
    assert _named("gpu").found == "NVIDIA H100, 81559 MiB, 580.0"

    def fail(*_: Any, **__: Any) -> Any:
        raise subprocess.CalledProcessError(9, "nvidia-smi")

    monkeypatch.setattr(subprocess, "run", fail)
    assert _named("gpu").status is Status.ABSENT


def test_no_egl(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: str) -> Any:
        raise OSError("libEGL.so.1: cannot open shared object file")

    monkeypatch.setattr(ctypes, "CDLL", fail)
    assert _named("EGL").fix == "apt-get install libegl1 libgl1-mesa-dri"


def _pretend(monkeypatch: pytest.MonkeyPatch, *found: Check) -> None:
    monkeypatch.setattr(checks, "all_checks", lambda: iter(found))


def test_report_for_people(monkeypatch: pytest.MonkeyPatch) -> None:
    error = FetchError("They are not there.", "Run `bunraku fetch`.")
    broken = Check("pose networks", Status.BROKEN, error.message, error.hint)
    _pretend(monkeypatch, Check("cores", Status.OK, "2"), broken)
    result = CliRunner().invoke(app, ["doctor"])
    assert result.exit_code == 1
    assert "    ok  cores          2\n" in result.stdout
    assert "broken  pose networks  They are not there.\n" in result.stdout
    assert "fix: Run `bunraku fetch`.\n" in result.stdout
    assert result.stdout.endswith("1 to mend\n")


def test_report_as_json(monkeypatch: pytest.MonkeyPatch) -> None:
    _pretend(monkeypatch, Check("cores", Status.OK, "2"))
    result = CliRunner().invoke(app, ["doctor", "--json"])
    assert result.exit_code == 0
    told = json.loads(result.stdout)
    assert told["healthy"] is True
    assert told["checks"] == [{"name": "cores", "status": "ok", "found": "2", "fix": None}]
