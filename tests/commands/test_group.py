from __future__ import annotations

import errno
import subprocess
import sys
from typing import Any

import pytest
from typer.testing import CliRunner

import bunraku
from bunraku.__main__ import main
from bunraku.commands import info
from bunraku.commands.app import app


def _break(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    def fail(_: str) -> Any:
        raise error

    monkeypatch.setattr(info, "describe_preset", fail)


def test_version() -> None:
    result = CliRunner().invoke(app, ["--version"])
    assert (result.exit_code, result.stdout) == (0, f"bunraku {bunraku.__version__}\n")


def test_every_command_has_help() -> None:
    told = CliRunner().invoke(app, ["--help"]).stdout
    commands = "animate doctor info fetch synth train export evaluate bench"
    for name in commands.split():
        assert name in told
        assert CliRunner().invoke(app, [name, "--help"]).exit_code == 0


def test_usage_errors_keep_their_form() -> None:
    result = CliRunner().invoke(app, ["animate", "photo.jpg"])
    assert result.exit_code == 2
    assert "Usage:" in result.stderr


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (["animate", "me.jpg", "", "-o", "x.mp4"], "An argument"),
        (["animate", "me.jpg", "dance.mp4", "-o", ""], "What follows -o"),
        (["animate", "me.jpg", "dance.mp4", "--out="], "What follows --out"),
        (["live", "me.jpg", "--from", "", "--out", "x.mp4"], "What follows --from"),
        (["train", "iuv", "--data", ""], "What follows --data"),
        (["prepare", ""], "An argument"),
    ],
)
def test_an_empty_word_names_no_folder(words: list[str], what: str) -> None:
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 2
    assert f"Error: Invalid value: {what} is empty; is a variable of the shell" in result.stderr


def test_our_errors_are_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    _break(monkeypatch, bunraku.BundleError("It is broken.", "Mend it."))
    result = CliRunner().invoke(app, ["info", "nothing"])
    assert (result.exit_code, result.stderr) == (2, "bunraku: It is broken. Mend it.\n")


def test_bugs_are_one_line_and_say_how_to_see_more(monkeypatch: pytest.MonkeyPatch) -> None:
    _break(monkeypatch, ZeroDivisionError("division by zero"))
    result = CliRunner().invoke(app, ["info", "nothing"])
    assert result.exit_code == 1
    assert result.stderr.startswith("bunraku: this is a bug: ZeroDivisionError: division by zero.")
    assert result.stderr.count("\n") == 1


def test_a_full_disk_is_no_bug(monkeypatch: pytest.MonkeyPatch) -> None:
    _break(monkeypatch, OSError(errno.ENOSPC, "No space left on device", "/out/report.md"))
    result = CliRunner().invoke(app, ["info", "nothing"])
    text = "bunraku: /out/report.md cannot be written: No space left on device. "
    text += "Free some space, or name another place for it.\n"
    assert (result.exit_code, result.stderr) == (2, text)


def test_debug_shows_the_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    _break(monkeypatch, bunraku.BundleError("It is broken."))
    result = CliRunner().invoke(app, ["--debug", "info", "nothing"])
    assert isinstance(result.exception, bunraku.BundleError)


def test_interrupt_ends_with_130(monkeypatch: pytest.MonkeyPatch) -> None:
    _break(monkeypatch, KeyboardInterrupt())
    result = CliRunner().invoke(app, ["info", "nothing"])
    assert (result.exit_code, result.stderr) == (130, "bunraku: interrupted\n")


def test_interrupt_while_it_loads_ends_with_130(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(_: object, name: str) -> Any:
        if name == "run":
            raise KeyboardInterrupt
        raise AttributeError(name)

    module = type("Loading", (), {"__getattr__": interrupted})()
    monkeypatch.setitem(sys.modules, "bunraku.commands.app", module)
    with pytest.raises(SystemExit) as raised:
        main()
    assert (raised.value.code, capsys.readouterr().err) == (130, "bunraku: interrupted\n")


def test_nothing_is_loaded_before_ctrl_c_can_be_told() -> None:
    code = "import sys, bunraku.__main__; print('typer' in sys.modules)"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout == "False\n"


@pytest.mark.parametrize(
    "words",
    [
        ["prepare", "{}", "--out", "here"],
        ["evaluate", "--clips", "{}", "-o", "here"],
        ["evaluate", "--photos", "{}", "-o", "here"],
        ["bench", "latency", "--clip", "{}"],
        ["bench", "memory", "--photo", "{}"],
    ],
)
def test_addresses_are_told_wherever_files_are_read(words: list[str]) -> None:
    address = "http://127.0.0.1:9//some.file"
    result = CliRunner().invoke(app, [word.format(address) for word in words])
    assert result.exit_code == 2
    assert result.stderr.startswith(f"bunraku: {address} is an address, and ")
    assert result.stderr.count("\n") == 1
