"""``bunraku bench kernels``: the operators, each in its forms."""

from __future__ import annotations

from typing import Annotated

import typer

from bunraku.commands import options as common
from bunraku.commands.bench import options as bench


def kernels(
    device: Annotated[str, typer.Option(metavar="cpu|cuda", help="Where they run.")] = "cpu",
    only: Annotated[str, typer.Option(help="Those whose names begin so.")] = "",
    samples: Annotated[int, typer.Option(min=3, help="Of each form.")] = 50,
    budget: Annotated[
        float, typer.Option(metavar="S", help="Seconds for each form; samples are fewer then.")
    ] = 1.0,
    compiled: Annotated[
        bool, typer.Option(help="Also plain torch as torch compiles it, which takes a while.")
    ] = True,
    threads: common.ThreadsOption = None,
    json_file: bench.JsonOption = None,
) -> None:
    """Time each operator's forms beside plain torch and beside what the memory allows."""
    from bunraku.runtime.bench.kernels import KernelOptions, run_kernels

    bench.check_json(json_file)
    options = KernelOptions(
        device=device,
        samples=samples,
        budget_s=budget,
        threads=threads,
        compiled=compiled,
        only=only,
    )
    report = run_kernels(options, bench.tell)
    if not bench.write_report(json_file, report):
        return
    typer.echo(f"a copy moves {report['copy_gb_s']:.0f} GB/s")
    for kernel in report["kernels"]:
        typer.echo(f"{kernel['name']} {kernel['precision']}")
        for name, told in kernel["forms"].items():
            if "missing" in told:
                typer.echo(f"  {name:<15} {told['missing']}")
                continue
            times = f"{told['speedup']:6.2f} × torch   " if "speedup" in told else ""
            typer.echo(
                f"  {name:<15} p50 {told['p50']:9.4f} ms   {times}"
                f"{100 * told['of_roofline']:5.1f} % of the roofline"
            )
