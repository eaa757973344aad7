from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from bunraku.networks.densepose import densepose_from_iuv
from bunraku.networks.iuv import IuvNet, IuvOptions
from bunraku.training.generator_batch import GeneratorBatch, collate
from bunraku.training.generator_data import GeneratorData
from bunraku.training.people.records import Record, write_record
from bunraku.training.variation import augment_source, recoloured, roughened

MakePeople = Callable[..., Path]
Rng = np.random.Generator


@pytest.fixture
def rng() -> Rng:
    return np.random.default_rng(3)


@pytest.fixture
def data(make_people: MakePeople) -> GeneratorData:
    return GeneratorData([make_people(count=3, frames=4)])


def tiny_iuv() -> IuvNet:
    torch.manual_seed(0)
    return IuvNet(IuvOptions(encoder=(4, 8, 8, 8), latent=8, decoder=8)).eval()


def shapes(batch: GeneratorBatch) -> dict[str, tuple[int, ...]]:
    return {name: tuple(tensor.shape) for name, tensor in vars(batch).items()}


def test_shapes_of_a_training_batch(data: GeneratorData, rng: Rng) -> None:
    batch = data.draw(rng, people=2, drives=3)
    assert shapes(batch) == {
        "source": (2, 3, 256, 256),
        "mask": (2, 1, 256, 256),
        "source_iuv": (2, 3, 128, 128),
        "source_iuv_exact": (2, 3, 128, 128),
        "driving_iuv": (6, 3, 128, 128),
        "driving_iuv_exact": (6, 3, 128, 128),
        "head": (6, 7),
        "target": (6, 3, 256, 256),
        "colour": (6, 3, 256, 256),
        "alpha": (6, 1, 256, 256),
        "background": (6, 3, 256, 256),
    }
    for iuv in (batch.driving_iuv, batch.source_iuv):
        assert set(iuv[:, 0].flatten().tolist()) <= set(range(25))
    for tensor in (t for name, t in vars(batch).items() if name != "head" and "iuv" not in name):
        assert 0.0 <= float(tensor.min()) <= float(tensor.max()) <= 1.0 + 1e-5
    assert torch.allclose(batch.driving_exact[:, :25].sum(1), torch.ones(6, 128, 128))
    assert torch.allclose(batch.source_exact[:, :25].sum(1), torch.ones(2, 128, 128))


@pytest.mark.parametrize("augment", [False, True])
def test_pictures_fit_together(data: GeneratorData, rng: Rng, augment: bool) -> None:
    """Whatever is done to colours, sides and backgrounds is done to all of a person alike."""
    for _ in range(4):
        batch = data.person(rng, data.records[0], 3, augment=augment, predicted=False)
        composed = batch.colour + batch.background * (1.0 - batch.alpha)
        assert torch.allclose(composed, batch.target, atol=1e-6)
        assert bool((batch.colour <= batch.alpha + 1e-6).all())
        body = 1.0 - batch.driving_exact[:, :1]
        outline = nn.functional.avg_pool2d(batch.alpha, 2)
        assert torch.allclose(outline, body, atol=1e-6)


def test_chosen_frames(data: GeneratorData, rng: Rng) -> None:
    batch = data.person(rng, data.records[1], 1, predicted=False, frames=(2, [2]))
    assert torch.equal(batch.source, batch.target)
    assert torch.equal(batch.source_exact, batch.driving_exact)
    assert torch.equal(batch.mask, batch.alpha)


def test_sources_face_the_camera_more_often(person: Record, tmp_path: Path, rng: Rng) -> None:
    turned = replace(person, yaw=np.array([3.1, 2 * np.pi, -3.1, 3.1], np.float32))
    data = GeneratorData([write_record(tmp_path, turned).parent])
    facing = densepose_from_iuv(torch.from_numpy(person.iuv[1:2]))
    frontal = sum(
        torch.equal(data.person(rng, data.records[0], 1, predicted=False).source_exact, facing)
        for _ in range(30)
    )
    assert 15 < frontal < 30


def test_exact_and_predicted(make_people: MakePeople, rng: Rng) -> None:
    folder = make_people(count=1, frames=4)
    plain = GeneratorData([folder])
    data = GeneratorData([folder], tiny_iuv())
    exact = data.person(rng, data.records[0], 2, predicted=False, frames=(0, [1, 2]))
    assert torch.equal(exact.source_densepose, exact.source_exact)
    predicted = data.person(rng, data.records[0], 2, predicted=True, frames=(0, [1, 2]))
    assert not torch.allclose(predicted.source_densepose, predicted.source_exact, atol=0.1)
    assert torch.equal(predicted.source_exact, exact.source_exact)
    assert predicted.source_densepose.shape == (1, 73, 128, 128)
    scores = predicted.driving_densepose[:, :25]
    assert set(scores.flatten().tolist()) <= {0.0, 1.0}
    assert bool((scores.amax(1) == 1.0).all())
    # Without a net there is nothing to predict with.
    fallback = plain.person(rng, plain.records[0], 2, predicted=True, frames=(0, [1, 2]))
    assert torch.equal(fallback.source_densepose, exact.source_exact)


