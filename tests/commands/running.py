"""Runs commands, and stands in for what they call."""

from __future__ import annotations

from typing import Any

from typer.testing import CliRunner

from bunraku.commands.app import app


def run(*arguments: object) -> Any:
    """What the command line does with these words."""
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


class Recorder:
    """Stands in for a function and keeps what it was called with."""

    def __init__(self, result: object = None) -> None:
        self.result = result
        self.arguments: tuple[Any, ...] = ()
        self.options: dict[str, Any] = {}

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        self.arguments, self.options = arguments, options
        return self.result
