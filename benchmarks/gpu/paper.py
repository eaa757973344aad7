"""A bundle of a preset's sizes, of random weights: nobody has trained `paper`, and how long it
takes does not depend on them. Or one as small as it can be, for a dry run.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch
from benchmarks.gpu.steps import SMALL
from tests.tiny import tiny_options

from bunraku.export.exporter import export_checkpoint
from bunraku.networks.checkpoint import Progress, save_checkpoint
from bunraku.networks.generator import Generator
from bunraku.networks.presets import OPTIONS, GeneratorOptions, Preset

SEED = 0
SMALL_OPTIONS = replace(tiny_options(prior=False), window=256, size=128)


def make_bundle(options: GeneratorOptions, folder: Path) -> None:
    """Write it.

    :raises BunrakuError: see ``export_checkpoint``.
    """
    torch.manual_seed(SEED)
    with tempfile.TemporaryDirectory() as kept:
        checkpoint = Path(kept) / "checkpoint.pt"
        save_checkpoint(checkpoint, Generator(options), Progress())
        provenance = {"weights": f"random, seed {SEED}"}
        export_checkpoint(checkpoint, folder, provenance=provenance, say=_say)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def read_words(words: Sequence[str] | None = None) -> tuple[GeneratorOptions, Path]:
    """The sizes that the command line asks for, and where they go."""
    parser = argparse.ArgumentParser(prog="benchmarks.gpu.paper", description=__doc__)
    parser.add_argument("preset", choices=[*map(str, Preset), SMALL])
    parser.add_argument("folder", type=Path)
    asked = parser.parse_args(words)
    sizes = SMALL_OPTIONS if asked.preset == SMALL else OPTIONS[Preset(asked.preset)]
    return sizes, asked.folder


if __name__ == "__main__":
    make_bundle(*read_words())
