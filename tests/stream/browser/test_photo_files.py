"""Files that the server does not take as they are, and the page sends as a JPEG."""

from __future__ import annotations

from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser
from tests.stream.browser.serving import Served
from tests.stream.browser.visitor import Visitor, visit

from bunraku.stream.server.options import Limits, ServerOptions

BLUE = (30, 60, 200)


def middle(visitor: Visitor) -> list[int]:
    """The colour in the middle of the chosen photo."""
    pixels = visitor.look_at_preview()
    at = 3 * (64 * 32 + 32)
    return pixels[at : at + 3]


def near(shown: list[int], colour: tuple[int, int, int]) -> bool:
    return all(abs(one - other) < 12 for one, other in zip(shown, colour, strict=True))


def test_what_the_browser_reads_is_taken(browser: Browser, served: Served, tmp_path: Path) -> None:
    with visit(browser, served.url) as visitor:
        visitor.wait_for_state("ready")
        for pick in ("#first-file", "#file"):
            assert visitor.page.get_attribute(pick, "accept") == "image/*", "offered to be picked"
        for number, kind in enumerate(("gif", "bmp", "avif"), 1):
            path = tmp_path / f"photo.{kind}"
            Image.new("RGB", (240, 320), BLUE).save(path)
            visitor.add(path, number)
            assert near(middle(visitor), BLUE)


def test_what_is_transparent_is_white_in_a_photo_that_was_made_smaller(
    browser: Browser, tmp_path: Path
) -> None:
    path = tmp_path / "cut-out.png"
    Image.new("RGBA", (240, 320), (*BLUE, 0)).save(path)
    server = Served(ServerOptions(port=0, limits=Limits(photo_pixels=40_000))).start()
    try:
        with visit(browser, server.url) as visitor:
            visitor.wait_for_state("ready")
            visitor.add(path)
            assert near(middle(visitor), (255, 255, 255))
    finally:
        server.stop()
