from __future__ import annotations

import pytest

from bunraku.errors import InputError
from bunraku.runtime.parts import ALL_PARTS, Part, Parts, parse_parts, parts_said

HANDS_ON_ARMS = frozenset({Part.ARMS, Part.HANDS})


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("all", ALL_PARTS),
        ("arms,hands", HANDS_ON_ARMS),
        (" Arms , HANDS,arms", HANDS_ON_ARMS),
        ("all,-head", ALL_PARTS - {Part.HEAD}),
        ("-head", ALL_PARTS - {Part.HEAD}),
        ("-all,face", frozenset({Part.FACE})),
        ("-head,-face,head", ALL_PARTS - {Part.FACE}),
    ],
)
def test_what_is_told_is_read(text: str, parts: Parts) -> None:
    assert parse_parts(text) == parts


@pytest.mark.parametrize(
    ("text", "wrong"), [("arms,tail", "tail"), ("", ""), ("arms,", ""), ("--head", "-head")]
)
def test_what_is_no_part_is_named_in_one_line(text: str, wrong: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_parts(text)
    assert str(caught.value).startswith(f"--parts {text}: there is no part {wrong!r}. Use head, ")
    assert "\n" not in str(caught.value)


def test_one_part_at_least_follows() -> None:
    with pytest.raises(InputError, match="leaves no part"):
        parse_parts("arms,-arms")


def test_parts_are_said_in_one_order() -> None:
    assert parts_said(ALL_PARTS) == "Everything follows you."
    assert parts_said(ALL_PARTS - {Part.HEAD}) == "Everything but the head follows you."
    assert parts_said({Part.HANDS, Part.ARMS}) == "What follows you: arms, hands."
    assert parts_said(()) == "Nothing follows you: the photo stands still."
