"""``bunraku bench memory``: what loading, a photo and the stages of a frame take."""

from __future__ import annotations

from typing import Annotated

import typer

from bunraku.commands.bench.options import (
    BundleOption,
    ClipOption,
    JsonOption,
    PhotoOption,
    ThreadsOption,
    check_json,
    tell,
    write_report,
)
from bunraku.commands.options import (
    AUTO,
    EngineOption,
    FaceOption,
    HandsOption,
    IuvBundleOption,
    LiveDriverOption,
    ResolutionOption,
)
from bunraku.runtime.options import DRIVER, FACE, HANDS, LIVE_RESOLUTION


def memory(
    bundle: BundleOption = "live",
    iuv_bundle: IuvBundleOption = "iuv",
    driver: LiveDriverOption = DRIVER,
    face: FaceOption = FACE,
    hands: HandsOption = HANDS,
    resolution: ResolutionOption = None,
    engine: EngineOption = AUTO,
    threads: ThreadsOption = None,
    photo: PhotoOption = None,
    clip: ClipOption = None,
    frames: Annotated[int, typer.Option(min=1, help="Frames to run.")] = 40,
    json_file: JsonOption = None,
) -> None:
    """Tell the most memory that was resident within each step, from the start to the frame."""
    from bunraku.runtime.bench.memory import run_memory
    from bunraku.runtime.bench.options import BenchOptions
    from bunraku.runtime.engines.registry import choose

    check_json(json_file, photo, clip)
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
    tell(f"engine: {choose(engine)}")
    report = run_memory(options)
    if write_report(json_file, report):
        for name, told in report["steps"].items():
            gpu = f"   GPU {told['gpu_peak_mib']:6.0f} MiB" if "gpu_peak_mib" in told else ""
            typer.echo(
                f"{name:<10} peak {told['peak_mib']:6.0f} MiB   "
                f"after {told['after_mib']:6.0f} MiB{gpu}"
            )
