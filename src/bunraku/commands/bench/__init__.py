"""``bunraku bench``: how fast this machine is, one subcommand a question."""

from __future__ import annotations

import typer

from bunraku.commands.bench.engines import engines
from bunraku.commands.bench.glass import glass
from bunraku.commands.bench.kernels import kernels
from bunraku.commands.bench.latency import latency
from bunraku.commands.bench.memory import memory
from bunraku.commands.bench.report import report

app = typer.Typer(no_args_is_help=True, help="Measure how fast Bunraku is on this machine.")
for command in (latency, kernels, engines, memory, glass, report):
    app.command()(command)
