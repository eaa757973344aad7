"""Which clips there are in what was named: files, folders of clips, folders of pictures.

A clip is a film, or a folder that holds nothing but the pictures of one (TaiChiHD and TED-Talks as
PNG, iPER's ``images_HD``). Folders are searched to the bottom. Beside ``CLIP.mp4``, or a folder
``CLIP``, may lie its official IUV images: ``CLIP.iuv``, a folder of PNG files, or a film without
loss called ``CLIP.iuv.mkv``.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bunraku.errors import InputError
from bunraku.runtime.drivers.iuv_images.reading import natural
from bunraku.runtime.source.named import CLIP_SUFFIXES, is_clip, is_photo

IUV_SUFFIX = ".iuv"


@dataclass(frozen=True)
class Clip:
    """One film of people."""

    path: Path
    """A file, or a folder of pictures."""
    iuv: Path | None = None
    """Its IUV images, one for each frame; None to map it ourselves."""

    @property
    def key(self) -> str:
        """What it is known by: its place, links followed."""
        return os.path.realpath(self.path)


def find_clips(places: Sequence[Path]) -> list[Clip]:
    """The clips of all places, each once, in the order of the places and of their names.

    What is named itself is taken for a clip, whatever it is called: what is none is told of later.

    Raises:
        InputError: a place does not exist, or is a folder without clips.
    """
    found: dict[str, Clip] = {}
    for place in places:
        if not place.exists():
            raise InputError(f"{place} does not exist.", "Name clips, or folders of clips.")
        paths = _in_folder(place) if place.is_dir() else [place]
        if not paths:
            raise InputError(
                f"There is no clip in {place}.",
                "Name films, or folders of films or of pictures (docs/train.md).",
            )
        # Absolute: the next run may start elsewhere.
        for path in (path.absolute() for path in paths):
            clip = Clip(path, _iuv_of(path))
            found.setdefault(clip.key, clip)
    return list(found.values())


def pictures_of(folder: Path) -> list[Path]:
    """A folder's pictures in natural order of their names, 2 before 10."""
    return sorted(filter(is_photo, folder.iterdir()), key=natural)


def _in_folder(folder: Path) -> list[Path]:
    found = []
    for here, folders, files in os.walk(folder):
        folders[:] = sorted(
            name for name in folders if not name.startswith(".") and not name.endswith(IUV_SUFFIX)
        )
        paths = sorted(Path(here, name) for name in files)
        films = list(filter(is_clip, paths))
        found += [path for path in films if not path.stem.endswith(IUV_SUFFIX)]
        if not films and not folders and any(map(is_photo, paths)):
            found.append(Path(here))
    return found


def _iuv_of(path: Path) -> Path | None:
    name = path.name if path.is_dir() else path.stem
    folder = path.with_name(name + IUV_SUFFIX)
    if folder.is_dir():
        return folder
    films = (path.with_name(name + IUV_SUFFIX + suffix) for suffix in CLIP_SUFFIXES)
    return next((film for film in films if film.is_file()), None)
