from __future__ import annotations

from bunraku.stream.core.log_lines import has_doubled, one_line


def test_an_error_is_one_line() -> None:
    assert one_line(ValueError("it has\n  two lines\n")) == "it has two lines"
    assert one_line(ValueError()) == "ValueError"


def test_ever_more_seldom() -> None:
    assert [count for count in range(1, 70) if has_doubled(count)] == [1, 2, 4, 8, 16, 32, 64]
