from __future__ import annotations

from bunraku.stream.server.headers import data_headers, page_headers


def test_the_page_may_do_what_it_needs() -> None:
    policy = page_headers("127.0.0.1:8090")["Content-Security-Policy"]
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == "'none'"
    assert rules["script-src"] == "'self'"
    assert rules["style-src"] == "'self'"
    assert rules["frame-ancestors"] == "'none'"
    assert rules["connect-src"] == "'self' ws://127.0.0.1:8090 wss://127.0.0.1:8090"
    assert "unsafe" not in policy
    assert "*" not in policy


def test_answers_are_not_kept_nor_shown() -> None:
    headers = data_headers()
    assert headers["Cache-Control"] == "no-store"
    assert "sandbox" in headers["Content-Security-Policy"]


def test_both_forbid_the_usual() -> None:
    for headers in (data_headers(), page_headers("localhost")):
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert "camera=(self)" in headers["Permissions-Policy"]
        assert "microphone=()" in headers["Permissions-Policy"]
        assert "Access-Control-Allow-Origin" not in headers
