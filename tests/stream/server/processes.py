"""A server in a process of its own, without networks."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[3]
TOKEN = "a-token-long-enough"

_SERVER = """
import sys
from bunraku.stream.server.app import make_app
from bunraku.stream.server.logs import configure
from bunraku.stream.server.options import ServerOptions, Tls
from bunraku.stream.server.run import run_app
from pathlib import Path
from tests.stream.server.fakes import identify, tint

configure()
tls = Tls(Path(sys.argv[2]), Path(sys.argv[3])) if len(sys.argv) > 2 else None
options = ServerOptions(host=sys.argv[1], port=0, token="a-token-long-enough", tls=tls)
make = lambda chosen: make_app(chosen, stages=tint, identify=identify)
run_app(options, make, lambda url: print(url, flush=True))
print("ended", flush=True)
"""


@contextmanager
def server(*tls: Path, host: str = "127.0.0.1") -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A server, and its address.

    :param tls: certificate and key.
    """
    environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"}
    command = [sys.executable, "-P", "-W", "error", "-c", _SERVER, host, *map(str, tls)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, env=environment) as process:
        try:
            assert process.stdout is not None
            url = process.stdout.readline().strip()
            assert url.startswith("http"), process.communicate(timeout=5)
            yield process, url
        finally:
            process.kill()
