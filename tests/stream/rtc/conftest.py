"""Whatever goes wrong in a task that nobody waits for is a failure here."""

from __future__ import annotations

import gc
import logging
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True, scope="module")
def a_clean_floor() -> None:
    """What other tests have left is theirs, and is not looked through again after each test."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def no_hidden_errors(a_clean_floor: None, caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    yield
    gc.collect()
    hidden = [
        record.getMessage()
        for phase in ("call", "teardown")
        for record in caplog.get_records(phase)
        if record.levelno >= logging.ERROR
        or (record.levelno >= logging.WARNING and record.name.startswith(("aiortc", "aioice")))
    ]
    assert not hidden, hidden
