"""What a report of `bunraku bench` holds, by its kind, for whoever reads one or tests one."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from bunraku.errors import InputError

Check = Callable[[Any, str], None]
"""Raises ValueError, naming the place, where a value is not what it should be."""


def _is(*types: type) -> Check:
    def check(value: Any, place: str) -> None:
        # bool is an int to Python, and never meant here.
        if not isinstance(value, types) or (isinstance(value, bool) and bool not in types):
            raise ValueError(f"{place or 'it'} is {type(value).__name__}")

    return check


def _has(**entries: Check) -> Check:
    def check(value: Any, place: str) -> None:
        _is(dict)(value, place)
        for name, inner in entries.items():
            if name not in value:
                raise ValueError(f"{place or 'it'} has no {name!r}")
            inner(value[name], f"{place}.{name}".lstrip("."))

    return check


def _may_have(inner: Check, **entries: Check) -> Check:
    """Further entries, which reports of earlier versions lack."""

    def check(value: Any, place: str) -> None:
        inner(value, place)
        _has(**{name: entries[name] for name in entries if name in value})(value, place)

    return check


def _each(inner: Check, *, least: int = 0) -> Check:
    """Of a list or a mapping."""

    def check(value: Any, place: str) -> None:
        _is(dict, list)(value, place)
        if len(value) < least:
            raise ValueError(f"{place} is empty")
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for name, item in items:
            inner(item, f"{place}.{name}")

    return check


def _or_none(inner: Check) -> Check:
    return lambda value, place: None if value is None else inner(value, place)


def _or_missing(inner: Check) -> Check:
    def check(value: Any, place: str) -> None:
        missing = isinstance(value, dict) and "missing" in value
        (_has(missing=_is(str)) if missing else inner)(value, place)

    return check


_number, _text = _is(int, float), _is(str)
_spread = _has(p50=_number, p95=_number, min=_number)
_facts: dict[str, Check] = {
    "machine": _has(cpu=_text, cores=_number, gpu=_or_none(_has(name=_text)), libraries=_is(dict)),
    "commit": _or_none(_text),
    "date": _text,
}
_parity = _has(levels_mean=_number, levels_max=_number)
_engine = _has(
    engine=_text,
    precision=_text,
    device=_text,
    load_s=_number,
    chain_ms=_or_missing(_spread),
    generator_ms=_spread,
    parity=_parity,
    within=_is(bool),
)
_form = _has(p50=_number, p95=_number, min=_number, error=_number, of_roofline=_number)
_kernel = _has(
    name=_text,
    precision=_text,
    must_move_bytes=_number,
    roofline_ms=_number,
    forms=_each(_or_missing(_form), least=1),
)
_load = _has(
    sessions=_number,
    rate=_or_none(_number),
    frames_per_s=_number,
    slowest=_number,
    age_ms=_or_none(_spread),
    dropped=_number,
)

_base = _has(
    chain_ms=_spread,
    chain_cpu_ms=_spread,
    stages=_each(_spread, least=1),
    times=_has(chain=_number, chain_cpu=_number),
    driver=_text,
    engine=_text,
)

KINDS: Mapping[str, Check] = {
    "latency": _has(
        chain_ms=_spread,
        yardstick_ms=_spread,
        stages=_each(_spread, least=1),
        ratio=_number,
        set_source_ms=_number,
        peak_rss_mib=_number,
        engine=_text,
        **_facts,
    ),
    "kernels": _has(device=_text, copy_gb_s=_number, kernels=_each(_kernel, least=1), **_facts),
    "engines": _has(
        engines=_each(_or_missing(_may_have(_engine, networks_ms=_spread)), least=1),
        reference=_text,
        surfaces=_text,
        **_facts,
    ),
    "memory": _has(
        steps=_each(_has(peak_mib=_number, after_mib=_number), least=1), engine=_text, **_facts
    ),
    "glass": _has(
        glass_ms=_spread,
        to_capture_ms=_spread,
        samples=_number,
        frame_interval_ms=_number,
        includes=_each(_text),
        leaves_out=_each(_text),
        **_facts,
    ),
}
"""The report of each subcommand; one of ``latency`` may have ``load`` as well, a list of
runs, and ``base``, the chain that Bunraku began with."""


def check_report(report: Any) -> str:
    """The kind of a report that is whole.

    :raises ValueError: it is not; the text says where.
    """
    _has(kind=_text)(report, "")
    kind: str = report["kind"]
    if kind not in KINDS:
        raise ValueError(f"there is no kind {kind!r}")
    KINDS[kind](report, "")
    for name, check in {"load": _each(_load), "base": _base}.items():
        if name in report:
            check(report[name], name)
    return kind


def read_report(path: Path) -> dict[str, Any]:
    """A report out of its file.

    :raises InputError: it cannot be read, or is no report.
    """
    try:
        report = json.loads(path.read_text(encoding="utf-8"))
        check_report(report)
    except OSError as error:
        raise InputError(
            f"{path} cannot be read: {error.strerror}.", "Give files of `--json`."
        ) from error
    except ValueError as error:  # of JSON, of UTF-8, of the schema
        raise InputError(
            f"{path} is no report of `bunraku bench`: {error}.", "Give files of `--json`."
        ) from error
    told: dict[str, Any] = report
    return told
