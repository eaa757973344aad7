"""``bunraku doctor``: what is installed and works, and the fix for what does not."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from dataclasses import asdict
from typing import Annotated

import typer

import bunraku
from bunraku.commands.show import print_json


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print the checks as JSON.")] = False,
) -> None:
    """Print what is installed and which engines work, with the fix for each thing missing.

    Ends with 1 if something that `bunraku animate` needs is missing or broken.
    """
    from bunraku.commands.checks import Status, all_checks

    with _unlogged():
        checks = list(all_checks())
    broken = sum(check.status is Status.BROKEN for check in checks)
    if as_json:
        print_json(
            {
                "version": bunraku.__version__,
                "healthy": not broken,
                "checks": [asdict(check) for check in checks],
            }
        )
    else:
        typer.echo(f"bunraku {bunraku.__version__}")
        width = max(len(check.name) for check in checks)
        for check in checks:
            typer.echo(f"{check.status:>6}  {check.name:<{width}}  {check.found}")
            if check.fix is not None:
                typer.echo(f"{'':>6}  {'':<{width}}  fix: {check.fix}")
        typer.echo(f"{broken} to mend" if broken else "Everything that `animate` needs is there.")
    if broken:
        raise typer.Exit(1)


@contextlib.contextmanager
def _unlogged() -> Iterator[None]:
    """Keep what engines log as they are tried to themselves: the checks tell what they found."""
    logger = logging.getLogger("bunraku")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)
