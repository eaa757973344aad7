"""Files of the cache that are taken back only by who made them, whole and unchanged.

Which file it is stands inside as well as in its name: one that was renamed, copied from another
machine or cut short is told of in one line and made anew.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

log = logging.getLogger(__name__)

MAGIC = b"bunraku sealed 1\n"
MOST_HEADER_BYTES = 1 << 16

Key = Mapping[str, str]
"""All that must be the same for a file to be used."""


def path_of(folder: Path, name: str, key: Key) -> Path:
    """Where a file with that key lies.

    :param name: for people who look into the folder; "motion.engine".
    """
    stem, _, ending = name.rpartition(".")
    digest = hashlib.sha256(_text(key)).hexdigest()[:20]
    return folder / f"{stem}-{digest}.{ending}"


def read(path: Path, key: Key) -> bytes | None:
    """What was sealed, or None if there is nothing that can be used; why not is logged.

    :param key: that it must have been sealed with.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        log.warning("%s cannot be read (%s), and is made anew", path, error.strerror)
        return None
    fault = None
    header, _, body = content[len(MAGIC) :].partition(b"\n")
    if not content.startswith(MAGIC) or len(header) > MOST_HEADER_BYTES:
        fault = "is not a file of this cache"
    else:
        try:
            told = json.loads(header)
            if told["key"] != dict(key):
                fault = "was made for something else"
            elif told["sha256"] != hashlib.sha256(body).hexdigest():
                fault = "is damaged"
        except (ValueError, KeyError, TypeError):
            fault = "is damaged"
    if fault is None:
        return body
    log.warning("%s %s, and is made anew", path, fault)
    return None


def write(path: Path, key: Key, body: bytes) -> None:
    """Seal it, in one step; where the folder cannot be written, that is logged and survived."""
    header = {"key": dict(key), "sha256": hashlib.sha256(body).hexdigest()}
    part: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, made = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
        part = Path(made)
        with os.fdopen(handle, "wb") as file:
            file.write(MAGIC + json.dumps(header).encode() + b"\n" + body)
        part.replace(path)
    except OSError as error:
        if part is not None:
            part.unlink(missing_ok=True)
        log.warning("%s cannot be kept (%s); it is made anew next time", path, error.strerror)


def _text(key: Key) -> bytes:
    return json.dumps(dict(key), sort_keys=True).encode()
