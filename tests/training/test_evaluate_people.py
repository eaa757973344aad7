from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import nn

from bunraku.errors import InputError
from bunraku.networks.iuv import IuvNet, IuvOptions
from bunraku.spec.arrays import Array, Picture
from bunraku.training.contender import UNMOVED
from bunraku.training.evaluate_people import evaluate_people, people_targets
from bunraku.training.evaluate_surface import evaluate_surface
from bunraku.training.evaluated import Frames
from bunraku.training.features import Features
from bunraku.training.judge import Judge
from bunraku.training.likeness import Look
from bunraku.training.metrics import Score, mean_difference
from bunraku.training.people.records import Record, compose
from bunraku.training.people_cases import Case, cases
from bunraku.training.people_rows import (
    COPY,
    EXACT,
    PREDICTED,
    ROWS,
    copy_along_iuv,
    make_rows,
    over,
)
from bunraku.training.report import Report, Table

MakePeople = Callable[..., Path]


class Copier:
    """An model that copies along the IUV maps it is given."""

    def __init__(self) -> None:
        self.heads: list[Array] = []
        self.size = 128
        torch.manual_seed(0)
        self.net = IuvNet(IuvOptions(encoder=(4, 8, 8, 8), latent=8, decoder=8)).eval()

    @property
    def provenance(self) -> dict[str, Any]:
        return {}

    @property
    def iuv(self) -> nn.Module:
        return self.net

    def animate(
        self, source: Array, mask: Array, densepose: Array, driving: Array, head: Array
    ) -> Frames:
        self.heads.append(head)
        return copy_along_iuv(source, mask, densepose, driving)


def as_tensor(picture: Picture) -> Array:
    return np.ascontiguousarray(picture.transpose(2, 0, 1), np.float32) / np.float32(255.0)


def test_the_most_frontal_frame_is_the_source(make_people: MakePeople) -> None:
    found = list(cases(make_people(count=3, frames=6), 2, 4))
    assert [case.path.name for case in found] == ["person_000000.npz", "person_000001.npz"]
    assert found[0].source == 5 - 1  # yaw runs from 0.5 to -0.1 in six steps: 0.02 is the fifth
    assert found[0].driving == [0, 1, 2, 3]


def test_what_is_known_of_a_case(person: Record) -> None:
    case = Case(person, Path("person_000000.npz"), 1, [0, 3])
    assert case.exact().shape == (3, 73, 128, 128)
    assert np.array_equal(case.picture(3), compose(person, 3))
    background = case.background(0)
    assert np.array_equal(background, person.plate)
    alpha = case.alpha(0)
    outside = alpha == 0.0
    assert np.array_equal(case.picture(0)[outside], background[outside])


def test_finer_surfaces_are_taken_down_to_the_iuv_net_s(person: Record) -> None:
    fine = replace(person, iuv=person.iuv.repeat(2, 1).repeat(2, 2))
    path = Path("person_000000.npz")
    coarse, finer = (Case(record, path, 1, [0, 3]) for record in (person, fine))
    assert np.array_equal(coarse.exact(), finer.exact())
    assert np.array_equal(finer.exact(256)[:, :, ::2, ::2], coarse.exact())


def test_predicted_maps(make_people: MakePeople) -> None:
    """Where the pose network found nobody, in the second frame, the record's landmarks stand in."""
    folder = make_people(count=1, frames=3)
    case = next(cases(folder, None, 4))
    model = Copier()
    seen: list[torch.Tensor] = []
    model.net.register_forward_pre_hook(lambda _module, inputs: seen.extend(inputs))
    assert case.predicted(model).shape == (3, 73, 128, 128)
    landmarks, mask = seen
    order = case.index.index(1)
    metric = torch.from_numpy(case.record.landmarks[1, :, 2])
    assert torch.allclose(landmarks[order, :, 2], metric * 2.4 - 0.07)
    assert not mask.any()
    model.size = 256
    assert case.predicted(model).shape == (3, 73, 256, 256)


def test_people_whose_surfaces_are_too_coarse_are_told(
    make_people: MakePeople, tmp_path: Path
) -> None:
    model = Copier()
    model.size = 256
    with pytest.raises(InputError, match=r"surfaces of 128 pixels, and 256 are needed"):
        evaluate_people(model, [], None, make_people(), tmp_path, Report({}), print)


def test_copying_a_moved_person_gives_the_frame(person: Record) -> None:
    case = Case(person, Path("person_000000.npz"), 0, [0, 2])
    exact = case.exact()
    source = as_tensor(case.picture(0))
    copied = copy_along_iuv(source, case.alpha(0), exact[0], exact[1:])
    assert copied.image.shape == (2, 3, 256, 256)
    for k, frame in enumerate(case.driving):
        picture = over(copied.image[k], copied.mask[k, 0], case.background(frame))
        assert mean_difference(picture, case.picture(frame), case.alpha(frame)) < 0.02
    unmoved = mean_difference(case.picture(0), case.picture(2), case.alpha(2))
    assert unmoved > 0.05


