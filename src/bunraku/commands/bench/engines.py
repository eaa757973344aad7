"""``bunraku bench engines``: every inference library on the same frames."""

from __future__ import annotations

from typing import Annotated

import typer

from bunraku.commands import options as common
from bunraku.commands.bench import options as bench
from bunraku.runtime.options import DRIVER


def engines(
    engine: Annotated[
        list[str] | None,
        typer.Option(
            metavar="LIBRARY[:PRECISION]",
            help="Only this one; may come several times. By default all but torch-compiled.",
        ),
    ] = None,
    bundle: bench.BundleOption = "live",
    iuv_bundle: common.IuvBundleOption = "iuv",
    driver: common.LiveDriverOption = DRIVER,
    threads: common.ThreadsOption = None,
    photo: bench.PhotoOption = None,
    clip: bench.ClipOption = None,
    frames: Annotated[int, typer.Option(min=1, help="Frames to measure.")] = 60,
    json_file: bench.JsonOption = None,
) -> None:
    """Compare every inference library that is installed: how near to the reference, how fast."""
    from bunraku.runtime.bench.engines import candidates, run_engines
    from bunraku.runtime.bench.options import BenchOptions
    from bunraku.runtime.engines.registry import choose

    only = tuple(engine or ())
    for name in only:
        if not candidates((name,)):
            choose(name)  # says which there are
    bench.check_json(json_file, photo, clip)
    options = BenchOptions(
        bundle=bundle,
        iuv=iuv_bundle,
        driver=driver,
        threads=threads,
        photo=photo,
        clip=clip,
        frames=frames,
        warmup=min(20, frames),
    )
    report = run_engines(options, only, bench.tell)
    if not bench.write_report(json_file, report):
        return
    for told in report["engines"]:
        name = f"{told['engine']}:{told['precision']}"
        if "missing" in told:
            typer.echo(f"{name:<22} {told['missing']}")
            continue
        chain = told["chain_ms"]
        typer.echo(
            f"{name:<22} chain p50 {chain.get('p50', float('nan')):7.2f} ms   "
            f"generator p50 {told['generator_ms']['p50']:7.2f} ms   "
            f"its networks {told['networks_ms']['p50']:7.2f} ms   "
            f"{told['parity']['levels_mean']:.3f} levels off"
            f"{'' if told['within'] else ', MORE THAN ALLOWED'}"
        )
