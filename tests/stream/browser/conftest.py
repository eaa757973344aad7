"""A browser, a camera for it, and a server: made once per file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Playwright, sync_playwright
from tests.stream.browser.clip import EXAMPLES, write_mjpeg
from tests.stream.browser.serving import Served
from tests.stream.browser.visitor import launch

from bunraku.stream.server.options import ServerOptions

Colour = tuple[int, int, int]


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A person who moves, for the fake camera."""
    return write_mjpeg(EXAMPLES / "clip.mp4", tmp_path_factory.mktemp("camera") / "clip.mjpeg")


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    # Not for the whole run: while it is there, asyncio's tests find its loop running.
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="module")
def browser(playwright: Playwright, clip: Path) -> Iterator[Browser]:
    """Chromium with a camera that may be used."""
    browser = launch(playwright, clip)
    yield browser
    browser.close()


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    """A server without networks, for all who need nothing special of it."""
    served = Served(ServerOptions(port=0)).start()
    yield served
    served.stop()


@pytest.fixture
def photo(tmp_path: Path) -> Callable[..., Path]:
    """Save a photo of one colour; black ones show nobody."""

    def make(name: str = "blue.png", colour: Colour = (30, 60, 200)) -> Path:
        path = tmp_path / name
        Image.fromarray(np.full((320, 240, 3), colour, np.uint8)).save(path)
        return path

    return make
