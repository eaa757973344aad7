from __future__ import annotations

from bunraku.training.paper_tables import (
    CROSS,
    CROSS_HEADINGS,
    SELF,
    SELF_HEADINGS,
    beside_table_1,
    beside_table_2,
)


def test_table_1() -> None:
    grid = beside_table_1({"new": [0.03, None, 0.2, 0.01, 2.5]})
    assert grid.rows[0] == ["this evaluation, new", "0.0300", "–", "0.2000", "0.0100", "2.50"]
    assert grid.rows[1][1:] == ["0.0316", "26.4", "0.1478", "0.0071", "2.13"]
    assert "not comparable" in grid.explanation
    assert all(len(values) == len(SELF_HEADINGS) - 1 for values in SELF.values())


def test_table_2() -> None:
    grid = beside_table_2({"old": [None, 0.01, 3.0], "new": [0.3, 0.0, 2.0]})
    assert [row[0] for row in grid.rows[:2]] == ["this evaluation, old", "this evaluation, new"]
    assert len(grid.rows) == 2 + len(CROSS)
    assert all(len(values) == len(CROSS_HEADINGS) - 1 for values in CROSS.values())
