"""The REST interface: photos, sessions, recordings, health and metrics."""

from __future__ import annotations

import logging
import math
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST

from bunraku.stream.server.headers import data_headers
from bunraku.stream.server.logs import told
from bunraku.stream.server.options import is_loopback
from bunraku.stream.server.protocol import LONGEST_SECRET, ApiError, ErrorCode
from bunraku.stream.server.service import Service, not_found
from bunraku.stream.server.sessions import Session
from bunraku.stream.server.upload import receive

log = logging.getLogger(__name__)

SESSION_HEADER = "X-Bunraku-Session"

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

SERVICE = web.AppKey("service", Service)


def routes() -> list[web.RouteDef]:
    """All of it."""
    return [
        web.post("/api/photos", add_photo),
        web.get("/api/photos", list_photos),
        web.get("/api/photos/{id}/preview", show_preview),
        web.delete("/api/photos/{id}", remove_photo),
        web.get("/api/sessions", list_sessions),
        web.get("/api/recordings/{id}", fetch_recording),
        web.get("/metrics", metrics),
    ]


async def add_photo(request: web.Request) -> web.Response:
    """Take a photo into the session of the header, or into a new one."""
    service = request.app[SERVICE]
    try:
        return await _add_photo(request, service)
    except ApiError as error:
        service.metrics.uploads_refused.labels(error.code).inc()
        raise


async def _add_photo(request: web.Request, service: Service) -> web.Response:
    service.check_stopping()
    session = _session(request, service)
    who = session.id if session is not None else request.remote or ""
    limit = session.uploads if session is not None else service.strangers.of(who)
    if not limit.take():
        raise _busy("Too many photos were sent in a minute.", limit.wait_s())
    shared = session is None and is_loopback(who)  # by all whom a proxy lets in
    if not service.receiving.admits(who, shared=shared):
        raise _busy("Too many photos are being looked at.", 1.0)
    with service.receiving.joined(who):
        upload = await receive(request, service.limits)
        if session is not None:
            told_of = await service.add_photo(session, upload.data, upload.name)
        else:
            session = service.open(scripted=True)
            try:
                told_of = await service.add_photo(session, upload.data, upload.name)
            except BaseException:
                service.forget(session)
                raise
    return answer({**told_of, "session": session.id}, 201)


async def list_photos(request: web.Request) -> web.Response:
    """The session's photos, after the operator's."""
    service = request.app[SERVICE]
    return answer({"photos": service.photos_json(_session(request, service))})


async def show_preview(request: web.Request) -> web.Response:
    """A small JPEG of a photo of the operator's or of the session's own."""
    service = request.app[SERVICE]
    session = _session(request, service)
    wanted = request.match_info["id"]
    own = {} if session is None else session.previews
    data = own.get(wanted) or service.photo_worker.previews.get(wanted)
    if data is None:
        raise not_found("photo")
    return web.Response(body=data, content_type="image/jpeg", headers=data_headers())


async def remove_photo(request: web.Request) -> web.Response:
    """Delete a photo of the session's own."""
    service = request.app[SERVICE]
    session = _session(request, service)
    if session is None:
        raise not_found("photo")
    await service.remove_photo(session, request.match_info["id"])
    return web.Response(status=204, headers=data_headers())


async def list_sessions(request: web.Request) -> web.Response:
    """Who is here, without anything that would let somebody else in."""
    service = request.app[SERVICE]
    listed = [_session_json(session, service) for session in service.sessions]
    return answer({"sessions": listed, "limit": service.limits.sessions})


async def fetch_recording(request: web.Request) -> web.StreamResponse:
    """A recording of the session's own, as a file to keep."""
    service = request.app[SERVICE]
    session = _session(request, service)
    recording = None if session is None else session.recordings.get(request.match_info["id"])
    if session is None or recording is None:
        raise not_found("recording")
    disposition = f'attachment; filename="{recording.name}"'
    headers = {**data_headers(), "Content-Disposition": disposition, "Content-Type": "video/mp4"}
    return web.FileResponse(recording.path, headers=headers)


