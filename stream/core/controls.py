"""What the user can change while frames run: keys, commands, and the state the stages read."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

from bunraku.errors import InputError
from bunraku.runtime.options import STRONGEST_FACE
from bunraku.runtime.parts import ALL_PARTS, Part, Parts, parts_said

if TYPE_CHECKING:
    from bunraku.runtime.identity import Identity
    from bunraku.runtime.source.report import SourceReport

MOST_KEYED_PHOTOS = 9
"""Photos that have a key of their own."""
PARTS_IN_TURN: tuple[Parts, ...] = (
    ALL_PARTS,
    ALL_PARTS - {Part.HEAD},
    frozenset({Part.HEAD, Part.FACE}),
    frozenset({Part.ARMS, Part.HANDS}),
)
"""What the key goes through."""
_ID_BYTES = 16


class Command(StrEnum):
    """What a key of the window, or a message of the page, asks for."""

    PHOTO = "photo"
    CALIBRATE = "calibrate"
    MIRROR = "mirror"
    OVERLAY = "overlay"
    RECORD = "record"
    PASSTHROUGH = "passthrough"
    FREEZE = "freeze"
    FACE = "face"
    PARTS = "parts"
    QUIT = "quit"
    HELP = "help"


KEYS: Mapping[str, tuple[Command, int | None]] = MappingProxyType(
    {str(n): (Command.PHOTO, n) for n in range(1, MOST_KEYED_PHOTOS + 1)}
    | {
        "c": (Command.CALIBRATE, None),
        "m": (Command.MIRROR, None),
        "o": (Command.OVERLAY, None),
        "r": (Command.RECORD, None),
        "p": (Command.PASSTHROUGH, None),
        "f": (Command.FREEZE, None),
        "e": (Command.FACE, None),
        "b": (Command.PARTS, None),
        "q": (Command.QUIT, None),
        "escape": (Command.QUIT, None),
        "?": (Command.HELP, None),
    }
)
"""What each key does: the command, and the photo's number where it is about one."""

HELP_LINES: tuple[tuple[str, str], ...] = (
    ("1-9", "switch to that photo"),
    ("C", "calibrate to your present pose"),
    ("M", "mirror the camera"),
    ("O", "overlay: rates, times, skeleton"),
    ("R", "record, and stop recording"),
    ("P", "pass the camera through"),
    ("F", "freeze the picture"),
    ("E", "let the face follow yours"),
    ("B", "which parts of the body follow"),
    ("Q", "quit"),
    ("?", "this help"),
)
"""Key and meaning, in the order in which the help shows them."""


def command_of(key: str) -> tuple[Command, int | None] | None:
    """What a key asks for, in capitals or not; None for one that has no meaning."""
    return KEYS.get(key.lower())


@dataclass(frozen=True, eq=False)
class Photo:
    """A photo that is ready to be driven."""

    id: str
    """Unguessable, for the page; the user sees the number, its place in the list."""
    name: str
    """As the user knows it: the file's name."""
    identity: Identity
    report: SourceReport

    @classmethod
    def of(cls, name: str, identity: Identity, report: SourceReport) -> Photo:
        """A photo with an id of its own."""
        return cls(secrets.token_urlsafe(_ID_BYTES), name, identity, report)


