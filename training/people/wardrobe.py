"""The assets folder of MakeHuman: what there is to wear, prepared when it is first worn."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np

from bunraku.errors import InputError
from bunraku.training.people.anatomy import Anatomy
from bunraku.training.people.garments import Garment, load_garment
from bunraku.training.people.mhclo import TEXTURE_SIZE, read_texture


class Wardrobe:
    """The MakeHuman assets of a folder (``clothes/``, ``hair/``, ``eyebrows/``, ``eyes/``,
    ``skins/``), prepared for one body model when they are first worn.

    Raises InputError, with the name of what is missing, for a folder without them.
    """

    def __init__(self, anatomy: Anatomy, folder: Path) -> None:
        self.anatomy = anatomy
        self.folder = folder

        def assets(pattern: str) -> tuple[Path, ...]:
            return tuple(sorted(folder.glob(pattern)))

        self.suits = {sex: assets(f"clothes/{sex}_*/*.mhclo") for sex in ("male", "female")}
        self.shoes = assets("clothes/shoes*/*.mhclo")
        self.hats = assets("clothes/fedora*/*.mhclo")
        self.hair = assets("hair/*/*.mhclo")
        self.brows = assets("eyebrows/*/*.mhclo")
        self.eyes = assets("eyes/low-poly/*.mhclo")
        self.skins = {sex: assets(f"skins/*_{sex}/*.png") for sex in ("male", "female")}
        needed = {
            "clothes/male_*": self.suits["male"], "clothes/female_*": self.suits["female"],
            "clothes/shoes*": self.shoes, "hair": self.hair, "eyebrows": self.brows,
            "eyes/low-poly": self.eyes, "skins/*_male": self.skins["male"],
            "skins/*_female": self.skins["female"],
        }  # fmt: skip
        missing = [name for name, found in needed.items() if not found]
        if missing:
            raise InputError(
                f"The assets folder {folder} lacks {', '.join(missing)}.",
                "Point --assets to a folder of MakeHuman assets (see CONTRIBUTING.md).",
            )
        self._garment = lru_cache(maxsize=None)(self._load)
        self._texture = lru_cache(maxsize=None)(read_texture)

    def garment(self, path: Path, hair: bool = False) -> Garment:
        """A prepared asset."""
        return self._garment(path, hair)

    def texture(self, path: Path | None, opaque: bool) -> np.ndarray:
        """A texture uint8 [512,512,4]; light grey for assets that come without one."""
        if path is None:
            return np.full((TEXTURE_SIZE, TEXTURE_SIZE, 4), (200, 200, 200, 255), np.uint8)
        return self._texture(path, opaque)

    def _load(self, path: Path, hair: bool) -> Garment:
        folder = path.parent
        textures = sorted((folder / "textures").glob("*.png"))
        if path.parent.parent.name == "eyes":
            textures = sorted((folder.parent / "materials").glob("*.png"))
        diffuse = [texture for texture in textures if "diffuse" in texture.name] or textures
        return load_garment(self.anatomy, path, diffuse[0] if diffuse else None, hair)
