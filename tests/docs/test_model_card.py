"""The numbers of MODEL_CARD.md are those of the files that it names."""

from __future__ import annotations

import re

from tests.docs.pages import ROOT
from tests.docs.results import file

from bunraku.runtime.engines.bundle import Bundle
from bunraku.training.contender import OURS
from bunraku.training.people_rows import PREDICTED

PAGE = (ROOT / "MODEL_CARD.md").read_text(encoding="utf-8")


def test_groups() -> None:
    told = file("evaluation-synthetic-2026-12-01")
    of_body, of_networks = PAGE[PAGE.index("First the body") :].split("Then `--driver landmarks`")
    fairness = told["details"]["fairness"]
    for part, name in ((of_body, OURS), (of_networks, PREDICTED)):
        rows = dict(re.findall(r"^\| ([\w:\- ]+) \| (\d.*) \|$", part, re.MULTILINE))
        groups = {
            name if trait == name else f"{trait}: {name}": one
            for trait, kinds in fairness[name].items()
            for name, one in kinds.items()
        }
        assert set(rows) == set(groups)
        for group, one in groups.items():
            expected = [
                f"{one['people']}",
                f"{one['found']:.3f}",
                f"{one['landmarks_px']:.2f}",
                f"{one['person_l1']:.4f}",
                f"{one['person_l1_error']:.4f}",
                f"{one['akd']:.2f}",
                f"{one['mkr']:.4f}",
            ]
            assert rows[group].split(" | ") == expected
    dark, light = (fairness[PREDICTED]["tone"][tone] for tone in ("dark", "light"))
    assert f"({dark['landmarks_px']:.2f} px and {light['landmarks_px']:.2f})" in PAGE
    assert f"({dark['found']:.2f} and {light['found']:.2f})" in PAGE
    dark, light = (fairness[OURS]["tone"][tone] for tone in ("dark", "light"))
    assert f"off by {dark['akd']:.1f} and {light['akd']:.1f} px" in PAGE
    assert f"{dark['person_l1']:.3f} and {light['person_l1']:.3f}, though" in PAGE


def test_the_weights() -> None:
    manifest = Bundle.load("live").manifest
    assert f"({manifest.parameters:,} parameters)" in PAGE
    assert f"{manifest.provenance['samples']:,} samples" in PAGE


def test_how_good_it_is() -> None:
    def table(name: str, title: str) -> dict[str, dict[str, float]]:
        rows: dict[str, dict[str, float]] = file(name)["tables"][title]
        return rows

    people = table("evaluation-synthetic-2026-11-23", "Synthetic people")
    for row in ("exact", "predicted"):
        assert f"{people[f'Bunraku, {row} IUV']['person_l1']:.4f}" in PAGE
    clips = table("evaluation-drivers-2026-12-01", "Real clips")  # both drivers, the same frames
    assert f"{clips['all, landmarks']['akd']:.2f} px of 256" in PAGE
    assert f"driver {clips['all, body']['akd']:.2f}." in PAGE.replace("\n", " ")
