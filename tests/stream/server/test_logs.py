from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from bunraku.stream.server.logs import ACCESS, AccessLogger, JsonFormatter, told


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter())
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    yield stream
    root.removeHandler(handler)
    root.setLevel(level)


def test_a_line_is_one_object(lines: io.StringIO) -> None:
    logging.getLogger("bunraku.x").info("two\nlines of %s", "text", extra=told(session="s1", n=2))
    line = json.loads(lines.getvalue())
    assert line["event"] == "two\nlines of text"
    assert (line["level"], line["logger"], line["session"], line["n"]) == (
        *("info", "bunraku.x", "s1"),
        2,
    )
    assert lines.getvalue().count("\n") == 1


def test_traces_are_kept(lines: io.StringIO) -> None:
    try:
        raise ValueError("wrong")
    except ValueError:
        logging.getLogger("bunraku.x").exception("failed")
    assert "ValueError: wrong" in json.loads(lines.getvalue())["trace"]


def test_access_without_query_and_headers(lines: io.StringIO) -> None:
    request = make_mocked_request(
        "GET", "/api/photos?token=secret", headers={"Authorization": "Bearer secret"}
    )
    AccessLogger(logging.getLogger(ACCESS), "").log(request, web.Response(), 0.0123)
    line = json.loads(lines.getvalue())
    assert (line["method"], line["path"], line["status"]) == ("GET", "/api/photos", 200)
    assert line["ms"] == 12.3
    assert "secret" not in lines.getvalue()
