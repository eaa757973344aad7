"""Recipes for 8 bits: what the layers of networks see of synthetic people.

    scripts/calibrate FOLDER [CLIP …]

The pose network is driven with clips of synthetic people, the example by default, and with what
chance makes of the pictures that it got: it must not be bound to one person, light and room. The
IUV net and the generator get what the landmarks' networks make of these clips and the example's
photo.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from bunraku.export.watched import Watched, fed_by
from bunraku.runtime.bench.media import ASSUMED_RATE, media, read_clip
from bunraku.runtime.engines.bundle import Bundle
from bunraku.runtime.engines.half import last_weighted
from bunraku.runtime.engines.int8 import results_of
from bunraku.runtime.engines.onnx_runtime import OnnxEngine
from bunraku.runtime.engines.outputs import only
from bunraku.runtime.engines.recipe import Recipe, constants_of, fingerprint
from bunraku.runtime.engines.registry import EngineFactory
from bunraku.runtime.pose import PoseNetworks, PoseTracker
from bunraku.runtime.pose.detector import Detector
from bunraku.runtime.pose.landmarks import WITHOUT_MASK, Landmarker
from bunraku.runtime.pose.networks import FETCH_AGAIN
from bunraku.runtime.source.photo import read_photo
from bunraku.spec.arrays import Array, Picture, Tensors
from bunraku.spec.tensors import EngineName

if TYPE_CHECKING:
    import onnx

FIRST = 2
"""How many layers at the start keep float32: a picture's edges are of few steps there, and all that
follows is made of them."""
LEAST_SIDE = 8
"""Layers that give smaller maps keep float32: they cost nothing, and places are told there."""
VARIED = 3
"""How many pictures chance makes of each."""
EVERY = 4
"""Of the clips' frames, those that the generator is calibrated on."""
IMAGE = "image"


def make_recipe(model: onnx.ModelProto, feeds: Sequence[Tensors]) -> Recipe:
    """What a network needs to compute in 8 bits.

    :param model: float32.
    :param feeds: its inputs by name, as it gets them, one frame in each.
    """
    chosen = layers_of(model)
    read = [n.input[0] for n in _convolutions(model) if n.output[0] in chosen]
    tensors = list(dict.fromkeys([*read, *results_of(model.graph, chosen).values()]))
    weights = fingerprint(model, chosen)
    assert weights is not None, "the layers are this network's own"
    outputs = tuple(value.name for value in model.graph.output)
    return Recipe(weights, outputs, chosen, seen_by(model, tensors, feeds))


def layers_of(model: onnx.ModelProto) -> tuple[str, ...]:
    """The convolutions that are to compute in 8 bits, by the name of what they give."""
    sides, last = _sides(model), last_weighted(model.graph)
    layers = [node.output[0] for node in _convolutions(model)]
    return tuple(n for n in layers[FIRST:] if n not in last and sides[n] >= LEAST_SIDE)


def seen_by(
    model: onnx.ModelProto, tensors: Sequence[str], feeds: Sequence[Tensors]
) -> dict[str, Array]:
    """The least, the most and the mean of each channel of these tensors, see ``Recipe.seen``."""
    engine = OnnxEngine(_giving(model, tensors).SerializeToString(), "calibration")
    rows: dict[str, list[Array]] = {name: [] for name in tensors}
    for feed in feeds:
        given = {**feed, **engine.run(feed)}
        for name in tensors:
            value = given[name]
            told = [value.min((0, 2, 3)), value.max((0, 2, 3)), value.mean((0, 2, 3))]
            rows[name].append(np.stack(told))
    return {
        name: np.stack([told[:, 0].min(0), told[:, 1].max(0), told[:, 2].mean(0)])
        for name, told in ((name, np.stack(values)) for name, values in rows.items())
    }


