"""``bunraku info``: what a preset or a bundle costs and where it comes from."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from bunraku.commands.extras import need
from bunraku.commands.show import mebibytes, print_json
from bunraku.errors import InputError


def info(
    what: Annotated[
        str,
        typer.Argument(
            metavar="PRESET|BUNDLE", help="paper, paper256, live, or a folder of `bunraku export`."
        ),
    ] = "live",
    as_json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False,
) -> None:
    """Print parameters, operations of each engine, shapes and provenance.

    A bundle is read from its manifest; a preset that does not ship is counted from its networks,
    which needs the `train` extra.
    """
    from bunraku.runtime.engines.bundle import shipped

    if what in shipped() or Path(what).is_dir():
        facts = describe_bundle(what)
    else:
        facts = describe_preset(what)
    if as_json:
        print_json(facts)
    else:
        _print(facts)


def describe_bundle(bundle: str) -> dict[str, Any]:
    """Read a bundle's manifest, its files checked."""
    from bunraku.runtime.engines.bundle import Bundle

    loaded = Bundle.load(bundle)
    manifest = loaded.manifest
    return {
        "preset": manifest.preset,
        "bundle": str(loaded.folder),
        "parameters": manifest.parameters,
        "window": manifest.window,
        "size": manifest.size,
        "prior": manifest.prior,
        "opset": manifest.opset,
        "licence": manifest.licence,
        "provenance": dict(manifest.provenance),
        "engines": [
            {
                "name": name,
                "gflop": engine.gflop,
                "parameters": engine.parameters,
                "bytes": engine.bytes,
                "inputs": {key: list(shape) for key, shape in engine.inputs.items()},
                "outputs": {key: list(shape) for key, shape in engine.outputs.items()},
            }
            for name, engine in manifest.engines.items()
        ],
    }


def describe_preset(preset: str) -> dict[str, Any]:
    """Count a preset's networks, layer by layer.

    :raises InputError: there is no such preset.
    :raises MissingExtraError: torch is not installed.
    """
    from bunraku.networks.presets import OPTIONS, Preset

    try:
        options = OPTIONS[Preset(preset)]
    except ValueError:
        names = ", ".join(Preset)
        raise InputError(
            f"There is neither a preset nor a bundle {preset!r}.",
            f"Presets are {names}; a bundle is a folder with a manifest.json.",
        ) from None
    need("train", "torch")
    parameters, engines = _count(Preset(preset))
    return {
        "preset": preset,
        "bundle": None,
        "parameters": parameters,
        "window": options.window,
        "size": options.size,
        "prior": options.prior,
        "provenance": {},
        "engines": engines,
    }


def _count(preset: Any) -> tuple[int, list[dict[str, Any]]]:
    """Return the generator's parameters, and per engine its cost and shapes.

    Nothing is computed: meta tensors have shapes and no values.
    """
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    from bunraku.export.cuts import generator_cuts, seam
    from bunraku.networks.generator import Generator
    from bunraku.spec import tensors as names
    from bunraku.spec.surface import CHANNELS
    from bunraku.spec.tensors import EngineName

    with torch.device("meta"), torch.inference_mode():
        generator = Generator(preset).eval()
        window, size = generator.options.window, generator.options.size
        known = {
            names.IMAGE: torch.empty(1, 3, window, window),
            names.MASK: torch.empty(1, 1, window, window),
            names.SURFACE: torch.empty(1, CHANNELS, size, size),
        }
        engines = []
        for cut in generator_cuts(generator):
            if cut.name == EngineName.BLEND:
                known |= seam(generator, known)
            with FlopCounterMode(display=False) as counter:
                outputs = cut.step(known)
            engines.append(
                {
                    "name": cut.name,
                    "gflop": round(counter.get_total_flops() / 1e9, 3),
                    "inputs": {name: list(known[name].shape) for name in cut.inputs},
                    "outputs": {name: list(outputs[name].shape) for name in cut.outputs},
                }
            )
            known |= outputs
            if cut.name == EngineName.SOURCE:
                prior = generator.sample_prior(known, known[names.SURFACE])
                known |= {} if prior is None else {names.PRIOR: prior}
        return sum(p.numel() for p in generator.parameters()), engines


def _print(facts: dict[str, Any]) -> None:
    where = f", {facts['bundle']}" if facts["bundle"] else ", untrained"
    typer.echo(f"{facts['preset']}{where}")
    typer.echo(f"  parameters  {facts['parameters'] / 1e6:.2f} M")
    if facts["window"] is None:
        typer.echo(f"  surface     {facts['size']} px")
    else:
        typer.echo(f"  window      {facts['window']} px, networks at {facts['size']} px")
        typer.echo(f"  prior       {'on' if facts['prior'] else 'off'}")
    if "licence" in facts:
        typer.echo(f"  licence     {facts['licence']}, ONNX opset {facts['opset']}")
    for key, value in facts["provenance"].items():
        typer.echo(f"  {key:<11} {value}")
    for engine in facts["engines"]:
        size = f", {mebibytes(engine['bytes'])}" if "bytes" in engine else ""
        typer.echo(f"  engine {engine['name']}: {engine['gflop']:.2f} GFLOP a run{size}")
        for kind in ("inputs", "outputs"):
            for name, shape in engine[kind].items():
                typer.echo(f"    {kind[:-1]:<6} {name} {shape}")
