"""A table of words and numbers that are no scores, for Markdown and for the page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape


@dataclass(frozen=True)
class Grid:
    """Rows under headings."""

    title: str
    explanation: str
    """What the rows are, in full sentences; stars make words slanted."""
    headings: Sequence[str]
    """The first heads the rows' names, and may be empty."""
    rows: Sequence[Sequence[str]]
    """Of as many cells as there are headings."""

    def markdown(self) -> str:
        """With its title and explanation."""
        lines = [f"| {' | '.join(row)} |" for row in (self.headings, *self.rows)]
        lines.insert(1, f"|{'---|' * len(self.headings)}")
        return "\n".join([f"## {self.title}", "", self.explanation, "", *lines])

    def html(self) -> str:
        """The same as elements of a page."""
        heads = "".join(f'<th scope="col">{escape(head)}</th>' for head in self.headings)
        lines = []
        for name, *cells in self.rows:
            data = "".join(f"<td>{escape(cell)}</td>" for cell in cells)
            lines.append(f'<tr><th scope="row">{escape(name)}</th>{data}</tr>')
        return "\n".join(
            [
                f"<h2>{escape(self.title)}</h2>",
                f"<p>{escape(self.explanation.replace('*', ''))}</p>",
                f'<div class="wide"><table><thead><tr>{heads}</tr></thead><tbody>',
                *lines,
                "</tbody></table></div>",
            ]
        )
