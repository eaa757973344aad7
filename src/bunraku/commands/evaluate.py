"""``bunraku evaluate``: tables and contact sheets, on synthetic people and on real clips."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bunraku.commands.extras import need
from bunraku.commands.options import (
    AUTO,
    EngineOption,
    InceptionOption,
    ThreadsOption,
    clip_path,
    photo_path,
)
from bunraku.errors import InputError


def evaluate(
    out: Annotated[
        Path, typer.Option("--out", "-o", help="Folder of the report and the contact sheets.")
    ],
    data: Annotated[
        Path | None,
        typer.Option(help="Folder of `bunraku synth --observe`, of people never trained on."),
    ] = None,
    assets: Annotated[
        Path | None,
        typer.Option(
            help="What those people were made of, as for `bunraku synth`: scores by skin tone, "
            "build, age and clothing, too."
        ),
    ] = None,
    clips: Annotated[
        Path | None,
        typer.Option(
            parser=clip_path,
            metavar="PATH",
            help="A clip or a folder of them: the first frame is driven.",
        ),
    ] = None,
    photos: Annotated[
        Path | None,
        typer.Option(
            parser=photo_path,
            metavar="PATH",
            help="A photo or a folder of them: driven by itself and by every clip.",
        ),
    ] = None,
    generator: Annotated[
        Path | None, typer.Option(help="Checkpoint of the generator, instead of the bundle.")
    ] = None,
    iuv: Annotated[
        Path | None, typer.Option(help="Checkpoint of the IUV net, with --generator.")
    ] = None,
    bundle: Annotated[
        str,
        typer.Option(
            help="Bundle of the generator, with --data: name or folder. Clips and photos are "
            "driven by a body, which asks none: compare bundles there with --candidate."
        ),
    ] = "live",
    iuv_bundle: Annotated[str, typer.Option(help="Bundle of the IUV net: name or folder.")] = "iuv",
    engine: EngineOption = AUTO,
    candidate: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=BUNDLE[,iuv=BUNDLE][,engine=LIBRARY][,driver=landmarks][,pose=heavy]"
            "[,face=1][,hands][,no-SWITCH]",
            help="What is compared, once for each; a switch of PuppetOptions may follow, as in "
            "plain=live,no-retarget. By default the body, beside checkpoints nothing.",
        ),
    ] = None,
    people: Annotated[int | None, typer.Option(min=1, help="At most so many people.")] = None,
    frames: Annotated[int, typer.Option(min=1, help="Driving frames a person.")] = 4,
    keypoints: Annotated[
        bool, typer.Option(help="AKD and MKR on synthetic people; most of the time goes there.")
    ] = True,
    clip_frames: Annotated[
        int | None, typer.Option(min=2, help="At most so many frames of each clip.")
    ] = None,
    films: Annotated[
        bool, typer.Option(help="Films of the clips, all candidates side by side.")
    ] = True,
    cross_films: Annotated[
        bool, typer.Option("--cross-films", help="Films of each photo moved by each clip as well.")
    ] = False,
    protocol: Annotated[
        str,
        typer.Option(
            metavar="self|cross", help="Clips move their own first frames, or each other's."
        ),
    ] = "self",
    pairs: Annotated[int, typer.Option(min=1, help="Pairs of clips, with --protocol cross.")] = 50,
    judge: Annotated[
        str,
        typer.Option(
            metavar="pose|movenet",
            help="Whose keypoints AKD and MKR are of, on clips and photos; movenet drives nothing "
            "(`bunraku fetch --judge`).",
        ),
    ] = "pose",
    likeness: Annotated[
        bool,
        typer.Option(help="Perceptual, Fréchet, look and face distances."),
    ] = True,
    reid: Annotated[
        Path | None, typer.Option(help="ONNX network that tells people apart, for AED.")
    ] = None,
    face_network: Annotated[
        Path | None, typer.Option(help="ONNX network that tells faces of 112 pixels apart.")
    ] = None,
    inception: InceptionOption = None,
    robustness: Annotated[
        bool,
        typer.Option(
            "--robustness",
            help="Clips once more with holes, missing limbs and jitter; four times as long.",
        ),
    ] = False,
    choices: Annotated[
        bool, typer.Option("--choices", help="Questions for people: which of two, which action.")
    ] = False,
    threads: ThreadsOption = None,
) -> None:
    """Measure L1, PSNR, SSIM, AKD, MKR, likeness and flicker against trivial baselines and others.

    Writes report.json, report.md, contact sheets, and index.html with films, all in one folder.
    """
    need("train", "torch", "scipy")
    from bunraku.runtime.engines.registry import choose
    from bunraku.runtime.options import DRIVER, bears_eight_bits
    from bunraku.stream.core.output_path import check_apart
    from bunraku.training.contender import Candidate
    from bunraku.training.evaluate import run_evaluation
    from bunraku.training.evaluate_options import EvaluateOptions, Protocol
    from bunraku.training.judge import JudgeKind

    if judge not in set(JudgeKind):
        raise InputError(f"There is no judge {judge!r}.", f"Use {', '.join(JudgeKind)}.")
    if protocol not in set(Protocol):
        raise InputError(f"There is no protocol {protocol!r}.", f"Use {', '.join(Protocol)}.")
    read = ((data, "people"), (clips, "clips"), (photos, "photos"))
    check_apart(out / "report.json", [(path, what) for path, what in read if path is not None])

    options = EvaluateOptions(
        out=out,
        data=data,
        assets=assets,
        clips=clips,
        photos=photos,
        generator=generator,
        iuv=iuv,
        bundle=bundle,
        iuv_bundle=iuv_bundle,
        engine=engine,
        candidates=tuple(Candidate.parse(text, engine) for text in candidate or ()),
        people=people,
        frames=frames,
        keypoints=keypoints,
        clip_frames=clip_frames,
        films=films,
        cross_films=cross_films,
        protocol=Protocol(protocol),
        pairs=pairs,
        judge=JudgeKind(judge),
        likeness=likeness,
        reid=reid,
        face_network=face_network,
        inception=inception,
        robustness=robustness,
        choices=choices,
        threads=threads,
    )
    chosen = choose(engine, eight_bits=bears_eight_bits(DRIVER))
    typer.echo(f"engine: {chosen}", err=True)
    run_evaluation(options, typer.echo)
    typer.echo(f"report: {out / 'report.md'}, {out / 'index.html'}")
