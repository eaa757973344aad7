"""What the documents tell to type is what the command line takes."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from tests.docs.pages import PAGES, ROOT, commands, name_of

from bunraku.commands.app import app

COMPLETE = {"serve": "docs/serve.md", "animate": "docs/clip.md", "live": "docs/streamer.md"}
"""Commands all of whose options stand on one page."""


def find(words: list[str]) -> Any:
    """The command that words after `bunraku` begin with; click's or typer's own."""
    command: Any = typer.main.get_command(app)
    for word in words:
        if not hasattr(command, "commands"):
            break
        assert word in command.commands, f"there is no `bunraku {' '.join(words)}`"
        command = command.commands[word]
    return command


def options_of(command: Any) -> set[str]:
    """All its options, long and short."""
    return {o for p in command.params for o in (*p.opts, *p.secondary_opts) if o.startswith("-")}


def told(page: Path) -> Iterator[tuple[str, list[str]]]:
    """Each `bunraku …` of a page's blocks, with its words."""
    for line in commands(page):
        found = re.search(r"(?:^|/|\s)bunraku ((?:[a-z]+)\b.*)", line)
        if found is not None:
            yield line, found[1].split()


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_commands_and_their_options_exist(page: Path) -> None:
    for line, words in told(page):
        known = options_of(find(words))
        for word in words:
            if word.startswith("-"):
                assert word in known, line


def test_commands_are_found_in_the_documents() -> None:
    used = {words[0] for page in PAGES for _, words in told(page)}
    assert used == set(find([]).commands) - {"doctor"}  # which is told in words


@pytest.mark.parametrize(("command", "page"), COMPLETE.items())
def test_every_option_stands_on_the_commands_page(command: str, page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    for parameter in find([command]).params:
        names = [*parameter.opts, *parameter.secondary_opts, *_variables(parameter)]
        if names[0].startswith("-") and "--help" not in names:
            assert any(re.search(rf"{re.escape(name)}(?![\w-])", text) for name in names), names


def _variables(parameter: Any) -> list[str]:
    named = parameter.envvar
    return [named] if isinstance(named, str) else list(named or ())


def test_scripts_exist() -> None:
    for page in PAGES:
        for line in commands(page):
            for script in re.findall(r"(?:scripts|examples)/\w+(?:\.\w+)?", line):
                assert (ROOT / script).exists(), line


def test_every_extra_is_told() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = set(project["optional-dependencies"])
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    table = readme[readme.index("| extra |") :].partition("\n\n")[0]
    assert set(re.findall(r"^\| `([\w-]+)`", table, re.MULTILINE)) == extras
    for page in PAGES:
        for line in commands(page):
            for wanted in re.findall(r"\.\[([\w,]+)\]", line):
                assert set(wanted.split(",")) <= extras, line
