"""Every example: started as its README says, listed there, and of a size to be read."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPTS = sorted((ROOT / "examples").glob("*.py"))


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_help_is_told(script: Path) -> None:
    result = subprocess.run(
        [sys.executable, "-W", "error", str(script), "--help"],
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    positional, options = result.stdout.split("options:")
    assert "  photo " in positional
    assert options.count("\n  -") > 1


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_readme_lists_it_and_the_script_says_how_it_is_run(script: Path) -> None:
    listed = (ROOT / "examples" / "README.md").read_text(encoding="utf-8")
    assert f"[{script.name}]({script.name})" in listed
    assert f"python examples/{script.name} " in listed
    text = script.read_text(encoding="utf-8")
    assert f"\n    python examples/{script.name} " in text
    assert len(text.splitlines()) <= 100
