"""The command as a newcomer runs it: the example photo and clip, the networks that ship."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from bunraku.commands.app import app
from bunraku.runtime.engines.bundle import shipped
from bunraku.runtime.source.photo import read_photo
from bunraku.spec.stages import Step
from bunraku.stream.clip.reader import ClipReader

EXAMPLES = Path(__file__).parents[2] / "examples"

pytestmark = pytest.mark.skipif(
    not {"live", "iuv"} <= set(shipped()), reason="this checkout has no trained weights"
)


def test_example_photo_is_moved_by_the_example_clip(tmp_path: Path) -> None:
    photo, clip, out = EXAMPLES / "photo.jpg", EXAMPLES / "clip.mp4", tmp_path / "out.mp4"
    arguments = ["animate", str(photo), str(clip), "-o", str(out), "--frames", ":12", "--json"]
    result = CliRunner().invoke(app, arguments, catch_exceptions=False)
    told = json.loads(result.stdout)
    assert result.exit_code == 0
    assert told["frames"] == 12
    assert told["lost_person_frames"] == told["drops"] == told["engine_faults"] == 0
    networks = {Step.MOTION, Step.SEAM, Step.BLEND}  # the body paints without them
    assert {step for step in Step if step not in networks} <= set(told["stages_ms"])

    still = read_photo(photo).astype(np.int16)
    with ClipReader(out) as reader:
        images = [frame.image for frame in reader.frames()]
    height, width = still.shape[:2]
    assert {image.shape for image in images} == {(height + height % 2, width + width % 2, 3)}
    change = np.abs(images[-1][:height, :width] - still).mean(axis=2)
    assert (change > 40).mean() > 0.005  # somebody moved
    assert np.median(change) < 12  # and the background did not
