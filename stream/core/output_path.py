"""Places that files are written to: whether they can be, told before anything else is done."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterable
from pathlib import Path

from bunraku.errors import OutputError

# What nearly all file systems take; what some say beyond is of other units.
_NAME_BYTES = 255


def check_file(path: Path, *, replaced: bool = False) -> Path:
    """See whether a file of this name can be written; return where, links followed.

    :param replaced: one that is there already is replaced by another, not written into.
    :raises OutputError: as far as can be told beforehand, it cannot.
    """
    target = Path(os.path.realpath(path))
    if stat.S_ISDIR(mode_of(path)):
        raise OutputError(f"{path} is a folder.", "Name a file in it.")
    if len(os.fsencode(target.name)) > longest_name_bytes(target.parent):
        raise OutputError(f"{path} has a longer name than files can have here.", "Shorten it.")
    if replaced or not mode_of(path):
        check_folder(target.parent, path.parent)
    elif not os.access(path, os.W_OK):
        raise denied(path)
    return target


def check_folder(folder: Path, told: Path | None = None) -> None:
    """See whether files can be made in a folder.

    :param told: what people are told it is called.
    :raises OutputError: as far as can be told beforehand, they cannot.
    """
    told = told or folder
    try:
        found = stat.S_ISDIR(folder.stat().st_mode)
    except PermissionError:
        raise denied(told) from None
    except OSError:
        found = False
    there = next((path for path in (told, *told.parents) if mode_of(path)), None)
    if not found and there is not None and not stat.S_ISDIR(mode_of(there)):
        raise OutputError(f"{there} is no folder.", "Name a file in a folder.")
    if not found:
        raise OutputError(f"The folder {told} does not exist.", "Make it first.")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise denied(told)


def check_apart(out: Path, inputs: Iterable[tuple[Path, str]]) -> None:
    """See that a file to be written is none of those that are read, or written as well, each with
    what it is called, and in none of the folders whose files are.

    :raises OutputError: it is one of them, or in one of them, also by a link.
    """
    folder = Path(os.path.realpath(out)).parent
    for path, what in inputs:
        if _same(out, path):
            raise OutputError(f"{out} is the {what} itself.", "Name another output file.")
        if stat.S_ISDIR(mode_of(path)) and _same(folder, path):
            raise OutputError(f"{out} would be in {path}, which is read.", "Name one elsewhere.")


def check_replaced(folder: Path, inputs: Iterable[tuple[Path, str]]) -> None:
    """See that a folder to be replaced by another holds nothing that is read.

    :raises OutputError: it does, also by a link.
    """
    for path, what in inputs:
        real = Path(os.path.realpath(path))
        if any(_same(folder, around) for around in (real, *real.parents)):
            raise OutputError(
                f"The {what} {path} is in {folder}, which would be replaced.",
                "Name another output folder.",
            )


def _same(one: Path, other: Path) -> bool:
    if mode_of(one) and mode_of(other):
        return one.samefile(other)
    return os.path.realpath(one) == os.path.realpath(other)


def longest_name_bytes(folder: Path) -> int:
    """How long the name of a file in the folder may be."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        return min(_NAME_BYTES, os.pathconf(folder, "PC_NAME_MAX"))
    return _NAME_BYTES


def mode_of(path: Path) -> int:
    """What is there, as :mod:`stat` tells it; 0 for nothing, or nothing that may be seen.

    Pathlib's own questions raise in folders that may not be looked into.
    """
    with contextlib.suppress(OSError):
        return path.stat().st_mode
    return 0


def denied(path: Path) -> OutputError:
    """What to say where the system refuses."""
    return OutputError(
        f"{path} cannot be written: permission denied.", "Choose a folder of your own."
    )
