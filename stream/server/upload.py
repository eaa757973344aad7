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
# A form's text in place of a file is its path, as of `curl -F photo=me.jpg` without the @.
_LONGEST_PATH = 4096
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

    :raises ApiError: 415: another kind of body; 413: too large; 400: it makes no sense, or holds
        no photo or several; 408: it took too long; 422: the file is empty.
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
        raise _bad_form("The form cannot be read.") from error


async def _photo_part(reader: MultipartReader, limits: Limits) -> Upload:
    upload: Upload | None = None
    others: list[str] = []
    spare = _FRAMING_BYTES
    for _ in range(_MOST_PARTS):
        part = await reader.next()
        if part is None:
            break
        if not isinstance(part, BodyPartReader):
            raise ValueError("a form within the form")
        if part.name == FIELD:
            if upload is not None:
                raise _bad_form("There is more than one photo in the form.", "Send one at a time.")
            data = await _read(part, limits.photo_bytes)
            if data is None:
                raise _too_large(limits)
            upload = Upload(data, clean_name(part.filename))
            _check_file(upload, part.filename)
        else:
            others.append(f"“{clean_name(part.name)}”" if part.name else "one without a name")
            data = await _read(part, spare)
            if data is None:  # this is where the photo is
                break
            spare -= len(data)
    if upload is not None:
        return upload
    if others:
        named = " and ".join(dict.fromkeys(others[:3]))
        raise _bad_form(f"The photo is expected in the field “{FIELD}”, not in {named}.")
    raise _bad_form(f"There is no field “{FIELD}” in the form.")


def _check_file(upload: Upload, filename: str | None) -> None:
    """:raises ApiError: 400: nothing was chosen, or the file's name was sent in its place; 422: the
    file is empty.
    """
    if filename and not upload.data:
        raise ApiError(
            422, ErrorCode.UNREADABLE_PHOTO, "The file is empty.", "Copy or export it again."
        )
    if not upload.data:
        raise _bad_form(f"The field “{FIELD}” is empty.", "Choose a file.")
    if filename is None and len(upload.data) <= _LONGEST_PATH and upload.data.isascii():
        raise _bad_form(f"The field “{FIELD}” holds a text and no file.")


async def _read(part: BodyPartReader, most: int) -> bytes | None:
    """All of a part; None if it is larger."""
    data = bytearray()
    while chunk := await part.read_chunk():
        data += chunk
        if len(data) > most:
            return None
    return bytes(data)


def _bad_form(text: str, hint: str = _HOW) -> ApiError:
    return ApiError(400, ErrorCode.BAD_MESSAGE, text, hint)


def _too_large(limits: Limits) -> ApiError:
    size = f"{limits.photo_bytes / 2**20:g} MiB"
    return ApiError(
        413, ErrorCode.PHOTO_TOO_LARGE, f"The photo is larger than {size}.", "Export it smaller."
    )
