from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from prometheus_client.parser import text_string_to_metric_families
from tests.stream.server.fakes import plain, serving, until
from tests.stream.server.pictures import mutated, photo, png_bomb


async def test_refusals_say_why_and_are_counted() -> None:
    async with serving(photo_bytes=200_000, uploads_per_minute=100) as site:
        wrong = [
            (photo("JPEG", level=0), 422, "no_person"),
            (photo("JPEG")[:500], 422, "unreadable_photo"),
            (photo("GIF"), 415, "unsupported_type"),
            (photo("TIFF"), 415, "unsupported_type"),
            (b"<svg xmlns='http://www.w3.org/2000/svg'/>", 415, "unsupported_type"),
            (b"<html></html>", 415, "unsupported_type"),
            (b"", 422, "unreadable_photo"),
            (png_bomb(), 413, "photo_too_large"),
            (photo("JPEG") + bytes(200_000), 413, "photo_too_large"),
            (bytes(3_000_000), 413, "photo_too_large"),
        ]
        for data, status, code in wrong:
            found, told = await site.post(data)
            assert (found, told["error"]["code"]) == (status, code)
            assert told["error"]["text"]
            assert told["error"]["hint"]
        assert len(site.service.sessions) == 0  # nothing stays of a session made for a refusal
        async with site.client.get("/metrics") as response:
            text = await response.text()
        refused = {
            sample.labels["reason"]: sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
            if sample.name == "bunraku_uploads_refused_total"
        }
        assert refused == {
            "no_person": 1,
            "unreadable_photo": 2,
            "unsupported_type": 4,
            "photo_too_large": 3,
        }
        metrics = site.service.metrics
        assert metrics.opened._value.get() == metrics.ended.labels("refused")._value.get() > 0


async def test_200_mutated_photos() -> None:
    async with serving(uploads_per_minute=1000, photos=1000) as site:
        _, told = await site.post(plain(90))
        statuses: set[int] = set()
        for data in mutated(200):
            status, _ = await site.post(data, told["session"])
            statuses.add(status)
        assert {201, 422} <= statuses <= {201, 413, 415, 422}


async def test_forms_that_are_none() -> None:
    async with serving(photo_bytes=1000) as site:
        kind = {"Content-Type": "multipart/form-data; boundary=x"}
        for headers, data, status in [
            ({"Content-Type": "image/jpeg"}, photo(), 415),
            ({"Content-Type": "multipart/form-data"}, b"--x--", 400),
            (kind, b"", 400),
            (kind, b"--x--\r\n", 400),
            (kind, b"--x\r\n\r\n--x--\r\n", 400),
            (kind, b"no boundary at all", 400),
            (kind, b"--x\r\ngarbage\r\n\r\n", 400),
            (kind, b'--x\r\nContent-Disposition: form-data; name="photo"\r\n\r\ncut', 400),
            ({**kind, "Content-Encoding": "gzip"}, b"\x1f\x8b\x08\0\0\0\0\0\0\x03", 415),
        ]:
            async with site.client.post("/api/photos", data=data, headers=headers) as response:
                assert response.status in (status, 415, 422), (headers, data)
                assert (await response.json())["error"]["code"]


FORM = {"Content-Type": "multipart/form-data; boundary=x"}


def form(*fields: tuple[str, bytes, str | None]) -> bytes:
    """A form of boundary x, of fields of name, content and file name."""
    parts = b""
    for name, data, filename in fields:
        shown = "" if filename is None else f'; filename="{filename}"'
        parts += f'--x\r\nContent-Disposition: form-data; name="{name}"{shown}\r\n\r\n'.encode()
        parts += data + b"\r\n"
    return parts + b"--x--\r\n"


async def test_wrong_forms_are_told_what_is_right() -> None:
    me = (photo(), "me.jpg")
    large = (photo() + bytes(100_000), "me.jpg")
    wrong = [
        (form(), "There is no field “photo” in the form."),
        (form(("picture", *me)), "The photo is expected in the field “photo”, not in “picture”."),
        (form(("file", *large)), "The photo is expected in the field “photo”, not in “file”."),
        (
            form(("name", b"Ann", None), ("foto", *large), ("photo", *me)),
            "The photo is expected in the field “photo”, not in “name” and “foto”.",
        ),
        (form(("photo", *me), ("photo", *me)), "There is more than one photo in the form."),
        (form(("photo", b"", "")), "The field “photo” is empty."),
        (form(("photo", b"me.jpg", None)), "The field “photo” holds a text and no file."),
        (form(("Photo", *me)), "The photo is expected in the field “photo”, not in “Photo”."),
    ]
    async with serving() as site:
        for made, text in wrong:
            async with site.client.post("/api/photos", data=made, headers=FORM) as response:
                error = (await response.json())["error"]
                assert (response.status, error["code"]) == (400, "bad_message")
                assert error["text"] == text
                assert error["hint"]
        right = form(("name", b"Ann", None), ("photo", plain(90), None), ("after", b"x", None))
        async with site.client.post("/api/photos", data=right, headers=FORM) as response:
            assert response.status == 201


