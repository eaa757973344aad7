from __future__ import annotations

import psutil
import pytest
from benchmarks.live.child import child
from benchmarks.live.errors import BenchError


async def test_child_answers_and_ends_with_the_block() -> None:
    async with child("benchmarks.live.echo", []) as server:
        assert server.url.startswith("http://127.0.0.1:")
        vitals = await server.ask("vitals")
        assert vitals["threads"] >= 1
        assert vitals["rss_mib"] > 1
        process = psutil.Process(server.process.pid)
    assert not process.is_running()
    assert server.process.returncode == 0


async def test_question_that_breaks_the_child_is_told() -> None:
    async with child("benchmarks.live.echo", []) as server:
        with pytest.raises(BenchError, match=r"(?s)does not answer 'nonsense'.*KeyError"):
            await server.ask("nonsense")


async def test_child_that_does_not_come_up_says_why() -> None:
    with pytest.raises(BenchError, match=r"(?s)does not come up.*--delay-ms"):
        async with child("benchmarks.live.echo", ["--delay-ms", "soon"]):
            pass
