"""What every form of composing agrees on: what it is given, what it gives, and its thresholds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from bunraku.spec.arrays import Array
from bunraku.spec.tensors import WARPED_CHANNELS

if TYPE_CHECKING:
    from torch import Tensor

STEEPNESS = 3.0
"""Of the soft edge between two groups of bones at a cut."""
STILL_PX = 1.5
"""What moved less than one pixel less shows its rim as the photo has it, by degrees."""
ALIKE_PX = 1.0
"""Groups that read the photo at places nearer to each other show the same, as at a cut of a person
who stands still."""
TRACE = 1e-4
"""Of trust, where the photo's mesh is but next to nothing of it is to be seen: colours still go on,
for what is read between two pixels."""
AMID = 128
"""A place is amid the body if that goes on so far each way: the window's side by this, rounded
up."""
AROUND = ((1, 0), (-1, 0), (0, 1), (1, 1), (-1, 1), (0, -1), (1, -1), (-1, -1))
"""Rows and columns to the neighbours of a pixel that has no place of its own, the first that has
one lends it: what is read between two pixels must not take half of its place from one without."""

OUT = (3, 1, 1, WARPED_CHANNELS, 2)
"""Planes of image, mask, trust, warped and flow."""
PLANES = sum(OUT)


@dataclass(frozen=True, eq=False)
class PhotoMesh:
    """A photo's person as a mesh over its own pixels, in the photo's window of n pixels."""

    triangles: NDArray[np.int32]
    """``[t,3]``"""
    place: Array
    """``[v,2]``: x and y where each vertex reads the photo."""
    cut: NDArray[np.bool_]
    """``[t]``: whether a triangle lies at a cut and shows only the pixels of its own group."""
    picture: Array
    """``[n,n,4]``: colours in [0, 1], and the mask without its rim."""
    rim: Array
    """``[n,n]``: the mask with its rim, for what has not moved."""
    core: Array
    """``[n,n]`` in [0, 1]: how much is shown where it has moved to a place amid the body; less
    along the outline, where pixels have in them what stood behind the person."""
    members: Array
    """``[g,n,n]`` in [0, 1]: the pixels of each group."""
    share: Array
    """``[v]`` in [0, 1]: how much is shown at each vertex; what is behind it has the rest."""


@dataclass(frozen=True, eq=False)
class BodyMesh:
    """The surface behind the photo's own: a mesh with a plane of colours for each kind of it."""

    triangles: NDArray[np.int32]
    """``[t,3]``"""
    place: Array
    """``[v,2]``: x and y where each vertex reads its plane, in pixels."""
    plane: NDArray[np.int32]
    """``[t,2]``: which plane a triangle shows, and which it goes over into."""
    mix: Array
    """``[v]`` in [0, 1]: how much of the second one is shown at each vertex."""
    planes: Array
    """``[k,n,n,3]`` in [0, 1]."""


@dataclass(frozen=True, eq=False)
class Composed:
    """The person, as ``paste`` takes it."""

    image: NDArray[Any]
    """``[1,3,n,n]`` RGB in [0, 1]."""
    mask: NDArray[Any]
    """``[1,1,n,n]`` in [0, 1]."""
    trust: NDArray[Any]
    """``[1,1,n,n]``: how much of ``image`` is the warped photo."""
    warped: NDArray[Any]
    """``[1,5,n,n]``: the photo's colours, 1 where they are, and 0 (``WARPED_CHANNELS``)."""
    flow: NDArray[Any]
    """``[1,2,n,n]`` in [-1, 1] units: a pixel's place in the photo less its own."""


@dataclass(frozen=True, eq=False)
class TensorPhotoMesh:
    """``PhotoMesh`` of tensors."""

    triangles: Tensor
    place: Tensor
    cut: Tensor
    picture: Tensor
    rim: Tensor
    core: Tensor
    members: Tensor
    share: Tensor


@dataclass(frozen=True, eq=False)
class TensorBodyMesh:
    """``BodyMesh`` of tensors."""

    triangles: Tensor
    place: Tensor
    plane: Tensor
    mix: Tensor
    planes: Tensor


@dataclass(frozen=True, eq=False)
class TensorComposed:
    """``Composed`` of tensors."""

    image: Tensor
    mask: Tensor
    trust: Tensor
    warped: Tensor
    flow: Tensor