async def test_a_file_without_content_is_told_as_such() -> None:
    made = form(("photo", b"", "me.jpg"))
    async with (
        serving() as site,
        site.client.post("/api/photos", data=made, headers=FORM) as response,
    ):
        error = (await response.json())["error"]
        assert (response.status, error["code"]) == (422, "unreadable_photo")
        assert error["text"] == "The file is empty."


async def test_other_bodies_than_forms() -> None:
    async with serving() as site:
        for sent in (
            {"json": {"photo": "me.jpg"}},
            {"data": {"photo": "me.jpg"}},
            {"data": photo(), "headers": {"Content-Type": "image/jpeg"}},
            {"data": photo()},
            {},
        ):
            async with site.client.post("/api/photos", **sent) as response:
                error = (await response.json())["error"]
                assert (response.status, error["code"]) == (415, "unsupported_type")
                assert "multipart/form-data in the field “photo”" in error["hint"]


async def test_20_megabytes_are_not_read() -> None:
    async with serving() as site:
        status, told = await site.post(photo() + bytes(20_000_000))
        assert (status, told["error"]["code"]) == (413, "photo_too_large")

        async def endless() -> AsyncIterator[bytes]:
            yield b'--x\r\nContent-Disposition: form-data; name="photo"\r\n\r\n'
            for _ in range(20):
                yield bytes(2**20)

        kind = {"Content-Type": "multipart/form-data; boundary=x"}
        async with site.client.post("/api/photos", data=endless(), headers=kind) as response:
            assert response.status == 413
        async with site.client.get("/healthz") as response:
            assert response.status == 200


async def test_a_photo_that_never_comes() -> None:
    async with serving(upload_s=0.2) as site:
        waiting = asyncio.Event()

        async def slow() -> AsyncIterator[bytes]:
            yield b'--x\r\nContent-Disposition: form-data; name="photo"\r\n\r\n'
            await waiting.wait()

        kind = {"Content-Type": "multipart/form-data; boundary=x"}
        async with site.client.post("/api/photos", data=slow(), headers=kind) as response:
            assert response.status == 408
            waiting.set()


async def test_slow_photos_of_one_leave_room_for_others() -> None:
    async with serving(uploads_at_once_each=1) as site, site.page() as page:
        arriving = asyncio.Event()

        async def slow() -> AsyncIterator[bytes]:
            yield b'--x\r\nContent-Disposition: form-data; name="photo"\r\n\r\n'
            await arriving.wait()
            yield plain(90) + b"\r\n--x--\r\n"

        headers = {
            **site.headers(page.session),
            "Content-Type": "multipart/form-data; boundary=x",
        }
        first = asyncio.create_task(site.client.post("/api/photos", data=slow(), headers=headers))
        await until(lambda: len(site.service.receiving) == 1)
        status, told = await site.post(plain(91), page.session)
        assert (status, told["error"]["code"]) == (429, "too_many_requests")
        status, other = await site.post(plain(91))
        assert status == 201
        arriving.set()
        async with await first as response:
            assert response.status == 201
        assert (await site.post(plain(92), page.session))[0] == 201
        assert other["session"] != page.session


async def test_limits_of_photos() -> None:
    async with serving(photos=2, connections=2, uploads_per_minute=4) as site:
        _, told = await site.post(plain(90))
        session = told["session"]
        assert (await site.post(plain(91), session))[0] == 201
        status, told = await site.post(plain(92), session)
        assert (status, told["error"]["code"]) == (429, "too_many_photos")
        assert (await site.post(plain(90)))[0] == 201
        status, told = await site.post(plain(90))
        assert (status, told["error"]["code"]) == (429, "server_full")
        for _ in range(2):
            status, told = await site.post(plain(93), session)
        assert (await site.post(plain(93), session))[1]["error"]["code"] == "too_many_requests"
