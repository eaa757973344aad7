"""What numbers were measured on."""

from __future__ import annotations

import json

import numpy as np

from bunraku.runtime.bench.facts import commit, machine
from bunraku.runtime.bench.memory import peak_rss_mib


def test_the_machine_and_the_commit_are_told() -> None:
    told = machine()
    assert told["cores"] >= 1
    assert told["libraries"]["numpy"] == np.__version__
    assert json.dumps(told)
    assert peak_rss_mib() > 20
    at = commit()
    assert at is None or len(at.rstrip("+")) == 40