@dataclass(eq=False)
class Controls:
    """The state of a session. It belongs to the event loop: stages read it once a frame there."""

    photos: list[Photo] = field(default_factory=list)
    current: int = 0
    """Place of the driven photo in ``photos``, from 0."""
    mirror: bool = False
    overlay: bool = False
    recording: bool = False
    passthrough: bool = False
    freeze: bool = False
    faces: bool = False
    """Whether faces can follow the driver's at all."""
    strength: float = 1.0
    """How strongly then, above 0 to 1.5."""
    parts: Parts = ALL_PARTS
    """Which parts of the photo's person follow; the face only where one can."""
    help_shown: bool = False
    window_only: bool = False
    """Only the square around the person, not the whole photo."""
    calibrate_asked: bool = False
    """Set by the command; the stage that calibrates sets it back."""
    quit_asked: bool = False
    on_change: Callable[[], None] | None = None
    """Called after every change of what ``as_json`` gives."""
    on_notice: Callable[[str], None] | None = None
    """Called with what the user should know."""
    _failing: bool = False

    @property
    def photo(self) -> Photo | None:
        """The driven photo, None while there is none."""
        return self.photos[self.current] if self.current < len(self.photos) else None

    @property
    def identity(self) -> Identity | None:
        """The driven photo's identity, None while there is no photo."""
        photo = self.photo
        return None if photo is None else photo.identity

    @property
    def face(self) -> bool:
        """Whether the photo's face follows."""
        return self.faces and Part.FACE in self.parts

    @property
    def face_strength(self) -> float:
        """How strongly the photo's face follows where it is among the parts; 0 where none can."""
        return self.strength if self.faces else 0.0

    def offer_face(self, strength: float) -> None:
        """Let faces follow from now on, at first this strongly; 0 for once it is asked for."""
        self.faces = True
        self.strength = strength or 1.0
        if strength == 0.0:
            self.parts -= {Part.FACE}

    @property
    def failing(self) -> bool:
        """Whether the engine keeps failing, so that the camera's picture passes through."""
        return self._failing

    @failing.setter
    def failing(self, failing: bool) -> None:
        if failing != self._failing:
            self._failing = failing
            self._changed()

    def add(self, photo: Photo) -> int:
        """Append a photo; returns its number, from 1. The first one is driven at once."""
        self.photos.append(photo)
        self._changed()
        return len(self.photos)

    def remove(self, photo_id: str) -> Photo:
        """Take a photo out. Where it was the driven one, the one after it, or else the last, is.

        :raises InputError: there is no such photo.
        """
        place = next((i for i, photo in enumerate(self.photos) if photo.id == photo_id), None)
        if place is None:
            raise InputError("That photo is not in this session.")
        photo = self.photos[place]
        del self.photos[place]
        if place < self.current or self.current == len(self.photos):
            self.current = max(0, self.current - 1)
        self._changed()
        return photo

    def apply(
        self,
        command: Command,
        number: int | None = None,
        on: bool | None = None,
        strength: float | None = None,
        parts: Parts | None = None,
    ) -> str:
        """Carry a command out; returns what to tell the user.

        :param number: the photo's, from 1, for ``PHOTO``.
        :param on: the state wanted of a switch; by default it is turned over.
        :param strength: for ``FACE``: how strongly it is to follow, 0 to 1.5, in place of ``on``.
        :param parts: for ``PARTS``: those that are to follow; by default the next choice.
        :raises InputError: there is no such photo or strength, or no face can follow.
        """
        match command:
            case Command.PHOTO:
                said = self._switch(number)
            case Command.CALIBRATE:
                self.calibrate_asked = True
                said = "Calibrating to your present pose."
            case Command.MIRROR:
                self.mirror = _turned(self.mirror, on)
                said = "The camera is mirrored." if self.mirror else "The camera is not mirrored."
            case Command.OVERLAY:
                self.overlay = _turned(self.overlay, on)
                said = f"The overlay is {_on_off(self.overlay)}."
            case Command.RECORD:
                self.recording = _turned(self.recording, on)
                said = f"Recording is {_on_off(self.recording)}."
            case Command.PASSTHROUGH:
                self.passthrough = _turned(self.passthrough, on)
                said = "The camera passes through." if self.passthrough else "The photo is driven."
            case Command.FREEZE:
                self.freeze = _turned(self.freeze, on)
                said = "The picture is frozen." if self.freeze else "The picture moves."
            case Command.FACE:
                said = self._follow_face(on, strength)
            case Command.PARTS:
                self.parts = _after(self.parts) if parts is None else parts
                said = parts_said(self.parts)
            case Command.HELP:
                self.help_shown = _turned(self.help_shown, on)
                said = f"The help is {_on_off(self.help_shown)}."
            case Command.QUIT:
                self.quit_asked = True
                said = "Stopping."
        self._changed()
        return said

    def notify(self, text: str) -> None:
        """Tell the user something."""
        if self.on_notice is not None:
            self.on_notice(text)

    def as_json(self) -> dict[str, str | bool | float | list[str] | None]:
        """The state as the page is told it: the driven photo's id, and the switches."""
        photo = self.photo
        return {
            "photo": None if photo is None else photo.id,
            "mirror": self.mirror,
            "overlay": self.overlay,
            "passthrough": self.passthrough,
            "freeze": self.freeze,
            "faces": self.faces,
            "face": self.face,
            "strength": self.strength,
            "parts": [part.value for part in Part if part in self.parts],
            "recording": self.recording,
            "failing": self.failing,
        }

    def _switch(self, number: int | None) -> str:
        if number is None or not 1 <= number <= len(self.photos):
            which = "no such photo" if number is None else f"no photo {number}"
            ready = len(self.photos)
            hint = "Give a photo first." if not ready else f"Choose from 1 to {ready}."
            raise InputError(f"There is {which}.", hint)
        self.current = number - 1
        return f"Photo {number}: {self.photos[self.current].name}."

    def _follow_face(self, on: bool | None, strength: float | None) -> str:
        if not self.faces:
            raise InputError(
                "No face can follow here.",
                "Begin without --no-face, after `bunraku fetch` has fetched the face's network.",
            )
        if strength is not None:
            if not 0.0 <= strength <= STRONGEST_FACE:
                raise InputError(
                    f"A face cannot follow at {strength:g}.", f"Choose 0 to {STRONGEST_FACE:g}."
                )
            on = strength > 0
            self.strength = strength or self.strength
        told = frozenset({Part.FACE})
        self.parts = self.parts | told if _turned(self.face, on) else self.parts - told
        if not self.face:
            return "The face stays as it is in the photo."
        return f"The face follows yours, at {self.strength:.0%}."

    def _changed(self) -> None:
        if self.on_change is not None:
            self.on_change()


def _turned(state: bool, on: bool | None) -> bool:
    return not state if on is None else on


def _after(parts: Parts) -> Parts:
    """The choice after this one; the first after what is none of them."""
    if parts not in PARTS_IN_TURN:
        return PARTS_IN_TURN[0]
    return PARTS_IN_TURN[(PARTS_IN_TURN.index(parts) + 1) % len(PARTS_IN_TURN)]


def _on_off(state: bool) -> str:
    return "on" if state else "off"
