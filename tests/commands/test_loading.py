from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.commands.running import run

from bunraku.commands.loading import Loading
from bunraku.errors import InputError
from bunraku.runtime.engines import registry
from bunraku.runtime.models import Models
from bunraku.runtime.parts import parse_parts


@pytest.mark.parametrize(
    ("face", "live", "loaded"),
    [(1.0, False, True), (0.0, False, False), (0.0, True, True), (None, True, False)],
)
def test_faces_are_loaded_where_they_may_follow(
    monkeypatch: pytest.MonkeyPatch, face: float | None, live: bool, loaded: bool
) -> None:
    told: list[dict[str, Any]] = []
    monkeypatch.setattr(Models, "load", lambda _, **options: told.append(options))
    loading = Loading(face=face)
    loading.models(live=live, threads=3)
    replace(loading, threads=2).models(live=live, threads=3)
    assert [one["face"] for one in told] == [loaded, loaded]
    assert [one["engine"] for one in told] == ["auto", "auto"]
    assert [one["threads"] for one in told] == [3, 2]
    assert [one["ahead"] for one in told] == [live] * 2
    assert loading.options(upright=False).face == (face or 0.0)


@pytest.mark.parametrize(
    ("parts", "live", "face", "hands"),
    [("arms", False, False, False), ("arms", True, True, True), ("face,hands", False, True, True)],
)
def test_networks_of_parts_that_never_follow_are_not_loaded(
    monkeypatch: pytest.MonkeyPatch, parts: str, live: bool, face: bool, hands: bool
) -> None:
    told: list[dict[str, Any]] = []
    monkeypatch.setattr(Models, "load", lambda _, **options: told.append(options))
    loading = Loading(parts=parse_parts(parts))
    loading.models(live=live)
    assert (told[0]["face"], told[0]["hands"]) == (face, hands)
    assert loading.options(upright=True).parts == parse_parts(parts)
    Loading(hands=False).models(live=True)
    assert told[1]["hands"] is False


def test_the_engine_is_said_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    told: list[dict[str, Any]] = []
    monkeypatch.setattr(Models, "load", lambda _, **options: told.append(options))
    loading = Loading(engine="onnxruntime:f32")
    loading.models(live=True)
    assert capsys.readouterr().err == "engine: onnxruntime:f32\n"
    said: list[str] = []
    loading.models(live=True, say=said.append)
    assert said == ["engine: onnxruntime:f32"]
    assert [one["engine"] for one in told] == ["onnxruntime:f32"] * 2


@pytest.mark.parametrize(
    ("driver", "says"), [("body", ", the body's landmarks in int8"), ("landmarks", "")]
)
def test_8_bits_are_said_where_they_are_taken(
    monkeypatch: pytest.MonkeyPatch, driver: str, says: str
) -> None:
    """With the landmarks' networks they would cost more than is allowed."""
    monkeypatch.setattr(registry, "int8_weight_bits", lambda: 8)
    said: list[str] = []
    made: list[Any] = []

    def load(_: Any, **options: Any) -> Any:
        made.append(options["driver"])

    monkeypatch.setattr(Models, "load", load)
    Loading(engine="openvino", driver=driver).models(live=True, say=said.append)
    assert said == [f"engine: openvino{says}"]
    assert made == [driver]


@pytest.mark.parametrize("command", ["animate p.jpg c.mp4 -o o.mp4", "live p.jpg", "bench latency"])
def test_no_more_threads_than_can_be_started(command: str) -> None:
    result = run(*command.split(), "--threads", "257")
    assert result.exit_code == 2
    assert "'--threads': Input should be less than or equal to 256" in result.stderr


@pytest.mark.parametrize(
    ("loading", "told"),
    [
        (Loading(bundle="mine"), "--bundle mine is for another driver.* Add --driver landmarks"),
        (Loading(driver="landmarks", resolution=512), "--resolution is for the body.* Leave it"),
    ],
)
def test_what_would_change_nothing_is_refused(
    monkeypatch: pytest.MonkeyPatch, loading: Loading, told: str
) -> None:
    monkeypatch.setattr(Models, "load", lambda *_, **__: pytest.fail("it was loaded"))
    with pytest.raises(InputError, match=told):
        loading.models(live=False)
