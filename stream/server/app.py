"""The aiohttp application: the page, REST, the WebSocket, and what guards them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from aiohttp import web

from bunraku.errors import InputError
from bunraku.runtime.parts import ALL_PARTS, Parts
from bunraku.stream.core.clock import Clock, SystemClock
from bunraku.stream.core.controls import Controls
from bunraku.stream.core.protocols import Stage
from bunraku.stream.core.session import Identify
from bunraku.stream.server.files import PageFiles
from bunraku.stream.server.options import ServerOptions
from bunraku.stream.server.rest import SERVICE, guard, health, routes
from bunraku.stream.server.service import Service
from bunraku.stream.server.streaming import Stages
from bunraku.stream.server.websocket import talk

if TYPE_CHECKING:
    from bunraku.runtime.models import Models
    from bunraku.runtime.options import PuppetOptions


def make_app(
    options: ServerOptions,
    models: Models | None = None,
    *,
    stages: Stages | None = None,
    identify: Identify | None = None,
    clock: Clock | None = None,
) -> web.Application:
    """A server, ready for an aiohttp runner.

    :param models: what all sessions share.
    :param stages: makes a stream's stages instead, for tests and benchmarks.
    :param identify: makes photos ready instead, from their pictures; in a thread of its own.
    :raises InputError: the options cannot be served safely, or there is nothing to serve with.
    """
    clock = clock or SystemClock()
    if models is not None:
        if models.faces is None:
            options = replace(options, face=None)
        stages = stages or partial(_puppet_stages, models, clock)
        identify = identify or _identify_with(models, options)
    if stages is None or identify is None:
        raise InputError("The server has no models.", "Give them, or stages and identify.")
    app = web.Application(middlewares=[guard], client_max_size=64 * 2**10)
    app[SERVICE] = Service(options, stages, identify, clock)
    if models is not None:
        app[SERVICE].metrics.watch(models.notices)
    app.cleanup_ctx.append(_started)
    app.on_shutdown.append(_stop)
    app.add_routes(routes())
    app.add_routes(_answering(PageFiles()))
    app.add_routes([web.get("/healthz", health), web.get("/ws", _websocket)])
    return app


async def _started(app: web.Application) -> AsyncIterator[None]:
    service = app[SERVICE]
    try:
        await service.start()
        yield
    finally:
        await service.stop()  # a second time does nothing


async def _stop(app: web.Application) -> None:
    """While connections still stand, so that pages are told."""
    await app[SERVICE].stop()


async def _websocket(request: web.Request) -> web.StreamResponse:
    return await talk(request, request.app[SERVICE])


def _answering(files: PageFiles) -> list[web.RouteDef]:
    async def page(request: web.Request) -> web.Response:
        return files.answer(request, "index.html")

    async def static(request: web.Request) -> web.Response:
        return files.answer(request, request.match_info["name"])

    return [web.get("/", page), web.get("/static/{name}", static)]


def _puppet_stages(models: Models, clock: Clock, controls: Controls) -> list[Stage]:
    from bunraku.runtime.puppet import Puppet
    from bunraku.stream.core.stages import puppet_stages

    return puppet_stages(Puppet(models, _options(models)), controls, clock=clock)


def _identify_with(models: Models, options: ServerOptions) -> Identify:
    from bunraku.runtime.puppet import Puppet

    told = _options(models, options.face or 0.0, options.parts)
    return Puppet(models, told).make_identity


def _options(models: Models, face: float = 0.0, parts: Parts = ALL_PARTS) -> PuppetOptions:
    """Whatever was loaded is to be seen; the stages have face and parts from the controls."""
    from bunraku.runtime.options import PuppetOptions

    return PuppetOptions(face=face, hands=models.hands is not None, parts=parts)
