from __future__ import annotations

import asyncio
import errno
import shutil
import tempfile
from pathlib import Path

import pytest
from tests.stream.fakes import FakeClock
from tests.stream.server.fakes import FakeLink, plain, serving
from tests.stream.server.visitor import Visitor

from bunraku.stream.server.options import Limits
from bunraku.stream.server.recordings import LEFT_FREE_BYTES, RecordingSink, keep
from bunraku.stream.server.registry import Registry
from bunraku.stream.server.sessions import Recording, Session


async def test_recordings_have_an_end() -> None:
    async with (
        serving(recording_s=0.2, recordings=1) as site,
        site.page() as page,
        Visitor(page) as visitor,
    ):
        await site.post(plain(60), page.session)
        await visitor.start()
        await visitor.picture()
        paths = []
        for _ in range(2):
            await page.send("command", name="record", on=True)
            receiving = asyncio.create_task(_keep_receiving(visitor))
            recorded = await page.expect("recorded")
            assert 0.1 < recorded["seconds"] < 10
            await page.send("command", name="record", on=False)
            await page.expect("state", recording=False)
            receiving.cancel()
            paths.append(f"/api/recordings/{recorded['id']}")
        headers = site.headers(page.session)
        statuses = []
        for path in paths:
            async with site.client.get(path, headers=headers) as response:
                statuses.append(response.status)
        assert statuses == [404, 200]  # only the newest is kept


async def _keep_receiving(visitor: Visitor) -> None:
    while True:
        await visitor.picture()


async def test_stopping_completes_recordings() -> None:
    async with serving() as site, site.page() as page, Visitor(page) as visitor:
        await site.post(plain(60), page.session)
        await visitor.start()
        await visitor.picture()
        await page.send("command", name="record", on=True)
        await page.expect("state", recording=True)
        for _ in range(5):
            await visitor.picture()
        page.received.clear()
        stopping = asyncio.create_task(site.service.stop())
        await page.expect("recorded")
        assert (await page.expect("bye"))["reason"] == "stopping"
        await stopping
        # A page that heard that its stream has stopped would not wait for the goodbye.
        assert not [told for told in page.received if told["type"] == "state"]


async def test_a_recording_that_cannot_begin_tells_no_path() -> None:
    async with serving() as site, site.page() as page, Visitor(page) as visitor:
        await site.post(plain(60), page.session)
        await visitor.start()
        await visitor.picture()
        site.service.sessions.find(page.session).folder().rmdir()
        await page.send("command", name="record", on=True)
        error = await page.expect("error")
        assert error["text"] == "The server cannot write a recording now."
        assert error["hint"] == "Try again later."


def test_the_oldest_go_when_all_together_are_too_large(tmp_path: Path) -> None:
    limits = Limits(recordings_bytes=100)
    session, link = visiting(Registry(limits, FakeClock()))
    for number, size in enumerate((60, 30, 20, 300)):
        keep(session, recorded(tmp_path, str(number), size), limits)
        assert list(session.recordings) == [["0"], ["0", "1"], ["1", "2"], ["3"]][number]
    assert [path.name for path in tmp_path.iterdir()] == ["3.mp4"]
    assert [told["id"] for told in link.sent if told["type"] == "forgotten"] == ["0", "1", "2"]


def test_of_all_sessions_the_one_with_most_makes_room(tmp_path: Path) -> None:
    limits = Limits(all_recordings_bytes=100)
    sessions = Registry(limits, FakeClock())
    (hoarder, told), (modest, _), (third, _) = (visiting(sessions) for _ in range(3))
    for owner, name, size in (
        *((modest, "a", 20), (hoarder, "b", 30), (hoarder, "c", 40)),
        *((third, "d", 40), (third, "e", 200)),
    ):
        keep(owner, recorded(tmp_path, name, size), limits, sessions)
        if name == "d":
            assert [list(one.recordings) for one in sessions] == [["c"], ["a"], ["d"]]
            assert told.sent[-1]["text"] == "b.mp4 was deleted to make room."
    assert [list(one.recordings) for one in sessions] == [[], [], ["e"]]  # the newest stays
    assert [path.name for path in tmp_path.iterdir()] == ["e.mp4"]


@pytest.mark.parametrize("nearly", [True, False])
async def test_no_recording_begins_where_the_disk_is_full(
    monkeypatch: pytest.MonkeyPatch, nearly: bool
) -> None:
    def full(*_: object, **__: object) -> str:
        raise OSError(errno.ENOSPC, "No space left on device", "/secret")

    usage, free = type(shutil.disk_usage("/")), 2 * LEFT_FREE_BYTES - 1
    async with serving() as site, site.page() as page, Visitor(page) as visitor:
        await site.post(plain(60), page.session)
        await visitor.start()
        await visitor.picture()
        if nearly:
            monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(2**40, 2**40 - free, free))
        else:
            monkeypatch.setattr(tempfile, "mkdtemp", full)
        await page.send("command", name="record", on=True)
        error = await page.expect("error")
        assert error["text"] == "The server cannot write a recording now."


def visiting(sessions: Registry) -> tuple[Session, FakeLink]:
    session, link = sessions.open([]), FakeLink()
    sessions.attach(session, link)
    return session, link


def recorded(folder: Path, name: str, size: int) -> Recording:
    path = folder / f"{name}.mp4"
    path.touch()
    return Recording(name, path, path.name, size, 1.0)


async def test_a_recording_leaves_the_disk_some_room(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    usage = type(shutil.disk_usage("/"))
    free = 3 * LEFT_FREE_BYTES
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(2**40, 2**40 - free, free))
    sink = RecordingSink(lambda: tmp_path, Limits(), 30.0, lambda _: None)
    assert sink._file._max_bytes == 2 * LEFT_FREE_BYTES
    await sink.close()
