from __future__ import annotations

import logging
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from bunraku.errors import EngineError, MissingExtraError
from bunraku.runtime.engines.tensorrt import library
from bunraku.runtime.engines.tensorrt.library import (
    Library,
    find_library,
    make_logger,
    missing_library,
)


class FakeLogger:
    """``tensorrt.ILogger``."""

    ERROR, INTERNAL_ERROR, INFO = "error", "internal", "info"


@pytest.fixture(autouse=True)
def _forget() -> Iterator[None]:
    find_library.cache_clear()
    yield
    find_library.cache_clear()


def modules(monkeypatch: pytest.MonkeyPatch, **versions: str | Exception) -> None:
    """Install these, and nothing else."""

    def take(name: str) -> Any:
        version = versions[name]
        if isinstance(version, Exception):
            raise version
        return SimpleNamespace(__version__=version, ILogger=FakeLogger)

    def missing(name: str) -> str | None:
        return None if name in versions else f"{name} is not installed"

    monkeypatch.setattr(library, "import_module", take)
    monkeypatch.setattr(library, "missing_package", missing)


def test_tensorrt_is_taken_before_its_twin(monkeypatch: pytest.MonkeyPatch) -> None:
    modules(monkeypatch, tensorrt="11.4.0.106", tensorrt_rtx="1.7.1.116")
    assert missing_library() is None
    found = find_library()
    assert (found.version, found.is_rtx) == ("TensorRT 11.4.0.106", False)
    assert find_library() is found, "its logger is the only one in a process"


def test_the_twin_will_do(monkeypatch: pytest.MonkeyPatch) -> None:
    modules(monkeypatch, tensorrt_rtx="1.7.1.116")
    assert missing_library() is None
    assert (find_library().version, find_library().is_rtx) == ("TensorRT-RTX 1.7.1.116", True)


def test_neither_is_said_in_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    modules(monkeypatch)
    assert missing_library() == "neither tensorrt nor tensorrt_rtx is installed"
    with pytest.raises(MissingExtraError, match=r"Run: .*pip install tensorrt"):
        find_library()


@pytest.mark.parametrize(
    "error",
    [
        ImportError("libnvinfer.so.11: cannot open shared object file"),
        OSError("libcudart.so.12: cannot open shared object file\nand more"),
        RuntimeError("libnvinfer.so.11: version mismatch"),
    ],
)
def test_one_that_cannot_be_loaded_is_said_in_a_line(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    modules(monkeypatch, tensorrt=error)
    with pytest.raises(EngineError, match=r"TensorRT is installed but cannot be loaded: lib") as e:
        find_library()
    assert "\n" not in str(e.value)
    assert "for the CUDA of your driver" in str(e.value)


def test_one_that_is_too_old_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    modules(monkeypatch, tensorrt="8.6.1")
    with pytest.raises(EngineError, match=r"TensorRT 8.6.1 is too old: 10.0 is the least"):
        find_library()


def test_its_errors_are_kept_and_the_rest_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    module = SimpleNamespace(ILogger=type("ILogger", (FakeLogger,), {}))
    found = Library(module, "TensorRT", make_logger(module))
    with caplog.at_level(logging.DEBUG), found.listening() as errors:
        found.logger.log("info", "all is\n well")
        found.logger.log("error", "it\n  broke")
        found.logger.log("internal", "x" * 1000)
    assert errors == ["it broke", "x" * 300]
    assert "info: all is well" in caplog.text
    with found.listening() as later:
        assert later == []


def test_only_the_twin_names_the_gpus_that_it_builds_for() -> None:
    capabilities = SimpleNamespace(SM89=1, SM120=2)
    twin = Library(SimpleNamespace(ComputeCapability=capabilities), "TensorRT-RTX", None)
    assert twin.names_capability((8, 9))
    assert twin.names_capability((12, 0))
    assert not twin.names_capability((9, 0))
    assert Library(SimpleNamespace(), "TensorRT", None).names_capability((9, 0))
