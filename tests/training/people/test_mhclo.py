from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bunraku.errors import InputError
from bunraku.training.people.mhclo import read_mesh, read_proxy, read_texture

MHCLO = """# a comment
name patch
obj_file patch.obj
x_scale 0 1 2.0
verts 0
material patch.mhmat
vertexboneweights_file patch.mhw
0
0 1 2 0.5 0.25 0.25 1.0 2.0 3.0
delete_verts
3 5 - 8 12
"""
OBJ = """v 0 0 0
v 1 0 0
vt 0 0
vt 1 0
vt 1 1
vt 0 1
f 1/1 2/2 3/3 4/4
f 1//3 2//3 3//3
"""


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text)
    return path


def test_proxy_is_read_and_fitted(tmp_path: Path) -> None:
    proxy = read_proxy(write(tmp_path, "patch.mhclo", MHCLO))
    assert proxy.mesh == "patch.obj"
    assert proxy.hidden.tolist() == [3, 5, 6, 7, 8, 12]
    points = np.array([[0, 0, 0], [4, 0, 0], [0, 4, 8]], np.float32)
    first, second = proxy.fit(points)
    assert first.tolist() == [0, 0, 0]
    # The mix (1, 1, 2) and the offset (1, 2, 3), its axes x, up, front in scales 4/2, 0.1, 0.1.
    assert np.allclose(second, [1 + 2, 1 - 0.3, 2 + 0.2])
    assert np.allclose(proxy.carry(points)[1], [1, 1, 2])


def test_file_without_vertices_is_no_garment(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"empty\.mhclo is no MakeHuman garment"):
        read_proxy(write(tmp_path, "empty.mhclo", "obj_file x.obj\n"))


def test_mesh_is_cut_into_triangles(tmp_path: Path) -> None:
    texcoords, faces, face_texcoords = read_mesh(write(tmp_path, "patch.obj", OBJ))
    assert texcoords.shape == (4, 2)
    assert faces.tolist() == [[0, 1, 2], [0, 2, 3], [0, 1, 2]]
    assert face_texcoords.tolist() == [[0, 1, 2], [0, 2, 3], [0, 0, 0]]


def test_texture_is_flipped_and_darkened_in_its_folds(tmp_path: Path) -> None:
    picture = np.full((8, 8, 4), 200, np.uint8)
    picture[:4] = (0, 0, 0, 0)
    Image.fromarray(picture).save(tmp_path / "a_diffuse.png")
    folds = np.full((8, 8, 2), 255, np.uint8)
    folds[..., 0] = 128
    folds[:, 4:, 1] = 0  # transparent: no fold there
    Image.fromarray(folds, "LA").save(tmp_path / "a_ao.png")
    texture = read_texture(tmp_path / "a_diffuse.png", opaque=True, size=8)
    assert texture.shape == (8, 8, 4)
    assert (texture[..., 3] == 255).all()
    assert texture[0, 0, 0] == pytest.approx(100, abs=2)
    assert texture[0, 7, 0] == pytest.approx(200, abs=2)
    assert texture[7].max(0)[:3].max() == 0
