"""What happens at awkward moments: too early, twice, or while something else is under way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from playwright.sync_api import Browser
from tests.stream.browser.serving import Served
from tests.stream.browser.visitor import Visitor, visit

from bunraku.stream.server.options import Limits, ServerOptions

MakePhoto = Callable[..., Path]
RED, BLUE, BLACK = (200, 40, 30), (30, 60, 200), (0, 0, 0)
TOKEN = "sesame"
CAMERA_IS_OFF = "opened.length > 0 && opened.every((track) => track.readyState === 'ended')"
COUNTED_CAMERAS = """
globalThis.opened = [];
globalThis.held = false;
const get = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
navigator.mediaDevices.getUserMedia = async (wanted) => {
  const stream = await get(wanted);
  opened.push(...stream.getTracks());
  while (held) await new Promise((resolve) => setTimeout(resolve, 20));
  return stream;
};
"""


@contextmanager
def serving(options: ServerOptions | None = None) -> Iterator[Served]:
    server = Served(options or ServerOptions(port=0)).start()
    try:
        yield server
    finally:
        server.stop()


def forget_chromiums_lines(visitor: Visitor) -> None:
    """It writes some of its own for each connection or request in vain."""
    lines = ("WebSocket connection", "Failed to load resource")
    assert all(any(line in text for line in lines) for text in visitor.problems)
    visitor.problems.clear()


def offers(server: Served, visitor: Visitor) -> float:
    lines = visitor.page.request.get(f"{server.url}metrics").text().splitlines()
    return sum(float(line.split()[-1]) for line in lines if line.startswith("bunraku_offers_total"))


def test_a_camera_that_opens_after_stop_is_closed_again(
    browser: Browser, served: Served, photo: MakePhoto
) -> None:
    with visit(browser, served.url, script=COUNTED_CAMERAS) as visitor:
        visitor.add(photo())
        visitor.page.evaluate("held = true")
        visitor.page.click("#start")
        visitor.until("opened.length")
        visitor.page.click("[data-do=stop]")
        visitor.page.evaluate("held = false")
        visitor.until(CAMERA_IS_OFF)
        assert visitor.page.evaluate("bunraku.state") == "ready"
        assert visitor.page.is_hidden("#own")


def test_of_two_cameras_chosen_in_a_row_the_second_stays(browser: Browser, served: Served) -> None:
    with visit(browser, served.url, script=COUNTED_CAMERAS) as visitor:
        visitor.page.click("#look")
        visitor.until("own.videoWidth > 0")
        visitor.until("document.querySelectorAll('#camera option').length > 1")
        visitor.page.evaluate("held = true")
        visitor.page.select_option("#camera", index=1)
        visitor.until("opened.length === 2")
        visitor.page.select_option("#camera", index=0)
        visitor.page.evaluate("held = false")
        visitor.until("opened[1].readyState === 'ended'")
        assert visitor.page.evaluate("own.srcObject.getTracks()[0] === opened[0]")
        assert visitor.page.evaluate("opened[0].readyState") == "live"
        visitor.page.click("#look")
        visitor.until(CAMERA_IS_OFF)


def test_while_the_connection_is_regained_the_camera_can_be_switched_off(
    browser: Browser, photo: MakePhoto
) -> None:
    with serving() as server, visit(browser, server.url, script=COUNTED_CAMERAS) as visitor:
        visitor.add(photo())
        visitor.start()
        server.stop()
        visitor.wait_for_state("regaining")
        visitor.page.click("[data-do=stop]")
        visitor.until(CAMERA_IS_OFF)
        server.start()
        visitor.wait_for_state("ready")
        forget_chromiums_lines(visitor)


def test_a_photo_that_only_the_server_had_is_missed_in_words(
    browser: Browser, photo: MakePhoto
) -> None:
    with serving() as server, visit(browser, server.url, script=COUNTED_CAMERAS) as visitor:
        visitor.add(photo())
        visitor.page.reload()
        visitor.start()
        server.stop()
        visitor.wait_for_state("regaining")
        server.start()
        visitor.page.wait_for_selector("#banner-title:text('The photo is gone')")
        visitor.until(CAMERA_IS_OFF)
        assert visitor.page.evaluate("bunraku.state") == "ready"
        forget_chromiums_lines(visitor)


def test_photos_whose_sending_fails_again_are_sent_with_the_next_welcome(
    browser: Browser, photo: MakePhoto
) -> None:
    with serving() as server, visit(browser, server.url) as visitor:
        visitor.add(photo("red.png", RED))
        visitor.add(photo("blue.png", BLUE), 2)
        server.stop()
        visitor.wait_for_state("regaining")
        visitor.page.route("**/api/photos", lambda route: route.abort())
        server.start()
        visitor.page.wait_for_selector("#banner-title:text('The server does not answer')")
        assert visitor.page.locator("#photos li").count() == 0
        visitor.page.unroute("**/api/photos")
        server.stop()
        visitor.wait_for_state("regaining")
        server.start()
        visitor.page.wait_for_selector("#photos li:nth-child(2) [aria-pressed=true]")
        assert visitor.page.locator("#photos li").count() == 2
        forget_chromiums_lines(visitor)


def test_the_way_back_stays_whatever_else_is_done(browser: Browser, photo: MakePhoto) -> None:
    limits = replace(Limits(), idle_s=1.0)
    options = ServerOptions(port=0, limits=limits)
    with serving(options) as server, visit(browser, server.url) as visitor:
        visitor.add(photo())
        visitor.wait_for_state("ended")
        visitor.page.click("#look")
        visitor.until("own.videoWidth > 0")
        assert "Begin again" in visitor.page.inner_text("#banner-action")
        assert visitor.page.is_hidden("#banner-close")
        assert visitor.page.locator(".remove").count() == 0
        visitor.page.click("#look")
        # A photo is reason enough to begin again.
        visitor.page.set_input_files("#file", photo("red.png", RED))
        visitor.page.wait_for_selector("#photos li:nth-child(2)")
        assert visitor.page.evaluate("bunraku.state") == "ready"


def test_an_offer_of_a_start_that_was_stopped_is_not_sent(
    browser: Browser, photo: MakePhoto
) -> None:
    # As with a STUN server that does not answer.
    script = """
    Object.defineProperty(RTCPeerConnection.prototype, "iceGatheringState", {
      get() { globalThis.gathering = true; return "gathering"; },
    });
    const wait = setTimeout;
    setTimeout = (call, ms, ...rest) => wait(() => { call(); if (ms === 2000) waited = true; },
      ms === 2000 ? 500 : ms, ...rest);
    globalThis.waited = false;
    """
    with serving() as server, visit(browser, server.url, script=script) as visitor:
        visitor.add(photo())
        visitor.page.click("#start")
        visitor.until("globalThis.gathering")
        visitor.page.click("[data-do=stop]")
        visitor.until("waited")
        # What was sent before this answer has been heard.
        sent = visitor.page.evaluate("bunraku.state")
        visitor.page.wait_for_timeout(300)
        assert sent == "ready"
        assert offers(server, visitor) == 0


def test_removing_the_only_photo_stops(browser: Browser, served: Served, photo: MakePhoto) -> None:
    with visit(browser, served.url, script=COUNTED_CAMERAS) as visitor:
        visitor.add(photo())
        visitor.start()
        visitor.page.click(".remove")
        visitor.page.wait_for_selector("#status:text('is removed')")
        visitor.wait_for_state("ready")
        visitor.until(CAMERA_IS_OFF)
        assert visitor.page.is_visible("#empty")


def test_a_double_click_removes_one_photo(
    browser: Browser, served: Served, photo: MakePhoto
) -> None:
    with visit(browser, served.url) as visitor:
        for number in range(1, 4):
            visitor.add(photo(f"{number}.png", (number * 60, 0, 90)), number)
        visitor.page.dblclick("[aria-label='Remove 1.png']")
        visitor.page.wait_for_selector("#photos [aria-label='Photo 1: 2.png']")
        visitor.page.wait_for_timeout(200)
        assert visitor.page.locator("#photos li").count() == 2


def test_of_several_photos_each_refusal_is_told(
    browser: Browser, served: Served, photo: MakePhoto
) -> None:
    with visit(browser, served.url) as visitor:
        files = [photo("dark.png", BLACK), photo("red.png", RED)]
        visitor.page.set_input_files("#file", files)
        visitor.page.wait_for_selector("#report :text('dark.png: Nobody was found')")
        assert visitor.page.inner_text("#report-title") == "This photo cannot be used"
        assert visitor.page.locator("#photos li").count() == 1
        forget_chromiums_lines(visitor)


def test_the_token_can_be_entered_while_somebody_guesses(browser: Browser) -> None:
    options = ServerOptions(port=0, token=TOKEN)
    with serving(options) as server, visit(browser, server.url) as visitor:
        page = visitor.page
        page.wait_for_selector("#token-dialog[open]")
        wrong = {"Authorization": "Bearer wrong"}
        for _ in range(30):
            if page.request.get(f"{server.url}api/photos", headers=wrong).status == 429:
                break
        page.reload()
        page.wait_for_selector("#token-dialog[open]")
        page.fill("#token", "wrong")
        page.keyboard.press("Enter")
        assert "wrong too often" in visitor.banner()
        assert page.inner_text("#banner-title") == "A token is needed"
        page.click("#banner-action:text('Enter the token')")
        page.wait_for_selector("#token-dialog[open]")


def test_the_keyboard_goes_on_at_the_tools(
    browser: Browser, served: Served, photo: MakePhoto
) -> None:
    with visit(browser, served.url) as visitor:
        visitor.add(photo())
        visitor.page.focus("#start")
        visitor.page.keyboard.press("Enter")
        visitor.wait_for_state("live")
        assert visitor.page.evaluate("document.activeElement.dataset.do") == "calibrate"


def test_a_recording_that_made_room_is_not_offered_any_more(
    browser: Browser, photo: MakePhoto
) -> None:
    limits = replace(Limits(), recordings=1)
    options = ServerOptions(port=0, limits=limits)
    with serving(options) as server, visit(browser, server.url) as visitor:
        visitor.add(photo())
        visitor.start()
        for _ in range(2):
            visitor.page.click("#record")
            visitor.page.wait_for_selector(".badge.rec")
            visitor.wait_for_recorded(server.url, 2)
            visitor.page.click("#record")
            visitor.page.wait_for_selector(".badge.rec", state="detached")
        visitor.page.wait_for_selector("#banner-text:text('deleted to make room')")
        assert visitor.page.locator("#recordings li").count() == 1
