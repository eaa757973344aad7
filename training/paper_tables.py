"""The paper's own numbers, to stand beside those of an evaluation, and the table of both.

Tables I (self-reconstruction) and II (cross-video animation) of the paper. They were measured on
other clips, with other judges of keypoints and people: they show what is usual, and who is better
cannot be read from them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bunraku.training.grid import Grid
from bunraku.training.report import number

NOT_COMPARABLE = (
    "The rows below *this evaluation*'s are the paper's, on 256 × 256 pixels of TED-Talks, "
    "TaiChiHD and iPER. They were measured on other clips, by other judges of keypoints and "
    "people, and are not comparable: nobody is better or worse than the paper by this table. "
    "Dashes: not measured here, for want of a network for AED or FID."
)
SELF_HEADINGS = ("", "L1", "FID", "AED", "MKR", "AKD")
CROSS_HEADINGS = ("", "AED", "MKR", "AKD")

SELF: dict[str, tuple[float, ...]] = {
    "paper, TED-Talks, 128→256": (0.0316, 26.3862, 0.1478, 0.0071, 2.1255),
    "paper, TED-Talks, 256→256": (0.0317, 20.1502, 0.1423, 0.0085, 1.9866),
    "MRAA, TED-Talks": (0.0264, 17.7006, 0.1166, 0.0086, 2.6573),
    "paper, TaiChiHD, 128→256": (0.0593, 30.3241, 0.1764, 0.0137, 3.6630),
    "paper, TaiChiHD, 256→256": (0.0579, 25.0364, 0.1774, 0.0141, 3.0562),
    "MRAA, TaiChiHD": (0.0462, 28.2660, 0.1507, 0.0263, 5.2372),
    "paper, iPER, 128→256": (0.0206, 25.9149, 0.0828, 0.0056, 1.1591),
    "paper, iPER, 256→256": (0.0201, 20.4217, 0.0860, 0.0055, 0.9184),
    "MRAA, iPER": (0.0166, 20.8602, 0.0567, 0.0068, 1.5992),
}
"""L1, FID, AED, MKR and AKD of Table I; MRAA is one of the methods that it compares with."""
CROSS: dict[str, tuple[float, ...]] = {
    "paper, TED-Talks, 128→256": (0.3515, 0.0186, 3.6755),
    "paper, TED-Talks, 256→256": (0.3514, 0.0193, 3.5150),
    "MRAA, TED-Talks": (0.3391, 0.0159, 7.2375),
    "paper, TaiChiHD, 128→256": (0.3097, 0.0171, 3.9812),
    "paper, TaiChiHD, 256→256": (0.3219, 0.0165, 3.0181),
    "MRAA, TaiChiHD": (0.2988, 0.0542, 12.0688),
    "paper, iPER, 128→256": (0.2128, 0.0053, 1.4138),
    "paper, iPER, 256→256": (0.2173, 0.0053, 1.1343),
    "MRAA, iPER": (0.2076, 0.0207, 5.7536),
}
"""AED, MKR and AKD of Table II."""


def beside_table_1(ours: Mapping[str, Sequence[float | None]]) -> Grid:
    """Self-reconstruction: L1, FID, AED, MKR, AKD of each candidate, over the paper's."""
    return _grid("Beside the paper's Table I", SELF_HEADINGS, ours, SELF)


def beside_table_2(ours: Mapping[str, Sequence[float | None]]) -> Grid:
    """Across clips: AED, MKR, AKD of each candidate, over the paper's."""
    return _grid("Beside the paper's Table II", CROSS_HEADINGS, ours, CROSS)


def _grid(
    title: str,
    headings: Sequence[str],
    ours: Mapping[str, Sequence[float | None]],
    paper: Mapping[str, Sequence[float | None]],
) -> Grid:
    digits = {"L1": 4, "FID": 1, "AED": 4, "MKR": 4, "AKD": 2}
    named = {f"this evaluation, {name}": values for name, values in ours.items()}
    rows = [
        [name]
        + [number(value, digits[head]) for head, value in zip(headings[1:], values, strict=True)]
        for name, values in (named | dict(paper)).items()
    ]
    return Grid(title, NOT_COMPARABLE, headings, rows)
