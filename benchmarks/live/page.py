"""What the benchmark does on pages, as a user would: press start, a key, stop."""

from __future__ import annotations

from benchmarks.live.browser import ask
from benchmarks.live.errors import BenchError
from benchmarks.live.measure import press
from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Page

READY_S = 20.0


async def start(page: Page) -> float:
    """Wait until the page can start, then press its button; returns when, on the page's clock.

    :raises BenchError: it never can.
    """
    try:
        await page.wait_for_selector("#start:not([disabled])", timeout=READY_S * 1e3)
    except PlaywrightError as error:
        raise BenchError(f"The page cannot start within {READY_S:g} s.") from error
    return await press(page, 'document.querySelector("#start").click()')


async def start_echo(page: Page) -> float:
    """The same on the yardsticks' page."""
    return await press(page, "start()")


async def press_key(page: Page, key: str) -> float:
    """Press a key on the page; returns when, on the page's clock."""
    pressed: float = await ask(
        page,
        """(key) => {
          const at = performance.now();
          document.body.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
          return at;
        }""",
        key,
    )
    return pressed


async def choose_other_camera(page: Page) -> None:
    """Choose the next entry of the page's list of cameras, by which it is opened anew.

    :raises BenchError: the list has only one.
    """
    found: bool = await ask(
        page,
        """() => {
          const list = document.querySelector("#camera");
          if (list.options.length < 2) return false;
          list.selectedIndex = (list.selectedIndex + 1) % list.options.length;
          list.dispatchEvent(new Event("change"));
          return true;
        }""",
    )
    if not found:
        raise BenchError("The page's list of cameras has one entry only.")


async def resize(page: Page, size: tuple[int, int]) -> None:
    """Let the camera give pictures of this size from now on."""
    await ask(page, "([width, height]) => benchProbe.resize(width, height)", list(size))
