"""A bundle of a preset's sizes, of random weights: nobody has trained `paper`, and how long it
takes does not depend on them.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import torch

from bunraku.export.exporter import export_checkpoint
from bunraku.networks.checkpoint import Progress, save_checkpoint
from bunraku.networks.generator import Generator
from bunraku.networks.presets import OPTIONS, Preset

SEED = 0


def make_bundle(preset: Preset, folder: Path) -> None:
    """Write it.

    :raises BunrakuError: see ``export_checkpoint``.
    """
    torch.manual_seed(SEED)
    with tempfile.TemporaryDirectory() as kept:
        checkpoint = Path(kept) / "checkpoint.pt"
        save_checkpoint(checkpoint, Generator(OPTIONS[preset]), Progress())
        provenance = {"weights": f"random, seed {SEED}"}
        export_checkpoint(checkpoint, folder, provenance=provenance, say=_say)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="benchmarks.gpu.paper", description=__doc__)
    parser.add_argument("preset", type=Preset)
    parser.add_argument("folder", type=Path)
    asked = parser.parse_args()
    make_bundle(asked.preset, asked.folder)
