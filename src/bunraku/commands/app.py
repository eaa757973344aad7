"""The command line: ``bunraku --help``."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

import bunraku
from bunraku.commands import bench, train
from bunraku.commands.animate import animate
from bunraku.commands.doctor import doctor
from bunraku.commands.evaluate import evaluate
from bunraku.commands.exits import EXIT_ERROR, EXIT_PIPE
from bunraku.commands.export import export
from bunraku.commands.fetch import fetch
from bunraku.commands.group import BunrakuGroup
from bunraku.commands.info import info
from bunraku.commands.live import live
from bunraku.commands.personalize import personalize
from bunraku.commands.prepare import prepare
from bunraku.commands.serve import serve
from bunraku.commands.streams import take_streams
from bunraku.commands.synth import synth
from bunraku.errors import OutputError

app = typer.Typer(
    cls=BunrakuGroup,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"bunraku {bunraku.__version__}")
        raise typer.Exit


@app.callback()
def root(
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks of errors.")] = False,
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    """Animate one photo of a person with a clip or, live, with a camera."""


app.command()(animate)
app.command()(live)
app.command()(serve)
app.command()(doctor)
app.command()(info)
app.command()(fetch)
app.command()(synth)
app.command()(prepare)
app.add_typer(train.app, name="train")
app.command()(personalize)
app.command()(export)
app.command()(evaluate)
app.add_typer(bench.app, name="bench")


def run() -> None:
    """Run the command line on this process's words, and end it."""
    take_streams()
    try:
        try:
            app(prog_name="bunraku")
        finally:
            sys.stdout.flush()
    except BrokenPipeError:
        sys.exit(EXIT_PIPE)
    except OutputError as exc:  # in the help, or in what was still to be written
        sys.stderr.write(f"bunraku: {exc}\n")
        sys.exit(EXIT_ERROR)
