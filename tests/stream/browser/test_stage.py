"""What is seen of the stage and around it, at each moment of a run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser
from tests.stream.browser.serving import Served
from tests.stream.browser.visitor import DESKTOP, Visitor, visit

from bunraku.stream.rtc.options import PeerOptions
from bunraku.stream.server.options import ServerOptions

MakePhoto = Callable[..., Path]
SLOW_CAMERA = """
globalThis.held = true;
const get = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
navigator.mediaDevices.getUserMedia = async (wanted) => {
  while (held) await new Promise((resolve) => setTimeout(resolve, 20));
  return get(wanted);
};
"""


def place(visitor: Visitor, selector: str) -> dict[str, Any]:
    found = visitor.page.locator(selector).bounding_box()
    assert found is not None
    return dict(found)


def test_the_photo_is_shown_until_it_moves(
    browser: Browser, served: Served, photo: MakePhoto
) -> None:
    with visit(browser, served.url, script=SLOW_CAMERA) as visitor:
        page = visitor.page
        visitor.add(photo())
        assert page.is_visible("#found-box")
        page.click("#start")
        page.wait_for_selector("#waiting:text('camera')")
        assert page.is_visible("#preview")
        assert page.is_hidden("#found-box"), "what was found is told before the start"
        page.evaluate("held = false")
        visitor.until("bunraku.firstFrameMs")
        page.wait_for_selector("#preview", state="hidden")


def test_a_start_without_a_preview_asks_for_no_photo(
    browser: Browser, served: Served, photo: MakePhoto
) -> None:
    with visit(browser, served.url, script=SLOW_CAMERA) as visitor:
        page = visitor.page
        page.route("**/preview", lambda route: route.abort())
        visitor.add(photo())
        page.click("#start")
        page.wait_for_selector("#waiting:text('camera')")
        assert page.is_hidden("#empty")
        page.evaluate("held = false")
        visitor.problems.clear()  # Chromium's line for the preview


def test_the_preview_is_no_button_while_it_runs(
    browser: Browser, served: Served, photo: MakePhoto
) -> None:
    with visit(browser, served.url) as visitor:
        visitor.add(photo())
        assert visitor.page.is_enabled("#look")
        visitor.start()
        assert visitor.page.is_disabled("#look")
        visitor.page.keyboard.press("q")
        visitor.wait_for_state("ready")
        assert visitor.page.is_enabled("#look")


def test_that_nobody_is_in_view_is_said_until_somebody_is(browser: Browser, served: Served) -> None:
    judge = """async () => {
      const { nobodyInView } = await import("/static/stats.js");
      const report = (frames_out, lost) => ({ frames_out, lost });
      const said = [];
      for (const now of [[2, 0], [3, 1], [3, 1], [4, 2], [5, 2], [5, 2]]) {
        const before = said.at(-1)?.now ?? null;
        const was = said.at(-1)?.is;
        said.push({ now, is: nobodyInView(before && report(...before), report(...now), was) });
      }
      return said.map((one) => one.is);
    }"""
    with visit(browser, served.url) as visitor:
        assert visitor.page.evaluate(judge) == [False, True, True, True, False, False]


def test_a_black_camera_is_told_from_one_that_sees_nobody(browser: Browser, served: Served) -> None:
    shown = """async (colour) => {
      const { isBlack } = await import("/static/stats.js");
      const { nobodyHint } = await import("/static/words.js");
      const canvas = document.createElement("canvas");
      const context = canvas.getContext("2d");
      context.fillStyle = "rgb(9, 7, 8)";
      context.fillRect(0, 0, canvas.width, canvas.height);
      context.fillStyle = colour;
      context.fillRect(20, 20, 60, 60);
      const video = document.createElement("video");
      video.muted = true;
      video.srcObject = canvas.captureStream(25);
      await video.play();
      return nobodyHint(isBlack(video));
    }"""
    with visit(browser, served.url) as visitor:
        assert "shutter" in visitor.page.evaluate(shown, "rgb(15, 12, 13)")
        assert "step back" in visitor.page.evaluate(shown, "rgb(90, 40, 30)")


def test_a_stage_without_work_has_no_bar(browser: Browser, served: Served) -> None:
    bars = """async () => {
      const { stageBars } = await import("/static/stats.js");
      const stages = { densepose: { p50: 20, p95: 24 }, motion: { p50: 0, p95: 0.2 }, blend: null };
      return stageBars(stages).map(({ name }) => name);
    }"""
    with visit(browser, served.url) as visitor:
        assert visitor.page.evaluate(bars) == ["DensePose"]


def test_a_camera_that_stands_upright_is_shown_whole(
    browser: Browser, served: Served, photo: MakePhoto
) -> None:
    upright = """
    navigator.mediaDevices.getUserMedia = async () => {
      const canvas = document.createElement("canvas");
      [canvas.width, canvas.height] = [180, 320];
      const context = canvas.getContext("2d");
      setInterval(() => context.fillRect(0, 0, Math.random() * 180, 320), 40);
      return canvas.captureStream(25);
    };
    """
    with visit(browser, served.url, script=upright) as visitor:
        visitor.add(photo())
        visitor.start()
        own, stage = place(visitor, "#own"), place(visitor, "#stage")
        assert abs(own["width"] / own["height"] - 180 / 320) < 0.01
        assert own["height"] < stage["height"] / 2


def test_a_camera_that_grows_is_sent_smaller(browser: Browser, photo: MakePhoto) -> None:
    growing = """
    navigator.mediaDevices.getUserMedia = async () => {
      const canvas = globalThis.canvas = document.createElement("canvas");
      [canvas.width, canvas.height] = [160, 120];
      const context = canvas.getContext("2d");
      setInterval(() => context.fillRect(0, 0, Math.random() * canvas.width, canvas.height), 40);
      return canvas.captureStream(25);
    };
    """
    options = ServerOptions(port=0, size=(160, 120), peer=PeerOptions(max_side_px=200))
    server = Served(options).start()
    try:
        with visit(browser, server.url, script=growing) as visitor:
            visitor.add(photo())
            visitor.start()
            visitor.page.keyboard.press("p")
            visitor.until("result.videoWidth === 160")
            visitor.page.evaluate("[canvas.width, canvas.height] = [640, 480]")
            visitor.until("own.videoWidth === 640 && result.videoWidth === 200")
    finally:
        server.stop()


def test_what_the_server_says_is_in_view_and_beside_the_overlay(
    browser: Browser, served: Served, photo: MakePhoto
) -> None:
    with visit(browser, served.url) as visitor:
        visitor.add(photo())
        visitor.start()
        visitor.page.keyboard.press("p")
        visitor.page.wait_for_selector("#status:text('passes through')")
        said, badge, stage = (place(visitor, one) for one in ("#status", ".badge", "#stage"))
        consent = place(visitor, "#consent-live")
        assert visitor.page.is_visible("#strength-bar")
        assert said["y"] + said["height"] <= consent["y"] + consent["height"] <= DESKTOP[1]
        assert badge["y"] > stage["y"] + stage["height"] / 2, "the overlay's lines are at the top"
        visitor.page.keyboard.press("q")
        visitor.wait_for_state("ready")
        visitor.page.wait_for_timeout(500)  # within which the server tells its switches
        assert visitor.page.is_hidden(".badge"), "nothing passes through a stage that stands still"
