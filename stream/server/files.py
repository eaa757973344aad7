"""The page's own files, read once: what a visitor asks for touches no disk."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from aiohttp import ETag, web

from bunraku.stream.server.headers import page_headers
from bunraku.stream.server.service import not_found

STATIC = Path(__file__).parents[1] / "static"

# What the system would guess differs from system to system.
_TYPES = {
    ".css": "text/css",
    ".html": "text/html",
    ".js": "text/javascript",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
}


@dataclass(frozen=True)
class _File:
    data: bytes
    kind: str
    tag: ETag


class PageFiles:
    """All files of one folder whose kind is known; those that begin with a dot are not there."""

    def __init__(self, folder: Path = STATIC) -> None:
        self._files = {
            path.name: _read(path)
            for path in folder.iterdir()
            if path.suffix in _TYPES and not path.name.startswith(".") and path.is_file()
        }

    def answer(self, request: web.Request, name: str) -> web.Response:
        """The file, or only that the browser has it already.

        :raises ApiError: not_found.
        """
        file = self._files.get(name)
        if file is None:
            raise not_found("file")
        headers = page_headers(request.headers["Host"])
        if file.tag in (request.if_none_match or ()):
            response = web.Response(status=304, headers=headers)
        else:
            response = web.Response(body=file.data, headers={**headers, "Content-Type": file.kind})
        response.etag = file.tag
        return response


def _read(path: Path) -> _File:
    data, kind = path.read_bytes(), _TYPES[path.suffix]
    if kind.startswith("text/"):
        kind += "; charset=utf-8"
    return _File(data, kind, ETag(hashlib.sha256(data).hexdigest()[:32]))
