"""Engines stand for themselves here by their constants: tracing takes a quarter of a minute."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper
from tests.tiny import tiny_options

from bunraku.errors import BundleError, InputError
from bunraku.export import restore
from bunraku.export.fold import folded
from bunraku.export.restore import restore_generator, restore_iuv
from bunraku.networks.generator import Generator
from bunraku.networks.presets import OPTIONS, Preset
from bunraku.runtime.engines.bundle import Bundle
from bunraku.spec.tensors import GENERATOR_ENGINES, EngineName, Layout


@dataclass
class FakeBundle:
    """Engines that hold weights, each under the name of what it was traced from."""

    folder: Path
    layout: Layout
    manifest: SimpleNamespace

    def path(self, name: str) -> Path:
        return self.folder / f"{name}.onnx"


@pytest.fixture
def trained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Generator, FakeBundle]:
    options = tiny_options(prior=True)
    monkeypatch.setitem(OPTIONS, Preset.LIVE, options)
    torch.manual_seed(4)
    generator = folded(Generator(options))
    weights = {name: t.numpy() for name, t in generator.state_dict().items()}
    embedding = weights.pop("texture.part_embedding").reshape(1, 24, 8, 1, 1)
    bundle = FakeBundle(tmp_path, options.layout, SimpleNamespace(preset="live"))
    parts = {"source": ("texture",), "motion": ("motion_net",), "blend": ("warping", "blender")}
    for engine, modules in parts.items():
        own = {f"generator.{n}": w for n, w in weights.items() if n.startswith(modules)}
        # Weights of convolutions are stored as float16, with a word behind their names.
        held = {
            f"{n}.half" if w.ndim == 4 else n: w.astype(np.float16) if w.ndim == 4 else w
            for n, w in own.items()
        }
        if engine == "source":
            held["unsqueeze_5"] = embedding
        write(bundle.path(engine), held)
    monkeypatch.setattr(restore, "Bundle", SimpleNamespace(load=lambda _: bundle))
    return generator, bundle


def write(path: Path, constants: dict[str, np.ndarray]) -> None:
    made = [numpy_helper.from_array(np.asarray(v), name) for name, v in constants.items()]
    value = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1])
    node = helper.make_node("Identity", ["x"], ["y"])
    out = helper.make_tensor_value_info("y", TensorProto.FLOAT, [1])
    onnx.save(helper.make_model(helper.make_graph([node], "g", [value], [out], made)), path)


def test_a_bundle_gives_its_generator_back(trained: tuple[Generator, FakeBundle]) -> None:
    generator, bundle = trained
    again = restore_generator(bundle.folder)
    assert again.options == generator.options
    assert not again.training
    for name, weight in generator.state_dict().items():
        torch.testing.assert_close(again.state_dict()[name], weight, atol=1e-3, rtol=1e-3)


def test_without_the_prior_only_the_heads_of_a_loss_begin_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = tiny_options(prior=False)
    monkeypatch.setitem(OPTIONS, Preset.PAPER, options)
    torch.manual_seed(4)
    generator = folded(Generator(options))
    weights = {f"generator.{n}": t.numpy() for n, t in generator.state_dict().items()}
    held = {n: w for n, w in weights.items() if "texture_heads" not in n}
    bundle = FakeBundle(tmp_path, options.layout, SimpleNamespace(preset="paper"))
    for engine in GENERATOR_ENGINES:
        write(bundle.path(engine), held)
    monkeypatch.setattr(restore, "Bundle", SimpleNamespace(load=lambda _: bundle))
    again = restore_generator(tmp_path).state_dict()
    for name, weight in generator.state_dict().items():
        assert torch.equal(again[name], weight) != name.startswith("texture_heads."), name


def test_engines_without_names_are_refused(trained: tuple[Generator, FakeBundle]) -> None:
    write(trained[1].path(EngineName.BLEND), {"val_3": np.zeros(4, np.float32)})
    with pytest.raises(BundleError, match=r"do not hold 'warping\.\S+' as its preset has it"):
        restore_generator(trained[1].folder)


def test_weights_of_another_width_are_refused(trained: tuple[Generator, FakeBundle]) -> None:
    generator, bundle = trained
    name = "generator.blender.leave.bias"
    wide = np.zeros(generator.blender.leave.out_channels + 1, np.float32)
    blend = onnx.load(bundle.path("blend"))
    held = {c.name: numpy_helper.to_array(c) for c in blend.graph.initializer} | {name: wide}
    write(bundle.path("blend"), held)
    with pytest.raises(BundleError, match=r"do not hold 'blender\.leave\.bias'"):
        restore_generator(bundle.folder)


def test_what_is_no_preset_is_refused(trained: tuple[Generator, FakeBundle]) -> None:
    trained[1].manifest.preset = "custom"
    with pytest.raises(InputError, match=r"preset 'custom', whose widths are not known"):
        restore_generator("mine")
    trained[1].manifest.preset = "paper"
    with pytest.raises(BundleError, match=r"of other sides than its preset 'paper'"):
        restore_generator("mine")


def test_what_ships_is_given_back() -> None:
    assert restore_generator("live").options == OPTIONS[Preset.LIVE]
    with pytest.raises(BundleError, match="holds an IUV net"):
        restore_generator("iuv")


def test_the_iuv_net_that_ships_is_given_back() -> None:
    """As ONNX Runtime runs it."""
    network, held = restore_iuv("iuv"), Bundle.load("iuv")
    rng = np.random.default_rng(1)
    landmarks = rng.random((1, 33, 4), np.float32)
    mask = np.zeros((1, 1, 128, 128), np.float32)
    mask[..., 20:110, 40:90] = 1.0
    with torch.no_grad():
        mine = network(torch.from_numpy(landmarks), torch.from_numpy(mask)).densepose()
    session = onnxruntime.InferenceSession(held.path("iuv"), providers=["CPUExecutionProvider"])
    (theirs,) = session.run(None, {"landmarks": landmarks, "mask": mask})
    assert float(np.mean(np.abs(mine.numpy() - theirs) > 1e-2)) < 0.005
