"""Plain plots with Pillow: axes, bars, lines and words, in a few sober colours."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from PIL import Image, ImageDraw, ImageFont

SIZE = (1100, 560)
MARGINS = (90, 76, 30, 70)
"""Left, top, right and bottom, in pixels; more on the left where words stand there."""
INK, PALE, GROUND = (40, 44, 52), (222, 225, 230), (255, 255, 255)
COLOURS = ((47, 111, 178), (214, 120, 38), (70, 150, 90), (150, 90, 160), (190, 70, 70))
FONT_PX = 17
TICKS = 6
"""Of an axis, at most."""


@dataclass(eq=False)
class Plot:
    """One plot; values are put in by who draws it.

    :param left: room for words on the left.
    """

    title: str
    x_label: str
    x_most: float
    y_label: str = ""
    y_most: float = 1.0
    left: int = MARGINS[0]
    size: tuple[int, int] = SIZE
    image: Image.Image = field(init=False)

    def __post_init__(self) -> None:
        self.image = Image.new("RGB", self.size, GROUND)
        self._pen = ImageDraw.Draw(self.image)
        self._font = ImageFont.load_default(FONT_PX)
        self._pen.text((self.left, 18), self.title, INK, ImageFont.load_default(FONT_PX + 4))
        self.x_step, self.y_step = nice_step(self.x_most), nice_step(self.y_most)
        bottom = self.size[1] - MARGINS[3]
        for number in range(int(self.x_most / self.x_step + 1e-9) + 1):
            at = self.x(number * self.x_step)
            self._pen.line([(at, MARGINS[1]), (at, bottom)], PALE)
            self.word((at, bottom + 8), f"{number * self.x_step:g}", "ma")
        middle = (self.left + self.size[0] - MARGINS[2]) / 2
        self.word((middle, bottom + 36), self.x_label, "ma")
        if self.y_label:
            for number in range(int(self.y_most / self.y_step + 1e-9) + 1):
                at = self.y(number * self.y_step)
                self._pen.line([(self.left, at), (self.size[0] - MARGINS[2], at)], PALE)
                self.word((self.left - 8, at), f"{number * self.y_step:g}", "rm")
            self.word((self.left, MARGINS[1] - 8), self.y_label, "lb")
        self._pen.line([(self.left, bottom), (self.size[0] - MARGINS[2], bottom)], INK)

    def x(self, value: float) -> float:
        """Pixels from the left."""
        return self.left + value / self.x_most * (self.size[0] - self.left - MARGINS[2])

    def y(self, value: float) -> float:
        """Pixels from the top."""
        height = self.size[1] - MARGINS[1] - MARGINS[3]
        return self.size[1] - MARGINS[3] - value / self.y_most * height

    def word(self, at: tuple[float, float], text: str, anchor: str = "lm") -> None:
        """Words; the anchor is Pillow's."""
        self._pen.text(at, text, INK, self._font, anchor=anchor)

    def bar(self, start: float, end: float, top: float, bottom: float, colour: int) -> None:
        """From one value to another along x, between two heights in pixels."""
        left, right = self.x(start), max(self.x(end), self.x(start) + 1)
        self._pen.rectangle([(left, top), (right, bottom)], COLOURS[colour % len(COLOURS)])

    def thin(self, start: float, end: float, at: float) -> None:
        """A whisker along x at a height in pixels."""
        self._pen.line([(self.x(start), at), (self.x(end), at)], INK, 2)
        for value in (start, end):
            self._pen.line([(self.x(value), at - 5), (self.x(value), at + 5)], INK, 2)

    def line(self, points: Sequence[tuple[float, float]], colour: int, name: str) -> None:
        """Through points (x, y) in values; its name stands at the last one."""
        ink = COLOURS[colour % len(COLOURS)]
        places = [(self.x(x), self.y(y)) for x, y in points]
        if len(places) > 1:
            self._pen.line(places, ink, 3, joint="curve")
        for x, y in places:
            self._pen.ellipse([(x - 5, y - 5), (x + 5, y + 5)], ink)
        x, y = places[-1]
        self._pen.text((x - 8, y - 12), name, ink, self._font, anchor="rb")


def nice_step(most: float) -> float:
    """A round distance between at most ``TICKS`` up to ``most``."""
    if most <= 0:
        raise ValueError("an axis has a length")
    power = 10.0 ** math.floor(math.log10(most / TICKS))
    return next(power * f for f in (1, 2, 5, 10) if most / (power * f) <= TICKS + 1e-9)
