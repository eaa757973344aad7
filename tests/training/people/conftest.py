"""The body model, a small wardrobe and a studio, made once for all tests of this folder."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from bunraku.runtime.cache import cache_folder
from bunraku.training.people.anatomy import Anatomy
from bunraku.training.people.body import BodyModel, load_body
from bunraku.training.people.records import Record
from bunraku.training.people.studio import Studio

# Mesa, which renders, and Triton have an LLVM each: Triton's crashes where it comes second.
with contextlib.suppress(ImportError):
    import_module("triton")

HERE = Path(__file__).parent
BUILD_TIMEOUT_S = 900


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whichever test comes first may have to build the body model, which takes about a minute."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.timeout(BUILD_TIMEOUT_S))


@pytest.fixture(scope="session")
def assets() -> Path:
    """A wardrobe in the layout of the full assets."""
    return HERE.parents[1] / "data" / "wardrobe"


@pytest.fixture(scope="session")
def body() -> BodyModel:
    """The body model from the user's cache, built there if need be."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # anny's and its libraries' own, while building
        return load_body(cache_folder())


@pytest.fixture(scope="session")
def anatomy(body: BodyModel) -> Anatomy:
    """Part maps of the body model."""
    return Anatomy(body)


@pytest.fixture(scope="session")
def studio(assets: Path, body: BodyModel) -> Iterator[Studio]:
    """A studio with the small wardrobe."""
    made = Studio(assets, cache_folder())
    yield made
    made.renderer.close()


@pytest.fixture(scope="session")
def records(studio: Studio) -> list[Record]:
    """A dozen people with three pictures each."""
    return [studio.photograph(5, index, 3) for index in range(12)]


@pytest.fixture
def rng() -> np.random.Generator:
    """A generator that starts alike in every test."""
    return np.random.default_rng(7)
