from __future__ import annotations

import asyncio
import io
import logging
import re
import tempfile
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import av
import pytest
from av.container import InputContainer
from prometheus_client.parser import text_string_to_metric_families
from tests.stream.server.fakes import Page, Site, Tint, plain, serving, until
from tests.stream.server.visitor import Visitor

from bunraku.stream.clip.writer import SYNTHETIC_COMMENT
from bunraku.stream.core.controls import Controls
from bunraku.stream.core.frame import LiveFrame
from bunraku.stream.core.protocols import Stage
from bunraku.stream.rtc.peer import PeerState
from bunraku.stream.rtc.tracks import BrowserSource
from bunraku.stream.server.logs import JsonFormatter
from bunraku.stream.server.options import Limits, ServerOptions
from bunraku.stream.server.sessions import State
from bunraku.stream.server.streaming import Stream

TOKEN = "a-token-long-enough"


async def scrape(site: Site) -> dict[str, float]:
    async with site.client.get("/metrics", headers=site.headers()) as response:
        text = await response.text()
    return {
        f"{sample.name}{sorted(sample.labels.values())}": sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


async def test_a_whole_session(
    caplog: pytest.LogCaptureFixture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    caplog.set_level(logging.DEBUG, "bunraku")
    options = ServerOptions(token=TOKEN)
    async with serving(options) as site, site.page() as page, Visitor(page) as visitor:
        _, dark = await site.post(plain(60), page.session)
        _, light = await site.post(plain(220), page.session)

        await visitor.start(dark["id"])
        await page.expect("state", streaming=True, photo=dark["id"])
        await visitor.shows(60, 60)
        await page.send("command", name="photo", number=2)
        await page.expect("state", photo=light["id"])
        await visitor.shows(220, 220)
        await page.send("command", name="passthrough", on=True)
        await visitor.shows(0, 200)
        await page.send("command", name="passthrough", on=False)

        await page.send("command", name="record", on=True)
        await page.expect("state", recording=True)
        count = site.service.metrics.frames_out.labels("recording")
        while count._value.get() < 6:
            await visitor.picture()
        await page.send("command", name="record", on=False)
        recorded = await page.expect("recorded")
        path = f"/api/recordings/{recorded['id']}"
        async with site.client.get(path, headers=site.headers(page.session)) as response:
            assert response.status == 200
            assert response.content_type == "video/mp4"
            assert recorded["name"] in response.headers["Content-Disposition"]
            data = await response.read()
        assert len(data) == recorded["bytes"]
        with cast(InputContainer, av.open(io.BytesIO(data))) as clip:
            assert len(list(clip.decode(video=0))) >= 4
            assert clip.metadata["comment"] == SYNTHETIC_COMMENT
        async with site.client.get(path, headers=site.headers()) as response:
            assert response.status == 404

        stats = await page.expect("stats")
        assert stats["frames_in"] > 0
        assert stats["frames_out"] > 0
        assert set(stats["age_ms"]) >= {"p50", "p95", "p99"}
        assert "blend" in stats["stages_ms"]
        _, listed = await site.get("/api/sessions")
        assert listed["sessions"][0]["state"] == "streaming"
        assert (await site.get("/healthz"))[1]["sessions"] == 1
        counted = await scrape(site)
        assert counted["bunraku_sessions['streaming']"] == 1
        assert counted["bunraku_frames_in_total[]"] > 0
        assert counted["bunraku_frames_out_total['browser']"] > 0
        assert counted["bunraku_stage_seconds_count['blend']"] > 0
        assert counted["bunraku_recordings_total[]"] == 1
        assert counted["bunraku_offers_total['accepted']"] == 1

        await page.send("stop")
        await page.expect("state", streaming=False)
        assert site.service.sessions.streaming == 0
        folder = site.service.sessions.find(page.session).folder()
        assert folder.is_relative_to(tmp_path)
        secrets = [TOKEN, page.session, dark["id"], recorded["id"]]
    assert not folder.exists()
    assert not list(tmp_path.glob("bunraku-*"))
    shown = "\n".join(JsonFormatter().format(record) for record in caplog.records)
    assert "stream started" in shown
    for secret in secrets[:2]:
        assert secret not in shown
    # Nor does any line hold what unlocks ICE or TURN.
    assert not re.search(r"ice-pwd|credential|Bearer", shown)


async def test_a_lost_page_frees_its_place_at_once() -> None:
    before = set(threading.enumerate())
    async with serving(sessions=1) as site:
        async with site.page() as page, Visitor(page) as visitor:
            await site.post(plain(60), page.session)
            await visitor.start()
            await visitor.picture()
            assert site.service.sessions.streaming == 1
            transport = page.socket.get_extra_info("socket")
            assert transport is not None
            page.socket._conn.transport.abort()  # type: ignore[union-attr]
            async with asyncio.timeout(5.0):
                await until(lambda: site.service.sessions.streaming == 0)
        session = site.service.sessions.find(page.session)
        assert session.state is State.AWAY
        async with site.page(session=page.session) as again, Visitor(again) as visitor:
            await visitor.start()
            await visitor.shows(60, 60)
    await until(lambda: not _ours(set(threading.enumerate()) - before))


def _ours(threads: set[threading.Thread]) -> set[threading.Thread]:
    """All but those of the event loop's own executor."""
    return {thread for thread in threads if not thread.name.startswith("asyncio_")}


async def test_a_full_server_says_so_and_takes_the_next_when_a_place_is_free() -> None:
    async with serving(sessions=1) as site, site.page() as page, site.page() as other:
        await site.post(plain(60), page.session)
        await site.post(plain(220), other.session)
        async with Visitor(page) as visitor, Visitor(other) as waiting:
            await visitor.start()
            await visitor.picture()
            offer = await waiting.offer()
            await other.send("offer", id=1, sdp=offer)
            error = await other.expect("error", id=1)
            assert (error["code"], error["hint"]) == (
                "server_full",
                "Try again in a moment; your photos stay ready.",
            )
            await page.send("stop")
            await page.expect("state", streaming=False)
        async with Visitor(other) as visitor:
            await visitor.start(number=2)
            await visitor.shows(220, 220)


async def test_who_gives_no_sign_of_life_makes_room() -> None:
    limits = Limits(sessions=1, heartbeat_s=0.1, silent_s=0.5, dead_s=60.0)
    async with serving(ServerOptions(limits=limits)) as site, site.page() as page:
        silent = Page(site, {}, alive=False)
        async with silent, Visitor(silent) as visitor, Visitor(page) as waiting:
            await site.post(plain(60), silent.session)
            await site.post(plain(220), page.session)
            await visitor.start()
            await visitor.picture()
            session = site.service.sessions.find(silent.session)
            link = session.link
            assert link is not None
            await until(lambda: session.silent_s < 0.5 <= link.silent_s)  # its pictures still come
            visitor.camera.running.clear()
            await until(lambda: site.service.sessions.silent_streamer() is session)
            await waiting.start()
            await waiting.shows(220, 220)
            assert "another took the place" in (await silent.expect("notice"))["text"]


async def test_a_camera_that_stops_frees_the_place() -> None:
    async with (
        serving(stalled_s=2.0) as site,
        site.page() as page,
        Visitor(page) as visitor,
    ):
        await site.post(plain(60), page.session)
        await visitor.start()
        await visitor.picture()
        visitor.camera.running.clear()
        notice = await page.expect("notice", level="error")
        assert notice["text"] == "No picture comes from the camera any more."
        await page.expect("state", streaming=False)
        assert site.service.sessions.streaming == 0


async def test_a_camera_of_which_nothing_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(BrowserSource, "notice", "The picture is too large.")
    async with serving(stalled_s=2.0) as site, site.page() as page, Visitor(page) as visitor:
        await site.post(plain(60), page.session)
        await visitor.start()
        visitor.camera.running.clear()
        notice = await page.expect("notice", level="error")
        assert notice["text"] == "The picture is too large."


async def test_a_browser_that_ends_its_video_is_told() -> None:
    async with serving() as site, site.page() as page, Visitor(page) as visitor:
        await site.post(plain(60), page.session)
        await visitor.start()
        await visitor.picture()
        [sender] = visitor.connection.getSenders()
        await sender.stop()
        notice = await page.expect("notice", level="error")
        assert notice["text"] == "The browser sends no more pictures; start again."
        await page.expect("state", streaming=False)


@dataclass(eq=False)
class Lingering(Tint):
    """Closes when it is told to."""

    closing: asyncio.Event = field(default_factory=asyncio.Event)

    async def close(self) -> None:
        await self.closing.wait()


async def test_a_browser_that_hangs_up_when_it_stops_is_no_failure() -> None:
    made: list[Lingering] = []

    def stages(controls: Controls) -> list[Stage]:
        made.append(Lingering(controls))
        return list(made[-1:])

    async with serving(stages=stages) as site, site.page() as page:
        await site.post(plain(60), page.session)
        async with Visitor(page) as visitor:
            await visitor.start()
            await visitor.picture()
            stream = site.service.sessions.find(page.session).stream
            assert isinstance(stream, Stream)
            await page.send("stop")
            await page.expect("state", streaming=False)
        await until(lambda: stream._peer.state is PeerState.FAILED)
        made[0].closing.set()
        await until(lambda: stream._task.done())
        await page.send("ping", t=1)
        await page.expect("pong")
        assert not [told for told in page.received if told.get("level") == "error"]


async def test_a_stream_that_is_still_ending_leaves_the_next_one_alone() -> None:
    made: list[Lingering] = []

    def stages(controls: Controls) -> list[Stage]:
        made.append(Lingering(controls))
        return list(made[-1:])

    async with serving(stages=stages) as site:
        async with site.page() as page, Visitor(page) as visitor:
            await site.post(plain(60), page.session)
            await visitor.start()
            await visitor.picture()
            former = site.service.sessions.find(page.session).stream
            assert isinstance(former, Stream)
        async with site.page(session=page.session) as again, Visitor(again) as visitor:
            await visitor.start()
            assert not former._task.done()
            made[0].closing.set()
            await until(lambda: former._task.done())
            made[1].closing.set()
            made[1].controls.failing = True
            assert (await scrape(site))["bunraku_failing_sessions[]"] == 1
            await visitor.picture()


async def test_a_new_offer_takes_the_place_of_the_old_stream() -> None:
    async with serving(sessions=1) as site, site.page() as page:
        await site.post(plain(60), page.session)
        async with Visitor(page) as visitor:
            await visitor.start()
            await page.send("command", name="mirror", on=True)
            await visitor.picture()
        async with Visitor(page) as visitor:
            await visitor.start(number=2)
            await visitor.shows(60, 60)
            assert site.service.sessions.streaming == 1
            assert site.service.sessions.find(page.session).controls.mirror


async def test_photos_can_come_and_go_while_frames_run() -> None:
    async with serving() as site, site.page() as page, Visitor(page) as visitor:
        _, first = await site.post(plain(60), page.session)
        await visitor.start()
        await visitor.shows(60, 60)
        _, second = await site.post(plain(220), page.session)
        assert second["number"] == 2
        path = f"/api/photos/{first['id']}"
        async with site.client.delete(path, headers=site.headers(page.session)) as response:
            assert response.status == 204
        await page.expect("state", photo=second["id"])
        await visitor.shows(220, 220)


async def test_without_its_last_photo_a_stream_ends_before_it_shows_the_camera() -> None:
    shown: list[bool] = []

    @dataclass(eq=False)
    class Watching(Tint):
        async def run(self, frame: LiveFrame) -> None:
            shown.append(self.controls.identity is not None)
            await super().run(frame)

    async with (
        serving(stages=lambda controls: [Watching(controls)]) as site,
        site.page() as page,
        Visitor(page) as visitor,
    ):
        _, photo = await site.post(plain(60), page.session)
        await visitor.start()
        await visitor.picture()
        path = f"/api/photos/{photo['id']}"
        async with site.client.delete(path, headers=site.headers(page.session)) as response:
            assert response.status == 204
        notice = await page.expect("notice", level="error")
        assert notice["text"] == "The stream ended: its last photo was removed."
        await page.expect("state", streaming=False, photo=None)
        assert site.service.sessions.find(page.session).stream is None
        assert all(shown)


async def test_a_browser_that_hangs_up_by_itself() -> None:
    async with serving() as site, site.page() as page:
        await site.post(plain(60), page.session)
        async with Visitor(page) as visitor:
            await visitor.start()
            await visitor.picture()
        notice = await page.expect("notice")
        assert notice["level"] == "error"
        await page.expect("state", streaming=False)
        assert site.service.sessions.streaming == 0


async def test_failing_engines_are_told_of_and_counted() -> None:
    made: list[Tint] = []

    def stages(controls: Controls) -> list[Stage]:
        made.append(Tint(controls))
        return list(made[-1:])

    async with serving(stages=stages) as site, site.page() as page, Visitor(page) as visitor:
        await site.post(plain(60), page.session)
        await visitor.start()
        await visitor.picture()
        controls = made[0].controls
        controls.failing = True
        controls.notify("The camera is shown until it works again.")
        await page.expect("state", failing=True)
        notice = await page.expect("notice")
        assert notice["level"] == "warning"
        counted = await scrape(site)
        assert counted["bunraku_failing_sessions[]"] == 1
        assert counted["bunraku_engine_failures_total[]"] == 1
        controls.failing = False
        await page.expect("state", failing=False)
        made[0].failing = True
        await until(lambda: site.service.metrics.faults.labels("blend")._value.get() > 0)
        assert (await scrape(site))["bunraku_failing_sessions[]"] == 0
