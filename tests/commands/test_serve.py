from __future__ import annotations

import queue
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from bunraku.commands.group import BunrakuGroup
from bunraku.commands.loading import Loading
from bunraku.commands.options import parse_size
from bunraku.commands.serve import ice_servers, load_engines, read_token, serve, telling
from bunraku.errors import InputError
from bunraku.runtime.models import Models
from bunraku.runtime.pose.networks import PoseModel
from bunraku.stream.rtc.options import Codec
from bunraku.stream.server import run
from bunraku.stream.server.options import ServerOptions

TOKEN = "a-token-long-enough"
Run = Callable[..., tuple[Any, list[ServerOptions]]]


@pytest.fixture
def invoke(monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run ``bunraku serve`` up to where it would listen."""
    app = typer.Typer(cls=BunrakuGroup)
    app.callback()(lambda debug=False: None)
    app.command()(serve)
    monkeypatch.setattr("bunraku.stream.server.logs.configure", lambda: None)

    def invoke_with(*arguments: object, env: dict[str, str] | None = None) -> Any:
        seen: list[ServerOptions] = []

        def fake_server(options: ServerOptions, load: object, on_ready: Any) -> None:
            seen.append(options)
            on_ready("http://127.0.0.1:8090/")

        monkeypatch.setattr(run, "run_server", fake_server)
        result = CliRunner().invoke(app, ["serve", *map(str, arguments)], env=env)
        return result, seen

    return invoke_with


def test_who_waits_is_told_what_for(monkeypatch: pytest.MonkeyPatch) -> None:
    told: queue.Queue[str] = queue.Queue()
    monkeypatch.setattr(typer, "echo", told.put)
    with telling("Wait.", after_s=0.0):
        assert told.get(timeout=5.0) == "Wait."
    with telling("What does not take long.", after_s=0.3):
        pass
    with pytest.raises(queue.Empty):
        told.get(timeout=0.4)


def test_by_default_this_machine_alone(invoke: Run) -> None:
    result, [options] = invoke()
    assert result.exit_code == 0
    assert result.stdout == "Bunraku is served at http://127.0.0.1:8090/\n"
    assert options == ServerOptions()


def test_engines_are_loaded_as_told_and_run_once(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[Any] = []

    def load(bundle: str, **options: Any) -> None:
        told.append((bundle, options))

    monkeypatch.setattr(Models, "load", load)
    monkeypatch.setattr("bunraku.runtime.warming.warm_up", lambda models: told.append("warm"))
    load_engines(Loading(threads=2, face=None), 12)
    how = {
        "iuv": "iuv",
        "threads": 2,
        "driver": "body",
        "pose": PoseModel.FULL,
        "resolution": 384,
        "engine": "auto",
        "sessions": 12,
        "ahead": True,
    }
    assert told == [("live", how | {"face": False, "hands": True}), "warm"]


def test_options_reach_the_server(invoke: Run, tmp_path: Path) -> None:
    result, [options] = invoke(
        *("me.jpg", "you.jpg", "--port", 0, "--origin", "https://example.org"),
        *("--sessions", 12, "--session-minutes", 5, "--max-photo-mib", 2, "--size", "512x512"),
        *("--rate", 25, "--codec", "h264", "--start-kbps", 200, "--max-kbps", 900),
        *("--ice-server", "stun:stun.example.org:3478", "--turn", "turn:turn.example.org:3478"),
        *("--turn-user", "me", "--window-only", "--max-side", 640),
        env={"BUNRAKU_TOKEN": TOKEN, "BUNRAKU_TURN_CREDENTIAL": "hush"},
    )
    assert result.exit_code == 0
    assert "The page asks for the token." in result.stderr
    assert options.photos == (Path("me.jpg"), Path("you.jpg"))
    assert (options.token, options.origins) == (TOKEN, ("https://example.org",))
    assert (options.size, options.rate, options.window_only) == ((512, 512), 25.0, True)
    assert (options.limits.sessions, options.limits.connections) == (12, 48)
    assert (options.limits.session_s, options.limits.photo_bytes) == (300.0, 2 * 2**20)
    peer = options.peer
    assert (peer.codec, peer.max_side_px) == (Codec.H264, 640)
    assert (peer.start_kbps, peer.min_kbps, peer.max_kbps) == (200, 200, 900)
    stun, turn = peer.ice_servers
    assert (stun.urls, stun.credential) == (("stun:stun.example.org:3478",), None)
    assert (turn.username, turn.credential) == ("me", "hush")
    for secret in (TOKEN, "hush"):
        assert secret not in result.output
        assert secret not in repr(options)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--host", "0.0.0.0"), "needs TLS"),
        (("--host", "0.0.0.0", "--token", TOKEN), "openssl req -x509"),
        (("--origin", "https://example.org"), "needs a token"),
        (("--tls-cert", "cert.pem"), "Give --tls-cert and --tls-key."),
        (("--size", "large"), "--size large is not WxH."),
        (("--codec", "av1"), "Use auto, vp8, h264."),
        (("--ice-server", "turn:example.org"), "Give --turn for TURN."),
        (("--turn", "turn:example.org"), "BUNRAKU_TURN_CREDENTIAL"),
        (("--start-kbps", "9000"), "do not rise"),
        (("--token-file", "none.txt"), "none.txt cannot be read: No such file"),
    ],
)
def test_mistakes_are_one_line(invoke: Run, arguments: tuple[str, ...], said: str) -> None:
    result, seen = invoke(*arguments)
    assert result.exit_code == 2
    assert said in result.stderr
    assert result.stderr.count("\n") == 1
    assert not seen


def test_infinity_has_no_bytes(invoke: Run) -> None:
    result, seen = invoke("--max-photo-mib", "inf")
    assert (result.exit_code, seen) == (2, [])
    assert "--max-photo-mib" in result.stderr


def test_read_token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "token.txt"
    file.write_text(f" {TOKEN} \nmore\n")
    assert read_token(None, None) is None
    assert read_token("t", None) == "t"
    assert read_token(None, file) == TOKEN
    with pytest.raises(InputError, match="Give one of them"):
        read_token("t", file)
    monkeypatch.setenv("BUNRAKU_TOKEN", "of the variable")
    assert read_token("of the variable", file) == TOKEN  # what is nearer counts
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(InputError, match="it is not text"):
        read_token(None, file)
    file.write_text("\n")
    with pytest.raises(InputError, match="is empty"):
        read_token(None, file)


def test_parse_size() -> None:
    assert parse_size("640X480") == (640, 480)
    for text in ("", "640", "x480", "640x", "640x-1", "640x480x2", "9" * 5000 + "x1"):
        with pytest.raises(InputError, match="is not WxH"):
            parse_size(text)


def test_ice_servers() -> None:
    assert ice_servers([], [], None, None) == ()
    with pytest.raises(InputError, match="not the address of an ICE server"):
        ice_servers(["stun:"], [], None, None)
