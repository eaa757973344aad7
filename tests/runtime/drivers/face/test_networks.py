from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from bunraku.errors import FetchError
from bunraku.runtime.drivers.face.networks import FACE, FaceNetworks, face_folder
from bunraku.runtime.pose.networks import FORMAT, MANIFEST


def test_the_face_lies_beside_the_pose(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BUNRAKU_CACHE", str(tmp_path))
    assert face_folder() == tmp_path / "face"
    with pytest.raises(FetchError, match=r"The face networks are not there yet.*bunraku fetch"):
        FaceNetworks.find()


def test_a_changed_file_is_noticed(tmp_path: Path) -> None:
    (tmp_path / FACE).write_bytes(b"network")
    files = {FACE: {"sha256": hashlib.sha256(b"network").hexdigest()}}
    (tmp_path / MANIFEST).write_text(json.dumps({"format": FORMAT, "files": files}))
    assert FaceNetworks.find(tmp_path).landmarks == tmp_path / FACE
    (tmp_path / FACE).write_bytes(b"another")
    with pytest.raises(FetchError, match=r"cached face network .* damaged"):
        FaceNetworks.find(tmp_path)
