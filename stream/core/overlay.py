"""What is drawn over the preview: numbers, what was found in the camera's picture, the keys.

Convention: pictures are ``[H,W,3]`` uint8 RGB; landmarks are in pixels, x to the right, y down.
"""

from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Sequence
from typing import TYPE_CHECKING

import cv2
import numpy as np

from bunraku.runtime.surface_picture import iuv_colours
from bunraku.spec import landmarks as body
from bunraku.spec.arrays import Picture
from bunraku.stream.core.controls import HELP_LINES, Controls
from bunraku.stream.core.frame import LiveFrame
from bunraku.stream.core.orientation import resize
from bunraku.stream.core.stats import Stats

if TYPE_CHECKING:
    from bunraku.runtime.drivers.protocol import Driving
    from bunraku.spec.arrays import Array

LEAST_CAPITAL_PX = 7
"""Height of a capital letter below which the font cannot be read."""
CAPITAL_SHARE = 0.017
"""Height of a capital letter in large pictures, as a share of the shorter side."""
INSET_SHARE = 0.22
"""Side of an inset, as a share of the shorter side."""

_FONT = cv2.FONT_HERSHEY_SIMPLEX
_CAPITAL_AT_1_PX = 21.0
_Colour = tuple[int, int, int]
_WHITE, _GREY, _RED = (255, 255, 255), (180, 190, 200), (255, 60, 50)
_LEFT, _RIGHT, _TRUNK = (255, 150, 40), (60, 200, 255), (240, 240, 240)
_MOST_LINES = 4
_FAR_PX = 20_000.0

_SIDES = {
    _LEFT: ((11, 13), (13, 15), (15, 19), (23, 25), (25, 27), (27, 31)),
    _RIGHT: ((12, 14), (14, 16), (16, 20), (24, 26), (26, 28), (28, 32)),
    _TRUNK: ((11, 12), (23, 24), (11, 23), (12, 24), (body.LEFT_EAR, 0), (0, body.RIGHT_EAR)),
}


def draw_overlay(
    picture: Picture,
    frame: LiveFrame,
    stats: Stats,
    controls: Controls,
    *,
    said: str | None = None,
) -> Picture:
    """A copy of the picture with what is switched on drawn over it.

    :param picture: what is shown of the frame, of any size.
    :param frame: its camera picture, and what was found there, for the insets.
    :param stats: for the numbers.
    :param controls: ``overlay`` shows numbers and insets, ``help_shown`` the keys.
    :param said: a message along the lower edge.
    """
    drawn = picture.copy()
    if controls.overlay:
        _draw_numbers(drawn, frame, stats, controls)
        if frame.driving is not None:
            _draw_insets(drawn, frame.picture(), frame.driving)
    if controls.help_shown:
        _draw_help(drawn)
    if said:
        _draw_message(drawn, said)
    return drawn


def draw_skeleton(picture: Picture, landmarks: Array, thickness: int = 1) -> None:
    """Draw the visible bones into the picture: the person's left orange, the right blue.

    :param landmarks: ``[33,4]``: x, y in pixels of the picture, z, visibility.
    """
    points = np.nan_to_num(landmarks[:, :2]).clip(-_FAR_PX, _FAR_PX).round().astype(int)
    seen = landmarks[:, 3] >= body.VISIBLE
    for colour, bones in _SIDES.items():
        for start, end in bones:
            if seen[start] and seen[end]:
                ends = tuple(points[start].tolist()), tuple(points[end].tolist())
                cv2.line(picture, *ends, colour, thickness, cv2.LINE_AA)


def plain(text: str) -> str:
    """The text in the letters that the font has: accents are left out, others become "?"."""
    parted = unicodedata.normalize("NFKD", text)
    kept = "".join(letter for letter in parted if not unicodedata.combining(letter))
    return kept.encode("ascii", "replace").decode("ascii")


class _Pen:
    """Writes in one size, which follows the picture's."""

    def __init__(self, picture: Picture, shrink: float = 1.0) -> None:
        height, width = picture.shape[:2]
        capital = max(LEAST_CAPITAL_PX, CAPITAL_SHARE * min(height, width)) * shrink
        self.scale = capital / _CAPITAL_AT_1_PX
        self.thickness = max(1, round(self.scale * 1.4))
        self.line = max(1, round(capital * 1.85))
        self.margin = max(2, round(capital * 0.8))
        self.capital = round(capital)

    def width(self, text: str) -> int:
        return int(cv2.getTextSize(text, _FONT, self.scale, self.thickness)[0][0])

    def write(self, picture: Picture, text: str, left: int, top: int, colour: _Colour) -> None:
        low = top + (self.line + self.capital) // 2
        cv2.putText(
            picture, text, (left, low), _FONT, self.scale, colour, self.thickness, cv2.LINE_AA
        )


