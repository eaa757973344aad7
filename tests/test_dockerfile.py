"""The Dockerfile: read everywhere, built and tried where a container tool is at hand."""

from __future__ import annotations

import asyncio
import fnmatch
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

import pytest
from tests.stream.server.fakes import serving
from typer.testing import CliRunner

from bunraku.commands.app import app
from bunraku.stream.server.options import ServerOptions

ROOT = Path(__file__).parents[1]
TOOLS = ("docker", "podman")
HEALTHY_S = 180.0
IMAGE = "bunraku-test"


@dataclass(frozen=True)
class Step:
    """One instruction: its word, its flags and the rest."""

    word: str
    flags: tuple[str, ...]
    rest: str

    def parts(self) -> list[str]:
        """The exec form's list.

        :raises ValueError: it is in shell form, in which signals reach a shell.
        """
        told: list[str] = json.loads(self.rest)
        return told


def read() -> Iterator[Step]:
    lines = (ROOT / "Dockerfile").read_text(encoding="utf-8").splitlines()
    text = "\n".join(line for line in lines if not line.startswith("#"))
    for line in re.sub(r"\\\n\s*", "", text).splitlines():
        if line.strip():
            word, *words = line.split(" ")
            flags = tuple(takewhile(lambda word: word.startswith("--"), words))
            yield Step(word, flags, " ".join(words[len(flags) :]))


STEPS = list(read())


def steps(word: str) -> list[Step]:
    return [step for step in STEPS if step.word == word]


def ignored(path: str) -> bool:
    """Whether .dockerignore keeps a path at the root out; the last line that fits decides."""
    out = False
    for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines():
        pattern = line.strip()
        if pattern and not pattern.startswith("#") and fnmatch.fnmatch(path, pattern.lstrip("!")):
            out = not pattern.startswith("!")
    return out


def copied() -> list[str]:
    """What comes from the folder itself."""
    local = [s for s in steps("COPY") if not any(f.startswith("--from=") for f in s.flags)]
    return [source for step in local for source in step.rest.split()[:-1]]


def test_no_instruction_does_more_than_it_says() -> None:
    assert not {"ADD", "MAINTAINER", "SHELL", "VOLUME"} & {step.word for step in STEPS}
    assert all(re.fullmatch("[A-Z]+", step.word) for step in STEPS)


def test_bases_are_slim_and_of_a_version_that_the_package_takes() -> None:
    images = [step.rest.split()[0] for step in steps("FROM")]
    assert set(images) == {"python:3.12-slim"}


def test_what_is_copied_exists_and_is_sent() -> None:
    for source in copied():
        assert (ROOT / source).exists(), source
        assert not ignored(source), source
    assert ignored(".git")
    assert ignored("data")
    stages = {step.rest.split()[-1] for step in steps("FROM") if " AS " in step.rest}
    named = {f.removeprefix("--from=") for s in steps("COPY") for f in s.flags}
    assert named <= stages


def test_all_that_the_package_is_made_of_is_copied() -> None:
    links = [path for path in (ROOT / "src" / "bunraku").iterdir() if path.is_symlink()]
    assert links
    needed = {str(link.resolve().relative_to(ROOT)) for link in links}
    needed |= {"src", "pyproject.toml", "README.md", "LICENSE", "NOTICE"}
    assert set(copied()) == needed


def test_nothing_runs_as_root() -> None:
    words = [step.word for step in STEPS]
    assert steps("USER")[-1].rest not in ("root", "0")
    last_user = len(words) - 1 - words[::-1].index("USER")
    assert all(last_user < words.index(word) for word in ("ENTRYPOINT", "CMD", "HEALTHCHECK"))


def test_it_installs_for_processors_and_may_leave_the_networks_out() -> None:
    runs = [step.rest for step in steps("RUN")]
    assert any("pip install" in run and "[cpu]" in run for run in runs)
    assert [step.rest for step in steps("ARG")] == ["FETCH=yes"]
    [fetching] = [run for run in runs if "bunraku fetch" in run]
    assert '"$FETCH" = yes' in fetching
    assert all("--no-cache-dir" in run for run in runs if "pip " in run)


def test_it_serves_and_tells_its_health() -> None:
    [entry], [arguments] = steps("ENTRYPOINT"), steps("CMD")
    assert entry.parts() == ["bunraku"]
    assert arguments.parts() == ["serve"]
    assert CliRunner().invoke(app, [*arguments.parts(), "--help"]).exit_code == 0
    port = ServerOptions().port
    assert [step.rest for step in steps("EXPOSE")] == [str(port)]
    environment = " ".join(step.rest for step in steps("ENV"))
    assert f"BUNRAKU_HEALTHZ=http://127.0.0.1:{port}/healthz" in environment


async def test_the_health_check_asks_the_server() -> None:
    [health] = steps("HEALTHCHECK")
    python, *tried = Step("CMD", (), health.rest.removeprefix("CMD ")).parts()
    assert python == "python"
    async with serving() as site:
        for path, healthy in (("/healthz", True), ("/no-such-page", False)):
            asked = {**os.environ, "BUNRAKU_HEALTHZ": site.origin + path}
            process = await asyncio.create_subprocess_exec(
                sys.executable, *tried, env=asked, stderr=subprocess.DEVNULL
            )
            assert (await process.wait() == 0) is healthy


def container_tool() -> str:
    """A tool that can build here, or the reason why the test is skipped."""
    for tool in filter(shutil.which, TOOLS):
        if subprocess.run([tool, "info"], capture_output=True, check=False).returncode == 0:
            base = steps("FROM")[0].rest.split()[0]
            pulled = subprocess.run([tool, "pull", base], capture_output=True, check=False)
            if pulled.returncode == 0:
                return tool
            pytest.skip(f"{tool} cannot get {base}")
    pytest.skip("there is no docker or podman that works here")


@pytest.mark.timeout(1800)
def test_it_is_built_and_serves() -> None:
    tool = container_tool()
    subprocess.run([tool, "build", "--quiet", "--tag", IMAGE, str(ROOT)], check=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [tool, "run", "--rm", "--network", "host", IMAGE, "serve", "--port", str(port)]
    with subprocess.Popen(command) as running:
        try:
            assert status_of(f"http://127.0.0.1:{port}/healthz", HEALTHY_S) == "ok"
        finally:
            running.terminate()
    assert running.returncode == 0  # SIGTERM reached the server


def status_of(address: str, patience_s: float) -> str:
    """The status that a server tells, as soon as it tells one."""
    until_s = time.monotonic() + patience_s
    while True:
        try:
            with urllib.request.urlopen(address, timeout=5) as answer:
                return str(json.load(answer)["status"])
        except OSError:
            if time.monotonic() > until_s:
                raise
            time.sleep(0.5)
