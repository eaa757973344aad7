"""Controls: keys, commands, photos, and who is told."""

from __future__ import annotations

from typing import cast

import pytest

from bunraku.errors import InputError
from bunraku.runtime.identity import Identity
from bunraku.runtime.parts import ALL_PARTS, Part
from bunraku.runtime.source.report import SourceReport
from bunraku.stream.core.controls import (
    HELP_LINES,
    KEYS,
    PARTS_IN_TURN,
    Command,
    Controls,
    Photo,
    command_of,
)

REPORT = SourceReport(64, 64, 1, False, (0, 0, 64), ())


def photo(name: str) -> Photo:
    """A photo whose identity is only told from another's."""
    return Photo(f"id-{name}", name, cast(Identity, object()), REPORT)


def with_photos(*names: str) -> Controls:
    return Controls(photos=[photo(name) for name in names])


def test_every_command_has_a_key_and_a_line_of_help() -> None:
    assert {command for command, _ in KEYS.values()} == set(Command)
    shown = {key.lower() for key, _ in HELP_LINES}
    assert shown == {key for key in KEYS if not key.isdigit()} - {"escape"} | {"1-9"}


def test_keys_count_in_capitals_too() -> None:
    assert command_of("M") == command_of("m") == (Command.MIRROR, None)
    assert command_of("7") == (Command.PHOTO, 7)
    assert command_of("x") is None
    assert command_of("") is None


def test_a_number_switches_the_photo() -> None:
    controls = with_photos("anna.jpg", "ben.jpg")
    assert controls.identity is controls.photos[0].identity
    assert "ben.jpg" in controls.apply(Command.PHOTO, 2)
    assert controls.identity is controls.photos[1].identity


@pytest.mark.parametrize("number", [0, 3, 4, -1, None])
def test_a_photo_that_is_not_there_changes_nothing(number: int | None) -> None:
    controls = with_photos("anna.jpg", "ben.jpg")
    controls.apply(Command.PHOTO, 2)
    with pytest.raises(InputError, match=r"no (such )?photo.*\. Choose from 1 to 2\."):
        controls.apply(Command.PHOTO, number)
    assert controls.current == 1


def test_without_photos_there_is_no_identity() -> None:
    controls = Controls()
    assert controls.identity is None
    assert controls.as_json()["photo"] is None
    with pytest.raises(InputError, match="Give a photo first"):
        controls.apply(Command.PHOTO, 1)


@pytest.mark.parametrize(
    ("command", "name"),
    [
        (Command.MIRROR, "mirror"),
        (Command.OVERLAY, "overlay"),
        (Command.RECORD, "recording"),
        (Command.PASSTHROUGH, "passthrough"),
        (Command.FREEZE, "freeze"),
        (Command.HELP, "help_shown"),
    ],
)
def test_switches_turn_over_or_are_set(command: Command, name: str) -> None:
    controls = Controls()
    said_on = controls.apply(command)
    assert getattr(controls, name) is True
    controls.apply(command, on=True)
    assert getattr(controls, name) is True
    said_off = controls.apply(command)
    assert getattr(controls, name) is False
    controls.apply(command, on=False)
    assert getattr(controls, name) is False
    assert said_on != said_off


def test_a_face_follows_where_one_can_and_as_strongly_as_asked() -> None:
    controls = Controls()
    with pytest.raises(InputError, match="No face can follow here"):
        controls.apply(Command.FACE)
    assert controls.face_strength == 0.0
    controls.offer_face(0.0)
    assert not controls.face
    assert controls.apply(Command.FACE) == "The face follows yours, at 100%."
    assert controls.face_strength == 1.0
    assert controls.apply(Command.FACE, strength=0.45) == "The face follows yours, at 45%."
    assert (controls.face_strength, controls.as_json()["strength"]) == (0.45, 0.45)
    assert controls.apply(Command.FACE, strength=0.0) == "The face stays as it is in the photo."
    assert Part.FACE not in controls.parts
    controls.apply(Command.FACE, on=True)
    assert (controls.face, controls.face_strength) == (True, 0.45)
    for wrong in (-0.1, 1.6):
        with pytest.raises(InputError, match=r"Choose 0 to 1\.5"):
            controls.apply(Command.FACE, strength=wrong)
    controls.offer_face(1.2)
    assert controls.face_strength == 1.2


def test_parts_are_chosen_or_gone_through_in_turn() -> None:
    controls = Controls()
    controls.offer_face(1.0)
    seen = []
    for _ in PARTS_IN_TURN:
        said = controls.apply(Command.PARTS)
        seen.append(controls.parts)
    assert seen == [*PARTS_IN_TURN[1:], ALL_PARTS]
    assert said == "Everything follows you."
    legs = frozenset({Part.LEGS})
    assert controls.apply(Command.PARTS, parts=legs) == "What follows you: legs."
    assert (controls.as_json()["parts"], controls.as_json()["face"]) == (["legs"], False)
    controls.apply(Command.FACE)
    assert controls.as_json()["parts"] == ["face", "legs"]
    controls.apply(Command.PARTS)
    assert controls.parts == ALL_PARTS
    controls.apply(Command.PARTS, parts=frozenset())
    assert controls.as_json()["parts"] == []


def test_calibration_and_the_end_are_asked_for() -> None:
    controls = Controls()
    controls.apply(Command.CALIBRATE)
    assert controls.calibrate_asked
    assert not controls.quit_asked
    controls.apply(Command.QUIT)
    assert controls.quit_asked


def test_changes_are_told_with_the_new_state() -> None:
    states: list[dict[str, str | bool | float | list[str] | None]] = []
    controls = with_photos("anna.jpg")
    controls.on_change = lambda: states.append(controls.as_json())
    controls.apply(Command.FREEZE)
    controls.failing = True
    controls.failing = True
    controls.add(photo("ben.jpg"))
    controls.apply(Command.PHOTO, 2)
    assert [state["freeze"] for state in states] == [True] * 4
    assert [state["failing"] for state in states] == [False, True, True, True]
    assert states[-1]["photo"] == "id-ben.jpg"


@pytest.mark.parametrize(
    ("driven", "removed", "expected"),
    [(1, "a", "b"), (2, "a", "b"), (2, "c", "b"), (3, "c", "b"), (3, "a", "c"), (2, "b", "c")],
)
def test_taking_a_photo_out_keeps_the_driven_one_or_its_neighbour(
    driven: int, removed: str, expected: str
) -> None:
    controls = with_photos("a", "b", "c")
    controls.apply(Command.PHOTO, driven)
    assert controls.remove(f"id-{removed}").name == removed
    assert controls.photo is not None
    assert controls.photo.name == expected


def test_the_last_photo_can_go_and_another_come() -> None:
    controls = with_photos("a")
    controls.remove("id-a")
    assert controls.photo is None
    assert controls.add(photo("b")) == 1
    assert controls.identity is not None
    with pytest.raises(InputError, match="not in this session"):
        controls.remove("id-a")


def test_notices_reach_whoever_listens() -> None:
    heard: list[str] = []
    controls = Controls()
    controls.notify("nobody listens")
    controls.on_notice = heard.append
    controls.notify("the engine keeps failing")
    assert heard == ["the engine keeps failing"]
