from __future__ import annotations

import json
from typing import Any

import pytest

from bunraku.runtime.parts import Part
from bunraku.stream.core.controls import Command
from bunraku.stream.server.protocol import (
    ApiError,
    ClientMessage,
    CommandMessage,
    ErrorCode,
    Hello,
    Offer,
    Ping,
    Stop,
    parse,
)


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ({"type": "hello"}, Hello()),
        ({"type": "hello", "token": "t", "session": None}, Hello("t", None)),
        ({"type": "offer", "id": 3, "sdp": "v=0", "photo": "p"}, Offer(3, "v=0", "p")),
        ({"type": "offer", "id": 0, "sdp": "v=0"}, Offer(0, "v=0", None)),
        ({"type": "command", "name": "mirror"}, CommandMessage(Command.MIRROR)),
        (
            {"type": "command", "name": "face", "strength": 0.5},
            CommandMessage(Command.FACE, strength=0.5),
        ),
        (
            {"type": "command", "name": "parts", "parts": ["arms", "head", "arms"]},
            CommandMessage(Command.PARTS, parts=frozenset({Part.ARMS, Part.HEAD})),
        ),
        (
            {"type": "command", "name": "parts", "parts": []},
            CommandMessage(Command.PARTS, parts=frozenset()),
        ),
        ({"type": "command", "name": "parts"}, CommandMessage(Command.PARTS)),
        (
            {"type": "command", "name": "photo", "number": 2},
            CommandMessage(Command.PHOTO, 2),
        ),
        (
            {"type": "command", "name": "freeze", "on": False},
            CommandMessage(Command.FREEZE, None, False),
        ),
        ({"type": "ping", "t": 12.5}, Ping(12.5)),
        ({"type": "stop", "more": 1}, Stop()),
    ],
)
def test_parse(message: dict[str, Any], expected: ClientMessage) -> None:
    assert parse(json.dumps(message)) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        '"hello"',
        "{}",
        '{"type": 1}',
        '{"type": ["hello"]}',
        '{"type": "hello", "token": 1}',
        '{"type": "hello", "token": "' + "x" * 513 + '"}',
        '{"type": "offer"}',
        '{"type": "offer", "id": true, "sdp": ""}',
        '{"type": "offer", "id": 1.5, "sdp": ""}',
        '{"type": "offer", "id": 1, "sdp": null}',
        '{"type": "offer", "id": 1, "sdp": "", "photo": 1}',
        '{"type": "offer", "id": 1' + "0" * 400 + ', "sdp": ""}',
        '{"type": "command"}',
        '{"type": "command", "name": "format disk"}',
        '{"type": "command", "name": {}}',
        '{"type": "command", "name": "photo", "number": "1"}',
        '{"type": "command", "name": "mirror", "on": 1}',
        '{"type": "command", "name": "face", "strength": "1"}',
        '{"type": "command", "name": "face", "strength": NaN}',
        '{"type": "command", "name": "parts", "parts": "arms"}',
        '{"type": "command", "name": "parts", "parts": ["arms", "tail"]}',
        '{"type": "command", "name": "parts", "parts": [["arms"]]}',
        '{"type": "command", "name": "parts", "parts": {"arms": true}}',
        '{"type": "ping"}',
        '{"type": "ping", "t": NaN}',
        '{"type": "ping", "t": 1e999}',
        '{"type": "ping", "t": true}',
        "[" * 100_000,
        '{"type":' * 50_000,
        "1" * 5000,
    ],
)
def test_parse_refuses(text: str) -> None:
    with pytest.raises(ApiError) as caught:
        parse(text)
    assert caught.value.code is ErrorCode.BAD_MESSAGE
    assert caught.value.status == 400
