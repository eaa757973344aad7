"""How the command line tells errors: one line, and a traceback only on request."""

from __future__ import annotations

import errno
import re
from typing import Any

import typer
from typer.core import TyperGroup

from bunraku.commands.exits import EXIT_BUG, EXIT_ERROR, EXIT_INTERRUPTED, EXIT_PIPE
from bunraku.errors import BunrakuError, OutputError

# An OSError with one of these is never ours.
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS)


class BunrakuGroup(TyperGroup):
    """The root of the commands; catches what they raise, unless ``--debug`` was given."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the words of the whole command line.

        An empty one is what an unset variable of a shell leaves, and would name the folder that
        one is in.
        """
        for before, word in zip(["", *args], args, strict=False):
            if not word or re.fullmatch("--[a-z-]+=", word):
                option = (word or before).removesuffix("=")
                what = f"What follows {option}" if option.startswith("-") else "An argument"
                raise typer.BadParameter(f"{what} is empty; is a variable of the shell not set?")
        return super().parse_args(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        """Run the chosen command."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            typer.echo("bunraku: interrupted", err=True)
            raise typer.Exit(EXIT_INTERRUPTED) from None
        except BrokenPipeError:
            # The reader of our output has seen enough.
            raise typer.Exit(EXIT_PIPE) from None
        except BunrakuError as exc:
            if ctx.params.get("debug"):
                raise
            typer.echo(f"bunraku: {exc}", err=True)
            raise typer.Exit(EXIT_ERROR) from None
        except Exception as exc:
            if isinstance(exc, OSError) and exc.errno in _NO_ROOM and not ctx.params.get("debug"):
                where = "A file" if exc.filename is None else str(exc.filename)
                typer.echo(f"bunraku: {OutputError.of(where, exc)}", err=True)
                raise typer.Exit(EXIT_ERROR) from None
            # Typer's own exceptions are usage errors and exits, which it shows itself.
            if ctx.params.get("debug") or type(exc).__module__.startswith(("click", "typer")):
                raise
            typer.echo(
                f"bunraku: this is a bug: {type(exc).__name__}: {exc}. "
                "`bunraku --debug …` shows where; please report it.",
                err=True,
            )
            raise typer.Exit(EXIT_BUG) from None
