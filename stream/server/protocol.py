"""The words between page and server: messages, error codes and close codes, without any I/O."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Any, TypeGuard

from bunraku.runtime.parts import Part, Parts
from bunraku.stream.core.controls import Command

LONGEST_SECRET = 512
"""Characters of a token or a session id that are looked at at all."""

Message = dict[str, Any]
"""What is sent as one JSON object; "type" says which."""


class ErrorCode(StrEnum):
    """What was wrong, for programs; the text beside it is for people."""

    UNAUTHORIZED = "unauthorized"
    FORBIDDEN = "forbidden"
    BAD_MESSAGE = "bad_message"
    BAD_OFFER = "bad_offer"
    SERVER_FULL = "server_full"
    NO_PHOTO = "no_photo"
    NO_PERSON = "no_person"
    UNREADABLE_PHOTO = "unreadable_photo"
    PHOTO_TOO_LARGE = "photo_too_large"
    UNSUPPORTED_TYPE = "unsupported_type"
    TOO_MANY_PHOTOS = "too_many_photos"
    TOO_MANY_OFFERS = "too_many_offers"
    TOO_MANY_REQUESTS = "too_many_requests"
    SESSION_EXPIRED = "session_expired"
    NOT_FOUND = "not_found"
    STOPPING = "stopping"
    INTERNAL = "internal"


class ByeReason(StrEnum):
    """Why the server ends a session."""

    REPLACED = "replaced"
    IDLE = "idle"
    SESSION_EXPIRED = "session_expired"
    STOPPING = "stopping"


class CloseCode(IntEnum):
    """How a WebSocket ends, beside the codes of the standard."""

    SESSION_ENDED = 4000
    UNAUTHORIZED = 4401
    NO_HELLO = 4408
    FULL = 4429


class ApiError(Exception):
    """An answer that says what is wrong, over REST and over the WebSocket alike.

    :param status: of the HTTP response.
    :param hint: what helps.
    :param retry_s: when it is worth another try.
    """

    def __init__(
        self,
        status: int,
        code: ErrorCode,
        text: str,
        hint: str | None = None,
        *,
        retry_s: float | None = None,
    ) -> None:
        super().__init__(text)
        self.status = status
        self.code = code
        self.text = text
        self.hint = hint
        self.retry_s = retry_s

    def as_json(self) -> dict[str, str | None]:
        """Code, text and hint."""
        return {"code": self.code, "text": self.text, "hint": self.hint}


@dataclass(frozen=True)
class Hello:
    """The first message: who it is, and which session it goes on with."""

    token: str | None = None
    session: str | None = None


@dataclass(frozen=True)
class Offer:
    """WebRTC's offer with all its candidates; ``id`` comes back in the answer."""

    id: int
    sdp: str
    # The photo to drive; None for the one that is driven now.
    photo: str | None = None


@dataclass(frozen=True)
class CommandMessage:
    """A key of the page."""

    command: Command
    number: int | None = None
    on: bool | None = None
    # How strongly the face is to follow, for its command alone.
    strength: float | None = None
    # Which parts are to follow, for theirs.
    parts: Parts | None = None


@dataclass(frozen=True)
class Ping:
    """Asks for a pong with the same number, by which the page measures the round trip."""

    t: float


@dataclass(frozen=True)
class Stop:
    """Ends the stream and frees its place; the session stays."""


ClientMessage = Hello | Offer | CommandMessage | Ping | Stop


def parse(text: str) -> ClientMessage:
    """Read a message of the page's.

    :raises ApiError: bad_message: not JSON, or not one of the messages; the text says why.
    """
    try:
        message = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise bad_message("A message is not JSON.") from error
    if not isinstance(message, dict):
        raise bad_message("A message is not a JSON object.")
    match message.get("type"):
        case "hello":
            return Hello(_secret(message, "token"), _secret(message, "session"))
        case "offer":
            return _offer(message)
        case "command":
            return _command(message)
        case "ping":
            return Ping(_time(message))
        case "stop":
            return Stop()
        case _:
            raise bad_message("A message has no type that is known here.")


def bad_message(text: str) -> ApiError:
    """The answer to what cannot be understood."""
    return ApiError(400, ErrorCode.BAD_MESSAGE, text, "Reload the page.")


def _secret(message: Message, key: str) -> str | None:
    value = message.get(key)
    if value is None or (isinstance(value, str) and len(value) <= LONGEST_SECRET):
        return value
    raise bad_message(f'"{key}" of a hello must be a text of at most {LONGEST_SECRET} characters.')


def _offer(message: Message) -> Offer:
    number, sdp, photo = message.get("id"), message.get("sdp"), message.get("photo")
    if not _is_whole(number) or not isinstance(sdp, str):
        raise bad_message('An offer needs "id", a whole number, and "sdp", a text.')
    if photo is not None and not isinstance(photo, str):
        raise bad_message('"photo" of an offer must be the id of a photo, or null.')
    return Offer(number, sdp, photo)


def _command(message: Message) -> CommandMessage:
    number, on, strength, parts = (message.get(k) for k in ("number", "on", "strength", "parts"))
    try:
        command = Command(str(message.get("name")))
    except ValueError as error:
        known = ", ".join(Command)
        raise bad_message(f"There is no such command; there are {known}.") from error
    if number is not None and not _is_whole(number):
        raise bad_message('"number" of a command must be a whole number.')
    if on is not None and not isinstance(on, bool):
        raise bad_message('"on" of a command must be true or false.')
    if strength is not None and not _is_number(strength):
        raise bad_message('"strength" of a command must be a number.')
    return CommandMessage(command, number, on, strength, _parts(parts))


def _parts(value: Any) -> Parts | None:
    if value is None:
        return None
    known = set(Part)
    if not isinstance(value, list) or not all(isinstance(x, str) and x in known for x in value):
        raise bad_message(f'"parts" of a command must be a list of {", ".join(Part)}.')
    return frozenset(map(Part, value))


def _time(message: Message) -> float:
    value = message.get("t")
    if not _is_number(value):
        raise bad_message('"t" of a ping must be a number.')
    return value


def _is_whole(value: Any) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**53


def _is_number(value: Any) -> TypeGuard[float]:
    return _is_whole(value) or (isinstance(value, float) and math.isfinite(value))
