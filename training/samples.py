"""Contact sheets of a training run: losses hide what pictures tell."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from bunraku.errors import OutputError
from bunraku.networks.generator import Generator, repeat_identity
from bunraku.training.generator_data import GeneratorData

PEOPLE = 6
DRIVES = 2
SEED = 7


def to_picture(image: Tensor) -> NDArray[np.uint8]:
    """[3, h, w] in [0, 1] → uint8 [h, w, 3]."""
    picture: NDArray[np.uint8] = (
        (image.clamp(0.0, 1.0) * 255.0).round().byte().permute(1, 2, 0).cpu().numpy()
    )
    return picture


def save_samples(generator: Generator, data: GeneratorData, path: Path) -> None:
    """One row a person: source; then per driving frame: target, warped photo, painted, result.

    Raises:
        OutputError: the picture cannot be written.
    """
    device = next(generator.parameters()).device
    training = generator.training
    generator.eval()
    rng = np.random.default_rng(SEED)
    rows = []
    for row in range(PEOPLE):
        record = data.records[int(rng.integers(len(data.records)))]
        batch = data.person(rng, record, DRIVES, predicted=row % 2 == 1, masked=False)
        with torch.inference_mode():
            identity = generator.encode_source(
                batch.source.to(device), batch.mask.to(device), batch.source_densepose.to(device)
            )
            out = generator.drive(
                repeat_identity(identity, DRIVES),
                batch.driving_densepose.to(device),
                batch.head.to(device),
            )
        tiles = [to_picture(batch.source[0])]
        for i in range(DRIVES):
            mask = out.blend.mask[i].cpu()
            over = (1.0 - mask) * batch.background[i]
            tiles.append(to_picture(batch.target[i]))
            if out.seamed.warped_image is not None:
                tiles.append(to_picture(out.seamed.warped_image[i, :3]))
            tiles.append(to_picture(mask * out.blend.synthesis[i].cpu() + over))
            tiles.append(to_picture(mask * out.blend.image[i].cpu() + over))
        rows.append(np.concatenate(tiles, 1))
    generator.train(training)
    try:
        Image.fromarray(np.concatenate(rows)).save(path, quality=90)
    except OSError as error:
        path.unlink(missing_ok=True)  # half a picture
        raise OutputError.of(path, error) from error
