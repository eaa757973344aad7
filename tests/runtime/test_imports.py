"""A laptop install has no torch: nothing on the way from a photo to a picture may ask for it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

RUN = """
import sys
sys.modules["torch"] = None  # from here on, importing it fails
import bunraku
from tests.runtime.fakes import puppet, street, with_person
p = puppet()
photo = with_person(street(), 100, 60)
p.set_source(photo)
assert p.animate(photo, 0.0).shape == photo.shape
import bunraku.runtime.bench.latency, bunraku.runtime.engines.bundle
import bunraku.runtime.engines.onnx_runtime
assert bunraku.Puppet is type(p)
"""


def test_the_whole_chain_runs_without_torch() -> None:
    root = Path(__file__).parents[2]
    paths = os.pathsep.join([str(root / "src"), str(root)])
    result = subprocess.run(
        [sys.executable, "-P", "-c", RUN],
        env={**os.environ, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert result.returncode == 0, result.stderr
