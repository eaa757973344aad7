"""A real Chromium, with a clip as its camera and the probe in every page."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
from benchmarks.live.errors import BenchError
from playwright.async_api import BrowserContext, Page, Playwright, async_playwright
from playwright.async_api import Error as PlaywrightError

PROBE = Path(__file__).with_name("probe.js")
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
OPEN_S = 30.0
ANSWER_S = 20.0
CLOSE_S = 10.0

FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # Several pages of one browser are to run as if each were in front.
    "--disable-background-timer-throttling",
    "--disable-backgrounding-occluded-windows",
    "--disable-renderer-backgrounding",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    "--allow-loopback-in-peer-connection",
    "--autoplay-policy=no-user-gesture-required",
)


@dataclass(eq=False)
class Browser:
    """One Chromium process and the pages opened in it."""

    context: BrowserContext
    version: str
    _profile: Path
    # What pages printed as errors, for the message when something fails.
    complaints: list[str] = field(default_factory=list)

    async def open(self, url: str) -> Page:
        """A new page with the probe in it.

        :raises BenchError: it does not open.
        """
        page = await self.context.new_page()
        page.on("console", lambda message: self._note(message.type, message.text))
        page.on("pageerror", lambda error: self._note("error", str(error)))
        await page.add_init_script(path=PROBE)
        try:
            await page.goto(url, timeout=OPEN_S * 1e3)
        except PlaywrightError as error:
            raise BenchError(f"The page does not open: {error.message}") from error
        return page

    def processes(self) -> list[psutil.Process]:
        """Those of this browser, known by its profile's folder; the main one first."""
        found: list[psutil.Process] = []
        for process in psutil.Process().children(recursive=True):
            with contextlib.suppress(psutil.Error):
                words = process.cmdline()
                if any(str(self._profile) in word for word in words):
                    main = not any(word.startswith("--type=") for word in words)
                    found.insert(0, process) if main else found.append(process)
        return found

    def kill(self) -> list[psutil.Process]:
        """SIGKILL, as a crash or an empty battery: no page gets to say goodbye."""
        processes = self.processes()
        for process in processes:
            with contextlib.suppress(psutil.Error):
                process.send_signal(signal.SIGKILL)
        return processes

    def _note(self, kind: str, text: str) -> None:
        if kind in ("error", "warning") and len(self.complaints) < 20:
            self.complaints.append(text)


@contextlib.asynccontextmanager
async def browser(playwright: Playwright, clip: Path) -> AsyncIterator[Browser]:
    """Start Chromium with this clip as its camera; nothing of it is left afterwards.

    :raises BenchError: there is no Chromium, or it does not start.
    """
    with tempfile.TemporaryDirectory(prefix="bench-live-", ignore_cleanup_errors=True) as folder:
        profile = Path(folder)
        try:
            context = await playwright.chromium.launch_persistent_context(
                profile,
                executable_path=executable(),
                headless=True,
                args=[*FLAGS, f"--use-file-for-fake-video-capture={clip}"],
                permissions=["camera"],
                viewport={"width": 1280, "height": 800},
                timeout=OPEN_S * 1e3,
            )
        except PlaywrightError as error:
            raise BenchError(f"Chromium does not start: {error.message}") from error
        shown = context.browser
        made = Browser(context, shown.version if shown else "", profile)
        try:
            yield made
        finally:
            # A browser that was killed, or hangs, is not waited for.
            with contextlib.suppress(PlaywrightError, TimeoutError):
                await asyncio.wait_for(context.close(), CLOSE_S)
            # What still runs would write into the folder that is about to be deleted.
            await asyncio.to_thread(psutil.wait_procs, made.kill(), CLOSE_S)


@contextlib.asynccontextmanager
async def driver() -> AsyncIterator[Playwright]:
    """Playwright, for as many browsers as are needed."""
    async with async_playwright() as playwright:
        yield playwright


def executable() -> str:
    """Where Chromium is.

    :raises BenchError: it is not installed.
    """
    for name in CHROMIUM:
        path = shutil.which(name)
        if path is not None:
            return path
    raise BenchError("There is no Chromium here: apt-get install chromium, then try again.")


async def ask(page: Page, script: str, argument: Any = None) -> Any:
    """Evaluate a script in the page; a page that hangs is not waited for.

    :raises BenchError: it hangs, is gone, or the script fails.
    """
    try:
        return await asyncio.wait_for(page.evaluate(script, argument), ANSWER_S)
    except TimeoutError as error:
        raise BenchError(f"The page does not answer within {ANSWER_S:g} s.") from error
    except PlaywrightError as error:
        raise BenchError(f"The page was lost: {error.message}") from error


async def take(page: Page) -> dict[str, Any]:
    """What the probe has read since the last call."""
    taken: dict[str, Any] = await ask(page, "benchProbe.take()")
    return taken


async def counters(page: Page) -> dict[str, Any]:
    """The connection's counters."""
    found: dict[str, Any] = await ask(page, "benchProbe.counters()")
    return found
