"""A browser that looks at the page as a user does, and notes whatever a user must not meet."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import numpy as np
from playwright.sync_api import Browser, Page, Playwright

CHROMIUM = "/usr/bin/chromium"
PATIENCE_S = 60.0
DESKTOP = (1280, 800)
PHONE = (360, 740)

_FLAGS = (
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--allow-loopback-in-peer-connection", "--autoplay-policy=no-user-gesture-required"),
)
_YES = "--use-fake-ui-for-media-stream"
_CAMERA = "--use-fake-device-for-media-stream"

_LOOK = """(selector) => {
  const video = document.querySelector(selector);
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 64;
  const context = canvas.getContext("2d");
  context.drawImage(video, 0, 0, 64, 64);
  return [...context.getImageData(0, 0, 64, 64).data].filter((_, i) => i % 4 < 3);
}"""


def launch(playwright: Playwright, clip: Path | None, *, allowed: bool = True) -> Browser:
    """Chromium with a camera that shows a clip, or with none; ``allowed`` answers its question."""
    camera = [] if clip is None else [_CAMERA, f"--use-file-for-fake-video-capture={clip}"]
    return playwright.chromium.launch(
        executable_path=CHROMIUM, args=[*_FLAGS, *([_YES] if allowed else []), *camera]
    )


class Visitor:
    """One tab. ``problems`` are console errors, exceptions, and requests beyond the server."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.problems: list[str] = []
        self._url = url
        page.set_default_timeout(PATIENCE_S * 1e3)
        page.on("console", lambda m: self._note(m.type in ("error", "warning"), m.text))
        page.on("pageerror", lambda error: self._note(True, str(error)))
        page.on("request", lambda request: self._note(not self._ours(request.url), request.url))

    def open(self) -> Visitor:
        self.page.goto(self._url)
        return self

    def wait_for_state(self, state: str) -> None:
        self.page.wait_for_selector(f'body[data-state="{state}"]')

    def add(self, photo: Path, number: int = 1) -> None:
        """Send a photo, and wait until it can be chosen."""
        self.page.set_input_files("#file", photo)
        self.page.wait_for_selector(f"#photos li:nth-child({number}) [aria-pressed=true]")

    def start(self) -> float:
        """Press start; returns the milliseconds to the first picture."""
        self.page.click("#start:enabled")
        self.wait_for_state("live")
        return float(self.until("bunraku.firstFrameMs"))

    def until(self, expression: str) -> Any:
        """Evaluate until it is true; ``wait_for_function`` needs an eval that the page forbids."""
        end = time.monotonic() + PATIENCE_S
        while not (value := self.page.evaluate(expression)):
            assert time.monotonic() < end, f"never true: {expression}"
            self.page.wait_for_timeout(30)
        return value

    def banner(self) -> str:
        """The message that is shown, once there is one."""
        return self.page.wait_for_selector("#banner:not([hidden])").inner_text()  # type: ignore[union-attr]

    def look(self, video: Literal["#result", "#own"]) -> list[int]:
        """What a video shows, as 64 x 64 pixels of red, green and blue."""
        pixels: list[int] = self.page.evaluate(_LOOK, video)
        return pixels

    def wait_for_colour(self, colour: tuple[int, int, int]) -> None:
        """Until the result is mostly of this colour, give or take what a codec changes."""
        end = time.monotonic() + PATIENCE_S
        while True:
            pixels = np.array(self.look("#result")).reshape(-1, 3)
            shown = np.median(pixels, axis=0)
            if np.abs(shown - colour).max() < 30:
                return
            assert time.monotonic() < end, f"the result is {shown}, not {colour}"
            self.page.wait_for_timeout(30)

    def wait_for_recorded(self, url: str, frames: int) -> None:
        """Until so many more frames are in recordings."""
        wanted = self._recorded(url) + frames
        end = time.monotonic() + PATIENCE_S
        while self._recorded(url) < wanted:
            assert time.monotonic() < end, "nothing is recorded"
            self.page.wait_for_timeout(30)

    def _recorded(self, url: str) -> float:
        lines = self.page.request.get(f"{url}metrics").text().splitlines()
        counts = [line for line in lines if line.startswith("bunraku_frames_out_total{")]
        return sum(float(line.split()[-1]) for line in counts if "recording" in line)

    def look_at_preview(self) -> list[int]:
        """The same of the photo that is chosen."""
        self.until("preview.complete && preview.naturalWidth > 0")
        pixels: list[int] = self.page.evaluate(_LOOK, "#preview")
        return pixels

    def overflows(self) -> bool:
        """Whether the page can be scrolled sideways."""
        return bool(
            self.page.evaluate("document.documentElement.scrollWidth > innerWidth")
            or self.page.evaluate("document.body.scrollWidth > innerWidth")
        )

    def _ours(self, url: str) -> bool:
        return url.startswith((self._url, "blob:" + self._url, "ws" + self._url[4:]))

    def _note(self, wrong: bool, text: str) -> None:
        if wrong:
            self.problems.append(text)


@contextmanager
def visit(
    browser: Browser,
    url: str,
    size: tuple[int, int] = DESKTOP,
    *,
    script: str | None = None,
    **options: Any,
) -> Iterator[Visitor]:
    """A tab in a profile of its own, closed at the end, when it must have met no problem.

    ``script`` runs in it before the page's own.
    """
    context = browser.new_context(viewport={"width": size[0], "height": size[1]}, **options)
    try:
        visitor = Visitor(context.new_page(), url)
        if script is not None:
            visitor.page.add_init_script(script)
        yield visitor.open()
        assert not visitor.problems, "\n".join(visitor.problems)
    finally:
        context.close()
