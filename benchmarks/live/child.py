"""A server in a process of its own: started, asked, and ended with whoever started it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from benchmarks.live.errors import BenchError

ROOT = Path(__file__).resolve().parents[2]
START_S = 120.0
ANSWER_S = 30.0
STOP_S = 15.0
_TAIL = 1500


@dataclass(eq=False)
class Child:
    """The parent's end. The child's standard input is its lifeline: closed, the child stops."""

    process: asyncio.subprocess.Process
    url: str
    log: IO[bytes]

    async def ask(self, question: str, **details: Any) -> dict[str, Any]:
        """Ask the child something, such as "vitals".

        :raises BenchError: it has died, or does not answer.
        """
        assert self.process.stdin is not None
        try:
            self.process.stdin.write(json.dumps({"ask": question, **details}).encode() + b"\n")
            await self.process.stdin.drain()
            answer = await _line(self.process, ANSWER_S)
        except (OSError, TimeoutError, ValueError) as error:
            raise BenchError(f"The server does not answer {question!r}. {self.tail()}") from error
        return answer

    def tail(self) -> str:
        """The end of what it wrote to stderr."""
        self.log.seek(0)
        text = self.log.read().decode(errors="replace")[-_TAIL:].strip()
        return f"Its last words:\n{text}" if text else "It said nothing."


@contextlib.asynccontextmanager
async def child(module: str, arguments: Sequence[str]) -> AsyncIterator[Child]:
    """Run ``python -m module arguments`` until the block ends, then make sure that it is gone.

    :raises BenchError: it does not come up.
    """
    # What is measured is this checkout, whatever is installed.
    path = os.pathsep.join([str(ROOT), str(ROOT / "src")])
    environment = {**os.environ, "PYTHONPATH": path, "PYTHONUNBUFFERED": "1"}
    with tempfile.TemporaryFile() as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-P",
            "-m",
            module,
            *arguments,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=log,
            env=environment,
            # Ctrl-C is for the parent, which ends its children in order.
            start_new_session=True,
        )
        made = Child(process, "", log)
        try:
            try:
                made.url = str((await _line(process, START_S))["url"])
            except (TimeoutError, ValueError, KeyError) as error:
                raise BenchError(f"{module} does not come up. {made.tail()}") from error
            yield made
        finally:
            await _end(process)


async def _line(process: asyncio.subprocess.Process, within_s: float) -> dict[str, Any]:
    assert process.stdout is not None
    line = await asyncio.wait_for(process.stdout.readline(), within_s)
    answer = json.loads(line)
    if not isinstance(answer, dict):
        raise ValueError("not an object")
    return answer


async def _end(process: asyncio.subprocess.Process) -> None:
    assert process.stdin is not None
    process.stdin.close()
    for signal_it in (process.terminate, process.kill):
        try:
            await asyncio.wait_for(process.wait(), STOP_S)
            return
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                signal_it()
    await process.wait()
