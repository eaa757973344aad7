"""The documents of the repository, as their readers see them."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = (
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "MODEL_CARD.md",
    ROOT / "examples" / "README.md",
    *sorted((ROOT / "docs").glob("*.md")),
)

_BLOCK = re.compile(r"(?:^(?: {4}.*)?\n)+", re.MULTILINE)
_FENCE = re.compile(r"^```.*?^```\n", re.MULTILINE | re.DOTALL)


def name_of(page: Path) -> str:
    """A page's path from the root, for the names of tests."""
    return page.relative_to(ROOT).as_posix()


def prose(page: Path) -> str:
    """A page without its blocks of code."""
    return _BLOCK.sub("\n", _FENCE.sub("\n", page.read_text(encoding="utf-8")))


def commands(page: Path) -> list[str]:
    """The command lines in a page's indented blocks, continued lines joined, without comments."""
    lines = page.read_text(encoding="utf-8").replace("\\\n", " ").splitlines()
    indented = [line.strip() for line in lines if line.startswith("    ")]
    return [re.sub(r"\s+#.*", "", line) for line in indented if line]


def anchors(page: Path) -> set[str]:
    """What `#…` may follow the page's address, as GitHub makes it of headings."""
    heads = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    plain = [re.sub(r"[^\w\- ]", "", head.lower()) for head in heads]
    return {head.replace(" ", "-") for head in plain}
