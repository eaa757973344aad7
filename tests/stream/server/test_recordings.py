from __future__ import annotations

import asyncio

from tests.stream.server.fakes import plain, serving
from tests.stream.server.visitor import Visitor


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
            assert 0.1 < recorded["seconds"] < 1.0
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
        stopping = asyncio.create_task(site.service.stop())
        await page.expect("recorded")
        assert (await page.expect("bye"))["reason"] == "stopping"
        await stopping
