from __future__ import annotations

from pathlib import Path

import pytest

from bunraku.runtime.source.named import is_clip, is_photo


@pytest.mark.parametrize(
    ("name", "photo", "clip"),
    [
        ("a.jpg", True, False),
        ("a b.JPEG", True, False),
        ("a.jfif", True, False),
        ("a.avif", True, False),
        ("a.gif", True, True),
        ("a.MOV", False, True),
        ("a.3gp", False, True),
        ("00001.MTS", False, True),
        ("._a.jpg", False, False),
        ("._a.mp4", False, False),
        ("a.txt", False, False),
        ("mp4", False, False),
    ],
)
def test_what_names_say(name: str, photo: bool, clip: bool) -> None:
    path = Path("folder.mp4", name)
    assert (is_photo(path), is_clip(path)) == (photo, clip)
