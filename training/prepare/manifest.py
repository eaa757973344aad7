"""What a folder of prepared clips says of itself: where records come from, what was dropped, why.

``manifest.json`` is written when a run begins and after each clip, whole or not at all, by the one
process that gives out the work. Records of clips that are not in it are leftovers.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Self

from bunraku.errors import InputError, OutputError
from bunraku.training.folders import write_whole

FILE_NAME = "manifest.json"
FORMAT = 1


@dataclass(frozen=True)
class Outcome:
    """What became of one clip."""

    clip: str
    """Its place."""
    iuv: str | None
    """The place of its IUV images; None where our driver mapped it."""
    number: int
    """Its records are ``person_`` and ``packing.RECORDS`` times this, and those that follow."""
    bytes: int
    """Size, and time of the last change in ns, of its file or of all its pictures: whether it is
    the same still."""
    modified_ns: int
    when: str
    """ISO 8601, in UTC."""
    read: int = 0
    """Frames that were looked at, each once for everybody who was followed in it."""
    kept: int = 0
    """Frames in its records."""
    scenes: int = 0
    records: int = 0
    dropped: Mapping[str, int] = field(default_factory=dict)
    """Frames left out, by the reason."""
    notes: tuple[str, ...] = ()
    """What is to be said besides, a few words each."""
    refused: str | None = None
    """Why there is nothing of it."""

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> Self:
        """Raises KeyError, TypeError or ValueError for what is none."""
        return cls(**{**told, "notes": tuple(told["notes"]), "dropped": dict(told["dropped"])})

    @property
    def line(self) -> str:
        """The outcome in one line."""
        if self.refused is not None:
            also = f" ({', '.join(self.notes)})" if self.notes else ""
            return f"left out: {self.refused}{also}"
        reasons = [f"{count} {reason}" for reason, count in self.dropped.items()]
        lost = f"; dropped: {', '.join(reasons)}" if reasons else ""
        also = f"; {', '.join(self.notes)}" if self.notes else ""
        share = f"{self.kept} of {self.read} frames kept in {self.records} records"
        return f"{self.clip}: {share} of {self.scenes} scenes{lost}{also}"


@dataclass(frozen=True)
class Manifest:
    """All of a folder's clips, and what is the same for them."""

    bunraku: str
    """Version that began the folder."""
    settings: Mapping[str, Any]
    """What was asked of frames, and by which kind of network."""
    networks: Mapping[str, str]
    """SHA-256 of each network's file."""
    clips: Mapping[str, Outcome] = field(default_factory=dict)
    """By ``Clip.key``."""

    def added(self, key: str, outcome: Outcome) -> Manifest:
        """The same with one more clip, or with a clip's newer outcome."""
        return replace(self, clips={**self.clips, key: outcome})

    def without(self, keys: set[str]) -> Manifest:
        """The same without some clips."""
        return replace(self, clips={k: v for k, v in self.clips.items() if k not in keys})

    def write(self, folder: Path) -> None:
        """Raises OutputError."""
        path = folder / FILE_NAME
        told = {"format": FORMAT, **asdict(self), "clips": list(map(asdict, self.clips.values()))}
        try:
            write_whole(path, json.dumps(told, indent=1) + "\n")
        except OSError as exc:
            raise OutputError.of(path, exc) from exc

    @classmethod
    def read(cls, folder: Path) -> Manifest | None:
        """The folder's; None where there is none yet.

        Raises:
            InputError: it is damaged, or of another version.
        """
        path = folder / FILE_NAME
        try:
            told = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as exc:
            raise _unusable(path, "cannot be read") from exc
        if not isinstance(told, dict) or told.get("format") != FORMAT:
            raise _unusable(path, "is of another version of Bunraku, or of something else")
        try:
            clips = map(Outcome.from_json, told["clips"])
            held = {os.path.realpath(clip.clip): clip for clip in clips}
            return cls(told["bunraku"], told["settings"], told["networks"], held)
        except (KeyError, TypeError, ValueError) as exc:
            raise _unusable(path, "is damaged") from exc


def _unusable(path: Path, fault: str) -> InputError:
    return InputError(f"{path} {fault}.", "Choose an empty folder.")
