"""What users do on the page, and what it says when something is wrong."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import av
import pytest
from aiohttp import web
from playwright.sync_api import Browser
from tests.stream.browser.serving import Served, fake_identify, fake_stages
from tests.stream.browser.visitor import DESKTOP, PHONE, visit

from bunraku.runtime.parts import ALL_PARTS, Part
from bunraku.stream.clip.writer import SYNTHETIC_COMMENT
from bunraku.stream.core.controls import Controls
from bunraku.stream.core.protocols import Stage
from bunraku.stream.rtc.options import PeerOptions
from bunraku.stream.server.app import make_app
from bunraku.stream.server.options import ServerOptions

MakePhoto = Callable[..., Path]
RED, BLUE, BLACK = (200, 40, 30), (30, 60, 200), (0, 0, 0)
_ROUND_CLIP = """() => {
  for (let around = own.parentElement; around; around = around.parentElement) {
    const { overflow, borderRadius } = getComputedStyle(around);
    if (overflow !== "visible" && borderRadius !== "0px") return true;
  }
  return false;
}"""
"""Whether the camera's picture, which is round, lies within something that clips and is round."""


def test_a_photo_is_shown_with_what_was_found_in_it(
    browser: Browser, served: Served, photo: MakePhoto
) -> None:
    with visit(browser, served.url) as visitor:
        assert visitor.page.is_disabled("#start")
        visitor.add(photo())
        report = visitor.page.inner_text("#report")
        assert "One person found: half body" in report
        assert "The light is low." in report
        assert visitor.page.get_attribute("#found", "viewBox") == "0 0 240 320"
        box = visitor.page.locator("#found-box")
        assert [box.get_attribute(name) for name in ("x", "y", "width", "height")] == [
            *("60", "80", "120", "120")
        ]
        assert "consent" in visitor.page.inner_text("#before")
        assert "synthetic" in visitor.page.inner_text("#before")
        assert visitor.page.is_enabled("#start")


def test_a_refused_photo_says_why_and_leaves_the_others_alone(
    browser: Browser, served: Served, photo: MakePhoto, tmp_path: Path
) -> None:
    with visit(browser, served.url) as visitor:
        visitor.add(photo())
        visitor.page.set_input_files("#file", photo("dark.png", BLACK))
        visitor.page.wait_for_selector("#report.refusal")
        assert "Nobody was found in the photo" in visitor.page.inner_text("#report")
        assert visitor.page.locator("#photos li").count() == 1
        note = tmp_path / "note.jpg"
        note.write_text("no picture")
        visitor.page.set_input_files("#file", note)
        visitor.page.wait_for_selector("#report :text('This file cannot be used')")
        visitor.page.click("#photos button.thumb")
        assert "One person found" in visitor.page.inner_text("#report")
        # Chromium itself writes a line for each answer of 400 and above.
        refusals = [text for text in visitor.problems if "Failed to load resource" in text]
        assert len(refusals) == len(visitor.problems) == 2
        visitor.problems.clear()


def test_a_photo_can_be_dropped_and_one_can_be_removed(
    browser: Browser, served: Served, photo: MakePhoto
) -> None:
    drop = """([name, bytes]) => {
      const data = new DataTransfer();
      data.items.add(new File([new Uint8Array(bytes)], name, { type: "image/png" }));
      for (const type of ["dragover", "drop"]) {
        document.body.dispatchEvent(
          new DragEvent(type, { dataTransfer: data, bubbles: true, cancelable: true }));
      }
    }"""
    with visit(browser, served.url) as visitor:
        visitor.wait_for_state("ready")
        visitor.page.evaluate(drop, ["dropped.png", list(photo().read_bytes())])
        visitor.page.wait_for_selector("#photos [aria-label='Photo 1: dropped.png']")
        visitor.add(photo("second.png", RED), 2)
        visitor.page.click("[aria-label='Remove dropped.png']")
        visitor.page.wait_for_selector("#photos [aria-label='Photo 1: second.png']")
        assert visitor.page.locator("#photos li").count() == 1