def test_predicted_maps_are_enlarged_where_surfaces_are_finer(
    make_people: MakePeople, rng: Rng
) -> None:
    folders = [make_people(count=1, name=str(size), surface=size) for size in (128, 256)]
    coarse, fine = (
        GeneratorData([folder], tiny_iuv(), surface=size)
        for folder, size in zip(folders, (128, 256), strict=True)
    )
    known, finer = (
        data.person(rng, data.records[0], 2, predicted=True, masked=False, frames=(0, [1, 2]))
        for data in (coarse, fine)
    )
    assert finer.source_iuv_exact.shape == (1, 3, 256, 256)
    assert torch.equal(finer.driving_iuv[:, :1, ::2, ::2], known.driving_iuv[:, :1])
    assert torch.equal(finer.driving_iuv[:, :1, 1::2, 1::2], known.driving_iuv[:, :1])


def test_the_mask_reaches_the_net(make_people: MakePeople, rng: Rng) -> None:
    seen: list[Tensor] = []
    net = tiny_iuv()
    net.register_forward_pre_hook(lambda _module, inputs: seen.append(inputs[1]))
    data = GeneratorData([make_people(count=1, frames=4)], net)
    for masked in (True, False):
        data.person(rng, data.records[0], 2, predicted=True, masked=masked)
    assert bool(seen[0].any())
    assert not bool(seen[1].any())


def test_the_same_rng_gives_the_same_batch(data: GeneratorData) -> None:
    batches = []
    for _ in range(2):
        torch.manual_seed(5)
        batches.append(data.draw(np.random.default_rng(9), 2, 2))
    for one, two in zip(*(vars(b).values() for b in batches), strict=True):
        assert torch.equal(one, two)


def test_recoloured_keeps_premultiplied_colours(rng: Rng) -> None:
    alpha = torch.rand(4, 1, 8, 8)
    colour = torch.rand(4, 3, 8, 8) * alpha
    for _ in range(5):
        other = recoloured(rng, colour, alpha)
        assert float(other.min()) >= 0.0
        assert bool((other <= alpha + 1e-6).all())


def test_roughened_masks_stay_near(rng: Rng) -> None:
    mask = torch.zeros(1, 1, 64, 64)
    mask[..., 16:48, 16:48] = 1.0
    for _ in range(10):
        other = roughened(rng, mask)
        assert 0.0 <= float(other.min()) <= float(other.max()) <= 1.0
        assert float((other - mask).abs()[..., 20:44, 20:44].max()) == 0.0
        assert float(other[..., :12, :].max()) == 0.0


def test_another_camera_moves_everything_of_the_source(data: GeneratorData) -> None:
    for seed in range(8):
        rng = np.random.default_rng(seed)
        torch.manual_seed(seed)
        before = data.person(rng, data.records[0], 1, predicted=False, frames=(0, [1]))
        after = augment_source(rng, before)
        if torch.equal(after.mask, before.mask):
            continue
        body = 1.0 - after.source_exact[:, :1]
        outline = nn.functional.avg_pool2d(after.mask, 2)
        assert float((body - outline).abs().mean()) < 0.01
        assert torch.equal(after.source_exact, after.source_densepose)
        assert torch.equal(after.target, before.target)
        return
    pytest.fail("the source never moved")


def middle_of_the_head(densepose: Tensor) -> Tensor:
    """[73, 128, 128] → (x, y) in [-1, 1]; a mirrored head is part 23."""
    place = torch.nonzero(densepose[23:25].sum(0) > 0.5).float().mean(0)
    return (place.flip(0) + 0.5) / 64.0 - 1.0


def test_the_head_is_led_to_the_head(data: GeneratorData, rng: Rng) -> None:
    """Through mirrors and other cameras, the map takes the driver's head to the source's."""
    checked = 0
    for _ in range(6):
        batch = data.draw(rng, people=1, drives=2)
        there = middle_of_the_head(batch.source_exact[0])
        for exact, head in zip(batch.driving_exact, batch.head, strict=True):
            if float(head[6]) == 0.0:
                continue
            matrix = head[:6].view(2, 3)
            led = matrix[:, :2] @ middle_of_the_head(exact) + matrix[:, 2]
            assert torch.allclose(led, there, atol=0.02)
            checked += 1
    assert checked >= 4


def test_collate_keeps_the_order(data: GeneratorData, rng: Rng) -> None:
    one, two = (data.person(rng, record, 2, predicted=False) for record in data.records[:2])
    both = collate([one, two])
    assert torch.equal(both.target[:2], one.target)
    assert torch.equal(both.target[2:], two.target)


@pytest.mark.parametrize("in_order", [True, False])
def test_driving_frames_that_follow_each_other(
    person: Record, tmp_path: Path, rng: Rng, in_order: bool
) -> None:
    """Of a record of neighbours alone, and only where they are asked for."""
    data = GeneratorData([write_record(tmp_path, replace(person, in_order=in_order)).parent])

    def frames(neighbours: bool) -> list[int]:
        batch = data.person(rng, data.records[0], 3, predicted=False, neighbours=neighbours)
        # Each frame of the toy stands four pixels further right.
        return [int(columns.nonzero()[0]) // 4 for columns in batch.driving_exact[:, 2].sum(1)]

    def rising(neighbours: bool) -> bool:
        drawn = [frames(neighbours) for _ in range(12)]
        return all(list(np.diff(of)) == [1, 1] for of in drawn)

    assert rising(neighbours=True) == in_order
    assert not rising(neighbours=False)