def _draw_numbers(picture: Picture, frame: LiveFrame, stats: Stats, controls: Controls) -> None:
    rows: list[tuple[str, str]] = [("fps", f"{stats.fps_out:.1f} of {stats.fps_in:.1f}")]
    if stats.age_ms is not None:
        rows.append(("age", f"{stats.age_ms.p50:.0f} ms, p95 {stats.age_ms.p95:.0f}"))
    rows += [(name, f"{spread.p50:.1f} ms") for name, spread in stats.stages_ms.items()]
    rows.append(("dropped", str(sum(stats.dropped.values()))))
    if stats.lost:
        rows.append(("nobody", f"{stats.lost} frames" + (", now" if frame.lost else "")))
    if stats.faults:
        rows.append(("faults", str(sum(stats.faults.values()))))
    if controls.photos:
        rows.append(("photo", f"{controls.current + 1} of {len(controls.photos)}"))
    states = [name for name in ("mirror", "passthrough", "freeze") if getattr(controls, name)]
    states += ["failing"] if controls.failing else []
    if states:
        rows.append(("on", ", ".join(states)))
    if controls.recording:
        rows.append(("REC", ""))
    _draw_table(picture, rows, centred=False)


def _draw_help(picture: Picture) -> None:
    _draw_table(picture, HELP_LINES, centred=True)


def _draw_table(picture: Picture, rows: Sequence[tuple[str, str]], *, centred: bool) -> None:
    """Two columns on a dark ground, made smaller where the picture is too small for them."""
    height, width = picture.shape[:2]
    pen = _Pen(picture)
    for _ in range(2):
        first = max(pen.width(label) for label, _ in rows) + pen.margin
        table_width = first + max(pen.width(value) for _, value in rows) + 2 * pen.margin
        table_height = len(rows) * pen.line + 2 * pen.margin
        room = min(width / table_width, height / table_height)
        if room >= 1.0:
            break
        pen = _Pen(picture, room * 0.95)
    left = (width - table_width) // 2 if centred else pen.margin
    top = (height - table_height) // 2 if centred else pen.margin
    _darken(picture, left, top, table_width, table_height)
    for row, (label, value) in enumerate(rows):
        y = top + pen.margin + row * pen.line
        colour = _RED if label == "REC" else _GREY
        pen.write(picture, label, left + pen.margin, y, colour)
        pen.write(picture, plain(value), left + pen.margin + first, y, _WHITE)


def _draw_message(picture: Picture, text: str) -> None:
    height, width = picture.shape[:2]
    pen = _Pen(picture)
    text = plain(text)
    room = max(1, width - 4 * pen.margin)
    letters = max(8, int(len(text) * room / max(1, pen.width(text))))
    lines = textwrap.wrap(text, letters, max_lines=_MOST_LINES, placeholder=" ...")
    box_width = max(pen.width(line) for line in lines) + 2 * pen.margin
    box_height = len(lines) * pen.line + pen.margin
    left, top = max(0, (width - box_width) // 2), max(0, height - box_height - pen.margin)
    _darken(picture, left, top, box_width, box_height)
    for row, line in enumerate(lines):
        y = top + pen.margin // 2 + row * pen.line
        pen.write(picture, line, left + pen.margin, y, _WHITE)


def _draw_insets(picture: Picture, camera: Picture, driving: Driving) -> None:
    """The camera with the skeleton at the upper right, the IUV map below it."""
    height, width = picture.shape[:2]
    side = max(24, round(INSET_SHARE * min(height, width)))
    gap = max(2, side // 24)
    scale = side / max(camera.shape[0], camera.shape[1] / 1.5)
    small_size = max(1, round(camera.shape[1] * scale)), max(1, round(camera.shape[0] * scale))
    small = resize(camera, *small_size)
    if small is camera:
        small = camera.copy()
    if driving.landmarks is not None:
        points = driving.landmarks.copy()
        points[:, :2] *= scale
        draw_skeleton(small, points, max(1, round(side / 90)))
    _place(picture, small, gap, gap)
    colours = iuv_colours(driving.surface, min(side, driving.surface.shape[-1]))
    iuv = cv2.resize(colours, (side, side), interpolation=cv2.INTER_NEAREST)
    _place(picture, np.asarray(iuv, np.uint8), 2 * gap + small_size[1], gap)


def _place(picture: Picture, inset: Picture, top: int, right: int) -> None:
    """Copy an inset into the picture, as much of it as there is room for."""
    left = max(0, picture.shape[1] - right - inset.shape[1])
    ground = picture[top : top + inset.shape[0], left : left + inset.shape[1]]
    ground[:] = inset[: ground.shape[0], : ground.shape[1]]


def _darken(picture: Picture, left: int, top: int, width: int, height: int) -> None:
    ground = picture[max(0, top) : top + height, max(0, left) : left + width]
    np.right_shift(ground, 2, out=ground)