async def health(request: web.Request) -> web.Response:
    """Whether the server takes sessions; for load balancers, without a token."""
    service = request.app[SERVICE]
    status = "stopping" if service.stopping else "ok"
    told_of = {
        "status": status,
        "sessions": service.sessions.streaming,
        "limit": service.limits.sessions,
    }
    return answer(told_of, 503 if service.stopping else 200)


async def metrics(request: web.Request) -> web.Response:
    """All counters, for Prometheus."""
    service = request.app[SERVICE]
    service.count_sessions()
    headers = {**data_headers(), "Content-Type": CONTENT_TYPE_LATEST}
    return web.Response(body=service.metrics.text(), headers=headers)


def answer(told_of: dict[str, Any], status: int = 200) -> web.Response:
    """JSON."""
    return web.json_response(told_of, status=status, headers=data_headers())


def refusal(error: ApiError) -> web.Response:
    """An error as JSON, with its status."""
    response = answer({"error": error.as_json()}, error.status)
    if error.status == 401:
        response.headers["WWW-Authenticate"] = 'Bearer realm="bunraku"'
    if error.retry_s is not None:
        response.headers["Retry-After"] = str(max(1, math.ceil(error.retry_s)))
    return response


@web.middleware
async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Check who asks before anything is done, and answer every failure in one form."""
    service = request.app[SERVICE]
    try:
        service.access.check_host(request)
        if request.path.startswith(("/api/", "/metrics", "/ws")):
            service.access.check_origin(request)
        if request.path.startswith(("/api/", "/metrics")):
            service.access.check_bearer(request)
    except ApiError as error:
        service.metrics.refused.labels(error.code).inc()
        log.warning("refused", extra=told(path=request.path[:200], why=error.text))
        return refusal(error)
    try:
        return await handler(request)
    except ApiError as error:
        return refusal(error)
    except web.HTTPException as error:
        return refusal(_http_error(error))
    except ConnectionError:
        return web.Response(status=400)  # the other side is gone: nobody hears this
    except TimeoutError:
        raise  # aiohttp answers
    except Exception:
        log.exception("a request failed", extra=told(path=request.path[:200]))
        return refusal(ApiError(500, ErrorCode.INTERNAL, "The server made a mistake."))


def _session(request: web.Request, service: Service) -> Session | None:
    """The session of the header, None without one; asking for it is a sign of life.

    :raises ApiError: session_expired: it names none that is alive.
    """
    named = request.headers.get(SESSION_HEADER)
    if named is None:
        return None
    session = service.sessions.find(named[:LONGEST_SECRET])
    service.sessions.touch(session)
    return session


def _session_json(session: Session, service: Service) -> dict[str, Any]:
    stats = None if session.stream is None else session.stream.stats()
    age = None if stats is None else stats.age_ms
    return {
        "label": session.label,
        "age_s": round(service.clock.now() - session.opened_s, 1),
        "state": session.state,
        "photos": len(session.previews),
        "fps_in": None if stats is None else round(stats.fps_in, 1),
        "fps_out": None if stats is None else round(stats.fps_out, 1),
        "age_ms": None if age is None else round(age.p50, 1),
    }


def _busy(text: str, wait_s: float) -> ApiError:
    return ApiError(
        429, ErrorCode.TOO_MANY_REQUESTS, text, "Try again in a moment.", retry_s=wait_s
    )


def _http_error(error: web.HTTPException) -> ApiError:
    if error.status == 404:
        return ApiError(404, ErrorCode.NOT_FOUND, "There is no such address.")
    if error.status == 413:
        return ApiError(413, ErrorCode.PHOTO_TOO_LARGE, "That is too large.", "Send less.")
    return ApiError(error.status, ErrorCode.BAD_MESSAGE, f"{error.reason}.")