def varied(picture: Array, random: np.random.Generator) -> Array:
    """The same picture mirrored, turned, nearer or farther, in other colours and another light.

    :param picture: ``[1,3,S,S]`` in 0..1.
    """
    image, size = picture[0].transpose(1, 2, 0), picture.shape[-1]
    image = image[:, :: random.choice((-1, 1)), random.permutation(3)]
    turn = cv2.getRotationMatrix2D(
        (size / 2, size / 2), random.uniform(-25, 25), random.uniform(0.8, 1.3)
    )
    turn[:, 2] += random.uniform(-0.06, 0.06, 2) * size
    image = cv2.warpAffine(np.ascontiguousarray(image), turn, (size, size))
    image = image ** random.uniform(0.6, 1.6) * random.uniform(0.6, 1.3)
    image += random.normal(0, random.uniform(0, 0.04), image.shape)
    return np.ascontiguousarray(image.clip(0, 1).transpose(2, 0, 1)[None], np.float32)


def crops(networks: PoseNetworks, frames: Sequence[Picture]) -> list[Array]:
    """The crops in which the landmark network follows a person through a clip, ``[1,3,S,S]``."""
    factory, caught = EngineFactory(), list[dict[str, Array]]()
    landmarker = Landmarker(Watched(factory.make(networks.landmarks, "pose landmarks"), caught))
    tracker = PoseTracker(Detector(factory.make(networks.detector, "detector")), landmarker)
    for index, frame in enumerate(frames):
        tracker.track(frame, index / ASSUMED_RATE, mask=False)
    return [feeds[IMAGE] for feeds in caught]


def _convolutions(model: onnx.ModelProto) -> list[onnx.NodeProto]:
    constants = constants_of(model.graph)
    return [n for n in model.graph.node if n.op_type == "Conv" and n.input[1] in constants]


def _giving(model: onnx.ModelProto, tensors: Sequence[str]) -> onnx.ModelProto:
    """A copy that gives these tensors, and its own outputs no more."""
    import onnx

    result = onnx.shape_inference.infer_shapes(model)
    told = {value.name: value for value in result.graph.value_info}
    del result.graph.output[:]
    result.graph.output.extend(told[name] for name in tensors if name in told)
    return result


def _sides(model: onnx.ModelProto) -> dict[str, int]:
    """The width of the map that each layer gives."""
    import onnx

    graph = onnx.shape_inference.infer_shapes(model).graph
    values = [*graph.value_info, *graph.output]
    return {
        v.name: dims[-1].dim_value for v in values if len(dims := v.type.tensor_type.shape.dim) == 4
    }


def pose_recipe(networks: PoseNetworks, frames: Sequence[Picture]) -> Recipe:
    """Of the pose network without its mask, from frames of people."""
    import onnx

    seen = crops(networks, frames)
    random = np.random.default_rng(0)
    pictures = [*seen, *(varied(crop, random) for crop in seen for _ in range(VARIED))]
    cut = only(networks.landmarks, WITHOUT_MASK, "pose landmarks", FETCH_AGAIN)
    return make_recipe(onnx.load_model_from_string(cut), [{IMAGE: p} for p in pictures])


def main() -> None:
    """Write the recipes of the networks that frames run into a folder, from the command line."""
    import onnx

    folder, *clips = map(Path, sys.argv[1:])
    networks, (photo, clip) = PoseNetworks.find(), media(None, None)
    frames = [f for path in clips or [clip] for f in read_clip(path)]
    recipes = {networks.landmarks.stem: pose_recipe(networks, frames)}
    live, iuv = Bundle.load("live"), Bundle.load("iuv")
    caught = fed_by(networks, live, iuv, read_photo(photo), frames[::EVERY])
    for bundle, names in ((iuv, (EngineName.IUV,)), (live, (EngineName.MOTION, EngineName.BLEND))):
        for name in names:
            recipes[str(name)] = make_recipe(onnx.load(bundle.path(name)), caught[name])
    for stem, recipe in recipes.items():
        recipe.save(folder / f"{stem}.npz")
        sys.stdout.write(f"{stem}: {len(recipe.convolutions)} layers\n")


if __name__ == "__main__":
    main()