def test_a_session_from_start_to_stop(browser: Browser, served: Served, photo: MakePhoto) -> None:
    with visit(browser, served.url) as visitor:
        page = visitor.page
        visitor.add(photo("red.png", RED))
        visitor.add(photo("blue.png", BLUE), 2)
        visitor.start()
        assert page.is_visible("#own")
        assert page.evaluate("getComputedStyle(own).transform") == "matrix(-1, 0, 0, 1, 0, 0)"
        visitor.wait_for_colour(BLUE)
        page.keyboard.press("1")
        visitor.wait_for_colour(RED)
        page.click("#photos li:nth-child(2) .thumb")
        visitor.wait_for_colour(BLUE)
        for key, command in (("m", "mirror"), ("f", "freeze"), ("p", "passthrough")):
            page.keyboard.press(key)
            page.wait_for_selector(f"[data-do={command}][aria-pressed=true]")
            page.click(f"[data-do={command}]")
            page.wait_for_selector(f"[data-do={command}][aria-pressed=false]")
        page.keyboard.press("c")
        assert page.inner_text("#countdown") in ("3", "2", "1")
        page.wait_for_selector("#status:text('Calibrating')")
        page.keyboard.press("?")
        assert "calibrate" in page.inner_text("dialog[open]")
        page.keyboard.press("Escape")
        visitor.until("bunraku.stats.server && bunraku.stats.fps > 5")
        visitor.until("bunraku.stats.roundTripMs >= 0 && bunraku.stats.roundTripMs < 1000")
        assert "Motion" in page.inner_text("#stages")
        # Nothing else is drawn while pictures come: sixty times a second that takes a processor's
        # time from whatever moves the photo on the same machine.
        assert page.evaluate("document.getAnimations().length") == 0
        assert not page.evaluate(_ROUND_CLIP), "it takes the browser twice the time at every frame"
        page.keyboard.press("q")
        visitor.wait_for_state("ready")
        assert page.evaluate("own.srcObject") is None
        assert page.is_enabled("#start")
        page.wait_for_timeout(1000)  # within which the server closes the stream
        assert page.is_hidden("#banner")


def test_the_face_has_a_switch_and_a_slider(
    browser: Browser, served: Served, photo: MakePhoto
) -> None:
    with visit(browser, served.url) as visitor:
        page = visitor.page
        visitor.add(photo("red.png", RED))
        assert page.is_hidden("#strength-bar")
        visitor.start()
        page.wait_for_selector("#face[aria-pressed=true]")
        assert page.inner_text("#strength-said") == "100 %"
        page.keyboard.press("e")
        page.wait_for_selector("#face[aria-pressed=false]")
        assert page.inner_text("#strength-said") == "off"
        page.keyboard.press("e")
        page.wait_for_selector("#face[aria-pressed=true]")
        page.focus("#strength")
        page.keyboard.press("ArrowRight")
        page.wait_for_selector("#status:text('The face follows yours, at 105%.')")
        page.keyboard.press("Home")
        page.wait_for_selector("#face[aria-pressed=false]")
        page.keyboard.press("e")
        page.wait_for_selector("#strength-said:text('105 %')")


def test_parts_of_the_body_have_boxes_and_a_key(browser: Browser, photo: MakePhoto) -> None:
    told = Controls()
    options = ServerOptions(port=0, parts=ALL_PARTS - {Part.LEGS})

    def stages(controls: Controls) -> list[Stage]:
        nonlocal told
        told = controls
        return fake_stages(controls)

    def make(options: ServerOptions) -> web.Application:
        return make_app(options, stages=stages, identify=fake_identify)

    server = Served(options, make).start()
    ticked = "[...document.querySelectorAll('#parts-bar :checked')].map((b) => b.value).join()"
    try:
        with visit(browser, server.url) as visitor:
            page = visitor.page
            visitor.add(photo("red.png", RED))
            assert page.is_hidden("#parts-bar")
            visitor.start()
            visitor.until(f"{ticked} === 'head,face,trunk,arms,hands'")
            page.focus("#parts-bar [value=head]")
            page.keyboard.press("Space")
            page.wait_for_selector("#status:text('What follows you: face, trunk, arms, hands.')")
            page.click("#parts-bar :text('Trunk')")
            visitor.until(f"{ticked} === 'face,arms,hands'")
            page.keyboard.press("e")  # the face's key and its box are one
            visitor.until(f"{ticked} === 'arms,hands'")
            assert page.get_attribute("#face", "aria-pressed") == "false"
            assert told.parts == {Part.ARMS, Part.HANDS}
            page.keyboard.press("b")
            page.wait_for_selector("#status:text('Everything follows you.')")
            page.keyboard.press("q")
            visitor.wait_for_state("ready")
            assert page.is_hidden("#parts-bar")
            visitor.start()  # as it was left
            visitor.until(f"{ticked} === 'head,face,trunk,arms,hands,legs'")
    finally:
        server.stop()


