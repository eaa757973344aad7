"""Logs as one JSON object a line, without anything that is secret."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any, TextIO

from aiohttp import web
from aiohttp.abc import AbstractAccessLogger
from aiohttp.http_exceptions import HttpProcessingError

log = logging.getLogger(__name__)

ACCESS = "bunraku.access"

# Libraries that tell of each candidate and packet, with addresses and passwords of ICE.
_TALKATIVE = ("aioice", "aiortc", "aiohttp", "asyncio", "PIL", "libav")


class JsonFormatter(logging.Formatter):
    """``log.info("session opened", extra=told(session="s3"))`` as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
        }
        line |= getattr(record, "told", {})
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


def told(**values: Any) -> dict[str, dict[str, Any]]:
    """``extra`` for a log call: values that stand beside the event in its line."""
    return {"told": values}


def configure(level: int = logging.INFO, stream: TextIO | None = None) -> None:
    """Send the logs of this process to ``stream``, by default stderr."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonFormatter())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    logging.captureWarnings(True)
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(max(level, logging.WARNING))


class MalformedRequests(logging.Filter):
    """What is not HTTP is a line, in place of aiohttp's error with a traceback: whoever finds the
    port may send it, a browser that takes it for TLS above all. Its text is left out, as it may
    hold a header with a token.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Let all other records pass."""
        error = record.exc_info[1] if record.exc_info else None
        while isinstance(error, web.RequestPayloadError):  # it came in the middle of a body
            error = error.__cause__
        if not isinstance(error, HttpProcessingError):
            return True
        remote = record.args[0] if isinstance(record.args, tuple) and record.args else None
        log.info("malformed request", extra=told(remote=remote, why=type(error).__name__))
        return False


def http_logger() -> logging.Logger:
    """What aiohttp's server is to log to."""
    logger = logging.getLogger("aiohttp.server")
    if not any(isinstance(one, MalformedRequests) for one in logger.filters):
        logger.addFilter(MalformedRequests())
    return logger


class AccessLogger(AbstractAccessLogger):
    """Method, path without its query, status and time of each request; no headers."""

    def log(self, request: web.BaseRequest, response: web.StreamResponse, time: float) -> None:
        logging.getLogger(ACCESS).info(
            "request",
            extra=told(
                method=request.method,
                path=request.path[:200],
                status=response.status,
                ms=round(time * 1e3, 1),
                bytes=response.body_length,
                remote=request.remote,
            ),
        )
