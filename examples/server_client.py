"""A client of `bunraku serve`: is it well, what does it find in a photo?

    bunraku serve                                                   # in another terminal
    python examples/server_client.py examples/photo.jpg --preview preview.jpg

It speaks plain HTTP through aiohttp; moving the photo live is the page's part, over WebRTC.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import ssl
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import aiohttp

SESSION = "X-Bunraku-Session"


async def told_by(response: aiohttp.ClientResponse) -> dict[str, Any]:
    """The JSON of an answer; ends the program with the server's own words if it is a refusal."""
    told: dict[str, Any] = await response.json()
    if "error" in told:
        error = told["error"]
        raise SystemExit(f"{error['code']}: {error['text']} {error['hint'] or ''}".strip())
    return told


async def ask(http: aiohttp.ClientSession, photo: Path, preview: Path | None) -> dict[str, Any]:
    """Send a photo, keep its preview, delete it again; returns what the server found in it."""
    async with http.get("/healthz") as response:
        health = await told_by(response)
    print(f"{health['status']}: {health['sessions']} of {health['limit']} sessions stream")
    form = aiohttp.FormData()
    form.add_field("photo", photo.read_bytes(), filename=photo.name)
    async with http.post("/api/photos", data=form) as response:
        report = await told_by(response)
    # The photo belongs to a session of its own, and only who knows its id is shown it.
    path, session = f"/api/photos/{report['id']}", {SESSION: report["session"]}
    if preview is not None:
        async with http.get(f"{path}/preview", headers=session) as response:
            preview.write_bytes(await response.read())
    async with http.delete(path, headers=session) as response:
        response.raise_for_status()
    return report


async def connect(url: str, token: str | None, cert: Path | None, *what: Any) -> dict[str, Any]:
    """`ask` at an address, with the token and the certificate that its operator gave."""
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    trusted: ssl.SSLContext | bool = True
    if cert is not None:
        trusted = ssl.create_default_context(cafile=cert)  # no other is taken
        trusted.check_hostname = False  # so the names in it do not matter
    connector = aiohttp.TCPConnector(ssl=trusted)
    async with aiohttp.ClientSession(url, headers=headers, connector=connector) as http:
        return await ask(http, *what)


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the arguments, ask, and print the report; returns the exit status."""
    parser = argparse.ArgumentParser(description="Ask a Bunraku server what it finds in a photo.")
    parser.add_argument("photo", type=Path, help="JPEG, PNG or WebP of a person who has agreed")
    parser.add_argument("--url", default="http://127.0.0.1:8090", help="the server's address")
    parser.add_argument("--cert", type=Path, help="cert.pem of a server that made its own")
    parser.add_argument("--preview", type=Path, metavar="FILE", help="keep its preview, a JPEG")
    told = parser.parse_args(arguments)
    token = os.environ.get("BUNRAKU_TOKEN")  # an argument would be seen by others
    try:
        report = asyncio.run(connect(told.url, token, told.cert, told.photo, told.preview))
    except (OSError, aiohttp.ClientError) as error:
        away = isinstance(error, aiohttp.ClientConnectorError)
        away = away and not isinstance(error, aiohttp.ClientSSLError)
        print(error, "Does `bunraku serve` run there?" if away else "", file=sys.stderr)
        return 2
    except ValueError as error:  # aiohttp's word for addresses that are none
        print(f"{told.url} is not an address: {error}", file=sys.stderr)
        return 2
    size = f"{report['width']} x {report['height']}"
    print(f"{report['name']}: {size}, {report['people']} people, half body: {report['half']}")
    for note in report["notes"]:
        print(f"  note: {note}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
