"""Networks that are loaded from files: the real pose networks, and bundles of a few bytes."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.runtime.onnx_models import iuv_model, live_models, write_bundle

from bunraku.export.pose.fetch import ensure
from bunraku.runtime.pose import PoseNetworks


@pytest.fixture(scope="module")
def networks() -> PoseNetworks:
    """The real networks; fetched through pip if they are not in the cache."""
    return ensure()


@pytest.fixture(scope="module")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("bundles")
    iuv = write_bundle(folder / "iuv", {"iuv": iuv_model()})
    return write_bundle(folder / "live", live_models()), iuv
