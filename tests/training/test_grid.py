from __future__ import annotations

from bunraku.training.grid import Grid

GRID = Grid("What <is> it", "*Rows* are rows.", ["", "AKD"], [["a & b", "1.50"], ["all", "–"]])


def test_markdown() -> None:
    assert GRID.markdown() == (
        "## What <is> it\n\n*Rows* are rows.\n\n"
        "|  | AKD |\n|---|---|\n| a & b | 1.50 |\n| all | – |"
    )


def test_html() -> None:
    page = GRID.html()
    assert "<h2>What &lt;is&gt; it</h2>\n<p>Rows are rows.</p>" in page
    assert '<tr><th scope="row">a &amp; b</th><td>1.50</td></tr>' in page
    assert page.count("<tr>") == page.count("</tr>") == 3