def test_over() -> None:
    image = np.full((3, 2, 2), 1.0, np.float32)
    mask = np.array([[0.0, 0.5], [1.0, 1.0]], np.float32)
    mixed = over(image, mask, np.full((2, 2, 3), 100, np.uint8))
    assert mixed[..., 0].tolist() == [[100, 178], [255, 255]]


def test_rows_of_a_case(make_people: MakePeople) -> None:
    case = next(cases(make_people(count=1, frames=4), None, 2))
    model = Copier()
    made, driving = make_rows(case, model)
    assert tuple(made) == ROWS
    assert driving.shape == (2, 73, 128, 128)
    assert all(len(pictures) == 2 for pictures in made.values())
    assert np.array_equal(made[UNMOVED][1], case.picture(case.source))
    assert np.array_equal(made[EXACT][0], made[COPY][0])
    assert not np.array_equal(made[PREDICTED][0], made[EXACT][0])
    # The face moves with the person: a shift, believed wholly.
    assert [head.shape for head in model.heads] == [(2, 7), (2, 7)]
    assert model.heads[0][0] == pytest.approx(
        [1.0, 0.0, -8.0 * (0 - case.source) / 128, 0.0, 1.0, 4.0 * (0 - case.source) / 128, 1.0],
        abs=0.02,
    )


def test_the_whole_evaluation(make_people: MakePeople, judge: Judge, tmp_path: Path) -> None:
    folder = make_people(count=2, frames=3)
    report = Report({})
    lines: list[str] = []
    evaluate_people(Copier(), [], judge, folder, tmp_path, report, lines.append, frames=2, sheets=1)
    (table,) = report.tables
    assert {score.frames for score in table.rows.values()} == {4}
    exact, unmoved = table.rows[EXACT], table.rows[UNMOVED]
    assert exact.person_l1 is not None
    assert unmoved.person_l1 is not None
    assert exact.person_l1 < 0.5 * unmoved.person_l1
    assert table.rows[COPY] == exact
    assert [target.name for target in report.targets] == [t.name for t in people_targets(table)]
    by_framing = report.details["synthetic people by framing"]
    assert by_framing["half body"][EXACT]["frames"] == 2
    assert by_framing["full body"][EXACT]["frames"] == 2
    assert [path.name for path in report.sheets] == ["people-00.jpg"]
    assert report.sheets[0].is_file()
    json.dumps(report.as_json())


class OwnColours:
    """Sees of a picture the mean colour of its person."""

    def look(self, picture: Picture, alpha: Array | None) -> Look:
        share = np.ones(picture.shape[:2], np.float32) if alpha is None else alpha
        mean = (picture * share[..., None]).mean((0, 1))
        row = np.asarray(mean / np.linalg.norm(mean), np.float32)
        return Look(Features((row[:, None, None],)), row)

    def face(self, _picture: Picture, _points: NDArray[np.float32]) -> None:
        return None


def test_likeness(make_people: MakePeople, tmp_path: Path) -> None:
    report = Report({})
    folder = make_people(count=1, frames=3)
    watching = OwnColours()
    evaluate_people(
        Copier(), [], None, folder, tmp_path, report, lambda _: None, sheets=0, likeness=watching
    )
    exact, unmoved = report.tables[0].rows[EXACT], report.tables[0].rows[UNMOVED]
    assert exact.look is not None
    assert unmoved.look is not None
    assert 0.0 < exact.look < unmoved.look
    assert exact.perceptual == pytest.approx(exact.look**2, rel=0.5)
    assert exact.face is None


def test_without_keypoints(make_people: MakePeople, tmp_path: Path) -> None:
    report = Report({})
    evaluate_people(
        Copier(),
        [],
        None,
        make_people(count=1, frames=2),
        tmp_path,
        report,
        lambda _: None,
        sheets=0,
    )
    assert report.tables[0].rows[EXACT].akd is None
    assert report.sheets == []
    assert not report.targets[-1].passed
    assert "| AKD / unmoved source's | – |" in report.markdown()


def test_targets_of_the_generator() -> None:
    def score(person_l1: float, person_psnr: float, akd: float) -> Score:
        return Score(1, 0.0, 1.0, person_l1, person_psnr, akd, 0.01)

    table = Table(
        "t", "", {UNMOVED: score(0.2, 12.0, 10.0), COPY: score(0.1, 17.0, 9.0),
                  EXACT: score(0.07, 19.5, 2.5)},
    )  # fmt: skip
    values = [target.value for target in people_targets(table)]
    assert values == pytest.approx([0.35, 0.7, 19.5, 0.25, 2.5, 0.01])
    assert all(target.passed for target in people_targets(table))


def test_scores_of_the_iuv_net(make_people: MakePeople) -> None:
    report = Report({})
    evaluate_surface(Copier(), make_people(count=1, frames=3), report, lambda _: None)
    assert set(report.details["IUV net"]) == {"with the pose network's mask", "without a mask"}
    assert report.details["IUV net"]["without a mask"]["frames"] == 2
    assert [target.limit for target in report.targets] == [0.84, 0.62]
    assert "## IUV net" in report.markdown()
