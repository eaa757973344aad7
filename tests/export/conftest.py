"""Networks of a few thousand weights, and their bundles: exported once for all tests."""

from __future__ import annotations

import fcntl
import os
import pickle
from collections.abc import Callable
from functools import cache

import pytest
import torch
from tests.tiny import tiny_options
from torch import nn

from bunraku.export.exporter import ExportOptions, ExportReport, export_bundle
from bunraku.networks.generator import Generator
from bunraku.networks.iuv import IuvNet, IuvOptions


def stirred(network: nn.Module) -> None:
    """Weights as if it had been trained: heads that start at zero do something."""
    random = torch.Generator().manual_seed(5)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(0.05 * torch.randn(parameter.shape, generator=random))
        for module in network.modules():
            if isinstance(module, nn.BatchNorm2d):
                assert module.running_mean is not None
                assert module.running_var is not None
                shape = module.running_mean.shape
                module.running_mean.copy_(0.1 * torch.randn(shape, generator=random))
                module.running_var.copy_(0.7 + 0.7 * torch.rand(shape, generator=random))


@pytest.fixture(scope="session")
def make_generator() -> Callable[[bool], Generator]:
    """``make_generator(prior)``: a tiny generator with stirred weights, in training mode."""

    def make(prior: bool) -> Generator:
        generator = Generator(tiny_options(prior))
        stirred(generator)
        return generator

    return make


@pytest.fixture(params=[False, True], ids=["without prior", "with prior"])
def generator(
    request: pytest.FixtureRequest, make_generator: Callable[[bool], Generator]
) -> Generator:
    return make_generator(request.param)


@pytest.fixture(scope="session")
def iuv_network() -> IuvNet:
    """A tiny IUV net with stirred weights."""
    torch.manual_seed(3)  # whatever ran before: of other weights two parts may be alike somewhere
    network = IuvNet(IuvOptions(encoder=(8, 8, 8, 8), latent=16, decoder=8))
    stirred(network)
    return network


Exported = tuple[Generator, ExportReport]

EXPORT_TIMEOUT_S = 900  # a quarter of a minute on an idle machine, many on one that trains


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "export_once" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.timeout(EXPORT_TIMEOUT_S))


@pytest.fixture(scope="session")
def export_once(
    tmp_path_factory: pytest.TempPathFactory, make_generator: Callable[[bool], Generator]
) -> Callable[[bool], Exported]:
    """``export_once(prior)``: the same one every time, in all processes of a run. A parameter of
    the session's own would be made anew in every file.
    """
    own = tmp_path_factory.getbasetemp()
    shared = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own

    @cache
    def export(prior: bool) -> Exported:
        found = made(prior, fcntl.LOCK_NB)
        if found is None:  # another process is at it: the other one is made meanwhile
            made(not prior, fcntl.LOCK_NB)
            found = made(prior, 0)
        assert found is not None, "it was waited for"
        return found

    def made(prior: bool, how: int) -> Exported | None:
        """None where that would be to wait."""
        folder = shared / ("exported-with-prior" if prior else "exported")
        folder.mkdir(exist_ok=True)
        with (folder / "made").open("ab+") as kept:
            try:
                fcntl.flock(kept, fcntl.LOCK_EX | how)
            except BlockingIOError:
                return None
            kept.seek(0)
            known = kept.read()
            if known:
                found: Exported = pickle.loads(known)
                return found
            network = make_generator(prior)
            options = ExportOptions(single_file=True, licence="CC0-1.0")
            provenance = {"steps": 12, "data": "none"}
            report = export_bundle(network, folder / "bundle", options, provenance=provenance)
            kept.write(pickle.dumps((network, report)))
        return network, report

    return export


@pytest.fixture(params=[False, True], ids=["without prior", "with prior"])
def exported(request: pytest.FixtureRequest, export_once: Callable[[bool], Exported]) -> Exported:
    """A tiny generator and its bundle, single file included."""
    return export_once(request.param)
