"""Extras that a command needs, named before it starts."""

from __future__ import annotations

import importlib.util

from bunraku.errors import PIP, MissingExtraError


def need(extra: str, *modules: str) -> None:
    """Check that the modules of an extra are installed, without importing them.

    :raises MissingExtraError: one is not.
    """
    missing = [name for name in modules if importlib.util.find_spec(name) is None]
    if missing:
        raise MissingExtraError(
            f"This command needs {', '.join(missing)}.", f"Run: {PIP} install 'bunraku[{extra}]'"
        )
