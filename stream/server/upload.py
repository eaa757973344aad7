"""Receiving one photo as multipart/form-data, without ever holding more than is allowed."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from aiohttp import BodyPartReader, MultipartReader, web
from aiohttp.http_exceptions import HttpProcessingError

from bunraku.stream.server.options import Limits
from bunraku.stream.server.photos import clean_name
from bunraku.stream.server.protocol import ApiError, ErrorCode

FIELD = "photo"

_FRAMING_BYTES = 16 * 2**10
"""Room for boundaries, headers and other fields around the photo."""
_MOST_PARTS = 16
# What aiohttp raises at bodies that are not what they say.
_UNREADABLE = (
    *(ValueError, AssertionError, RuntimeError, LookupError),
    *(web.HTTPException, HttpProcessingError),
)
_HOW = "Send it as multipart/form-data in the field “photo”, as in curl -F photo=@me.jpg"


@dataclass(frozen=True)
class Upload:
    """A photo as it came; nothing of it has been checked but its length."""

    data: bytes
    name: str


async def receive(request: web.Request, limits: Limits) -> Upload:
    """Read the field "photo" of a multipart request.

    :raises ApiError: 415: another kind of body; 413: too large; 400: it makes no sense; 408: it
        took too long.
    """
    if request.content_type != "multipart/form-data":
        raise ApiError(415, ErrorCode.UNSUPPORTED_TYPE, "That is not a form with a photo.", _HOW)
    if request.headers.get("Content-Encoding", "identity").casefold() != "identity":
        raise ApiError(415, ErrorCode.UNSUPPORTED_TYPE, "The request is compressed.", _HOW)
    most = limits.photo_bytes + _FRAMING_BYTES
    if request.content_length is not None and request.content_length > most:
        raise _too_large(limits)
    try:
        async with asyncio.timeout(limits.upload_s):
            return await _photo_part(await request.multipart(), limits)
    except TimeoutError as error:
        raise ApiError(
            408, ErrorCode.BAD_MESSAGE, "The photo took too long to arrive.", "Send a smaller one."
        ) from error
    except _UNREADABLE as error:
        raise ApiError(400, ErrorCode.BAD_MESSAGE, "The form cannot be read.", _HOW) from error


async def _photo_part(reader: MultipartReader, limits: Limits) -> Upload:
    spare = _FRAMING_BYTES
    for _ in range(_MOST_PARTS):
        part = await reader.next()
        if part is None:
            break
        if not isinstance(part, BodyPartReader):
            raise ValueError("a form within the form")
        if part.name == FIELD:
            data = await _read(part, limits.photo_bytes, limits)
            return Upload(data, clean_name(part.filename))
        spare -= len(await _read(part, spare, limits))
    raise ApiError(400, ErrorCode.BAD_MESSAGE, "There is no field “photo” in the form.", _HOW)


async def _read(part: BodyPartReader, most: int, limits: Limits) -> bytes:
    data = bytearray()
    while chunk := await part.read_chunk():
        data += chunk
        if len(data) > most:
            raise _too_large(limits)
    return bytes(data)


def _too_large(limits: Limits) -> ApiError:
    size = f"{limits.photo_bytes / 2**20:g} MiB"
    return ApiError(
        413, ErrorCode.PHOTO_TOO_LARGE, f"The photo is larger than {size}.", "Export it smaller."
    )
