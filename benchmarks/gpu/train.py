"""`scripts/train_gpu MINUTES [OUT]`: lays carried wheels out, then runs `bunraku train sitting`."""

from __future__ import annotations

import argparse
import importlib
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.gpu.carried import environment, unpack

ROOT = Path(__file__).resolve().parents[2]
COMMAND = (sys.executable, "-P", "-m", "bunraku", "train", "sitting")


def main(words: Sequence[str] | None = None) -> int:
    """Run it; the code with which the training ends."""
    asked, further = _parser().parse_known_args(words)
    carried: Path | None = asked.carried and asked.carried.resolve()
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder)
        laid = unpack(carried, target) if carried is not None else []
        if laid:
            sys.stdout.write(f"Laid out: {', '.join(laid)}\n")
            sys.stdout.flush()
        sys.path.append(folder)
        importlib.invalidate_caches()
        told = sitting_words(asked, further, carried)
        return _passed_on([*COMMAND, *told], environment(ROOT, carried, target))


def _passed_on(command: Sequence[str], around: Mapping[str, str]) -> int:
    """Run a command to its end; what asks this process to stop asks the command."""
    child = subprocess.Popen(command, env=dict(around))
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda told, _: child.send_signal(told))
    return child.wait()


def sitting_words(
    asked: argparse.Namespace, further: Sequence[str], carried: Path | None
) -> list[str]:
    """The words of `bunraku train sitting`; what was carried stands in for what is not named."""
    told = [str(asked.minutes), "--out", str(asked.out.resolve()), *further]
    if asked.dry_run:
        told += ["--dry-run", "--device", "cpu"]
    for option, name in (("--data", "people"), ("--iuv", "iuv"), ("--assets", "assets")):
        found = None if carried is None else carried / name
        named = any(word.split("=")[0] == option for word in told)
        rendered = option == "--assets" and any(word.split("=")[0] == "--data" for word in told)
        if found is not None and found.exists() and not named and not rendered:
            told += [option, str(found)]
    return told


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="scripts/train_gpu",
        description=__doc__,
        epilog="Further words are those of `bunraku train sitting`.",
        allow_abbrev=False,
    )
    parser.add_argument("minutes", type=float, help="of everything")
    parser.add_argument("out", type=Path, nargs="?", default=Path("out/train"), help="its folder")
    parser.add_argument("--carried", type=Path, help="folder of wheels, people/ or assets/, iuv/")
    parser.add_argument("--dry-run", action="store_true", help="the small form, on a processor")
    return parser


if __name__ == "__main__":
    sys.exit(main())
