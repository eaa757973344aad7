"""``bunraku bench memory``: what loading, a photo and the stages of a frame take."""

from __future__ import annotations

from typing import Annotated

import typer

from bunraku.commands import options as common
from bunraku.commands.bench import options as bench
from bunraku.runtime.options import DRIVER, FACE, HANDS, LIVE_RESOLUTION


def memory(
    bundle: bench.BundleOption = "live",
    iuv_bundle: common.IuvBundleOption = "iuv",
    driver: common.LiveDriverOption = DRIVER,
    face: common.FaceOption = FACE,
    hands: common.HandsOption = HANDS,
    resolution: common.ResolutionOption = None,
    engine: common.EngineOption = common.AUTO,
    threads: common.ThreadsOption = None,
    photo: bench.PhotoOption = None,
    clip: bench.ClipOption = None,
    frames: Annotated[int, typer.Option(min=1, help="Frames to run.")] = 40,
    json_file: bench.JsonOption = None,
) -> None:
    """Tell the most memory that was resident within each step, from the start to the frame."""
    from bunraku.runtime.bench.memory import run_memory
    from bunraku.runtime.bench.options import BenchOptions

    bench.check_json(json_file, photo, clip)
    options = BenchOptions(
        bundle=bundle,
        iuv=iuv_bundle,
        driver=driver,
        face=face,
        hands=hands,
        resolution=resolution or LIVE_RESOLUTION,
        engine=engine,
        threads=threads,
        photo=photo,
        clip=clip,
        frames=frames,
        warmup=0,
    )
    bench.tell(f"engine: {options.choice}")
    report = run_memory(options)
    if bench.write_report(json_file, report):
        for name, told in report["steps"].items():
            gpu = f"   GPU {told['gpu_peak_mib']:6.0f} MiB" if "gpu_peak_mib" in told else ""
            typer.echo(
                f"{name:<10} peak {told['peak_mib']:6.0f} MiB   "
                f"after {told['after_mib']:6.0f} MiB{gpu}"
            )
