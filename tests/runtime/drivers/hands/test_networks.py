from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from bunraku.errors import FetchError
from bunraku.runtime.drivers.hands.networks import HAND, HandNetworks, hand_folder
from bunraku.runtime.pose.networks import FORMAT, MANIFEST


def test_the_hands_lie_beside_the_pose(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BUNRAKU_CACHE", str(tmp_path))
    assert hand_folder() == tmp_path / "hand"
    with pytest.raises(FetchError, match=r"The hand networks are not there yet.*bunraku fetch"):
        HandNetworks.find()


def test_a_changed_file_is_noticed(tmp_path: Path) -> None:
    (tmp_path / HAND).write_bytes(b"network")
    files = {HAND: {"sha256": hashlib.sha256(b"network").hexdigest()}}
    (tmp_path / MANIFEST).write_text(json.dumps({"format": FORMAT, "files": files}))
    assert HandNetworks.find(tmp_path).landmarks == tmp_path / HAND
    (tmp_path / HAND).write_bytes(b"another")
    with pytest.raises(FetchError, match=r"cached hand network .* damaged"):
        HandNetworks.find(tmp_path)
