from __future__ import annotations

import logging

import pytest

from bunraku.runtime.notices import Notices


def test_what_is_said_is_logged_at_once_and_read_from_where_one_was(
    caplog: pytest.LogCaptureFixture,
) -> None:
    notices = Notices()
    with caplog.at_level(logging.WARNING):
        notices.add("one")
        notices.add("100 % of it")
    assert caplog.messages == ["one", "100 % of it"]
    assert len(notices) == 2
    assert notices.since(0) == ["one", "100 % of it"]
    assert notices.since(1) == ["100 % of it"]
    assert notices.since(2) == []