def test_where_no_face_can_follow_none_is_offered(browser: Browser, photo: MakePhoto) -> None:
    server = Served(ServerOptions(port=0, face=None)).start()
    try:
        with visit(browser, server.url) as visitor:
            visitor.add(photo("red.png", RED))
            visitor.start()
            assert visitor.page.is_hidden("#face")
            assert visitor.page.is_hidden("#strength-bar")
            assert visitor.page.is_hidden("#parts-bar [value=face]")
            assert visitor.page.is_visible("#parts-bar [value=head]")
            visitor.page.keyboard.press("e")  # does nothing, and says nothing wrong
    finally:
        server.stop()


def test_a_camera_that_is_too_large_is_sent_smaller(browser: Browser, photo: MakePhoto) -> None:
    any_size = """
    const get = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    navigator.mediaDevices.getUserMedia = () => get({ video: true });
    """
    peer = PeerOptions(max_side_px=200)
    server = Served(ServerOptions(port=0, size=(160, 120), peer=peer)).start()
    try:
        with visit(browser, server.url, script=any_size) as visitor:
            visitor.add(photo())
            visitor.start()
            assert visitor.page.evaluate("own.videoWidth") > 200
            visitor.wait_for_colour(BLUE)
    finally:
        server.stop()


def test_a_recording_is_downloaded_and_says_that_it_is_synthetic(
    browser: Browser, served: Served, photo: MakePhoto, tmp_path: Path
) -> None:
    with visit(browser, served.url, accept_downloads=True) as visitor:
        page = visitor.page
        visitor.add(photo())
        visitor.start()
        page.click("#record")
        page.wait_for_selector(".badge.rec")
        visitor.wait_for_recorded(served.url, 8)
        page.keyboard.press("r")
        with page.expect_download() as download:
            page.click("#recordings button")
        path = tmp_path / download.value.suggested_filename
        download.value.save_as(path)
    with av.open(str(path)) as clip:
        assert clip.metadata["comment"] == SYNTHETIC_COMMENT
        assert sum(1 for _ in clip.decode(video=0)) > 5


def test_the_camera_is_shown_before_the_start_and_another_can_be_chosen(
    browser: Browser, served: Served
) -> None:
    with visit(browser, served.url) as visitor:
        visitor.page.click("#look")
        visitor.until("own.videoWidth > 0")
        visitor.until("document.querySelectorAll('#camera option').length > 1")
        visitor.page.select_option("#camera", index=1)
        visitor.page.click("#look")
        visitor.until("own.hidden")


@pytest.mark.parametrize(("size", "scheme"), [(DESKTOP, "dark"), (PHONE, "light")])
def test_nothing_is_wider_than_the_screen(
    browser: Browser, served: Served, photo: MakePhoto, size: tuple[int, int], scheme: str
) -> None:
    with visit(browser, served.url, size, color_scheme=scheme) as visitor:
        visitor.wait_for_state("ready")
        assert not visitor.overflows()
        visitor.add(photo("a-name-that-goes-on-and-on-" * 3 + ".png"))
        assert not visitor.overflows()
        visitor.start()
        visitor.until("bunraku.stats.server")
        assert not visitor.overflows()


def test_a_phone_offers_its_own_camera_for_the_photo(
    browser: Browser, served: Served, photo: MakePhoto
) -> None:
    with visit(browser, served.url, PHONE, is_mobile=True, has_touch=True) as visitor:
        assert visitor.page.is_visible("text=Take one")
        assert visitor.page.get_attribute("#shot", "capture") == "environment"
        visitor.page.set_input_files("#shot", photo("shot.png"))
        visitor.page.wait_for_selector("#photos .thumb")
        assert not visitor.overflows()
    with visit(browser, served.url) as visitor:
        assert visitor.page.is_hidden("text=Take one")


def test_the_keyboard_reaches_everything_in_its_order(
    browser: Browser, served: Served, photo: MakePhoto
) -> None:
    with visit(browser, served.url) as visitor:
        visitor.add(photo())
        visitor.page.evaluate("document.activeElement.blur()")
        reached = []
        for _ in range(9):
            visitor.page.keyboard.press("Tab")
            reached.append(
                visitor.page.evaluate(
                    "document.activeElement.id || document.activeElement.className"
                )
            )
        assert reached == [
            *("skip", "keys-button", "start", "thumb", "remove", "file", "camera", "look", "")
        ]
