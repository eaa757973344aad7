"""How the command line tells errors: one line, and a traceback only on request."""

from __future__ import annotations

from typing import Any

import typer
from typer.core import TyperGroup

from bunraku.errors import BunrakuError

EXIT_BUG = 1
EXIT_ERROR = 2
EXIT_INTERRUPTED = 130


class BunrakuGroup(TyperGroup):
    """The root of the commands; catches what they raise, unless ``--debug`` was given."""

    def invoke(self, ctx: Any) -> Any:
        """Run the chosen command."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            typer.echo("bunraku: interrupted", err=True)
            raise typer.Exit(EXIT_INTERRUPTED) from None
        except BrokenPipeError:
            raise  # the reader of our output has seen enough; typer ends quietly
        except BunrakuError as exc:
            if ctx.params.get("debug"):
                raise
            typer.echo(f"bunraku: {exc}", err=True)
            raise typer.Exit(EXIT_ERROR) from None
        except Exception as exc:
            # Typer's own exceptions are usage errors and exits, which it shows itself.
            if ctx.params.get("debug") or type(exc).__module__.startswith(("click", "typer")):
                raise
            typer.echo(
                f"bunraku: this is a bug: {type(exc).__name__}: {exc}. "
                "`bunraku --debug …` shows where; please report it.",
                err=True,
            )
            raise typer.Exit(EXIT_BUG) from None
