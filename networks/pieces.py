"""A file in pieces: for places that take only small files, with hashes that tell what was lost.

FOLDER/pieces.json   the whole file's name, size and hash, and each piece's
FOLDER/000, 001, …   the pieces, in order
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bunraku.errors import InputError, OutputError

PIECE_BYTES = 15 * 2**20
"""Of a piece, at most."""
TABLE = "pieces.json"
FORMAT = 1
AGAIN = "Copy the folder again, all files of it."


def split(file: Path, folder: Path, most: int = PIECE_BYTES) -> list[Path]:
    """Write a file's pieces into a folder of their own; pieces that are there are replaced.

    :param file: to be read; it stays.
    :param folder: appears whole or not at all.
    :param most: bytes of a piece.
    :return: what the folder holds, the table first.
    :raises OutputError: the folder cannot be written, or holds something else; what it held stays.
    """
    if folder.exists() and not _replaceable(folder):
        raise OutputError(f"{folder} exists and holds no pieces.", "Name a new folder.")
    part: Path | None = None
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        part = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
        names = _write(file, part, most)
        part.chmod(0o755)
        if folder.exists():
            shutil.rmtree(folder)
        part.rename(folder)
    except OSError as error:
        if part is not None:
            shutil.rmtree(part, ignore_errors=True)
        raise OutputError(
            f"The pieces of {file.name} cannot be written to {folder}: {error.strerror or error}.",
            "Free some space.",
        ) from error
    return [folder / name for name in names]


def join(folder: Path) -> bytes:
    """The file that was split into this folder.

    :raises InputError: the folder holds no pieces, or one is missing, damaged or another's.
    """
    table = _table(folder)
    whole = bytearray()
    for piece in table["pieces"]:
        path = folder / str(piece["file"])
        try:
            content = path.read_bytes()
        except OSError as error:
            raise InputError(f"The piece {path} is missing or unreadable.", AGAIN) from error
        if len(content) != piece["bytes"] or _hash(content) != piece["sha256"]:
            raise InputError(f"The piece {path} is damaged, cut short or of another file.", AGAIN)
        whole += content
    if len(whole) != table["bytes"] or _hash(whole) != table["sha256"]:
        raise InputError(f"The pieces in {folder} do not make up {table['file']}.", AGAIN)
    return bytes(whole)


def is_split(folder: Path) -> bool:
    """Whether a folder holds a file in pieces."""
    return (folder / TABLE).is_file()


def _write(file: Path, folder: Path, most: int) -> list[str]:
    """The pieces, then their table; their names."""
    pieces: list[dict[str, Any]] = []
    whole = hashlib.sha256()
    with file.open("rb") as source:
        while content := source.read(most):
            name = f"{len(pieces):03d}"
            (folder / name).write_bytes(content)
            whole.update(content)
            pieces.append({"file": name, "bytes": len(content), "sha256": _hash(content)})
    told = {
        "format": FORMAT,
        "file": file.name,
        "bytes": sum(piece["bytes"] for piece in pieces),
        "sha256": whole.hexdigest(),
        "pieces": pieces,
    }
    (folder / TABLE).write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
    return [TABLE, *(piece["file"] for piece in pieces)]


def _table(folder: Path) -> Mapping[str, Any]:
    path = folder / TABLE
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        known = told["format"] == FORMAT
        names = [str(piece["file"]) for piece in told["pieces"]]
        complete = known and {"file", "bytes", "sha256"} <= {*told}
        safe = all(name.isdecimal() for name in names)  # no way out of the folder
        sized = all({"bytes", "sha256"} <= {*piece} for piece in told["pieces"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path} is no table of pieces, or is damaged.", AGAIN) from error
    if not (complete and safe and sized):
        raise InputError(f"{path} is no table of pieces that this Bunraku reads.", AGAIN)
    table: Mapping[str, Any] = told
    return table


def _replaceable(folder: Path) -> bool:
    return folder.is_dir() and (is_split(folder) or not any(folder.iterdir()))


def _hash(content: bytes | bytearray) -> str:
    return hashlib.sha256(content).hexdigest()
