from __future__ import annotations

import ctypes
from collections.abc import Iterator
from importlib import metadata
from typing import Any

import pytest

from bunraku.runtime.engines import present
from bunraku.runtime.engines.present import (
    missing_gpu,
    missing_onnxruntime_gpu,
    missing_package,
)


@pytest.fixture(autouse=True)
def _asked_anew() -> Iterator[None]:
    missing_gpu.cache_clear()
    yield
    missing_gpu.cache_clear()


def test_the_first_missing_package_is_named() -> None:
    assert missing_package("numpy", "json.decoder") is None
    assert missing_package("numpy", "no_such", "nor_this") == "no_such is not installed"
    assert missing_package("no_such.at_all") == "no_such.at_all is not installed"


class Driver:
    """As ``libcuda.so.1`` answers."""

    def __init__(self, init: int, gpus: int) -> None:
        self._init, self._gpus = init, gpus

    def cuInit(self, flags: int) -> int:
        return self._init

    def cuDeviceGetCount(self, count: Any) -> int:
        count._obj.value = self._gpus
        return 0


@pytest.mark.parametrize(
    ("driver", "says"),
    [
        (None, "there is no NVIDIA driver"),
        (Driver(100, 0), "the NVIDIA driver does not start"),
        (Driver(0, 0), "there is no NVIDIA GPU"),
        (Driver(0, 1), None),
    ],
    ids=["no driver", "no device file", "hidden", "there"],
)
def test_a_gpu_is_asked_for_at_its_driver(
    monkeypatch: pytest.MonkeyPatch, driver: Driver | None, says: str | None
) -> None:
    def load(name: str) -> Driver:
        if driver is None:
            raise OSError(name)
        return driver

    monkeypatch.setattr(ctypes, "CDLL", load)
    assert missing_gpu() == says


@pytest.mark.parametrize(
    ("gpu", "installed", "says"),
    [
        ("there is no NVIDIA GPU", ("onnxruntime-gpu",), "there is no NVIDIA GPU"),
        (None, ("onnxruntime",), "onnxruntime-gpu is not installed"),
        (
            None,
            ("onnxruntime", "onnxruntime-gpu"),
            "onnxruntime and onnxruntime-gpu overwrite each other's files",
        ),
        (None, ("onnxruntime-gpu",), None),
    ],
)
def test_onnx_runtime_for_gpus_is_installed_alone(
    monkeypatch: pytest.MonkeyPatch, gpu: str | None, installed: tuple[str, ...], says: str | None
) -> None:
    def version(name: str) -> str:
        if name not in installed:
            raise metadata.PackageNotFoundError(name)
        return "1.0"

    monkeypatch.setattr(present, "missing_gpu", lambda: gpu)
    monkeypatch.setattr(metadata, "version", version)
    assert missing_onnxruntime_gpu() == says
