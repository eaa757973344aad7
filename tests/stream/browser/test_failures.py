"""What goes wrong, and what the page says and does then."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Playwright
from tests.stream.browser.serving import Served, fake_app, fake_stages
from tests.stream.browser.visitor import Visitor, launch, visit

from bunraku.errors import NoPersonError
from bunraku.runtime.identity import Identity
from bunraku.runtime.source.report import SourceReport
from bunraku.spec.arrays import Picture
from bunraku.stream.server.app import make_app
from bunraku.stream.server.options import Limits, ServerOptions

MakePhoto = Callable[..., Path]
RED, BLUE = (200, 40, 30), (30, 60, 200)
# A title may stand for a moment only.
KEPT_TITLES = """
globalThis.titles = [];
new MutationObserver(() => titles.push(document.getElementById("banner-title")?.textContent))
  .observe(document, { childList: true, subtree: true });
"""
TOKEN = "open-sesame-open-sesame"


def test_a_full_server_says_so_and_takes_the_next_try(browser: Browser, photo: MakePhoto) -> None:
    limits = replace(Limits(), sessions=1)
    server = Served(ServerOptions(port=0, limits=limits)).start()
    try:
        with visit(browser, server.url) as first, visit(browser, server.url) as second:
            first.add(photo())
            first.start()
            second.add(photo())
            second.page.click("#start")
            assert "The server is full" in second.banner()
            first.page.click("[data-do=stop]")
            first.wait_for_state("ready")
            second.page.click("#banner-action")
            second.wait_for_state("live")
    finally:
        server.stop()


def test_the_page_asks_for_the_token(browser: Browser, photo: MakePhoto) -> None:
    server = Served(ServerOptions(port=0, token=TOKEN)).start()
    try:
        with visit(browser, server.url) as visitor:
            page = visitor.page
            page.wait_for_selector("#token-dialog[open]")
            page.fill("#token", "wrong")
            page.keyboard.press("Enter")
            page.wait_for_selector("#token-text:text('not the right one')")
            page.fill("#token", TOKEN)
            page.keyboard.press("Enter")
            visitor.wait_for_state("ready")
            visitor.add(photo())
            page.reload()  # the tab remembers token and session
            visitor.wait_for_state("ready")
            page.wait_for_selector("#photos .thumb")
            assert TOKEN not in page.url
    finally:
        server.stop()


def test_a_server_that_goes_and_comes_back_is_found_again(
    browser: Browser, photo: MakePhoto
) -> None:
    server = Served(ServerOptions(port=0)).start()
    try:
        with visit(browser, server.url, script=KEPT_TITLES) as visitor:
            visitor.add(photo("red.png", RED))
            visitor.add(photo("blue.png", BLUE), 2)
            visitor.start()
            server.stop()
            visitor.wait_for_state("regaining")
            visitor.until("titles.includes('The server is stopping')")
            visitor.page.wait_for_selector("#banner-title:text('The connection is lost')")
            server.start()
            # It sends its photos again and goes on with the one that was chosen.
            visitor.wait_for_state("live")
            visitor.wait_for_colour(BLUE)
            assert visitor.page.locator("#photos li").count() == 2
            assert visitor.page.is_hidden("#banner")
            # Chromium itself writes lines for each attempt in vain.
            lines = ("WebSocket connection", "Failed to load resource")
            assert all(any(line in text for line in lines) for text in visitor.problems)
            visitor.problems.clear()
    finally:
        server.stop()


def record(visitor: Visitor, photo: Path) -> None:
    """Start, and go on until it is recorded."""
    visitor.add(photo)
    visitor.start()
    visitor.page.keyboard.press("r")
    visitor.page.wait_for_selector(".badge.rec")


def test_recordings_that_went_with_the_server_are_told_of(
    browser: Browser, photo: MakePhoto
) -> None:
    server = Served(ServerOptions(port=0)).start()
    try:
        with visit(browser, server.url) as visitor:
            record(visitor, photo())
            server.stop()
            visitor.wait_for_state("regaining")
            assert visitor.page.is_hidden(".badge.rec"), "nothing is recorded any more"
            server.start()
            visitor.wait_for_state("live")
            visitor.page.wait_for_selector("#banner-title:text('The recordings are gone')")
            assert visitor.page.is_hidden("#recordings-card")
            visitor.problems.clear()  # Chromium's lines for each attempt in vain
    finally:
        server.stop()


def test_that_recordings_are_gone_hides_nothing_that_asks_for_more(
    browser: Browser, photo: MakePhoto
) -> None:
    def refuse(_: Picture) -> tuple[Identity, SourceReport]:
        raise NoPersonError("Nobody was found in the photo.")

    apps = iter((fake_app, lambda o: make_app(o, stages=fake_stages, identify=refuse)))
    server = Served(ServerOptions(port=0), lambda options: next(apps)(options)).start()
    try:
        with visit(browser, server.url) as visitor:
            record(visitor, photo())
            server.stop()
            server.start()
            visitor.wait_for_state("ready")
            visitor.page.wait_for_selector("#banner-title:text('gone')")
            assert "The photo is gone" in visitor.banner()
            visitor.problems.clear()  # Chromium's lines for each attempt in vain
    finally:
        server.stop()


def test_a_photo_chosen_before_the_server_answers_goes_to_the_page_s_session(
    browser: Browser, photo: MakePhoto
) -> None:
    # Sent at once, it would be of a session of its own: not found, and in the server's memory.
    script = """
    globalThis.WebSocket = class extends WebSocket {
      set onopen(call) {
        super.onopen = call && ((event) => { globalThis.letIn = () => call(event); });
      }
    };
    """
    server = Served(ServerOptions(port=0)).start()
    try:
        with visit(browser, server.url, script=script) as visitor:
            visitor.page.set_input_files("#file", photo())
            assert "once the server answers" in visitor.page.inner_text("#report")
            visitor.until("Boolean(globalThis.letIn)")
            visitor.page.evaluate("letIn()")
            visitor.page.wait_for_selector("#photos [aria-pressed=true]")
            listed = visitor.page.request.get(f"{server.url}api/sessions").json()
            assert len(listed["sessions"]) == 1
    finally:
        server.stop()


def test_a_server_that_refuses_the_address_says_so(browser: Browser, served: Served) -> None:
    # As behind a proxy whose address was not given as --origin: the WebSocket just fails.
    script = """
    globalThis.WebSocket = class extends WebSocket {
      constructor(url) { super(`${url}/nowhere`); }
    };
    """
    told = '{"error": {"code": "forbidden", "text": "Another page may not ask this."}}'
    with visit(browser, served.url) as visitor:
        visitor.page.route(
            "**/api/photos/none",
            lambda route: route.fulfill(status=403, content_type="application/json", body=told),
        )
        visitor.page.add_init_script(script)
        visitor.page.reload()
        visitor.wait_for_state("refused")
        assert "The server refuses this page" in visitor.banner()
        assert "Another page may not ask this." in visitor.banner()
        visitor.problems.clear()  # Chromium's own lines


@pytest.mark.parametrize(
    ("camera", "allowed", "words"),
    [
        (False, True, "No camera was found"),
        (True, False, "The camera is not allowed"),
    ],
)
def test_a_camera_that_cannot_be_had(
    playwright: Playwright,
    served: Served,
    photo: MakePhoto,
    clip: Path,
    camera: bool,
    allowed: bool,
    words: str,
) -> None:
    browser = launch(playwright, clip if camera else None, allowed=allowed)
    try:
        with visit(browser, served.url) as visitor:
            visitor.add(photo())
            visitor.page.click("#start")
            assert words in visitor.banner()
            visitor.wait_for_state("ready")
            assert visitor.page.is_enabled("#start")
    finally:
        browser.close()


@pytest.mark.parametrize(
    ("script", "words"),
    [
        (
            "navigator.mediaDevices.getUserMedia = () =>"
            " Promise.reject(new DOMException('busy', 'NotReadableError'))",
            "Another program",
        ),
        ("Object.defineProperty(navigator, 'mediaDevices', { value: undefined })", "https"),
    ],
)
def test_a_camera_that_is_in_use_or_withheld(
    browser: Browser, served: Served, photo: MakePhoto, script: str, words: str
) -> None:
    with visit(browser, served.url, script=script) as visitor:
        visitor.add(photo())
        visitor.page.click("#start")
        assert words in visitor.banner()


def test_media_that_find_no_way_are_explained(
    browser: Browser, served: Served, photo: MakePhoto
) -> None:
    # The server's candidates are turned into ones where nobody answers.
    script = """
    const set = RTCPeerConnection.prototype.setRemoteDescription;
    RTCPeerConnection.prototype.setRemoteDescription = function ({ type, sdp }) {
      const deaf = sdp.replace(/^(a=candidate.*) \\d+ typ/gm, "$1 9 typ");
      return set.call(this, { type, sdp: deaf.replace(/a=ice-pwd:.{4}/g, "a=ice-pwd:0000") });
    };
    const wait = setTimeout;
    setTimeout = (call, ms, ...rest) => wait(call, ms === 15000 ? 1500 : ms, ...rest);
    """
    with visit(browser, served.url, script=script) as visitor:
        visitor.add(photo())
        visitor.page.click("#start")
        banner = visitor.banner()
        assert "No way for the video was found" in banner
        assert "TURN" in banner
