"""Stages with a puppet of a few lines, and two photos."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from tests.stream.puppetry_setting import Pencil, Session, Someone, stage_threads


@pytest.fixture
def pencil() -> Pencil:
    return Pencil()


@pytest_asyncio.fixture
async def session(pencil: Pencil) -> AsyncIterator[Session]:
    session = Session(pencil)
    session.add(Someone(100))
    session.add(Someone(200))
    yield session
    await asyncio.gather(*(stage.close() for stage in session.stages))
    assert not stage_threads()
