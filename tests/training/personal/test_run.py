from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image
from tests.training.prepare.people import load, walk, write_film
from tests.training.toy import CheapFeatures, toy_network
from torch import Tensor, nn

from bunraku.errors import InputError, OutputError
from bunraku.networks.generator import Generator
from bunraku.networks.iuv import Iuv, IuvNet, IuvOptions
from bunraku.training.average import Average
from bunraku.training.objective import Objective
from bunraku.training.personal import run, tuning
from bunraku.training.personal.run import PersonalOptions, PersonalReport, personalize
from bunraku.training.personal.scoring import Network, PersonScore, as_table, score_person
from bunraku.training.personal.tuning import TuneOptions, tune
from bunraku.training.prepare.quality import Limits

SCORE = PersonScore(8, 0.10, 18.0, 0.88, None, 0.020)


class Maps(nn.Module):
    """A small IUV net."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.net = IuvNet(IuvOptions(encoder=(4, 8, 8, 8), latent=8, decoder=8)).eval()

    def forward(self, landmarks: Tensor, mask: Tensor) -> Iuv:
        made: Iuv = self.net(landmarks, mask)
        return made


@pytest.fixture
def cheap_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Steps of one person who drives once; ``test_tuning_learns…`` makes whole ones."""
    monkeypatch.setattr(tuning, "Perceptual", lambda _: CheapFeatures())
    for name in ("PEOPLE", "DRIVES"):
        monkeypatch.setattr(tuning, name, 1)


@pytest.fixture
def toy(monkeypatch: pytest.MonkeyPatch, cheap_steps: None) -> Generator:
    torch.manual_seed(1)
    generator = Generator(toy_network()).eval().requires_grad_(False)
    monkeypatch.setattr(run, "restore_generator", lambda _: generator)
    monkeypatch.setattr(run, "EngineIuv", lambda _: Maps())
    return generator


@pytest.fixture
def options(tmp_path: Path) -> PersonalOptions:
    Image.fromarray(walk(1)[0]).save(tmp_path / "photo.png")
    return PersonalOptions(
        photo=tmp_path / "photo.png",
        clip=write_film(tmp_path / "clip.mkv", walk(24, step=1)),
        out=tmp_path / "bundle",
        tuning=TuneOptions(steps=2),
        limits=Limits(smallest_px=64),
    )


def test_a_bundle_says_what_was_gained(
    options: PersonalOptions, toy: Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    scores = iter([SCORE, replace(SCORE, person_l1=0.08)])
    monkeypatch.setattr(run, "score_person", lambda *_: next(scores))
    written: dict[str, Any] = {}

    def export_bundle(network: Generator, folder: Path, **told: Any) -> None:
        written.update(network=network, folder=folder, **told)

    monkeypatch.setattr(run, "export_bundle", export_bundle)
    lines: list[str] = []
    report = personalize(options, lines.append, load=load)
    assert report.gain == pytest.approx(0.2)
    assert lines[0] == "12 frames to learn from, 12 to measure on"
    assert "| after | 0.0800 | 18.00 | 0.880 | – | 0.0200 |" in lines
    assert written["folder"] == options.out
    name = "blender.leave.weight"
    assert not torch.equal(written["network"].state_dict()[name], toy.state_dict()[name])
    told = written["provenance"]
    assert (told["personal"], told["frames"], told["steps"]) == (True, 12, 2)
    assert told["base"]["bundle"] == "live"
    assert told["unseen half, after"]["person_l1"] == 0.08
    assert "photo.png" not in json.dumps(told)


@pytest.mark.parametrize(
    ("after", "message"),
    [
        (replace(SCORE, person_l1=0.099), "Nothing is gained .* nothing was written"),
        (replace(SCORE, person_l1=0.05, own_person_l1=0.03), "the photo loses .* nothing was"),
    ],
)
def test_where_nothing_is_gained_nothing_is_written(
    options: PersonalOptions,
    toy: Generator,
    monkeypatch: pytest.MonkeyPatch,
    after: PersonScore,
    message: str,
) -> None:
    scores = iter([SCORE, after])
    monkeypatch.setattr(run, "score_person", lambda *_: next(scores))
    with pytest.raises(InputError, match=message):
        personalize(options, lambda _: None, load=load)
    assert sorted(path.name for path in options.out.parent.iterdir()) == ["clip.mkv", "photo.png"]


def test_a_folder_of_something_else_is_refused_at_once(options: PersonalOptions) -> None:
    options.out.mkdir()
    (options.out / "letter.txt").touch()
    with pytest.raises(OutputError, match="is not a bundle"):
        personalize(options, lambda _: None, load=load)


def test_a_photo_that_was_nearly_perfect_may_lose_a_little() -> None:
    tiny = replace(SCORE, own_person_l1=0.0001)
    after = replace(tiny, person_l1=0.05, own_person_l1=0.0015)
    PersonalReport(tiny, after, 12, 1.0).check()


@pytest.mark.timeout(600)  # a loaded machine takes minutes for what is half a minute's work
def test_tuning_learns_and_leaves_the_generator_alone(
    make_people: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make_people(count=1, frames=4)
    torch.manual_seed(2)
    generator = Generator(toy_network()).eval().requires_grad_(False)
    before = {name: t.clone() for name, t in generator.state_dict().items()}
    losses: list[float] = []
    objective = Objective.forward

    def watched(self: Any, *arguments: Any) -> Any:
        cost = objective(self, *arguments)
        losses.append(float(cost.terms["image"]))
        return cost

    monkeypatch.setattr(Objective, "forward", watched)
    lines: list[str] = []
    tuned = tune(generator, folder, Maps(), TuneOptions(12, 3e-3), lines.append)
    assert sum(losses[-3:]) < 0.9 * sum(losses[:3])
    after = generator.state_dict()
    assert all(torch.equal(t, after[name]) for name, t in before.items())
    changed = tuned.state_dict()
    assert not torch.equal(changed["blender.leave.weight"], before["blender.leave.weight"])
    running = [name for name in before if "running" in name]
    assert all(torch.equal(changed[name], before[name]) for name in running)
    assert lines[-1] == "step 12 of 12, 0.0 min left"


def test_a_generator_without_the_prior_learns_a_person_too(
    make_people: Callable[..., Path], cheap_steps: None
) -> None:
    torch.manual_seed(2)
    generator = Generator(toy_network(prior=False)).eval().requires_grad_(False)
    folder = make_people(count=1, frames=3)
    tuned = tune(generator, folder, Maps(), TuneOptions(1), lambda _: None).state_dict()
    before = generator.state_dict()
    # Nothing of the heads is in a bundle, so nothing may be asked of them.
    heads = [name for name in tuned if name.startswith("texture_heads.")]
    assert heads
    assert all(torch.equal(tuned[name], before[name]) for name in heads)
    assert not torch.equal(tuned["blender.leave.weight"], before["blender.leave.weight"])


def test_a_person_s_score(make_people: Callable[..., Path]) -> None:
    folder = make_people(count=2, frames=4)
    generator = Average(Generator(toy_network()), 0.9).network
    clip, photo = (folder / f"person_00000{i}.npz" for i in range(2))
    score = score_person(Network(generator, Maps()), clip, photo)
    assert score.frames == 3
    assert 0.0 < score.person_l1 < 1.0
    assert score.perceptual is None
    assert as_table(score, score).rows[0][0] == "before"
